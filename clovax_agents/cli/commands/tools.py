"""``clovax tools``."""

from __future__ import annotations

from typing import Annotated

import typer

from clovax_agents.cli.commands.options import AsJson, Debug, Lang  # noqa: TC001  # typer reads the annotations
from clovax_agents.cli.reporting import reporting

__all__ = ["tools"]


def tools(
    of: Annotated[
        str,
        typer.Argument(
            metavar="[PATH|GRAPH]",
            help="A graph as clovax graphs lists them, or a file, folder or module of tools, or either with :name. "
            "Default: the first graph of ./langgraph.json.",
            show_default=False,
        ),
    ] = "",
    as_json: AsJson = False,  # noqa: FBT002
    lang: Lang = "",
    debug: Debug = False,  # noqa: FBT002
) -> None:
    """List tools: what a call does, whether a person has to agree, what it takes, where it is.

    Ends with 0, or 1 if there are no such tools.

    Example: clovax tools support --json
    """
    from clovax_agents.cli.listing import list_tools  # noqa: PLC0415  # imports langgraph

    with reporting(debug=debug, lang=lang):
        list_tools(of, as_json=as_json)
