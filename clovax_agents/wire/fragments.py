"""The pieces of the tool calls of one stream, told apart however little the server says of what belongs together."""

from __future__ import annotations

from dataclasses import dataclass, field

import orjson

from clovax_agents.errors import InvalidResponseError
from clovax_agents.wire.neutral import CallFragment

__all__ = ["CallPieces", "StreamedCall"]


@dataclass(slots=True)
class StreamedCall:
    """What has been seen of one call."""

    id: str
    name: str
    index: int | None = None
    """As the server numbers it, if it does."""
    pieces: list[str] = field(default_factory=list[str])

    @property
    def arguments(self) -> str:
        """What has been seen of its arguments."""
        return "".join(self.pieces)

    def is_other(self, index: int | None, call_id: str, name: str, piece: str) -> bool:
        """Tell whether a piece that seems to continue this call belongs to another one.

        One with the id of the call never does: were a piece that is repeated another call, the tool would run twice.
        A repeated name is no sign either, unless names are all that the server sends: then nothing can follow
        arguments that are whole, except for their own repetition.
        """
        if call_id and self.id:
            return call_id != self.id
        if not (name and self.name):
            return False
        if name != self.name:
            return True
        only_named = not call_id and not self.id and index is None and self.index is None
        return only_named and piece.strip() not in ("", self.arguments.strip()) and self._is_whole()

    def extend(self, index: int | None, call_id: str, name: str, piece: str) -> None:
        """Take a piece.

        Raises:
            InvalidResponseError: it has another name, and the arguments could be meant for either.
        """
        if name and self.name not in ("", name) and not (piece.strip() and self._is_whole()):
            raise InvalidResponseError(f"one tool call has the names {self.name!r} and {name!r}: nothing was run")
        self.index = index if self.index is None else self.index
        self.id, self.name = self.id or call_id, self.name or name
        self.pieces.append(piece)

    def _is_whole(self) -> bool:
        said = self.arguments
        try:
            return said.rstrip().endswith("}") and isinstance(orjson.loads(said), dict)
        except orjson.JSONDecodeError:
            return False


class CallPieces:
    """Gives each piece its place: the number of its call, which is the server's own as long as that can be.

    A new index opens a call, and so does a new id, even under a known index: calls that are mixed up might run with
    the arguments of another. A piece with neither continues the last call. What is put together wrongly must be no
    JSON, and is then an invalid call, which never runs.

    Attributes:
        calls: what has been seen, by place.
    """

    def __init__(self) -> None:
        self.calls: dict[int, StreamedCall] = {}
        self._last: int | None = None

    def add(self, index: int | None, call_id: str, name: str, piece: str) -> CallFragment:
        """Take a piece, as it was sent, and return it with its place."""
        place = self._place(index, call_id)
        if place is None or ((call_id or name) and self.calls[place].is_other(index, call_id, name, piece)):
            place = self._open(index)
        self.calls[place].extend(index, call_id, name, piece)
        self._last = place
        return CallFragment(place, call_id or None, name or None, piece)

    def _place(self, index: int | None, call_id: str) -> int | None:
        """Return the place of the call that a piece seems to continue: the last one of its index and its id."""
        if not call_id and (index is None or self._last_index() == index):
            return self._last
        latest = list(reversed(self.calls.items()))
        named = (place for place, call in latest if call.id == call_id and _agree(call.index, index))
        numbered = (place for place, call in latest if call.index == index)
        found = next(named, None) if call_id else None
        return next(numbered, None) if found is None and index is not None else found

    def _last_index(self) -> int | None:
        return None if self._last is None else self.calls[self._last].index

    def _open(self, index: int | None) -> int:
        place = len(self.calls) if index is None else index
        if place in self.calls:
            place = max(self.calls) + 1
        self.calls[place] = StreamedCall("", "", index)
        return place


def _agree(one: int | None, other: int | None) -> bool:
    return one is None or other is None or one == other
