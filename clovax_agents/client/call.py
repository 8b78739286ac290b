"""One call as a generator: it says what to do (send, read, sleep, deliver), a driver does it.

Nothing here touches a socket or a clock of its own, so the same decisions serve sync and async, and tests.
"""

from __future__ import annotations

import time
from collections.abc import Generator
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final, Generic, TypeVar

from clovax_agents.client.policy import RetryPolicy
from clovax_agents.errors import CallTimeoutError, InvalidResponseError, ServiceError
from clovax_agents.wire.failures import http_error

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from clovax_agents.client.policy import Deadlines
    from clovax_agents.wire.codecs import Decoder
    from clovax_agents.wire.neutral import Delta, Reply

__all__ = ["Call", "Deliver", "Flow", "Head", "Op", "Read", "Send", "Sleep", "complete", "stream"]

MAX_BODY_BYTES: Final = 32 * 1024 * 1024
MAX_ERROR_BYTES: Final = 64 * 1024
_OK: Final = 200
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Send:
    """Send the request; answered with a `Head`."""

    url: str
    headers: Mapping[str, str]
    body: bytes
    connect: float
    read: float


@dataclass(frozen=True, slots=True)
class Read:
    """Read the next bytes of the body; answered with bytes, or None at its end."""


@dataclass(frozen=True, slots=True)
class Sleep:
    """Wait."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Deliver(Generic[T]):
    """Hand over what was asked for: a whole reply, or a delta of a stream."""

    item: T


@dataclass(frozen=True, slots=True)
class Head:
    """Status and headers (lower-case names) of an answer."""

    status: int
    headers: Mapping[str, str]


Op = Send | Read | Sleep
Flow = Generator[Op | Deliver[T], Any, None]


@dataclass(slots=True, kw_only=True)
class Call:
    """Everything that one call needs."""

    url: str
    headers: Mapping[str, str]
    body: bytes
    deadlines: Deadlines
    request_id: str
    policy: RetryPolicy = field(default_factory=RetryPolicy)
    clock: Callable[[], float] = time.monotonic
    started: float = 0.0
    delivered: bool = False

    def deliver(self, item: T) -> Deliver[T]:
        """Return the operation that hands over ``item``; from now on nothing is tried again."""
        self.delivered = True
        return Deliver(item)

    def remaining(self) -> float:
        """Return the seconds until the total deadline.

        Raises:
            CallTimeoutError: it has passed.
        """
        left = self.started + self.deadlines.total - self.clock()
        if left <= 0:
            raise CallTimeoutError(f"the call took longer than its {self.deadlines.total:.0f} s in all")
        return left


def complete(call: Call, decode: Callable[[bytes], Reply]) -> Flow[Reply]:
    """Ask for a whole answer; deliver it."""

    def attempt() -> Flow[Reply]:
        yield from _open(call)
        body = yield from _body(call, MAX_BODY_BYTES)
        yield call.deliver(decode(body))

    return _attempts(call, attempt)


def stream(call: Call, decoder: Callable[[], Decoder]) -> Flow[Delta]:
    """Ask for a streamed answer; deliver its deltas."""

    def attempt() -> Flow[Delta]:
        yield from _open(call)
        reader, last = decoder(), call.clock()
        while not reader.done and (chunk := (yield from _read(call))) is not None:
            for delta in reader.feed(chunk):
                last = call.clock()
                yield call.deliver(delta)
            if call.clock() - last > call.deadlines.idle:
                raise CallTimeoutError(f"no content for {call.deadlines.idle:.0f} s in the middle of a stream")
        yield from map(call.deliver, reader.close())

    return _attempts(call, attempt)


def _attempts(call: Call, attempt: Callable[[], Flow[T]]) -> Flow[T]:
    """Try, and try again while the policy says so; but never once something has been delivered."""
    call.started, number = call.clock(), 0
    while True:
        number += 1
        try:
            yield from attempt()
        except ServiceError as error:
            elapsed = call.clock() - call.started
            error.facts = replace(error.facts, attempts=number, elapsed=elapsed, request_id=call.request_id)
            wait = None if call.delivered else call.policy.delay(error, number, call.deadlines.total - elapsed)
            if wait is None:
                raise
        else:
            return
        yield Sleep(wait)


def _open(call: Call) -> Generator[Op, Any, None]:
    left = call.remaining()
    limits = call.deadlines
    head: Head = yield Send(call.url, call.headers, call.body, min(limits.connect, left), min(limits.idle, left))
    if head.status != _OK:
        raise http_error(head.status, head.headers, (yield from _body(call, MAX_ERROR_BYTES, cut=True)))


def _read(call: Call) -> Generator[Op, Any, bytes | None]:
    call.remaining()
    chunk: bytes | None = yield Read()
    return chunk


def _body(call: Call, most: int, *, cut: bool = False) -> Generator[Op, Any, bytes]:
    body = bytearray()
    while (chunk := (yield from _read(call))) is not None:
        body += chunk
        if len(body) > most:
            if cut:
                break
            raise InvalidResponseError(f"the answer is larger than {most} bytes")
    return bytes(body[:most])
