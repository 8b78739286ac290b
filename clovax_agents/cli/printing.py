"""A run as a person sees it: answers while they are written, thinking dimmed, tool calls and their results."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from langchain_core.messages import AIMessage, AIMessageChunk, ToolMessage
from rich.markup import escape
from rich.padding import Padding

from clovax_agents.cli.flowing import Flow
from clovax_agents.cli.wording import say
from clovax_agents.execution.texts import clean, one_line

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from langchain_core.messages import BaseMessage
    from rich.console import Console

__all__ = ["LONGEST", "Printer", "cut", "print_indented", "thinking_of"]

LONGEST: Final = 600
"""Characters of a result that are shown."""


def cut(text: str, longest: int = LONGEST) -> str:
    """Return a text as a terminal may show it, no longer than so many characters.

    Example:
        >>> cut("abcdef", 3)
        'abc… (6 characters)'
    """
    shown = clean(text)
    return (
        shown
        if len(shown) <= longest
        else say("{text}… ({count:,} characters)", text=shown[:longest], count=len(shown))
    )


def thinking_of(message: BaseMessage) -> str:
    """Return what a model has thought before, or while, it answered."""
    found: Any = message.additional_kwargs.get("thinking_content")
    return found if isinstance(found, str) else ""


def print_indented(console: Console, markup: str) -> None:
    """Print a line that belongs to what is above it; on a terminal, what does not fit goes on below its beginning."""
    if console.is_terminal:
        console.print(Padding(markup, (0, 0, 0, 2), expand=False))
    else:
        console.print(f"  {markup}", soft_wrap=True)


class Printer:
    """Prints a run. Of several agents that speak at once, one is heard as it speaks, the others when they have ended.

    Args:
        console: to print on.
        numbered: say which turn of the model it is.
        longest: characters of a result that are shown.
    """

    def __init__(self, console: Console, *, numbered: bool = False, longest: int = LONGEST) -> None:
        self._console = console
        self._flow = Flow(console)
        self._longest = longest
        self._numbered = numbered
        self._turn = 0
        self._speaks: tuple[str | None, str] | None = None
        self._thinks = False
        self._said: list[str] = []
        self._texts: set[str] = set()
        self._calls: dict[str | None, str] = {}
        self._results: set[tuple[str, str]] = set()
        self._agent = self._speaker = ""
        self._waiting: list[tuple[BaseMessage, str]] = []

    def piece(self, chunk: BaseMessage, agent: str = "") -> None:
        """Print a piece of an answer.

        Args:
            chunk: as the model streams it.
            agent: within the graph that it comes from; empty for the graph's own model.
        """
        if not isinstance(chunk, AIMessageChunk) or not (chunk.text or thinking_of(chunk)):
            return
        speaker = (chunk.id, agent)
        if self._speaks not in {None, speaker}:
            return  # it is printed as a whole later
        if self._speaks is None:
            self._begin(agent)
            self._speaks = speaker
        if thought := thinking_of(chunk):
            self._think(thought)
        if text := chunk.text:
            self._say(text)

    def messages(self, messages: Iterable[BaseMessage], agent: str = "") -> None:
        """Print whole messages, but nothing that was printed already; not while another agent speaks."""
        for message in messages:
            if self._speaks is not None and self._speaks[1] != agent:
                self._waiting.append((message, agent))
            elif isinstance(message, AIMessage):
                self._answer(message, agent)
            elif isinstance(message, ToolMessage):
                self._result(message)
        self._go_on()

    def stopped(self) -> None:
        """End the line of an answer that does not go on."""
        self._silence()
        self._go_on()

    def _silence(self) -> None:
        self._flow.end()
        self._speaks, self._said, self._thinks = None, [], False

    def _go_on(self) -> None:
        """Print what has waited until nobody speaks."""
        while self._waiting and self._speaks is None:
            message, agent = self._waiting.pop(0)
            self.messages([message], agent)

    def _begin(self, agent: str) -> None:
        self._turn += 1
        if self._numbered:
            name = f"{one_line(agent)} · " if agent else ""
            self._console.print(f"\n[dim]{escape(name)}{say('model, turn {number}', number=self._turn)}[/]")
        self._speaker = one_line(agent)

    def _think(self, text: str) -> None:
        if not self._thinks and not self._said:
            self._flow.write(f"{say('thinking')}  ", "dim italic")
        self._thinks = True
        self._flow.write(clean(text), "dim italic")

    def _say(self, text: str) -> None:
        if self._thinks:
            self._flow.end()
            self._thinks = False
        if not self._said:
            self._label()
        self._said.append(text)
        self._flow.write(clean(text))

    def _label(self) -> None:
        """Say who speaks: an agent within the graph, or the graph."""
        if self._speaker:
            self._flow.write(f"{self._speaker}  ", "bold blue")
        else:
            self._flow.write(f"{say('answer')}  ", "bold green")

    def _answer(self, message: AIMessage, agent: str) -> None:
        if message.id in self._calls:  # seen before; perhaps a person has changed its calls
            self._print_calls(message, agent)
            return
        if self._speaks is not None and self._speaks[0] == message.id:
            self._texts.add(message.text)
            self._silence()
        elif message.text and message.text not in self._texts:
            self._whole(message, agent)
        elif message.tool_calls or message.invalid_tool_calls:
            self._interrupted_by(agent)
        if message.response_metadata.get("finish_reason") == "length":
            self._console.print(f"[red]{say('the answer was cut off by max_tokens (finish reason length)')}[/]")
        self._print_calls(message, agent)

    def _whole(self, message: AIMessage, agent: str) -> None:
        self._interrupted_by(agent)
        self._texts.add(message.text)
        if thought := thinking_of(message):
            self._think(thought)
        self._say(message.text)
        self._flow.end()
        self._said, self._thinks = [], False

    def _interrupted_by(self, agent: str) -> None:
        """Begin a turn that was not heard as it was spoken, on a line of its own."""
        self._silence()
        self._begin(agent)

    def _print_calls(self, message: AIMessage, agent: str) -> None:
        lines = [*map(_call, message.tool_calls), *map(_broken, message.invalid_tool_calls)]
        if self._calls.get(message.id, "") == (shown := "\n".join(lines)):
            return
        self._calls[message.id] = shown
        if self._numbered and lines:
            self._console.print(f"[dim]{say('tool calls: {count}', count=len(lines))}[/]")
        if not self._numbered and lines and agent and agent != self._agent:
            self._console.print(f"[bold blue]{escape(one_line(agent))}[/]")
        self._agent = agent
        for line in lines:
            print_indented(self._console, line)

    def _result(self, message: ToolMessage) -> None:
        if (seen := (message.tool_call_id, message.text)) in self._results:
            return
        self._results.add(seen)
        self._silence()
        colour = "red" if message.status == "error" else "blue"
        name = escape(one_line(message.name or ""))
        shown = escape(cut(message.text, self._longest))
        print_indented(self._console, f"[{colour}]← {name}[/] [dim]{shown}[/]")


def _call(call: Mapping[str, Any]) -> str:
    arguments = clean(json.dumps(call["args"], ensure_ascii=False))
    return f"[yellow]→ {escape(one_line(str(call['name'])))}[/] {escape(arguments)}"


def _broken(call: Mapping[str, Any]) -> str:
    text = say("not run: {problem}", problem=call["error"])
    return f"[red]→ {escape(one_line(str(call['name'])))}[/] {escape(clean(text))}"
