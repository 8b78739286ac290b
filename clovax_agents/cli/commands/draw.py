"""``clovax draw``."""

from __future__ import annotations

from typing import Annotated

import typer

from clovax_agents.cli.commands.options import Debug, Graph, Lang  # noqa: TC001  # typer reads the annotations
from clovax_agents.cli.reporting import reporting

__all__ = ["draw"]


def draw(
    graph: Graph = "",
    svg: Annotated[str, typer.Option("--svg", help="Write a picture to this file; - prints it.")] = "",
    ascii_: Annotated[bool, typer.Option("--ascii", help="Draw with letters, for a terminal.")] = False,  # noqa: FBT002
    xray: Annotated[bool, typer.Option("--xray", help="Draw what is inside of agents, too.")] = False,  # noqa: FBT002
    lang: Lang = "",
    debug: Debug = False,  # noqa: FBT002
) -> None:
    """Draw a graph: as Mermaid text, as an SVG picture, or with letters. Nothing is sent anywhere.

    Ends with 0, or 1 for an error.

    Example: clovax draw support --svg support.svg --xray
    """
    from clovax_agents.cli.drawing import draw_graph  # noqa: PLC0415  # imports langgraph

    with reporting(debug=debug, lang=lang):
        draw_graph(graph, svg=svg, letters=ascii_, xray=xray)
