"""Results of tools that only read, kept for a while for equal calls in this process."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

    from langchain_core.messages import ToolMessage

__all__ = ["ResultCache"]

_MOST: Final = 1_000
_ROOM: Final = 32 * 1024 * 1024


class ResultCache:
    """Keeps the answers of one tool.

    Args:
        seconds: for which an answer is good.
        most: how many are kept; those that were used least lately go first.
        clock: in seconds.
        room: characters of all answers together.

    Example:
        >>> from langchain_core.messages import ToolMessage
        >>> cache = ResultCache(60)
        >>> cache.put("digest", ToolMessage("맑음", tool_call_id="c1"))
        >>> cache.get("digest", "c2").tool_call_id
        'c2'
    """

    def __init__(
        self, seconds: float, most: int = _MOST, clock: Callable[[], float] = time.monotonic, room: int = _ROOM
    ) -> None:
        self._seconds = seconds
        self._most = most
        self._room = room
        self._size = 0
        self._clock = clock
        self._lock = threading.Lock()
        self._kept: OrderedDict[str, tuple[float, ToolMessage]] = OrderedDict()

    def get(self, digest: str, call_id: str) -> ToolMessage | None:
        """Return the answer to a call with these arguments; None if there is no fresh one.

        Args:
            digest: hash of the arguments.
            call_id: of the call that is answered now.
        """
        with self._lock:
            until, message = self._kept.get(digest, (0.0, None))
            if message is None or until <= self._clock():
                self._forget(digest)
                return None
            self._kept.move_to_end(digest)
        flat = isinstance(message.content, str) and (message.artifact is None or isinstance(message.artifact, str))
        return message.model_copy(update={"tool_call_id": call_id, "id": None}, deep=not flat)

    def put(self, digest: str, message: ToolMessage) -> None:
        """Keep an answer, and others no longer for which there is no room then."""
        with self._lock:
            self._forget(digest)
            self._kept[digest] = (self._clock() + self._seconds, message)
            self._size += _size(message)
            while len(self._kept) > self._most or self._size > self._room:
                self._forget(next(iter(self._kept)))

    def _forget(self, digest: str) -> None:
        _, message = self._kept.pop(digest, (0.0, None))
        if message is not None:
            self._size -= _size(message)


def _size(message: ToolMessage) -> int:
    """Return about how many characters it holds; of what is no text, how it is written."""
    return sum(len(part if isinstance(part, str) else repr(part)) for part in (message.content, message.artifact))
