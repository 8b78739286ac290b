"""The pieces of the tool calls of one stream, told apart however little the server says of what belongs together."""

from __future__ import annotations

from dataclasses import dataclass, field

import orjson

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

    def is_other(self, call_id: str, name: str, piece: str) -> bool:
        """Tell whether a piece with this id and name belongs to another call than this one.

        A name beside an id that is not new is no sign yet: some servers repeat both with every piece. But no piece
        can follow arguments that are whole.
        """
        if call_id and self.id and call_id != self.id:
            return True
        if not (name and self.name):
            return False
        return name != self.name or (bool(piece.strip()) and self._is_whole())

    def _is_whole(self) -> bool:
        try:
            return isinstance(orjson.loads(self.arguments), dict)
        except orjson.JSONDecodeError:
            return False


class CallPieces:
    """Gives each piece its place: the number of its call, which is the server's own as long as that can be.

    A new index opens a call, and so does a new id, even under a known index: calls that are mixed up might run with
    the arguments of another. A piece with neither continues the last call.

    Attributes:
        calls: what has been seen, by place.
    """

    def __init__(self) -> None:
        self.calls: dict[int, StreamedCall] = {}
        self._last: int | None = None

    def add(self, index: int | None, call_id: str, name: str, piece: str) -> CallFragment:
        """Take a piece, as it was sent, and return it with its place."""
        place = self._place(index, call_id)
        if place is None or ((call_id or name) and self.calls[place].is_other(call_id, name, piece)):
            place = self._open(index)
        call = self.calls[place]
        if call_id or name:
            call.id, call.name = call.id or call_id, call.name or name
        call.pieces.append(piece)
        self._last = place
        return CallFragment(place, call_id or None, name or None, piece)

    def _place(self, index: int | None, call_id: str) -> int | None:
        """Return the place of the call that a piece seems to continue: the last one of its index and its id."""
        if not call_id and (index is None or self._last_index() == index):
            return self._last
        found = [place for place, call in self.calls.items() if index is None or call.index == index]
        named = [place for place in found if self.calls[place].id == call_id]
        if call_id and (named or index is None):
            return named[-1] if named else None
        return found[-1] if found else None

    def _last_index(self) -> int | None:
        return None if self._last is None else self.calls[self._last].index

    def _open(self, index: int | None) -> int:
        place = len(self.calls) if index is None else index
        if place in self.calls:
            place = max(self.calls) + 1
        self.calls[place] = StreamedCall("", "", index)
        return place
