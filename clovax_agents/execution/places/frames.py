"""What travels between a worker process and its parent, as bytes; both ends are ours and trust each other."""

from __future__ import annotations

import pickle
import struct
from enum import IntEnum
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from clovax_agents.errors import ToolCrashedError, ToolError, ToolOutputError
from clovax_agents.execution.wording import say

if TYPE_CHECKING:
    from clovax_agents.execution.places.references import Reference

__all__ = ["MAX_RESULT", "CallFacts", "Carried", "Job", "Kind", "pack", "pack_error", "unpack"]

MAX_RESULT: Final = 64 << 20
"""Bytes that a result may have, pickled."""

_HEAD: Final = struct.Struct("!BQ")


class Kind(IntEnum):
    """What a frame from a worker says."""

    READY = 1
    LOADED = 2
    PROGRESS = 3
    VALUE = 4
    ERROR = 5
    LAST_VALUE = 6  # as the two above, from a worker that is of no more use
    LAST_ERROR = 7


class CallFacts(NamedTuple):
    """What a `ToolContext` in the worker is made of; ``remaining`` because clocks may differ."""

    idempotency_key: str
    tool_call_id: str
    tool: str
    attempt: int
    depth: int
    remaining: float
    listens: bool
    scopes: frozenset[str] = frozenset()
    taint: frozenset[Any] = frozenset()


class Carried(NamedTuple):
    """Sent as progress: what was seen inside of a tool that has ended."""

    labels: tuple[Any, ...]


class Job(NamedTuple):
    """What a worker is to do: load the functions if there are no arguments, else run."""

    number: int
    function: Reference
    shape: Reference | None
    memory: int
    arguments: bytes | None = None
    facts: CallFacts | None = None
    limit: int = MAX_RESULT


class _Bounded:
    """A file that refuses what is too large before it is all in memory."""

    def __init__(self, head: bytes, limit: int) -> None:
        self.parts = [head]
        self._room = limit

    def write(self, data: Any) -> int:
        size = len(data)
        self._room -= size
        if self._room < 0:
            text = "the tool ran, but what it returned is too large to be brought back: return less"
            raise ToolOutputError(say(text))
        self.parts.append(bytes(data))
        return size


def pack(kind: Kind, number: int, value: object, limit: int = MAX_RESULT) -> bytes:
    """Make a frame.

    Raises:
        ToolOutputError: the value cannot be pickled, or is larger than the limit, bytes.
    """
    file = _Bounded(_HEAD.pack(kind, number), limit)
    try:
        pickle.Pickler(file, pickle.HIGHEST_PROTOCOL).dump(value)
    except (ToolOutputError, MemoryError):
        raise
    except Exception as error:
        text = (
            "the tool ran, but its {kind} cannot be brought back from its process: {error}. "
            "Return text, numbers, lists or dicts"
        )
        raise ToolOutputError(say(text, kind=type(value).__name__, error=error)) from error
    return b"".join(file.parts)


def pack_error(kind: Kind, number: int, error: BaseException, limit: int = MAX_RESULT) -> bytes:
    """Make a frame of an error; one that does not survive the way becomes a ToolError with its text."""
    if not isinstance(error, Exception):
        error = ToolCrashedError(say("the tool tried to leave its process: {error}", error=repr(error)))
    try:
        frame = pack(kind, number, error, limit)
        if type(unpack(frame)[2]) is type(error):
            return frame
    except Exception:  # noqa: BLE001, S110  # its class may do anything
        pass
    return pack(kind, number, ToolError(f"{type(error).__name__}: {_text(error)}"), limit)


def unpack(frame: bytes) -> tuple[int, int, Any]:
    """Return kind, number and value of a frame."""
    kind, number = _HEAD.unpack_from(frame)
    return kind, number, pickle.loads(memoryview(frame)[_HEAD.size :])  # noqa: S301  # from a process that we started


def _text(error: BaseException) -> str:
    try:
        return str(error)[:10_000]
    except Exception as broken:  # noqa: BLE001  # its class may do anything
        return f"its text cannot be read ({type(broken).__name__})"
