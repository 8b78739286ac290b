"""The options of ``clovax simulate``, each with its help."""

from __future__ import annotations

from typing import Annotated

import typer

__all__ = [
    "Faults",
    "Host",
    "Keys",
    "Lenient",
    "LimitTexts",
    "Log",
    "Port",
    "ProfileName",
    "QuirksText",
    "ScriptFile",
    "Seed",
    "SwitchTexts",
    "Window",
]

Port = Annotated[int, typer.Option(help="Port to listen on; 0 takes a free one.")]
Host = Annotated[str, typer.Option(help="Address to listen on.")]
Lenient = Annotated[bool, typer.Option("--lenient", help="Ignore unsupported parameters.")]
ProfileName = Annotated[str, typer.Option("--profile", help="Whose paths and rules: public, gov or legacy-host.")]
LimitTexts = Annotated[
    list[str] | None,
    typer.Option(
        "--limits",
        help="test, service, off, or MODEL=REQUESTS/TOKENS a minute; may be given more than once. Default: test.",
        show_default=False,
    ),
]
Window = Annotated[str, typer.Option(help="How a minute is counted: sliding, fixed or bucket.")]
Keys = Annotated[
    list[str] | None,
    typer.Option(
        "--key", help="An accepted API key, or KEY=REQUESTS/TOKENS for limits of its own. Default: any nv- key."
    ),
]
ScriptFile = Annotated[str, typer.Option("--script", help="YAML file that says what is answered; else rules do.")]
Seed = Annotated[int, typer.Option(help="The same seed gives the same answers, bad habits and faults.")]
QuirksText = Annotated[
    str,
    typer.Option(
        "--quirks", help="Bad habits of the model, such as invented_name=0.04; field takes the measured rate."
    ),
]
Faults = Annotated[
    list[str] | None,
    typer.Option("--fault", help="What goes wrong, such as 'storm; times=5' or 'reset; at_event=3; probability=0.1'."),
]
SwitchTexts = Annotated[list[str] | None, typer.Option("--switch", help="NAME=VALUE, see docs/unconfirmed.md.")]
Log = Annotated[str, typer.Option(help="live, lines, json or off. Default: live on a terminal, else lines.")]
