"""A journal as an event loop uses it: written by a thread of its own, many requests in one transaction."""

from __future__ import annotations

import asyncio
import atexit
import threading
import time
from dataclasses import dataclass, field
from itertools import groupby
from typing import TYPE_CHECKING, Any, Final
from weakref import WeakSet

from clovax_agents.errors import JournalError
from clovax_agents.execution.journal.base import Ended
from clovax_agents.execution.journal.forks import PerProcess
from clovax_agents.execution.journal.retention import AT_ONCE
from clovax_agents.execution.journal.rules import FINAL

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from clovax_agents.execution.journal.base import Claim, Journal, Standing

__all__ = ["JournalWriter"]

_RENEW_EVERY: Final = 10.0
_PRUNE_EVERY: Final = 3_600.0
_IDLE: Final = 10.0
_MOST_UNWRITTEN: Final = 1_000
_AT_EXIT: Final = 5.0
_writers: WeakSet[JournalWriter] = WeakSet()


@dataclass(slots=True)
class _Request:
    """Claims or ends of one caller.

    Attributes:
        kind: ``"begin"``, ``"end"``, or ``"stop"``.
        entries: of the caller.
        answer: is called in the writer's thread, with the standings or the error.
    """

    kind: str
    entries: Sequence[Any]
    answer: Callable[[Any, BaseException | None], None]


@dataclass(slots=True)
class _Desk:
    """What the writer has in one process.

    Attributes:
        ready: guards what follows, and is told when there is something.
        waiting: requests.
        works: whether there is a thread.
        held: keys of calls that were given out to be run.
        unwritten: ends that could not be written, oldest first; the next transaction begins with them.
        renewed: when held calls were last renewed, monotonic seconds.
        prune_at: when old results are to be forgotten, monotonic seconds; soon, for a program that does not run long.
    """

    ready: threading.Condition = field(default_factory=threading.Condition)
    waiting: list[_Request] = field(default_factory=list[_Request])
    works: bool = False
    held: set[str] = field(default_factory=set[str])
    unwritten: list[Ended] = field(default_factory=list[Ended])
    renewed: float = field(default_factory=time.monotonic)
    prune_at: float = 0.0


