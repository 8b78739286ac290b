"""How far a batch has come: a bar at a terminal, else a line for each question."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Protocol

from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from clovax_agents.cli.batching.wording import say
from clovax_agents.execution.texts import clean, one_line

if TYPE_CHECKING:
    from collections.abc import Generator

    from rich.console import Console

    from clovax_agents.cli.batching.ledger import Entry

__all__ = ["Watching", "watching"]


class Watching(Protocol):
    """What is told as it happens."""

    def settled(self, entry: Entry) -> None:
        """Tell that a question has come to its end."""
        ...


@contextmanager
def watching(console: Console, total: int, done: int) -> Generator[Watching]:
    """Show how far it has come.

    Args:
        console: to show it on.
        total: questions.
        done: of them, before.
    """
    if not console.is_terminal:
        yield _Lines(console, total, done)
        return
    text, bar = TextColumn("{task.description}"), BarColumn()
    with Progress(
        text, bar, MofNCompleteColumn(), TimeElapsedColumn(), TimeRemainingColumn(), console=console
    ) as shown:
        yield _Bar(shown, total, done)


class _Lines:
    def __init__(self, console: Console, total: int, done: int) -> None:
        self._console, self._total, self._done = console, total, done

    def settled(self, entry: Entry) -> None:
        self._done += 1
        self._console.print(f"{self._done}/{self._total} {_said(entry)}", markup=False, soft_wrap=True)


class _Bar:
    def __init__(self, shown: Progress, total: int, done: int) -> None:
        self._shown = shown
        self._task = shown.add_task(say("questions"), total=total, completed=done)

    def settled(self, entry: Entry) -> None:
        if entry.status != "answered":
            self._shown.console.print(f"[yellow]{escape(_said(entry))}[/]", soft_wrap=True)
        self._shown.advance(self._task)


def _said(entry: Entry) -> str:
    names = {"answered": say("answered"), "failed": say("failed"), "needs_person": say("needs a person")}
    problem = one_line(clean(str(entry.told.get("error", ""))))
    return f"{one_line(clean(entry.id))} {names.get(entry.status, '')}" + (f": {problem}" if problem else "")
