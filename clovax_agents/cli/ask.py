"""``clovax run``: ask a graph one question and print what happens while it happens."""

from __future__ import annotations

import asyncio
from typing import Any

from langgraph.types import Command
from rich.console import Console
from rich.markup import escape

from clovax_agents.cli.asking import asker_for
from clovax_agents.cli.deciding import answer_to
from clovax_agents.cli.following import follow, with_memory
from clovax_agents.cli.graphs import load_graph
from clovax_agents.cli.printing import Printer, cut
from clovax_agents.cli.service import service
from clovax_agents.cli.wording import say

__all__ = ["ask", "ask_loaded"]

_THREAD: Any = {"configurable": {"thread_id": "clovax-run"}}


def ask(question: str, graph: str, *, simulator: bool | None = None) -> None:
    """Ask, and print model turns, tool calls, tool results and the answer; a person may be asked in between."""
    console = Console(highlight=False)
    with service(simulator=simulator) as banner:
        console.print(f"[dim]clovax · {say('graph')} {escape(graph)} · {escape(banner)}[/]", soft_wrap=True)
        ask_loaded(load_graph(graph), question, console)


def ask_loaded(graph: Any, question: str, console: Console) -> None:
    """Ask a graph that is loaded."""
    console.print(f"\n[bold cyan]{say('question')}[/]  {escape(cut(question))}", soft_wrap=True)
    followed, printer = with_memory(graph), Printer(console, numbered=True)
    asker = asker_for(console)
    given: Any = {"messages": [{"role": "user", "content": question}]}
    while asked := asyncio.run(follow(followed, given, _THREAD, printer)):
        # asked here, and not within the loop, where Ctrl-C would wait for the answer
        given = Command(resume={found.id: answer_to(found.value, console, asker) for found in asked})
