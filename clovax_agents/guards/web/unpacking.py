"""Compressed bodies unpacked up to a limit: a bomb is refused after so many bytes, whatever it would become. Pure."""

from __future__ import annotations

import zlib
from typing import Final

from clovax_agents.errors import FetchError
from clovax_agents.guards.web.wording import say

__all__ = ["ACCEPTED", "unpacked"]

ACCEPTED: Final = "gzip, deflate"
"""What is asked for. Brotli and zstd are not: servers answer without them, and their libraries would be two more."""
_MOST_MEMBERS: Final = 100
"""Of one body. Each costs a copy of what is left, and an empty one has 20 bytes: megabytes of them would take hours."""
_WINDOW_BITS: Final = {"gzip": 31, "x-gzip": 31, "deflate": 15}


def unpacked(body: bytes, coding: str, host: str, most: int) -> bytes:
    """Unpack a body.

    Args:
        body: as it came.
        coding: the header Content-Encoding; empty if there was none.
        host: for the text of errors.
        most: bytes that it may become.

    Raises:
        FetchError: it becomes more, is broken, or is compressed in a way that was not asked for.

    Example:
        >>> import gzip
        >>> unpacked(gzip.compress(b"page"), "gzip", "example.com", 100)
        b'page'
    """
    coding = coding.strip().lower()
    if coding in {"", "identity"}:
        return body
    if coding not in _WINDOW_BITS:
        sentence = "the answer of {host} is compressed as {coding}, which was not asked for"
        raise FetchError(say(sentence, host=host, coding=coding[:40]))
    try:
        found = _inflated(body, _WINDOW_BITS[coding], most)
    except zlib.error:
        raise FetchError(say("the answer of {host} cannot be unpacked", host=host)) from None
    if found is None:
        raise FetchError(say("the answer of {host} is larger than {most:,} bytes", host=host, most=most))
    return found


def _inflated(body: bytes, bits: int, most: int) -> bytes | None:
    """Return what it becomes, of one gzip member or of several; None if that is too much."""
    if bits == zlib.MAX_WBITS and body and body[0] & 0x0F != zlib.DEFLATED:
        bits = -zlib.MAX_WBITS  # "deflate" without the head that it should have
    found = bytearray()
    for _ in range(_MOST_MEMBERS):
        if not body:
            return bytes(found)
        unpacker = zlib.decompressobj(bits)
        found += unpacker.decompress(body, most - len(found) + 1)
        if len(found) > most:
            return None
        if not unpacker.eof:
            raise zlib.error("cut off")
        body = unpacker.unused_data.lstrip(b"\0")  # members may be padded
    raise zlib.error("too many members")
