"""One call as a generator: it says what to do (send, read, sleep, deliver), a driver does it.

Nothing here touches a socket or a clock of its own, so the same decisions serve sync and async, and tests.
"""

from __future__ import annotations

import math
import time
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final, TypeVar

from clovax_agents.client.body import Body, Patience
from clovax_agents.client.connections import Connections
from clovax_agents.client.headers import without_secrets
from clovax_agents.client.inflate import inflater
from clovax_agents.client.ops import Deliver, Flow, Head, Op, Send, Sleep
from clovax_agents.client.policy import RetryPolicy
from clovax_agents.errors import ConfigurationError, InvalidResponseError, ServiceError
from clovax_agents.wire.failures import http_error

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Mapping

    from clovax_agents.budgets.accounts import Account
    from clovax_agents.client.health import Health
    from clovax_agents.client.inflate import Inflate
    from clovax_agents.client.paces import Pace
    from clovax_agents.client.policy import Deadlines
    from clovax_agents.wire.codecs import Decoder
    from clovax_agents.wire.neutral import Delta, Usage

__all__ = ["Call", "complete", "stream"]

MAX_BODY_BYTES: Final = 32 * 1024 * 1024
MAX_ERROR_BYTES: Final = 64 * 1024
MAX_STREAM_BYTES: Final = 64 * 1024 * 1024
MAX_REQUEST_BYTES: Final = 50 * 1024 * 1024
"""Of a request; above, the service answers 413 (docs/wire.md, section 2.2)."""
_DRAIN_SECONDS: Final = 0.05
"""To wait for the end of a body whose last event is there, so that its connection can be used again."""
_LAST_SECONDS: Final = 1.0
"""To wait for what may come behind a finished answer: its usage, and the terminator."""
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
    pace: Pace | None = None
    """How it waits for its turn; None: it does not."""
    health: Health | None = None
    """What is known of the service; None: nobody keeps track."""
    account: Account | None = None
    """What each attempt counts for; None: no budget holds."""
    model: str = ""
    """Whose price counts; empty without an account."""
    limit: float = math.inf
    """When the time of the whole run is up."""
    started: float | None = None
    """When its time began, moved by what the user took over the pieces; None until it is first sent. The requests of
    one turn share it."""
    delivered: bool = False

    def deliver(self, item: T) -> Flow[T]:
        """Hand over ``item``; from now on nothing is tried again. How long it is looked at is no time of the call's."""
        self.delivered, before = True, self.clock()
        yield Deliver(item)
        self.pause(self.clock() - before)

    def draw_on(self, account: Account, model: str) -> None:
        """Let a budget hold: for the attempts, and for the time that they and the waits for room may take."""
        self.account, self.model = account, model
        left = account.left()
        self.limit = self.clock() + left
        if self.pace is not None:
            self.pace.max_wait = min(self.pace.max_wait, left)

    def pause(self, seconds: float) -> None:
        """Take so much time out of the call's."""
        self.started = (self.started or 0.0) + seconds

    def settle(self, usage: Usage | None) -> None:
        """Reserve what the input really had, and no more."""
        if usage is not None and self.pace is not None:
            self.pace.settle(usage.input)

    @property
    def until(self) -> float:
        """When its time is up."""
        return min((self.started or 0.0) + self.total, self.limit)

    @property
    def total(self) -> float:
        """Seconds for the whole call."""
        return self.deadlines.total or 0.0


def complete(call: Call, decode: Callable[[bytes], T]) -> Flow[T]:
    """Ask for a whole answer; deliver it."""

    def attempt() -> Flow[T]:
        body = yield from _open(call, Patience(call, "answer", call.deadlines.answer or call.total))
        with body.hinting():
            found = decode((yield from body.rest(MAX_BODY_BYTES)))
        yield from call.deliver(found)

    return _attempts(call, attempt)


def stream(call: Call, decoder: Callable[[], Decoder]) -> Flow[Delta]:
    """Ask for a streamed answer; deliver its deltas."""
    return _attempts(call, lambda: _Stream(call, decoder()).attempt())


