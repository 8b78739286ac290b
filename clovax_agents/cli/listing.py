"""``clovax graphs`` and ``clovax tools``: what there is, as a table or as JSON."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.markup import escape
from rich.padding import Padding

from clovax_agents.cli.graphs import default_graph, listed_graphs, load_graph
from clovax_agents.cli.toolboxes import load_toolbox
from clovax_agents.cli.tooltable import listed, print_tools, tools_in
from clovax_agents.cli.wording import say
from clovax_agents.errors import ConfigurationError

if TYPE_CHECKING:
    from clovax_agents.cli.tooltable import ListedTool

__all__ = ["list_graphs", "list_tools", "print_json"]


def print_json(value: Any) -> None:
    """Print a value for a script."""
    sys.stdout.write(json.dumps(value, ensure_ascii=False, indent=2) + "\n")


def list_graphs(*, as_json: bool) -> None:
    """Print the graphs that can be named."""
    found = listed_graphs()
    if as_json:
        print_json({"graphs": [asdict(one) for one in found]})
        return
    console = Console(highlight=False)
    for one in found:
        console.print(f"[bold]{escape(one.name)}[/] [dim]{escape(one.where)}[/]", soft_wrap=True)
        if one.description:
            console.print(Padding(escape(one.description), (0, 0, 0, 4)))


def list_tools(of: str, *, as_json: bool) -> None:
    """Print tools.

    Args:
        of: a graph, or where tools are; empty for the first graph of langgraph.json.
        as_json: print a JSON object instead of a table.

    Raises:
        ConfigurationError: there are none.
    """
    found = _found(of)
    if as_json:
        print_json({"tools": [one.as_dict() for one in found]})
        return
    console = Console(highlight=False)
    if not found:
        console.print(say("this graph has no tools"))
    print_tools(found, console)


def _found(of: str) -> list[ListedTool]:
    known = {one.name for one in listed_graphs()}
    name = of or default_graph()
    if name in known:
        return tools_in(load_graph(name))
    try:
        return listed(load_toolbox(name))
    except ConfigurationError as error:
        graph = _graph(name)
        if graph is None:
            text = "{name} is no graph ({known}), and no tools: {error}"
            raise ConfigurationError(say(text, name=name, known=", ".join(sorted(known)), error=error)) from None
        return tools_in(graph)


def _graph(name: str) -> Any:
    """Return a graph that a file or module holds under a name; None if it holds none."""
    try:
        return load_graph(name)
    except ConfigurationError:
        return None
