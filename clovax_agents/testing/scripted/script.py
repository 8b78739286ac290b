"""Which reply answers which request, and what is wrong when none does, or when some are left over."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Self

from clovax_agents.testing.errors import ScriptedModelError
from clovax_agents.testing.scripted.replies import ScriptedReply, reply_of, told

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from clovax_agents.testing.scripted.asked import ScriptedRequest
    from clovax_agents.testing.scripted.replies import Said

__all__ = ["Script"]


class Script:
    """Replies, each of which answers the first request that it fits; all copies of a model share one.

    Args:
        replies: in order, or one function that answers everything.
    """

    def __init__(self, replies: Iterable[object] | Callable[[ScriptedRequest], Said]) -> None:
        if callable(replies):
            self._replies = [ScriptedReply(decide=replies, repeat=True)]
        else:
            self._replies = [reply_of(item) for item in replies]
        self._used: set[int] = {0} if callable(replies) else set()
        self._misses: list[str] = []
        self._lock = threading.Lock()
        self.requests: list[ScriptedRequest] = []

    def __deepcopy__(self, memo: object) -> Self:
        """Stay the same: what one copy of a model has said, no other says again."""
        return self

    def take(self, request: ScriptedRequest) -> tuple[int, ScriptedReply]:
        """Return the number of the request, and the reply to it.

        Raises:
            ScriptedModelError: there is none, or the request is not what the reply expects.
        """
        with self._lock:
            self.requests.append(request)
            count = len(self.requests)
            number = next((n for n in self._open() if self._replies[n].fits(request)), None)
            if number is None:
                raise self._miss(f"{self._none_for(count)} It was asked:\n{request}\n{self._left()}")
            self._used.add(number)
        reply = self._replies[number]
        self._check(reply, request, f"Request {count}, which reply {number + 1} answers, ")
        return count, self._decided(reply, request)

    def _open(self) -> Iterator[int]:
        return (n for n, reply in enumerate(self._replies) if reply.repeat or n not in self._used)

    def _decided(self, reply: ScriptedReply, request: ScriptedRequest) -> ScriptedReply:
        while reply.decide is not None:
            reply = reply_of(reply.decide(request))
        return reply

    def _check(self, reply: ScriptedReply, request: ScriptedRequest, which: str) -> None:
        if reply.check is None:
            return
        try:
            reason = "its check returned False" if reply.check(request) is False else ""
        except AssertionError as error:
            reason = str(error) or "its check failed"
        if reason:
            raise self._miss(f"{which}is not what it should be: {reason}. It was asked:\n{request}")

    def _miss(self, text: str) -> ScriptedModelError:
        self._misses.append(text)
        return ScriptedModelError(text)

    def _none_for(self, count: int) -> str:
        return f"The scripted model has no reply for request {count}; its script has {len(self._replies)}."

    def _left(self) -> str:
        if left := [f"  {n + 1}: {told(self._replies[n])}" for n in self._open()]:
            return "\n".join(["Of the replies that are left, none fits:", *left])
        return "All replies are used up: add one, or find out why the model was asked again."

    def assert_finished(self) -> None:
        """Check that everything was said, and that nothing else was asked, also if the error was swallowed.

        Raises:
            ScriptedModelError: it was not so.
        """
        if self._misses:
            raise ScriptedModelError(self._misses[0])
        if unused := [f"  {n + 1}: {told(r)}" for n, r in enumerate(self._replies) if n not in self._used]:
            counted = f"{len(unused)} of {len(self._replies)} replies of the scripted model were never asked for:"
            asked = f"It was asked {len(self.requests)} times" + (", the last time:" if self.requests else ".")
            raise ScriptedModelError("\n".join([counted, *unused, asked, *map(str, self.requests[-1:])]))
