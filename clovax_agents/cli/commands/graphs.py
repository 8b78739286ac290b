"""``clovax graphs``."""

from __future__ import annotations

from clovax_agents.cli.commands.options import AsJson, Debug, Lang  # noqa: TC001  # typer reads the annotations
from clovax_agents.cli.reporting import reporting

__all__ = ["graphs"]


def graphs(
    as_json: AsJson = False,  # noqa: FBT002
    lang: Lang = "",
    debug: Debug = False,  # noqa: FBT002
) -> None:
    """List the graphs of ./langgraph.json and the prebuilt ones.

    Ends with 0, or 1 if langgraph.json is not valid.

    Example: clovax graphs --json
    """
    from clovax_agents.cli.listing import list_graphs  # noqa: PLC0415  # imports langgraph

    with reporting(debug=debug, lang=lang):
        list_graphs(as_json=as_json)
