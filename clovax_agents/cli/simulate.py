"""``clovax simulate``: from the options of the command line to a simulator that is watched."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Final, TypeVar, get_args, get_type_hints

from rich.console import Console
from rich.markup import escape

from clovax_agents.cli.monitor import LogStyle, Monitor
from clovax_agents.cli.wording import say
from clovax_agents.errors import ConfigurationError
from clovax_agents.simulator import (
    FaultPlan,
    Key,
    Limit,
    Limits,
    QuirkBrain,
    Quirks,
    RuleBrain,
    Switches,
    create_app,
    load_brain,
)
from clovax_agents.simulator.limits import WindowKind
from clovax_agents.simulator.server import bound_server
from clovax_agents.simulator.switches import Profile

if TYPE_CHECKING:
    from collections.abc import Sequence

    from clovax_agents.simulator import Brain

__all__ = ["SimulateOptions", "serve"]

_Choice = TypeVar("_Choice", bound=str)
_PROFILES: Final[tuple[Profile, ...]] = get_args(Profile)
_WINDOWS: Final[tuple[WindowKind, ...]] = get_args(WindowKind)
_STYLES: Final[tuple[LogStyle, ...]] = get_args(LogStyle)


@dataclass(frozen=True, slots=True, kw_only=True)
class SimulateOptions:
    """The options of the command, as they were typed."""

    host: str = "127.0.0.1"
    port: int = 8765
    strict: bool = True
    profile: str = "public"
    limits: Sequence[str] = ("test",)
    window: str = "sliding"
    keys: Sequence[str] = ()
    script: str = ""
    seed: int = 0
    quirks: str = ""
    faults: Sequence[str] = ()
    switches: Sequence[str] = field(default_factory=tuple)
    log: str = ""


def serve(options: SimulateOptions) -> None:
    """Serve until interrupted.

    Raises:
        ConfigurationError: an option that cannot be understood, or a port that is in use.
    """
    limits = read_limits(options.limits, options.window)
    console = Console(highlight=False)
    monitor = Monitor(_style(options.log, console), console)
    app = create_app(
        brain=read_brain(options),
        strict=options.strict,
        profile=_one_of(options.profile, _PROFILES, "--profile"),
        keys=[read_key(text) for text in options.keys] or None,
        limits=limits,
        switches=read_switches(options.switches),
        faults=FaultPlan.parse(*options.faults, seed=options.seed) if options.faults else None,
        log=monitor,
    )
    with bound_server(app, options.host, options.port) as server:
        monitor.watch(_head(server.base_url, options), app.limiter)
        with monitor.live():
            server.run()


def _head(base_url: str, options: SimulateOptions) -> str:
    key = options.keys[0].partition("=")[0] if options.keys else "nv-simulated"
    note = say("CLOVA Studio simulator (모의 서버): no model runs here, and nothing leaves this machine.")
    mode = say("strict") if options.strict else say("lenient")
    limits = escape(", ".join(options.limits))
    more = "{mode}, limits {limits} (--limits off for none); every option: clovax simulate --help; stop with Ctrl-C"
    return (
        f"[bold]{note}[/]\n  export CLOVASTUDIO_API_BASE_URL={base_url}\n  export CLOVASTUDIO_API_KEY={key}\n"
        f"  [dim]{say(more, mode=mode, limits=limits)}[/]"
    )


def read_brain(options: SimulateOptions) -> Brain:
    """Return the brain that a script, a seed and bad habits make."""
    brain: Brain = load_brain(options.script) if options.script else RuleBrain(options.seed)
    if not options.quirks:
        return brain
    quirks = Quirks.FIELD if options.quirks == "field" else Quirks.parse(options.quirks)
    return QuirkBrain(brain, quirks, options.seed)


def read_limits(texts: Sequence[str], window: str) -> Limits | None:
    """Return the limits of ``test``, ``service``, ``off`` or ``MODEL=QPM/TPM`` (``*`` is every other model).

    Raises:
        ConfigurationError: a text of another form.
    """
    kind = _one_of(window, _WINDOWS, "--window")
    if list(texts) == ["off"]:
        return None
    named = {name: Limit.parse(text) for name, _, text in (item.partition("=") for item in texts) if text}
    for text in texts:
        if "=" not in text and text not in ("test", "service"):
            known = "--limits {text} is not a limit: use test, service, off, or MODEL=REQUESTS/TOKENS such as {example}"
            raise ConfigurationError(say(known, text=text, example="HCX-007=60/60000"))
    limits = Limits(window=kind)
    if "service" in texts:
        limits = Limits(test=limits.service, window=kind)
    return Limits(test={**limits.test, **named}, service={**limits.service, **named}, window=kind)


def read_key(text: str) -> Key:
    """Return a key of the form ``nv-name``, or ``nv-name=REQUESTS/TOKENS`` for limits of its own."""
    value, _, limit = text.partition("=")
    return Key(value=value, limits={"*": Limit.parse(limit)} if limit else None)


def read_switches(texts: Sequence[str]) -> Switches:
    """Return the switches of texts such as ``stream_usage=last``.

    Raises:
        ConfigurationError: an unknown switch, or a value that it does not have.
    """
    return Switches(**dict(_switch(text) for text in texts))  # type: ignore[arg-type]  # each value is checked


def _switch(text: str) -> tuple[str, object]:
    name, _, value = text.partition("=")
    hints = get_type_hints(Switches, localns={"Mapping": dict})
    simple = {item.name for item in fields(Switches)} - {"images", "ended_models"}
    if name not in simple:
        raise _unknown(f"--switch {name}", sorted(simple))
    if allowed := get_args(hints[name]):
        literal = [item for item in allowed if isinstance(item, str)]
        return name, _one_of(value, literal, f"--switch {name}") if literal else _json(text, value)
    return name, _json(text, value)


def _json(text: str, value: str) -> object:
    try:
        return json.loads(value.lower())
    except ValueError:
        raise ConfigurationError(say("--switch {text}: the value is true, false or a number", text=text)) from None


def _one_of(text: str, known: Sequence[_Choice], option: str) -> _Choice:
    for choice in known:
        if choice == text:
            return choice
    raise _unknown(f"{option} {text}", known)


def _unknown(what: str, known: Sequence[str]) -> ConfigurationError:
    return ConfigurationError(say("{what} is unknown; known: {known}", what=what, known=", ".join(known)))


def _style(text: str, console: Console) -> LogStyle:
    if text:
        return _one_of(text, _STYLES, "--log")
    return "live" if console.is_terminal and not os.environ.get("CI") else "lines"