class JournalWriter:
    """Writes a journal without blocking the event loop; one in memory is written at once.

    What waits while a transaction is under way goes together into the next one. An end that cannot be written is kept
    and tried again before the next claims; a claim whose caller has gone away is given back. The thread begins with the
    first request of a process, also of a forked one, and ends when there has been nothing to do for a while.

    Args:
        journal: the backend.
    """

    def __init__(self, journal: Journal) -> None:
        self.journal = journal
        self._desks = PerProcess(_Desk)
        if journal.durable:
            _writers.add(self)

    @property
    def durable(self) -> bool:
        """Whether the journal outlives the process."""
        return self.journal.durable

    async def begin(self, claims: Sequence[Claim]) -> list[Standing]:
        """Claim calls; one standing for each, in order.

        Raises:
            JournalError: they could not be claimed; none may run.
        """
        if not self.journal.durable:
            return self.journal.begin(claims)
        future = asyncio.get_running_loop().create_future()
        self._put(_Request("begin", claims, lambda found, error: self._hand_over(future, claims, found, error)))
        standings: list[Standing] = await future
        return standings

    def end(self, calls: Sequence[Ended]) -> asyncio.Future[Any]:
        """Note how calls ended; the future is set when it is written down, or cannot be."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Any] = loop.create_future()
        if self.journal.durable:
            self._put(_Request("end", calls, lambda _, error: self._confirm(loop, future, error)))
            return future
        try:
            self.journal.end(calls)
            future.set_result(None)
        except Exception as error:  # noqa: BLE001  # whoever awaits it is told
            future.set_exception(error)
        return future

    def end_later(self, call: Ended) -> None:
        """Note, from any thread and waiting for nothing, how a call ended that was given up before."""
        if self.journal.durable:
            self._put(_Request("end", [call], lambda _, __: None))
        else:
            self.journal.end([call])

    def close(self, timeout: float = 30.0) -> None:
        """Write what waits, and close the journal; the next request opens it again.

        Blocks: not for event loops.

        Args:
            timeout: seconds to wait for it, after which it is left to itself.
        """
        desk, closed = self._desks.get(), threading.Event()
        with desk.ready:
            works = desk.works
        if works:
            self._put(_Request("stop", (), lambda _, __: closed.set()))
            closed.wait(timeout)
        else:
            self.journal.close()

    def _put(self, request: _Request) -> None:
        desk = self._desks.get()
        with desk.ready:
            desk.waiting.append(request)
            if desk.works:
                desk.ready.notify()
                return
            desk.works = True
        try:
            threading.Thread(target=self._serve, args=(desk,), name="clovax-journal", daemon=True).start()
        except RuntimeError as error:
            with desk.ready:
                desk.works = False
                desk.waiting.clear()
            raise JournalError(
                f"the journal's thread cannot begin ({error}); the program is ending, or full"
            ) from error

    def _serve(self, desk: _Desk) -> None:
        while (requests := _next(desk)) is not None:
            for kind, group in groupby(requests, lambda request: request.kind):
                if kind == "stop":
                    self._stop(desk, list(group))
                else:
                    self._write(desk, kind, list(group))
            self._renew(desk)
            if not any(request.kind == "stop" for request in requests):
                self._prune(desk)

    def _write(self, desk: _Desk, kind: str, requests: list[_Request]) -> None:
        entries = [entry for request in requests for entry in request.entries]
        try:
            found = self._begin(desk, entries) if kind == "begin" else self._end(desk, entries)
        except BaseException as error:  # noqa: BLE001  # every caller is told
            for request in requests:
                request.answer(None, error)
            return
        position = 0
        for request in requests:
            request.answer(found[position : position + len(request.entries)], None)
            position += len(request.entries)

    def _begin(self, desk: _Desk, claims: list[Claim]) -> list[Standing]:
        self._catch_up(desk)
        try:
            standings = self.journal.begin(claims)
        except BaseException:
            # Perhaps it was committed all the same; what nobody runs must not stand there as running.
            doubtful = dict.fromkeys(claim.key for claim in claims if claim.key not in desk.held)
            desk.unwritten += [Ended(key=key, how="interrupted", facts=_UNCONFIRMED) for key in doubtful]
            raise
        if not desk.held:
            desk.renewed = time.monotonic()
        for claim, found in zip(claims, standings, strict=True):
            if found.state in {"run", "interrupted"}:
                desk.held.add(claim.key)
        return standings

    def _end(self, desk: _Desk, calls: list[Ended]) -> list[None]:
        desk.unwritten += calls
        desk.held.difference_update(call.key for call in calls if call.how != "refused")
        try:
            self._catch_up(desk)
        except JournalError:
            raise
        except BaseException:  # not the database is at fault, but what was to be written: it would fail for ever
            del desk.unwritten[-len(calls) :]
            raise
        return [None] * len(calls)

    def _catch_up(self, desk: _Desk) -> None:
        """Write the ends that have not been written, in one transaction."""
        if desk.unwritten:
            try:
                self.journal.end(desk.unwritten)
            except BaseException:
                _forget_some(desk.unwritten)
                raise
            desk.unwritten = []

    def _renew(self, desk: _Desk) -> None:
        if not desk.held:
            desk.renewed = time.monotonic()
        elif time.monotonic() - desk.renewed >= _RENEW_EVERY:
            desk.renewed = time.monotonic()
            try:
                self.journal.renew()
            except Exception:  # noqa: BLE001  # if it lasts, so fails the next transaction, whose caller is told
                return

    def _prune(self, desk: _Desk) -> None:
        """Forget old results, piece by piece; whoever waits comes first."""
        if getattr(self.journal, "keep_days", None) is None or time.monotonic() < desk.prune_at:
            return
        try:
            while (count := self.journal.prune(limit=AT_ONCE)) == AT_ONCE and not desk.waiting:
                self._renew(desk)
        except Exception:  # noqa: BLE001  # nobody waits for it, and it is tried again
            count = 0
        if count < AT_ONCE:
            desk.prune_at = time.monotonic() + _PRUNE_EVERY

    def _stop(self, desk: _Desk, requests: list[_Request]) -> None:
        try:
            self._catch_up(desk)
            self.journal.close()
        except Exception:  # noqa: BLE001  # there is nobody left to tell
            return
        finally:
            for request in requests:
                request.answer(None, None)

    @staticmethod
    def _confirm(loop: asyncio.AbstractEventLoop, future: asyncio.Future[Any], error: BaseException | None) -> None:
        _tell(loop, lambda: _set(future, None, error))

    def _hand_over(
        self, future: asyncio.Future[Any], claims: Sequence[Claim], found: Any, error: BaseException | None
    ) -> None:
        """Give a caller its standings; if it does not wait any more, nobody runs these calls."""

        def give() -> None:
            if future.done():
                give_back()
            else:
                _set(future, found, error)

        def give_back() -> None:
            states = zip(claims, found or [], strict=False)
            ours = [(claim.key, met.consumed) for claim, met in states if met.state in {"run", "interrupted"}]
            calls = [Ended(key=key, how="interrupted", consumed=times, facts=_LEFT) for key, times in ours]
            for call in calls:
                self.end_later(call)

        if not _tell(future.get_loop(), give):
            give_back()


_LEFT: Final = {"outcome": "cancelled before it began"}
_UNCONFIRMED: Final = {"outcome": "not begun: the claim was not confirmed"}


def _next(desk: _Desk) -> list[_Request] | None:
    """Wait for requests; none, when held calls are to be renewed; None if the thread is to end."""
    with desk.ready:
        if not desk.waiting:
            desk.ready.wait(_RENEW_EVERY if desk.held else _IDLE)
        if not desk.waiting and not desk.held:
            desk.works = False
            return None
        requests, desk.waiting = desk.waiting, []
        return requests


def _forget_some(unwritten: list[Ended]) -> None:
    """Keep no more than so many: results first, because what may run again does so without being told."""
    if len(unwritten) > _MOST_UNWRITTEN:
        unwritten.sort(key=lambda call: call.how in FINAL)
        del unwritten[: len(unwritten) - _MOST_UNWRITTEN]


def _tell(loop: asyncio.AbstractEventLoop, news: Callable[[], None]) -> bool:
    """Have the loop do something; False if it is closed, and nobody waits."""
    try:
        loop.call_soon_threadsafe(news)
    except RuntimeError:
        return False
    return True


def _set(future: asyncio.Future[Any], result: Any, error: BaseException | None) -> None:
    if future.done():
        return
    if error is None:
        future.set_result(result)
    else:
        future.set_exception(error)


def _finish() -> None:
    """Write at the exit of the program what still waits."""
    for writer in list(_writers):
        writer.close(_AT_EXIT)


atexit.register(_finish)
