"""``clovax studio``."""

from __future__ import annotations

from typing import Annotated

import typer

from clovax_agents.cli.commands.options import Debug, Lang  # noqa: TC001  # typer reads the annotations
from clovax_agents.cli.reporting import reporting

__all__ = ["studio"]

Hardened = Annotated[bool, typer.Option("--hardened", help="Ask for tokens, and shut what need not be open.")]


def studio(
    port: Annotated[int, typer.Option(help="Port of the LangGraph server.")] = 2024,
    host: Annotated[str, typer.Option(help="Where it listens; others than loopback need --hardened.")] = "127.0.0.1",
    hardened: Hardened = False,  # noqa: FBT002  # a command line flag
    lang: Lang = "",
    debug: Debug = False,  # noqa: FBT002
) -> None:
    """Serve the graphs of ./langgraph.json for LangGraph Studio until Ctrl-C.

    Ends as the server does: with 0 after Ctrl-C, 1 for an error.

    Example: clovax studio --port 2024
    """
    from clovax_agents.cli.studio import serve_studio  # noqa: PLC0415  # imports the simulator

    with reporting(debug=debug, lang=lang):
        raise typer.Exit(serve_studio(port, host, is_hardened=hardened))
