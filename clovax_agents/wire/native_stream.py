"""Streams of the native API: token events, one result that repeats everything, a signal (docs/wire.md, section 2.3)."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, Any, Final

import orjson

from clovax_agents.errors import InvalidResponseError
from clovax_agents.wire.neutral import CallFragment, Delta, RawCall, Reply
from clovax_agents.wire.payload import json_text, object_of
from clovax_agents.wire.stream import EventStream, is_noise

if TYPE_CHECKING:
    from clovax_agents.wire.sse import Event

__all__ = ["NativeStream"]

Json = dict[str, Any]
_SIGNAL: Final = "signal"


class NativeStream(EventStream):
    """Turn events into deltas; a subclass knows the fields of one version.

    The result repeats what the tokens said, so it only adds what they left out: text that was never streamed, calls
    that were not streamed as fragments, finish reason and usage. Where its calls are others than those of the tokens,
    nobody knows what the model wanted, and the answer is refused. A missing signal behind the result is no fault.
    """

    end = "a result"

    def __init__(self) -> None:
        super().__init__()
        self._content: list[str] = []
        self._thinking: list[str] = []
        self._calls: list[RawCall] = []

    @abstractmethod
    def read_token(self, payload: Json) -> Delta:
        """Read what a ``token`` event adds."""

    @abstractmethod
    def read_result(self, payload: Json) -> Reply:
        """Read the ``result`` event, which holds the whole answer."""

    def read(self, event: Event) -> Delta | None:
        """Read an event; an ``error`` event is raised, an unknown one is passed over."""
        if event.name == _SIGNAL:
            self.done = self.done or "[DONE]" in event.data
            return None
        if is_noise(event):
            return None
        payload = object_of(event.data)
        if event.name == "result":
            return self._result(self.read_result(payload))
        return self._token(self.read_token(payload)) if event.name in ("token", "message") else None

    def fragment(self, call_id: str | None, name: str | None, arguments: object) -> CallFragment:
        """Return a piece of a call: one with an id opens the next call, one without continues the last."""
        if call_id and all(call.id != call_id for call in self._calls):
            self._calls.append(RawCall(call_id, "", ""))
        elif not self._calls:
            self._calls.append(RawCall("", "", ""))
        place = next((n for n, call in enumerate(self._calls) if call.id == call_id), len(self._calls) - 1)
        call, piece = self._calls[place], json_text(arguments)
        call.name, call.arguments = call.name or name or "", call.arguments + piece
        return CallFragment(place, call_id or None, name, piece)

    def _token(self, delta: Delta) -> Delta | None:
        if self.finished:  # a token behind the result would be said twice
            return None
        self._content.append(delta.content)
        self._thinking.append(delta.thinking)
        return delta

    def _result(self, reply: Reply) -> Delta | None:
        if self.finished:
            return None
        self.finished = True
        return Delta(
            content=_rest("".join(self._content), reply.content),
            thinking=_rest("".join(self._thinking), reply.thinking),
            fragments=self._missing(reply.calls),
            finish_reason=reply.finish_reason,
            usage=reply.usage,
            seed=reply.seed,
            ai_filter=reply.ai_filter,
        )

    def _missing(self, calls: list[RawCall]) -> list[CallFragment]:
        """Return the calls of the result if none were streamed; refuse others than were."""
        if not self._calls:
            return [CallFragment(n, call.id, call.name, call.arguments) for n, call in enumerate(calls)]
        if [_meaning(call) for call in self._calls] != [_meaning(call) for call in calls]:
            raise InvalidResponseError("the tool calls of the result are not those of the stream: nothing was run")
        return []


def _meaning(call: RawCall) -> tuple[str, object]:
    """Return name and arguments, however they are spaced; what is no JSON is compared as it is."""
    try:
        return call.name, orjson.loads(call.arguments)
    except orjson.JSONDecodeError:
        return call.name, call.arguments


def _rest(streamed: str, whole: str) -> str:
    """Return what the result says beyond the tokens; what has been shown already cannot be taken back."""
    return whole[len(streamed) :] if whole.startswith(streamed) else ""
