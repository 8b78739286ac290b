"""Compressed answers. None is asked for, but a gateway may compress on its own; a bomb must not get through."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

from clovax_agents.errors import InvalidResponseError

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Inflate", "inflater"]

Inflate = Callable[[bytes], bytes]
_WINDOW_BITS: Final = {"gzip": 31, "x-gzip": 31, "deflate": 15}
_MOST: Final = 8 * 1024 * 1024
"""Bytes that one piece may become: pieces are 256 KiB at most, and JSON shrinks to a twentieth at best."""
_MOST_MEMBERS: Final = 100
"""Of gzip in one answer: each costs a copy of what is left of its piece, and an empty one has 20 bytes."""


def inflater(headers: Mapping[str, str]) -> Inflate:
    """Return what unpacks an answer with these headers, piece by piece.

    Raises:
        InvalidResponseError: a form of compression that was not asked for and is not known here.
    """
    coding = headers.get("content-encoding", "").strip().lower()
    if coding in {"", "identity"}:
        return bytes
    if coding not in _WINDOW_BITS:
        raise InvalidResponseError(f"the answer is compressed as {coding!r}, which was not asked for")
    return _Unpacker(coding).unpack


class _Unpacker:
    """Unpacks one answer, which may be of several gzip members, or "deflate" without the head it should have."""

    def __init__(self, coding: str) -> None:
        self._bits = _WINDOW_BITS[coding]
        self._unpacker: Any = None
        self._members = 0

    def unpack(self, chunk: bytes) -> bytes:
        unpacked = b""
        while chunk:
            if self._unpacker is None:
                self._count_member()
                self._unpacker = zlib.decompressobj(self._bits_for(chunk))
            try:
                unpacked += self._unpacker.decompress(chunk, _MOST - len(unpacked) or 1)
            except zlib.error as error:
                raise InvalidResponseError(f"the answer cannot be unpacked: {error}") from None
            if self._unpacker.unconsumed_tail or len(unpacked) > _MOST:
                raise InvalidResponseError(f"the answer is larger than {_MOST} bytes when it is unpacked")
            chunk = self._unpacker.unused_data
            self._unpacker = None if self._unpacker.eof else self._unpacker
        return unpacked

    def _count_member(self) -> None:
        self._members += 1
        if self._members > _MOST_MEMBERS:
            raise InvalidResponseError(f"the answer is compressed in more than {_MOST_MEMBERS} parts")

    def _bits_for(self, chunk: bytes) -> int:
        headless = self._bits == zlib.MAX_WBITS and chunk[0] & 0x0F != zlib.DEFLATED
        return -zlib.MAX_WBITS if headless else self._bits