class _Stream:
    """One attempt at a streamed answer."""

    def __init__(self, call: Call, reader: Decoder) -> None:
        self._call = call
        self._reader = reader
        self._patience = Patience(call, "first_token", call.deadlines.first_token)
        self._held: list[Delta] = []
        self._text: list[str] = []

    def attempt(self) -> Flow[Delta]:
        """Deliver what comes; what went wrong behind a finished answer is no matter."""
        body: Body | None = None
        try:
            body = yield from _open(self._call, self._patience)
            with body.hinting():
                yield from self._pieces(body)
        except ServiceError as error:
            if not self._reader.finished:
                error.facts = replace(error.facts, partial="".join(self._text))
                raise
        for delta in self._held:
            self._call.settle(delta.usage)
            yield from self._call.deliver(delta)
        if body is not None and self._reader.done:
            yield from body.drain(_DRAIN_SECONDS)

    def _pieces(self, body: Body) -> Flow[Delta]:
        """Deliver deltas; one without content, such as that of the role, is held back until there is some."""
        reader, call, held, size = self._reader, self._call, self._held, 0
        while not reader.done and (chunk := (yield from body.read())) is not None:
            size += len(chunk)
            if size > MAX_STREAM_BYTES:
                raise InvalidResponseError(f"the stream is larger than {MAX_STREAM_BYTES} bytes")
            before, said = call.clock(), False
            for delta in reader.feed(chunk):
                held.append(delta)
                if delta.has_content:
                    said = call.delivered = True
                    self._text.append(delta.content)
                    yield from map(Deliver, held)  # no more than this: it is done for every token
                    held.clear()
            self._wait_on(before if said else None)
        held += reader.close()

    def _wait_on(self, said: float | None) -> None:
        """Begin to wait for what comes next; ``said`` is when the user began to look at what has come, if it has."""
        if said is not None:
            self._call.pause(self._call.clock() - said)
        if self._reader.finished:
            self._patience.shorten(_LAST_SECONDS)
        elif said is not None:
            self._patience.renew("idle", self._call.deadlines.idle)


def _attempts(call: Call, attempt: Callable[[], Flow[T]]) -> Flow[T]:
    """Try, and try again while the policy says so; but never once something has been delivered."""
    _check_size(call)
    call.started = call.clock() if call.started is None else call.started
    sent = counted = 0
    while True:
        yield from _admitted(call)
        sent, counted = sent + 1, counted + 1
        try:
            yield from _watched(call, attempt)
        except ServiceError as error:
            _complete(error, call, sent)
            if call.pace is not None and call.pace.failed(error, over=call.delivered):
                counted -= 1
                continue
            wait = _pause_before_retry(call, error, counted)
            if wait is None:
                raise
        else:
            return
        yield Sleep(wait)


def _check_size(call: Call) -> None:
    if len(call.body) > MAX_REQUEST_BYTES:
        raise ConfigurationError(
            f"the request is larger than {MAX_REQUEST_BYTES} bytes, which the service refuses: send less, or images by "
            "their address"
        )


def _admitted(call: Call) -> Generator[Op, Any, None]:
    """Wait for room within the rate limit, and count the call where somebody keeps an account."""
    if call.health is not None:
        call.health.look(call.clock())
    if call.pace is not None:
        call.pause((yield from call.pace.through(call.clock)))
    if call.account is not None:
        call.account.begin_call(call.model)


def _pause_before_retry(call: Call, error: ServiceError, counted: int) -> float | None:
    """Return the seconds until another attempt; None if there is to be none.

    Raises:
        BudgetExceededError: the run's time would be over by then.
    """
    wait = None if call.delivered else call.policy.delay(error, counted, call.total - error.facts.elapsed)
    if wait is not None and call.account is not None and wait >= call.limit - call.clock():
        raise call.account.out_of_time() from error
    return wait if call.health is None or wait is None or call.health.may_retry() else None


def _watched(call: Call, attempt: Callable[[], Flow[T]]) -> Flow[T]:
    """Make an attempt if the service is not known to be down, and note how it ended."""
    health = call.health
    if health is None:
        yield from attempt()
        return
    health.admit(call.clock())
    try:
        yield from attempt()
    except ServiceError as error:
        health.failed(call.clock(), error)
        raise
    except BaseException:
        health.left()
        raise
    health.succeeded()


def _complete(error: ServiceError, call: Call, number: int) -> None:
    """Write into an error what only the call knows, and no secret."""
    elapsed = call.clock() - (call.started or 0.0)
    error.facts = replace(error.facts, attempts=number, elapsed=elapsed, request_id=call.request_id)
    error.message = without_secrets(error.message, call.headers)
    error.args = (error.message,)


def _open(call: Call, patience: Patience) -> Generator[Op, Any, Body]:
    wait = patience.left()
    op = Send(call.url, call.headers, call.body, min(call.deadlines.connect, wait), wait, call.via)
    head: Head = yield from patience.over(op)
    if head.status != _OK:
        body = Body(patience, _lenient(head.headers))
        raise http_error(head.status, head.headers, (yield from body.beginning(MAX_ERROR_BYTES)))
    if call.pace is not None:
        call.pace.answered()
    return Body(patience, inflater(head.headers), head.headers)


def _lenient(headers: Mapping[str, str]) -> Inflate:
    """Return what unpacks the body of a failure; compressed in a way that is not known, it is taken as it is."""
    try:
        return inflater(headers)
    except InvalidResponseError:
        return bytes
