"""One turn: from a message to the answer, which may be stopped in between; what it used is counted."""

from __future__ import annotations

import asyncio
import os
import signal
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.util import find_spec
from time import monotonic
from typing import TYPE_CHECKING, Any, Final, TypeVar

from langgraph.types import Command

from clovax_agents.budgets import Budget, RunUsage
from clovax_agents.budgets.accounts import ACCOUNT, Account
from clovax_agents.cli.deciding import answer_to
from clovax_agents.cli.following import follow
from clovax_agents.cli.printing import Printer

if TYPE_CHECKING:
    from collections.abc import Coroutine, Generator, Sequence

    from langgraph.pregel import Pregel
    from langgraph.types import Interrupt
    from rich.console import Console

    from clovax_agents.cli.asking import Asker

__all__ = ["Loop", "Turn"]

T = TypeVar("T")
_PATIENCE: Final = 3
_NO_KEY: Final = b"\0"
_LONGEST: Final = 160


class Loop:
    """An event loop that Ctrl-C does not end: it cancels what runs, and only whoever insists gets out."""

    def __init__(self) -> None:
        self._runner = asyncio.Runner()

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Run it to its end.

        Raises:
            KeyboardInterrupt: it was cancelled by Ctrl-C.
        """
        loop = self._runner.get_loop()
        task = loop.create_task(work)
        with _cancelled_by_ctrl_c(loop, task) as pressed:
            try:
                return self._runner.run(_awaited(task))
            except asyncio.CancelledError:
                if pressed:
                    raise KeyboardInterrupt from None
                raise

    def close(self) -> None:
        """End what still runs."""
        self._runner.close()


async def _awaited(task: asyncio.Task[T]) -> T:
    return await task


@contextmanager
def _cancelled_by_ctrl_c(loop: asyncio.AbstractEventLoop, task: asyncio.Task[Any]) -> Generator[list[int]]:
    """Cancel the task at every Ctrl-C; after some in vain, break off."""
    pressed: list[int] = []

    def cancel(number: int, _: object) -> None:
        pressed.append(number)
        if len(pressed) > _PATIENCE:
            raise KeyboardInterrupt
        loop.call_soon_threadsafe(task.cancel)

    before = signal.signal(signal.SIGINT, cancel)
    try:
        with _without_echo():
            yield pressed
    finally:
        signal.signal(signal.SIGINT, before)


@contextmanager
def _without_echo() -> Generator[None]:
    """Keep what is typed meanwhile, ``^C`` above all, from being shown in the middle of an answer.

    Ctrl-D is left to the next prompt: the terminal would forget it.
    """
    if find_spec("termios") is None or not os.isatty(0):
        yield
        return
    import termios  # noqa: PLC0415  # not on every system

    before = termios.tcgetattr(0)
    quiet = [*before]
    quiet[3] &= ~termios.ECHO
    quiet[6] = [*before[6]]
    quiet[6][termios.VEOF] = _NO_KEY
    termios.tcsetattr(0, termios.TCSANOW, quiet)
    try:
        yield
    finally:
        termios.tcsetattr(0, termios.TCSANOW, before)


@dataclass(slots=True, kw_only=True)
class Turn:
    """A turn of a thread.

    Attributes:
        graph: with a checkpointer.
        config: with the thread's id.
        context: of the run.
        console: to print on.
        asker: who decides.
        loop: that it runs in.
        used: so far.
        seconds: that it ran, the person's time to decide not counted.
    """

    graph: Pregel[Any, Any, Any, Any]
    config: Any
    context: Any
    console: Console
    asker: Asker
    loop: Loop
    used: RunUsage = field(default_factory=RunUsage)
    seconds: float = 0.0

    def run(self, given: Any, asked: Sequence[Interrupt] = ()) -> None:
        """Run it to its end.

        Args:
            given: the graph's input; None to go on where it broke off.
            asked: what is to be decided first.

        Raises:
            KeyboardInterrupt: it was stopped; its thread can go on.
            ConfigurationError: nobody is there to decide.
        """
        printer = Printer(self.console, longest=_LONGEST)
        try:
            while True:
                if asked:
                    resume = {one.id: answer_to(one.value, self.console, self.asker) for one in asked}
                    given = Command(resume=resume)
                asked = self._followed(given, printer)
                if not asked:
                    return
        finally:
            printer.stopped()

    def _followed(self, given: Any, printer: Printer) -> Sequence[Interrupt]:
        account, before, began = Account(Budget()), self.used, monotonic()
        try:
            return self.loop.run(self._counted(account, given, printer))
        finally:
            self.seconds += monotonic() - began
            # an agent of ours that goes on tells what it had used before, too
            known: Any = self.graph
            is_told_again = "spent" in known.channels and isinstance(given, Command)
            self.used = account.used if is_told_again else before + account.used

    async def _counted(self, account: Account, given: Any, printer: Printer) -> Sequence[Interrupt]:
        token = ACCOUNT.set(account)
        try:
            return await follow(self.graph, given, self.config, printer, self.context)
        finally:
            ACCOUNT.reset(token)
