"""One call as a generator: it says what to do (send, read, sleep, deliver), a driver does it.

Nothing here touches a socket or a clock of its own, so the same decisions serve sync and async, and tests.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final, TypeVar

from clovax_agents.client.body import Body, Patience
from clovax_agents.client.connections import Connections
from clovax_agents.client.inflate import inflater
from clovax_agents.client.ops import Deliver, Flow, Head, Op, Send, Sleep
from clovax_agents.client.policy import RetryPolicy
from clovax_agents.errors import ServiceError
from clovax_agents.wire.failures import http_error

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Mapping

    from clovax_agents.client.policy import Deadlines
    from clovax_agents.wire.codecs import Decoder
    from clovax_agents.wire.neutral import Delta

__all__ = ["Call", "complete", "stream"]

MAX_BODY_BYTES: Final = 32 * 1024 * 1024
MAX_ERROR_BYTES: Final = 64 * 1024
_OK: Final = 200
T = TypeVar("T")


@dataclass(slots=True, kw_only=True)
class Call:
    """Everything that one call needs."""

    url: str
    headers: Mapping[str, str]
    body: bytes
    deadlines: Deadlines
    request_id: str
    policy: RetryPolicy = field(default_factory=RetryPolicy)
    via: Connections = field(default_factory=Connections)
    clock: Callable[[], float] = time.monotonic
    started: float | None = None
    """When its time began; by default when it is first sent. The requests of one turn share the beginning of it."""
    delivered: bool = False

    def deliver(self, item: T) -> Deliver[T]:
        """Return the operation that hands over ``item``; from now on nothing is tried again."""
        self.delivered = True
        return Deliver(item)

    @property
    def until(self) -> float:
        """When its time is up."""
        return (self.started or 0.0) + self.total

    @property
    def total(self) -> float:
        """Seconds for the whole call."""
        return self.deadlines.total or 0.0


def complete(call: Call, decode: Callable[[bytes], T]) -> Flow[T]:
    """Ask for a whole answer; deliver it."""

    def attempt() -> Flow[T]:
        body = yield from _open(call, Patience(call, "answer", call.deadlines.answer or call.total))
        yield call.deliver(decode((yield from body.rest(MAX_BODY_BYTES))))

    return _attempts(call, attempt)


def stream(call: Call, decoder: Callable[[], Decoder]) -> Flow[Delta]:
    """Ask for a streamed answer; deliver its deltas."""

    def attempt() -> Flow[Delta]:
        patience, text = Patience(call, "first_token", call.deadlines.first_token), list[str]()
        try:
            body, reader = (yield from _open(call, patience)), decoder()
            while not reader.done and (chunk := (yield from body.read())) is not None:
                for delta in reader.feed(chunk):
                    text.append(delta.content)
                    yield call.deliver(delta)
                    patience.renew("idle", call.deadlines.idle)
            yield from map(call.deliver, reader.close())
        except ServiceError as error:
            error.facts = replace(error.facts, partial="".join(text))
            raise

    return _attempts(call, attempt)


def _attempts(call: Call, attempt: Callable[[], Flow[T]]) -> Flow[T]:
    """Try, and try again while the policy says so; but never once something has been delivered."""
    started = call.started = call.clock() if call.started is None else call.started
    number = 0
    while True:
        number += 1
        try:
            yield from attempt()
        except ServiceError as error:
            elapsed = call.clock() - started
            error.facts = replace(error.facts, attempts=number, elapsed=elapsed, request_id=call.request_id)
            wait = None if call.delivered else call.policy.delay(error, number, call.total - elapsed)
            if wait is None:
                raise
        else:
            return
        yield Sleep(wait)


def _open(call: Call, patience: Patience) -> Generator[Op, Any, Body]:
    wait = patience.left()
    op = Send(call.url, call.headers, call.body, min(call.deadlines.connect, wait), wait, call.via)
    head: Head = yield from patience.over(op)
    body = Body(patience, inflater(head.headers))
    if head.status != _OK:
        raise http_error(head.status, head.headers, (yield from body.rest(MAX_ERROR_BYTES, cut=True)))
    return body
