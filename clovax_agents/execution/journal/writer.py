"""A journal as an event loop uses it: written by a thread of its own, many requests in one transaction."""

from __future__ import annotations

import asyncio
import os
import queue
import threading
from contextlib import suppress
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

    from clovax_agents.execution.journal.base import Claim, Ended, Journal, Standing

__all__ = ["JournalWriter"]

_RENEW_EVERY: Final = 10.0


@dataclass(slots=True)
class _Request:
    """Claims or ends of one caller."""

    kind: str
    entries: Sequence[Any]
    loop: asyncio.AbstractEventLoop
    done: asyncio.Future[Any]


class JournalWriter:
    """Writes a journal without blocking the event loop; one in memory is written at once.

    What waits while a transaction is under way goes together into the next one.

    Args:
        journal: the backend.
    """

    def __init__(self, journal: Journal) -> None:
        self.journal = journal
        self._lock = threading.Lock()
        self._queues: dict[int, queue.SimpleQueue[_Request]] = {}

    @property
    def durable(self) -> bool:
        """Whether the journal outlives the process."""
        return self.journal.durable

    async def begin(self, claims: Sequence[Claim]) -> list[Standing]:
        """Claim calls; one standing for each, in order."""
        if not self.journal.durable:
            return self.journal.begin(claims)
        standings: list[Standing] = await self._ask("begin", claims)
        return standings

    def end(self, calls: Sequence[Ended]) -> asyncio.Future[Any]:
        """Note how calls ended; the future is set when it is written down."""
        if self.journal.durable:
            return self._ask("end", calls)
        future = asyncio.get_running_loop().create_future()
        try:
            self.journal.end(calls)
            future.set_result(None)
        except Exception as error:  # noqa: BLE001  # whoever awaits it is told
            future.set_exception(error)
        return future

    def end_later(self, call: Ended) -> None:
        """Note, from any thread and waiting for nothing, how a call ended that was given up before."""
        self._queue().put(_Request("end", [call], _NO_LOOP, _NO_FUTURE))

    def _ask(self, kind: str, entries: Sequence[Any]) -> asyncio.Future[Any]:
        loop = asyncio.get_running_loop()
        future = loop.create_future()
        self._queue().put(_Request(kind, entries, loop, future))
        return future

    def _queue(self) -> queue.SimpleQueue[_Request]:
        pid = os.getpid()  # a forked child has no thread
        found = self._queues.get(pid)
        if found is None:
            with self._lock:
                found = self._queues.get(pid)
                if found is None:
                    found = self._queues[pid] = queue.SimpleQueue()
                    threading.Thread(target=self._serve, args=(found,), name="clovax-journal", daemon=True).start()
        return found

    def _serve(self, requests: queue.SimpleQueue[_Request]) -> None:
        holding = 0
        while True:
            try:
                waiting = [requests.get(timeout=_RENEW_EVERY if holding > 0 else None)]
            except queue.Empty:
                self._renew()
                continue
            while not requests.empty():
                waiting.append(requests.get())
            for kind, group in groupby(waiting, lambda request: request.kind):
                together = list(group)
                self._write(kind, together)
                count = sum(len(request.entries) for request in together)
                holding = max(holding + (count if kind == "begin" else -count), 0)

    def _write(self, kind: str, requests: list[_Request]) -> None:
        entries = [entry for request in requests for entry in request.entries]
        try:
            results = self._transact(kind, entries)
        except BaseException as error:  # noqa: BLE001  # every caller is told
            for request in requests:
                _tell(request, None, error)
            return
        position = 0
        for request in requests:
            share = None if results is None else results[position : position + len(request.entries)]
            position += len(request.entries)
            _tell(request, share, None)

    def _transact(self, kind: str, entries: list[Any]) -> list[Standing] | None:
        if kind == "begin":
            return self.journal.begin(entries)
        self.journal.end(entries)
        return None

    def _renew(self) -> None:
        with suppress(Exception):  # if it fails, so will the next transaction, whose caller is told
            self.journal.renew()


def _tell(request: _Request, result: Any, error: BaseException | None) -> None:
    if request.done is _NO_FUTURE:
        return
    try:
        request.loop.call_soon_threadsafe(_set, request.done, result, error)
    except RuntimeError:  # the loop is closed: nobody waits
        return


def _set(future: asyncio.Future[Any], result: Any, error: BaseException | None) -> None:
    if future.done():
        return
    if error is None:
        future.set_result(result)
    else:
        future.set_exception(error)


_NO_LOOP: Any = None
_NO_FUTURE: Any = None
