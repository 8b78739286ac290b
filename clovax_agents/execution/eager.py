"""Tasks whose first step is taken at once: work that waits for nothing costs no turn of the event loop.

Python 3.12 can do that itself. Before, the step is taken here, as the task that it belongs to: what asks for the
current task, as timeouts do, finds the right one.
"""

from __future__ import annotations

import asyncio
import sys
from asyncio import tasks
from contextvars import copy_context
from types import coroutine
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Coroutine, Generator

__all__ = ["start"]


def start(loop: asyncio.AbstractEventLoop, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
    """Start a task; it has got as far as it can without waiting when this returns.

    Args:
        loop: that runs.
        work: of the task.
    """
    if sys.version_info >= (3, 12):
        return asyncio.Task(work, loop=loop, eager_start=True)
    if not hasattr(tasks, "_enter_task"):
        return loop.create_task(work)
    first = _First(work)
    context = copy_context()
    rest: Any = first.rest()
    task: asyncio.Task[None] = loop.create_task(rest, context=context)
    current: Any = asyncio.current_task(loop)
    exchange: Any = tasks
    exchange._leave_task(loop, current)  # noqa: SLF001
    exchange._enter_task(loop, task)  # noqa: SLF001
    try:
        context.run(first.step)
    finally:
        exchange._leave_task(loop, task)  # noqa: SLF001
        exchange._enter_task(loop, current)  # noqa: SLF001
    return task


class _First:
    """Work whose first step was taken before its task's."""

    __slots__ = ("_ended", "_error", "_work", "_yielded")

    def __init__(self, work: Coroutine[Any, Any, None]) -> None:
        self._work = work
        self._yielded: Any = None
        self._error: BaseException | None = None
        self._ended = False

    def step(self) -> None:
        try:
            self._yielded = self._work.send(None)
        except StopIteration:
            self._ended = True
        except BaseException as error:  # noqa: BLE001  # it is the task's, whose step this is
            self._error = error

    @coroutine
    def rest(self) -> Generator[Any, Any, None]:
        """Go on where the first step has ended."""
        if self._error is not None:
            raise self._error
        if self._ended:
            return
        yielded = self._yielded
        while True:
            try:
                given = yield yielded
            except GeneratorExit:
                self._work.close()
                raise
            except BaseException as error:  # noqa: BLE001  # cancellation, too, is the work's to handle
                try:
                    yielded = self._work.throw(error)
                except StopIteration:
                    return
            else:
                try:
                    yielded = self._work.send(given)
                except StopIteration:
                    return
