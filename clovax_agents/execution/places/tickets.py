"""`Ticket`: one job in a pool of threads, from its place in the queue to its end."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final, Generic, Literal, TypeAlias, TypeVar, cast

if TYPE_CHECKING:
    import contextvars
    from collections.abc import Callable

__all__ = ["Left", "Ticket"]

Left: TypeAlias = Literal["unstarted", "running", "ended"]
R = TypeVar("R")
_START: Final = "start"
_END: Final = "end"


class Ticket(Generic[R]):
    """A job that was handed in.

    Attributes:
        started_at: when it really began, on ``time.monotonic()``'s clock; None before.
        value: what it returned.
        error: what it raised, whatever that is.
        left: how it was when it was given up; None if it was not.
    """

    __slots__ = ("__weakref__", "_rights", "context", "done", "error", "job", "late", "left", "started_at", "value")

    def __init__(
        self,
        job: Callable[[], R],
        done: Callable[[Ticket[R]], object],
        context: contextvars.Context,
        late: Callable[[Ticket[R]], object] | None = None,
    ) -> None:
        self.job: Callable[[], R] = job
        self.done: Callable[[Ticket[R]], object] = done
        self.context: contextvars.Context = context
        self.late: Callable[[Ticket[R]], object] | None = late
        self.started_at: float | None = None
        self.value: R | None = None
        self.error: BaseException | None = None
        self.left: Left | None = None
        # Two rights, each taken once: by the thread that runs the job, or by whoever gives it up. Taking an item from
        # a list is atomic, so no lock is needed for each of many short jobs.
        self._rights = [_END, _START]

    def begin(self) -> bool:
        """Take the right to start; False if the job was given up before."""
        if self._take() != _START:
            return False
        self.started_at = time.monotonic()
        return True

    def end(self) -> bool:
        """Take the right to tell the result; False if the job was given up meanwhile."""
        return self._take() == _END

    def leave(self) -> Left:
        """Give the job up; only its pool calls this, and once, because it has to count its threads."""
        taken = self._take()
        self.left = "unstarted" if taken == _START else "running" if taken == _END else "ended"
        return self.left

    def result(self) -> R:
        """Return what the job returned, or raise what it raised: once, then the ticket has nothing more to say."""
        error, self.error = self.error, None  # or its traceback's frames hold the ticket, and the ticket the error
        if error is None:
            return cast("R", self.value)
        try:
            raise error
        finally:
            del error

    def _take(self) -> str | None:
        try:
            return self._rights.pop()
        except IndexError:
            return None

    def __repr__(self) -> str:
        return f"<Ticket {self.left or ('unstarted' if self.started_at is None else 'started')}>"
