"""What a cassette holds, as plain data."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

__all__ = ["Exchange", "Head", "Recorded", "RecordedRequest", "RecordedResponse"]


@dataclass(frozen=True, slots=True)
class RecordedRequest:
    """A request; its headers have lower-case names."""

    method: str
    uri: str
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict[str, str])


@dataclass(frozen=True, slots=True)
class RecordedResponse:
    """A response; its headers have lower-case names."""

    status: int
    reason: str = ""
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict[str, str])


@dataclass(frozen=True, slots=True)
class Exchange:
    """A request and what was answered."""

    request: RecordedRequest
    response: RecordedResponse


@dataclass(frozen=True, slots=True)
class Head:
    """What a cassette says of itself.

    Attributes:
        recorded_against: for instance ``simulator 0.1.0, strict``, or ``CLOVA Studio 2026-03-01``.
        recorded_on: the day.
        test: node id of the test, relative to pytest's rootdir; or the command line that records it.
    """

    recorded_against: str
    recorded_on: date
    test: str


@dataclass(frozen=True, slots=True)
class Recorded:
    """A whole cassette."""

    head: Head
    exchanges: tuple[Exchange, ...]
