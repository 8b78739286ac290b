"""``clovax draw``: a graph as Mermaid text, as letters, or as a picture; nothing leaves this machine."""

from __future__ import annotations

import sys
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from rich.cells import cell_len
from rich.console import Console

from clovax_agents.cli.graphs import default_graph, load_graph
from clovax_agents.cli.svg import depths, picture
from clovax_agents.cli.wording import say
from clovax_agents.errors import ConfigurationError

if TYPE_CHECKING:
    from langchain_core.runnables.graph import Graph

__all__ = ["draw_graph", "drawn_with_letters"]

_FILLER: Final = "\ue000"
"""Of the private use area, behind each letter that is two columns wide."""


def draw_graph(name: str, *, svg: str = "", letters: bool = False, xray: bool = False) -> None:
    """Draw a graph.

    Args:
        name: of the graph; empty for the first of langgraph.json.
        svg: file of a picture; ``-`` prints it.
        letters: draw with letters.
        xray: what is inside of agents, too.

    Raises:
        ConfigurationError: no such graph, or the file cannot be written.
    """
    if svg and letters:
        raise ConfigurationError(say("give --svg or --ascii, not both"))
    if (svg or letters) and find_spec("grandalf") is None:
        raise ConfigurationError(say('pictures need an extra: pip install "clovax-agents[draw]"'))
    drawn = load_graph(name or default_graph()).get_graph(xray=xray)
    if not svg:
        sys.stdout.write(drawn_with_letters(drawn) + "\n" if letters else drawn.draw_mermaid(with_styles=False))
        return
    text = picture(drawn)
    if svg == "-":
        sys.stdout.write(text)
        return
    try:
        Path(svg).write_text(text, encoding="utf-8")
    except OSError as error:
        raise ConfigurationError(say("{path} cannot be written: {error}", path=svg, error=error.strerror)) from error
    Console(highlight=False).print(say("{path}: {count} nodes", path=svg, count=len(drawn.nodes)), markup=False)


def drawn_with_letters(graph: Graph) -> str:
    """Return the graph drawn with letters, in which Korean takes two columns a letter."""
    from langchain_core.runnables.graph_ascii import draw_ascii  # noqa: PLC0415  # only for this

    vertices = {node.id: "".join(_filled(letter) for letter in node.id) for node in graph.nodes.values()}
    depth = depths(graph.edges)
    # a loop, or a way back, would make grandalf's drawing stand on its head, or fail
    edges: list[Any] = [edge for edge in graph.edges if depth.get(edge.source, 0) < depth.get(edge.target, 0)]
    drawn = draw_ascii(vertices, edges)
    return "\n".join(line.replace(_FILLER, "").rstrip() for line in drawn.splitlines())


def _filled(letter: str) -> str:
    return letter + _FILLER * (cell_len(letter) - 1)
