"""Streams of the native API: token events, one result that repeats everything, a signal (docs/wire.md, section 2.3)."""

from __future__ import annotations

import json
import re
from abc import abstractmethod
from operator import itemgetter
from typing import TYPE_CHECKING, Any, Final

from clovax_agents.errors import InvalidArgumentsError, InvalidResponseError
from clovax_agents.wire.arguments import parse_arguments
from clovax_agents.wire.fragments import CallPieces
from clovax_agents.wire.neutral import WHOLE, CallFragment, Delta, RawCall, Reply
from clovax_agents.wire.payload import json_text, object_of, text
from clovax_agents.wire.stream import EventStream

if TYPE_CHECKING:
    from clovax_agents.wire.fragments import StreamedCall
    from clovax_agents.wire.sse import Event

__all__ = ["NativeStream"]

Json = dict[str, Any]
_SIGNAL: Final = "signal"
_SPACE: Final = re.compile(r'("(?:[^"\\]|\\.)*"?)|\s+', re.DOTALL)
"""Strings, as far as they go, and the space between them."""


class NativeStream(EventStream):
    """Turn events into deltas; a subclass knows the fields of one version.

    The result repeats what the tokens said, so it only adds what they left out: text that was never streamed, calls
    that were not streamed as fragments or not to their end, finish reason and usage. Where its calls are others than
    those of the tokens, nobody knows what the model wanted, and the answer is refused: even if the result only writes
    the same call differently, with 1.0 or true for 1, since that cannot be told from another one. Where all of it was
    streamed, the order of keys, escapes and the digits of a float may differ, and spaces always. But an answer
    that was cut off stays one, with its calls as far as they came. A missing signal behind the result is no fault.
    """

    end = "a result"

    def __init__(self) -> None:
        super().__init__()
        self._content: list[str] = []
        self._thinking: list[str] = []
        self._pieces = CallPieces()

    @abstractmethod
    def read_token(self, payload: Json) -> Delta:
        """Read what a ``token`` event adds."""

    @abstractmethod
    def read_result(self, payload: Json) -> Reply:
        """Read the ``result`` event, which holds the whole answer."""

    def read(self, event: Event) -> Delta | None:
        """Read an event; an ``error`` event is raised, an unknown one is passed over."""
        if event.name == _SIGNAL:
            self.done: bool = self.done or "[DONE]" in event.data
            return None
        payload = object_of(event.data)
        if event.name == "result":
            return self._result(self.read_result(payload))
        return self._token(self.read_token(payload)) if event.name in ("token", "message") else None

    def fragment(self, call_id: object, name: object, arguments: object) -> CallFragment:
        """Return a piece of a call: one with an id opens the next call, one without continues the last."""
        return self._pieces.add(None, text(call_id), text(name), json_text(arguments))

    def _token(self, delta: Delta) -> Delta | None:
        if self.finished:  # a token behind the result would be said twice
            return None
        self._content.append(delta.content)
        self._thinking.append(delta.thinking)
        return delta

    def _result(self, reply: Reply) -> Delta | None:
        if self.finished:
            return None
        delta = Delta(
            content=_rest("".join(self._content), reply.content),
            thinking=_rest("".join(self._thinking), reply.thinking),
            fragments=self._missing(reply),
            finish_reason=reply.finish_reason,
            usage=reply.usage,
            seed=reply.seed,
            ai_filter=reply.ai_filter,
        )
        self.finished = True
        return delta

    def _missing(self, reply: Reply) -> list[CallFragment]:
        """Return what the tokens left out of the calls of the result; refuse other calls than theirs."""
        streamed = self._pieces.calls
        if not streamed:
            return [CallFragment(n, call.id, call.name, call.arguments) for n, call in enumerate(reply.calls)]
        if reply.finish_reason not in WHOLE:
            return []
        if len(streamed) != len(reply.calls):
            raise _others()
        pairs = zip(streamed.items(), reply.calls, strict=True)
        rests = [CallFragment(place, arguments=_rest_of(call, whole)) for (place, call), whole in pairs]
        return [rest for rest in rests if rest.arguments]


def _others() -> InvalidResponseError:
    return InvalidResponseError("the tool calls of the result are not those of the stream: nothing was run")


def _rest_of(call: StreamedCall, whole: RawCall) -> str:
    """Return what is missing of the arguments that were streamed; with whole ones, the result must agree."""
    begun, same = call.arguments, (call.id, call.name) == (whole.id, whole.name)
    if call.name == whole.name and _meaning(begun) == _meaning(whole.arguments):
        return ""
    if same and not begun.strip():
        return whole.arguments
    if same and isinstance(_meaning(begun), str):
        return _completion(begun, whole.arguments)
    raise _others()


def _completion(begun: str, whole: str) -> str:
    """Return what makes the whole arguments out of their beginning, whatever space there is in either."""
    plain = _plain(begun)
    try:
        value = parse_arguments(whole)
    except InvalidArgumentsError:
        raise _others() from None
    forms = [json.dumps(value, ensure_ascii=ascii_only, separators=(",", ":")) for ascii_only in (False, True)]
    for form in (_plain(whole), *forms):  # the first has every digit of the result
        rest = form.removeprefix(plain)
        if _meaning(begun + rest) == _meaning(whole):
            return rest
    raise _others()


def _plain(arguments: str) -> str:
    """Return arguments without the space between strings."""
    return _SPACE.sub(lambda found: found[1] or "", arguments)


def _meaning(arguments: str) -> object:
    """Return arguments in a form that is compared, however they are spaced; what is no JSON is compared as it is.

    An object is a tuple of its sorted pairs, so that a key that is named twice is not lost; a number stands beside its
    kind, since to Python 1, 1.0 and true are the same.
    """
    try:
        return json.loads(
            arguments.strip() or "{}",
            object_pairs_hook=lambda pairs: (sorted(pairs, key=itemgetter(0)),),
            parse_int=lambda digits: (int, digits),
            parse_float=lambda digits: (float, float(digits)),
        )
    except (ValueError, RecursionError):
        return arguments


def _rest(streamed: str, whole: str) -> str:
    """Return what the result says beyond the tokens; what has been shown already cannot be taken back."""
    return whole[len(streamed) :] if whole.startswith(streamed) else ""
