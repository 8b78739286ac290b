"""Compressed answers. None is asked for, but a gateway may compress on its own; a bomb must not get through."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from clovax_agents.errors import InvalidResponseError

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Inflate", "inflater"]

Inflate = Callable[[bytes], bytes]
_WINDOW_BITS: Final = {"gzip": 31, "x-gzip": 31, "deflate": 15}
_MOST: Final = 8 * 1024 * 1024
"""Bytes that one piece may become: pieces are 256 KiB at most, and JSON shrinks to a twentieth at best."""


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
    unpacker = zlib.decompressobj(_WINDOW_BITS[coding])

    def inflate(chunk: bytes) -> bytes:
        try:
            unpacked = unpacker.decompress(chunk, _MOST)
        except zlib.error as error:
            raise InvalidResponseError(f"the answer cannot be unpacked: {error}") from None
        if unpacker.unconsumed_tail:
            raise InvalidResponseError(f"the answer is larger than {_MOST} bytes when it is unpacked")
        return unpacked

    return inflate
