"""Options that several commands have."""

from __future__ import annotations

from typing import Annotated

import typer

__all__ = ["AsJson", "Debug", "Graph", "Lang", "Simulator"]

Debug = Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.")]
Simulator = Annotated[
    bool | None,
    typer.Option("--simulator/--no-simulator", help="Default: the simulator if CLOVASTUDIO_API_KEY is not set."),
]
Lang = Annotated[
    str, typer.Option("--lang", help="en or ko. Default: as CLOVAX_LANG says, else the locale.", show_default=False)
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, for a script.")]
Graph = Annotated[
    str,
    typer.Argument(
        help="A graph of ./langgraph.json by its id, prebuilt:NAME, or FILE.py:NAME. Default: the first of "
        "./langgraph.json.",
        show_default=False,
    ),
]
