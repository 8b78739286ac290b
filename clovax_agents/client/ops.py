"""What a flow can say that is to be done, and what a driver answers."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Mapping

    from clovax_agents.client.connections import Connections
    from clovax_agents.pacing.signals import Signal

__all__ = ["Deliver", "Flow", "Head", "Op", "Read", "Send", "Sleep", "Wait"]

T = TypeVar("T")


@dataclass(slots=True)
class Send:
    """Send the request; answered with a `Head`.

    Attributes:
        connect: seconds until the connection stands.
        wait: seconds from then to the head of the answer.
        via: the clients of the user's to send it over, if any.
    """

    url: str
    headers: Mapping[str, str]
    body: bytes
    connect: float
    wait: float
    via: Connections


@dataclass(slots=True)
class Read:
    """Read the next bytes of the body; answered with bytes, or None at its end.

    Attributes:
        seconds: to wait for them.
    """

    seconds: float


@dataclass(slots=True)
class Sleep:
    """Wait."""

    seconds: float


@dataclass(slots=True)
class Wait:
    """Wait until it rings, but no longer than so many seconds, which may be infinitely many."""

    signal: Signal
    seconds: float


@dataclass(slots=True)
class Deliver(Generic[T]):
    """Hand over what was asked for: a whole reply, or a delta of a stream."""

    item: T


@dataclass(slots=True)
class Head:
    """Status and headers of an answer; their names are looked up in lower case, however they were sent."""

    status: int
    headers: Mapping[str, str]


Op = Send | Read | Sleep | Wait
Flow = Generator[Op | Deliver[T], Any, None]
