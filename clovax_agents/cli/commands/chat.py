"""``clovax chat``."""

from __future__ import annotations

from typing import Annotated

import typer

from clovax_agents.cli.commands.options import Debug, Graph, Lang, Simulator  # noqa: TC001  # typer reads the annotations
from clovax_agents.cli.reporting import reporting

__all__ = ["chat"]


def chat(
    graph: Graph = "",
    thread: Annotated[
        str, typer.Option("--thread", "-t", help="Go on with this thread: its id, or the beginning of it.")
    ] = "",
    continue_: Annotated[bool, typer.Option("--continue", "-c", help="Go on with the last thread.")] = False,  # noqa: FBT002
    threads: Annotated[bool, typer.Option("--threads", help="List the threads, and leave.")] = False,  # noqa: FBT002
    model: Annotated[str, typer.Option(help="Name of the model, for instance HCX-005.")] = "",
    db: Annotated[str, typer.Option(help="SQLite file of the threads and their journal.")] = ".clovax/chat.sqlite",
    simulator: Simulator = None,
    lang: Lang = "",
    debug: Debug = False,  # noqa: FBT002
) -> None:
    """Talk with a graph; /help inside lists what else it can do.

    Threads are kept and can be continued, also after a crash. Ctrl-C stops a turn, Ctrl-D leaves. Without a terminal,
    each line of standard input is a message.

    At a terminal, Ctrl-D at a question about a call leaves, too: the question stays open in the thread.

    Ends with 0, or 1 for an error: also if standard input ends where a person has to decide.

    Example: clovax chat react --continue
    """
    from clovax_agents.cli.chatting import ChatOptions, start  # noqa: PLC0415  # imports langgraph

    with reporting(debug=debug, lang=lang):
        options = ChatOptions(graph=graph, thread=thread, latest=continue_, model=model, db=db, debug=debug)
        start(options, simulator=simulator, only_list=threads)
