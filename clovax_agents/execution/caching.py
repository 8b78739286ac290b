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


class ResultCache:
    """Keeps the answers of one tool.

    Args:
        seconds: for which an answer is good.
        most: how many are kept; those that were used least lately go first.
        clock: in seconds.

    Example:
        >>> from langchain_core.messages import ToolMessage
        >>> cache = ResultCache(60)
        >>> cache.put("digest", ToolMessage("맑음", tool_call_id="c1"))
        >>> cache.get("digest", "c2").tool_call_id
        'c2'
    """

    def __init__(self, seconds: float, most: int = _MOST, clock: Callable[[], float] = time.monotonic) -> None:
        self._seconds = seconds
        self._most = most
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
                self._kept.pop(digest, None)
                return None
            self._kept.move_to_end(digest)
        return message.model_copy(update={"tool_call_id": call_id, "id": None})

    def put(self, digest: str, message: ToolMessage) -> None:
        """Keep an answer."""
        with self._lock:
            self._kept[digest] = (self._clock() + self._seconds, message)
            self._kept.move_to_end(digest)
            if len(self._kept) > self._most:
                self._kept.popitem(last=False)
