"""``clovax simulate``."""

from __future__ import annotations

from clovax_agents.cli.commands import simulate_options as options  # noqa: TC001  # typer reads the annotations
from clovax_agents.cli.commands.options import Debug, Lang  # noqa: TC001
from clovax_agents.cli.reporting import reporting

__all__ = ["simulate"]


def simulate(
    port: options.Port = 8765,
    host: options.Host = "127.0.0.1",
    lenient: options.Lenient = False,  # noqa: FBT002
    profile: options.ProfileName = "public",
    limits: options.LimitTexts = None,
    window: options.Window = "sliding",
    key: options.Keys = None,
    script: options.ScriptFile = "",
    seed: options.Seed = 0,
    quirks: options.QuirksText = "",
    fault: options.Faults = None,
    switch: options.SwitchTexts = None,
    log: options.Log = "",
    lang: Lang = "",
    debug: Debug = False,  # noqa: FBT002
) -> None:
    """Serve a simulator of CLOVA Studio until Ctrl-C, and show the requests as they come.

    Ends with 0 after Ctrl-C, 1 for an option that cannot be understood or a port that is in use.

    Example: clovax simulate --port 8765 --limits HCX-007=10/20000 --fault "delay; seconds=2"
    """
    from clovax_agents.cli.simulate import SimulateOptions, serve  # noqa: PLC0415  # imports uvicorn

    with reporting(debug=debug, lang=lang):
        chosen = SimulateOptions(
            host=host,
            port=port,
            strict=not lenient,
            profile=profile,
            limits=limits or ["test"],
            window=window,
            keys=key or (),
            script=script,
            seed=seed,
            quirks=quirks,
            faults=fault or (),
            switches=switch or (),
            log=log,
        )
        serve(chosen)
