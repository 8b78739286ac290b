"""Format and size of an image, read from its first bytes."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Size", "measured"]

_JPEG_WITHOUT_LENGTH: Final = frozenset({0x01, *range(0xD0, 0xD9)})
_OLDEST_BMP: Final = 12
"""Bytes of its header, whose sides have 16 bits."""
_JPEG_FRAMES: Final = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}


class Size(NamedTuple):
    """An image's format (``png``, ``jpeg``, ``bmp``, ``webp``), width and height in pixels."""

    format: str
    width: int
    height: int


def measured(data: bytes) -> Size | None:
    """Return what an image is, None if it is none of these, or broken off before its size.

    Example:
        >>> measured(b"GIF89a") is None
        True
    """
    for magic, start, name, read in _FORMATS:
        if data[start : start + len(magic)] == magic:
            try:
                found = read(data)
            except (struct.error, IndexError):
                return None
            return Size(name, *found) if found else None
    return None


def _png(data: bytes) -> tuple[int, int]:
    width, height = struct.unpack_from(">II", data, 16)
    return width, height


def _bmp(data: bytes) -> tuple[int, int]:
    (header,) = struct.unpack_from("<I", data, 14)
    width, height = struct.unpack_from("<HH" if header == _OLDEST_BMP else "<ii", data, 18)
    return abs(width), abs(height)


def _webp(data: bytes) -> tuple[int, int] | None:
    kind = data[12:16]
    if kind == b"VP8X":
        return 1 + int.from_bytes(data[24:27], "little"), 1 + int.from_bytes(data[27:30], "little")
    if kind == b"VP8L":
        bits = int.from_bytes(data[21:25], "little")
        return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
    width, height = struct.unpack_from("<HH", data, 26)
    return (width & 0x3FFF, height & 0x3FFF) if kind == b"VP8 " else None


def _jpeg(data: bytes) -> tuple[int, int] | None:
    """Go from marker to marker until the one of the frame."""
    place = 2
    while data[place] == 0xFF:  # noqa: PLR2004  # every marker begins so
        marker = data[place + 1]
        if marker in _JPEG_FRAMES:
            height, width = struct.unpack_from(">HH", data, place + 5)
            return width, height
        if marker == 0xFF or marker in _JPEG_WITHOUT_LENGTH:  # noqa: PLR2004  # a filling byte
            place += 1 if marker == 0xFF else 2  # noqa: PLR2004  # the same
        else:
            (length,) = struct.unpack_from(">H", data, place + 2)
            place += 2 + length
    return None


_FORMATS: Final[tuple[tuple[bytes, int, str, Callable[[bytes], tuple[int, int] | None]], ...]] = (
    (b"\x89PNG\r\n\x1a\n", 0, "png", _png),
    (b"\xff\xd8\xff", 0, "jpeg", _jpeg),
    (b"WEBP", 8, "webp", _webp),
    (b"BM", 0, "bmp", _bmp),
)
