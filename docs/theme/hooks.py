"""What the guide's build adds to mkdocs: drawings without scripts, links that fit the site, a list of decisions."""

from __future__ import annotations

import base64
import html
import re
from pathlib import Path
from typing import Any

from langchain_core.runnables.graph import Edge, Graph, Node

from clovax_agents.cli.svg import picture

_MERMAID = re.compile(r"^```mermaid\n(.*?)^```$", re.DOTALL | re.MULTILINE)
_EDGE = re.compile(r"^\t(\w+) (-->|-\.->|-- (?P<always>.+?) -->|-\. (?P<maybe>.+?) \.->) (\w+);$")
_LANGUAGE_LINK = re.compile(r"\[(?:한국어|English)\]\([\w.-]+\.md\)(?: · )?")
_OUTSIDE = re.compile(r"\[([^\]]+)\]\((?:\.\./)+((?!\w+\.md)[\w./-]+)\)")


def on_config(config: Any) -> Any:
    """List every decision in the navigation, in its order."""
    folder = Path(config["docs_dir"])
    pages = [path.relative_to(folder).as_posix() for path in sorted((folder / "decisions").glob("*.md"))]
    for section in config["nav"][-1]["About"]:
        if isinstance(section, dict) and "Decisions" in section:
            section["Decisions"] = pages
    return config


def on_page_markdown(markdown: str, **_: Any) -> str:
    """Draw graphs, and leave to the site what it does by itself or cannot do."""
    markdown = _LANGUAGE_LINK.sub("", markdown)  # the site has a switch
    markdown = _OUTSIDE.sub(r"`\2`", markdown)  # files of the repository are not part of the site
    return _MERMAID.sub(lambda found: drawing(found[1]), markdown)


def drawing(mermaid: str) -> str:
    """Return the figure of a graph that LangGraph has drawn as Mermaid text.

    Raises:
        ValueError: a line that ``draw_mermaid(with_styles=False)`` does not write.
    """
    graph = graph_of(mermaid)
    source = base64.b64encode(picture(graph).encode()).decode()
    ways = ", ".join(f"{edge.source} → {edge.target}" for edge in graph.edges)
    return f'<p class="graph"><img alt="{html.escape(ways)}" src="data:image/svg+xml;base64,{source}"></p>'


def graph_of(mermaid: str) -> Graph:
    """Return the graph that a Mermaid text of LangGraph's draws."""
    first, *lines = mermaid.splitlines()
    if first != "graph TD;":
        raise ValueError(f"a drawing begins with 'graph TD;', not with {first!r}")
    edges = [_edge(line) for line in lines]
    names = dict.fromkeys(name for edge in edges for name in (edge.source, edge.target))
    return Graph({name: Node(name, name, None, None) for name in names}, edges)


def _edge(line: str) -> Edge:
    found = _EDGE.match(line)
    if found is None:
        raise ValueError(f"this line of a drawing is not LangGraph's: {line!r}")
    label = (found["always"] or found["maybe"] or "").strip().removeprefix("&nbsp;").removesuffix("&nbsp;").strip()
    return Edge(found[1], found[5], label or None, conditional="." in found[2][:2])
