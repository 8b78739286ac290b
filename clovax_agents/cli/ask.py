"""``clovax run``: ask a graph one question and print what happens while it happens."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any, cast

from langchain_core.messages import AIMessage, AIMessageChunk, ToolMessage
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.types import Command
from rich.console import Console
from rich.markup import escape

from clovax_agents.cli.deciding import answer_to
from clovax_agents.cli.graphs import load_graph
from clovax_agents.cli.service import service
from clovax_agents.execution.narrowing import as_dict

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable, Sequence

    from langchain_core.messages import BaseMessage
    from langgraph.pregel import Pregel
    from langgraph.types import Interrupt

__all__ = ["ask"]

_LONGEST_RESULT = 600
_THREAD: Any = {"configurable": {"thread_id": "clovax-run"}}


def ask(question: str, graph: str, *, simulator: bool | None = None) -> None:
    """Ask, and print model turns, tool calls, tool results and the answer; a person may be asked in between."""
    console = Console(highlight=False)
    with service(simulator=simulator) as banner:
        console.print(f"[dim]clovax · graph {graph} · {escape(banner)}[/]", soft_wrap=True)
        shown = (
            question
            if len(question) <= _LONGEST_RESULT
            else f"{question[:_LONGEST_RESULT]}… ({len(question):,} characters)"
        )
        console.print(f"\n[bold cyan]질문[/]  {escape(shown)}", soft_wrap=True)
        followed, printer = _kept(load_graph(graph)), _Printer(console)
        given: Any = {"messages": [{"role": "user", "content": question}]}
        while asked := asyncio.run(_follow(followed, given, printer)):
            # asked here, and not within the loop, where Ctrl-C would wait for the answer
            given = Command(resume={found.id: answer_to(found.value, console) for found in asked})


def _kept(graph: Pregel[Any, Any, Any, Any]) -> Pregel[Any, Any, Any, Any]:
    """Return the graph with a memory, without which it could not go on after a question."""
    known: Any = graph
    return graph.copy({"checkpointer": InMemorySaver()}) if known.checkpointer is None else graph


async def _follow(graph: Pregel[Any, Any, Any, Any], given: Any, printer: _Printer) -> Sequence[Interrupt]:
    """Print what happens until the end, or until a person is asked; return what is asked."""
    # LangGraph types the events of several modes as Any at best.
    stream: Any = cast("Any", graph).astream
    events: AsyncIterator[tuple[str, Any]] = stream(given, _THREAD, stream_mode=["messages", "updates"])
    asked: list[Interrupt] = []
    async for mode, event in events:
        if mode == "messages":
            printer.piece(event[0])
            continue
        updates: dict[str, Any] = event
        asked.extend(updates.pop("__interrupt__", ()))
        for update in updates.values():
            printer.messages((as_dict(update) or {}).get("messages", ()))
    return asked


class _Printer:
    """Prints a run; knows whether it is in the middle of a turn, and of a streamed answer."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._turn = 0
        self._open = False
        self._streamed = False
        self._printed: set[str | None] = set()

    def piece(self, chunk: BaseMessage) -> None:
        """Print a streamed piece of an answer."""
        if not isinstance(chunk, AIMessageChunk) or not (text := chunk.text):
            return
        self._begin()
        if not self._streamed:
            self._console.print("[bold green]답변[/]  ", end="")
        self._streamed = True
        self._console.print(escape(text), end="", soft_wrap=True)

    def messages(self, messages: Iterable[BaseMessage]) -> None:
        """Print whole messages, but no text that was streamed already."""
        for message in messages:
            if isinstance(message, AIMessage):
                self._answer(message)
            elif isinstance(message, ToolMessage):
                self._result(message)

    def _begin(self) -> None:
        if not self._open:
            self._turn += 1
            self._open = True
            self._console.print(f"\n[dim]모델 {self._turn}번째 차례[/]")

    def _answer(self, message: AIMessage) -> None:
        if message.id in self._printed:  # a person has changed its calls
            self._calls(message)
            return
        self._printed.add(message.id)
        self._begin()
        if self._streamed:
            self._console.print()
        elif message.text:
            self._console.print(f"[bold green]답변[/]  {escape(message.text)}", soft_wrap=True)
        self._open = self._streamed = False
        if message.response_metadata.get("finish_reason") == "length":
            self._console.print("[red]max_tokens에 걸려 답이 잘렸습니다 (finish reason length).[/]")
        self._calls(message)

    def _calls(self, message: AIMessage) -> None:
        if total := len(message.tool_calls) + len(message.invalid_tool_calls):
            self._console.print(f"[dim]도구 호출 {total}개[/]")
        for call in message.tool_calls:
            arguments = json.dumps(call["args"], ensure_ascii=False)
            self._console.print(f"  [yellow]→ {escape(call['name'])}[/] {escape(arguments)}", soft_wrap=True)
        for broken in message.invalid_tool_calls:
            text = f"실행하지 않음: {broken['error']}"
            self._console.print(f"  [red]→ {escape(str(broken['name']))}[/] {escape(text)}", soft_wrap=True)

    def _result(self, message: ToolMessage) -> None:
        text = message.text
        shown = text if len(text) <= _LONGEST_RESULT else f"{text[:_LONGEST_RESULT]}…"
        colour = "red" if message.status == "error" else "blue"
        self._console.print(f"  [{colour}]← {escape(message.name or '')}[/] {escape(shown)}", soft_wrap=True)
