"""The body of an answer, read with patience that has an end, unpacked, and never beyond its largest size."""

from __future__ import annotations

from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final

from clovax_agents.client.ops import Read
from clovax_agents.errors import CallFacts, CallTimeoutError, InvalidResponseError, RateLimitError, ServiceError
from clovax_agents.wire.hints import retry_after

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping

    from clovax_agents.client.call import Call
    from clovax_agents.client.inflate import Inflate
    from clovax_agents.client.ops import Op

__all__ = ["Body", "Patience", "passed"]

_FAILURE_SECONDS: Final = 5.0
"""To wait for the body of a failure."""
_TEXTS: Final = {
    "total": "the call took longer than its {seconds:.4g} s in all",
    "first_token": "no content within {seconds:.4g} s of sending the request",
    "answer": "no whole answer within {seconds:.4g} s of sending the request",
    "idle": "no content for {seconds:.4g} s in the middle of a stream",
}


def passed(deadline: str, seconds: float) -> CallTimeoutError:
    """Return the error for a deadline that passed."""
    return CallTimeoutError(_TEXTS[deadline].format(seconds=seconds), CallFacts(deadline=deadline))


@dataclass(slots=True)
class Patience:
    """How long the next piece may still take: until a deadline of its own, or the total one of the call."""

    call: Call
    deadline: str
    seconds: float
    since: float = field(init=False)

    def __post_init__(self) -> None:
        """Begin to wait."""
        self.since = self.call.clock()

    def renew(self, deadline: str, seconds: float) -> None:
        """Begin to wait anew, now that content has come."""
        self.deadline, self.seconds, self.since = deadline, seconds, self.call.clock()

    def shorten(self, seconds: float) -> None:
        """Wait so many seconds from now at most, whatever comes meanwhile."""
        now = self.call.clock()
        self.seconds = min(self.seconds, now - self.since + seconds)

    def left(self) -> float:
        """Return the seconds that are left.

        Raises:
            CallTimeoutError: none are.
        """
        now = self.call.clock()
        total, left = self.call.until - now, self.since + self.seconds - now
        if total <= 0:
            raise passed("total", self.call.total)
        if left <= 0:
            raise passed(self.deadline, self.seconds)
        return min(left, total)

    def over(self, op: Op) -> Generator[Op, Any, Any]:
        """Do something that waits; if it takes too long, say which deadline passed."""
        try:
            return (yield op)
        except CallTimeoutError as error:
            if error.facts.deadline:
                raise
        if self.call.until <= self.since + self.seconds:
            raise passed("total", self.call.total)
        raise passed(self.deadline, self.seconds)


@dataclass(slots=True)
class Body:
    """Reads the bytes behind a head."""

    patience: Patience
    inflate: Inflate
    headers: Mapping[str, str] = field(default_factory=dict[str, str], repr=False)

    @contextmanager
    def hinting(self) -> Generator[None]:
        """Let failures that come with status 200 have the hints that stand in the head."""
        try:
            yield
        except ServiceError as error:
            if error.facts.retry_after is None:
                hint = retry_after(self.headers, resets=isinstance(error, RateLimitError))
                error.facts = replace(error.facts, retry_after=hint)
            raise

    def read(self) -> Generator[Op, Any, bytes | None]:
        """Return the next bytes, None at the end."""
        chunk: bytes | None = yield from self.patience.over(Read(self.patience.left()))
        return None if chunk is None else self.inflate(chunk)

    def rest(self, most: int) -> Generator[Op, Any, bytes]:
        """Return all that is left.

        Raises:
            InvalidResponseError: more than ``most`` bytes are.
        """
        body = bytearray()
        while (chunk := (yield from self.read())) is not None:
            body += chunk
            if len(body) > most:
                raise InvalidResponseError(f"the answer is larger than {most} bytes")
        return bytes(body)

    def beginning(self, most: int) -> Generator[Op, Any, bytes]:
        """Return ``most`` bytes, or what there is of them: the body of a failure, whose status says enough."""
        self.patience.shorten(_FAILURE_SECONDS)
        body = bytearray()
        with suppress(ServiceError):
            while len(body) < most and (chunk := (yield from self.read())) is not None:
                body += chunk
        return bytes(body[:most])

    def drain(self, seconds: float) -> Generator[Op, Any, None]:
        """Read to the end, if it is near."""
        self.patience.shorten(seconds)
        with suppress(ServiceError):
            while (yield from self.read()) is not None:
                pass
