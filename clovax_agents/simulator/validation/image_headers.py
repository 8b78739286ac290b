"""Format and size of an image, read from its first bytes; no pixel is decoded (docs/wire.md, W12-42)."""

from __future__ import annotations

import re
import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["ImageHeader", "detect_format", "read_header"]

_SIGNATURES: Final = (
    ("png", re.compile(rb"\x89PNG\r\n\x1a\n")),
    ("jpeg", re.compile(rb"\xff\xd8\xff")),
    ("webp", re.compile(rb"RIFF.{4}WEBP", re.DOTALL)),
    ("bmp", re.compile(rb"BM")),
    ("gif", re.compile(rb"GIF8[79]a")),
    ("tiff", re.compile(rb"II[*+]\x00|MM\x00[*+]")),
    ("avif", re.compile(rb".{4}ftypavi[fs]", re.DOTALL)),
    ("heif", re.compile(rb".{4}ftyp(?:hei[cfx]|hev[cx]|mif1|msf1)", re.DOTALL)),
    ("jp2", re.compile(rb"\x00\x00\x00\x0cjP {2}\r\n\x87\n|\xff\x4f\xff\x51")),
    ("ico", re.compile(rb"\x00\x00\x01\x00[^\x00]")),
    ("svg", re.compile(rb"(?:\xef\xbb\xbf)?\s{0,64}(?:<\?xml[^>]{0,200}>\s{0,64})?<svg[\s>]")),
)
_BMP_CORE_SIZE: Final = 12
_BMP_INFO_SIZES: Final = frozenset({16, 40, 52, 56, 64, 108, 124})
_JPEG_MARKER: Final = re.compile(rb"\xff++(.)", re.DOTALL)
_JPEG_FRAMES: Final = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_JPEG_NO_SEGMENT: Final = frozenset({0x00, 0x01, *range(0xD0, 0xDB)})
"""Markers without a length, and those after which no frame header can come: end of image, start of scan."""
_WEBP_LOSSLESS: Final = 0x2F
_MAX_SEGMENTS: Final = 4_096
"""More segments before the frame header than any camera writes; so no file can keep the simulator busy."""


@dataclass(frozen=True, slots=True)
class ImageHeader:
    """What the header of an image says.

    Attributes:
        format: ``bmp``, ``png``, ``jpeg`` or ``webp``.
        width: pixels, 0 or more.
        height: pixels, 0 or more.
    """

    format: str
    width: int
    height: int


def detect_format(data: bytes) -> str | None:
    """Return the format that the first bytes announce, None for bytes of no known one.

    Known are the four that `read_header` reads, and ``gif``, ``tiff``, ``avif``, ``heif``, ``jp2``, ``ico``, ``svg``.

    Example:
        >>> detect_format(b"GIF89a"), detect_format(b"hello")
        ('gif', None)
    """
    return next((name for name, signature in _SIGNATURES if signature.match(data)), None)


def read_header(data: bytes) -> ImageHeader | None:
    r"""Return the header of a BMP, PNG, JPEG or WEBP image.

    Args:
        data: the file, or as much of its beginning as holds the header.

    Returns:
        None for another format, and for a header that breaks off or contradicts itself. No bytes make it raise.

    Example:
        >>> read_header(b"\x89PNG\r\n\x1a\n" + b"\0\0\0\rIHDR" + b"\0\0\0\x20" + b"\0\0\0\x10")
        ImageHeader(format='png', width=32, height=16)
    """
    name = detect_format(data)
    reader = _READERS.get(name) if name is not None else None
    if name is None or reader is None:
        return None
    try:
        size = reader(data)
    except struct.error:
        return None
    return ImageHeader(name, *size) if size is not None else None


def _png(data: bytes) -> tuple[int, int] | None:
    length, kind, width, height = struct.unpack_from(">I4sII", data, 8)
    return (width, height) if (length, kind) == (13, b"IHDR") else None


def _bmp(data: bytes) -> tuple[int, int] | None:
    (header_size,) = struct.unpack_from("<I", data, 14)
    if header_size == _BMP_CORE_SIZE:
        width, height = struct.unpack_from("<HH", data, 18)
        return width, height
    if header_size not in _BMP_INFO_SIZES:
        return None
    width, height = struct.unpack_from("<ii", data, 18)
    # A negative height means that the rows are stored from the top; a negative width means nothing.
    return (width, abs(height)) if width >= 0 else None


def _jpeg(data: bytes) -> tuple[int, int] | None:
    position = 2
    for _ in range(_MAX_SEGMENTS):
        marker = _JPEG_MARKER.match(data, position)
        if marker is None or marker[1][0] in _JPEG_NO_SEGMENT:
            return None
        position = marker.end()
        if marker[1][0] in _JPEG_FRAMES:
            height, width = struct.unpack_from(">HH", data, position + 3)
            return width, height
        (length,) = struct.unpack_from(">H", data, position)
        position += max(length, 2)
    return None


def _webp(data: bytes) -> tuple[int, int] | None:
    chunk = data[12:16]
    if chunk == b"VP8X":
        return _plus_one(_three_bytes(data, 24), _three_bytes(data, 27))
    if chunk == b"VP8L":
        signature, bits = struct.unpack_from("<BI", data, 20)
        return _plus_one(bits & 0x3FFF, bits >> 14 & 0x3FFF) if signature == _WEBP_LOSSLESS else None
    if chunk != b"VP8 ":
        return None
    tag, start_code, width, height = struct.unpack_from("<B2x3sHH", data, 20)
    # The upper two bits of each side are a scale; only a key frame (bit 0 of the tag is 0) has a size at all.
    return (width & 0x3FFF, height & 0x3FFF) if start_code == b"\x9d\x01\x2a" and not tag & 1 else None


def _three_bytes(data: bytes, offset: int) -> int:
    return int.from_bytes(struct.unpack_from("3s", data, offset)[0], "little")


def _plus_one(width: int, height: int) -> tuple[int, int]:
    return width + 1, height + 1


_READERS: Final[dict[str, Callable[[bytes], tuple[int, int] | None]]] = {
    "bmp": _bmp,
    "png": _png,
    "jpeg": _jpeg,
    "webp": _webp,
}
