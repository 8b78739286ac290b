"""Image parts: address, format, size and number; nothing is ever downloaded (docs/wire.md, section 2.2)."""

from __future__ import annotations

import binascii
import re
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Final
from urllib.parse import SplitResult, urlsplit

from clovax_agents.simulator.json_types import JsonObject, as_object
from clovax_agents.simulator.refusals import SimulatedError, bad_request, invalid
from clovax_agents.simulator.validation.image_headers import detect_format, read_header

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from clovax_agents.simulator.brains.protocol import Message

__all__ = [
    "ImageRules",
    "check_compat_image",
    "check_data_uri",
    "check_image_counts",
    "check_native_image",
    "check_url",
]

_MAX_IMAGES: Final = 5
_MAX_BYTES: Final = 20 * 1024 * 1024
_MAX_LONG_SIDE: Final = 2_240
_MIN_SHORT_SIDE: Final = 4
_MAX_RATIO: Final = 5
_FORMATS: Final = frozenset({"bmp", "png", "jpg", "jpeg", "webp"})
_OTHER_EXTENSIONS: Final = frozenset(
    {"apng", "avif", "gif", "heic", "heif", "ico", "jp2", "pdf", "psd", "svg", "tif", "tiff"}
)
_DATA_HEAD: Final = re.compile(r"data:image/([a-z0-9.+-]+);base64", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageRules:
    """How closely images are looked at, where that is open.

    Attributes:
        strict: a URL must end in the extension of a format; base64 must have no line breaks.
        known: the images that exist, by URL; None if any well-formed URL will do.
    """

    strict: bool
    known: Mapping[str, bytes] | None = None


def check_compat_image(part: JsonObject, place: str, *, rules: ImageRules) -> None:
    """Check an image part of the OpenAI-compatible API: an http(s) URL or a data URI in ``image_url.url``.

    Whether that API takes data URIs at all is unconfirmed (docs/wire.md, section 11, U16).

    Args:
        part: the content part.
        place: where it stands, for instance ``messages[0].content[1]``.
        rules: what is open.

    Raises:
        SimulatedError: as `check_url` and `check_data_uri`; 40063 for an address that is neither.
    """
    place, url = _value(part, "image_url", "url", place)
    if not isinstance(url, str) or _data_head(url) is None:
        check_url(url, place, rules=rules)
    else:
        check_data_uri(url, place, rules=rules)


def check_native_image(part: JsonObject, place: str, *, rules: ImageRules) -> None:
    """Check an image part of the native API: ``imageUrl.url`` or ``dataUri.data``, one of the two.

    Args:
        part: the content part.
        place: where it stands, for instance ``messages[0].content[1]``.
        rules: what is open.

    Raises:
        SimulatedError: as `check_url` and `check_data_uri`; 40001 for both or neither.
    """
    named = [name for name in ("imageUrl", "dataUri") if part.get(name) is not None]
    if len(named) != 1:
        raise invalid(*([f"{place}.{name}" for name in named] or [place]))
    if named == ["imageUrl"]:
        place, url = _value(part, "imageUrl", "url", place)
        check_url(url, place, rules=rules)
    else:
        place, data = _value(part, "dataUri", "data", place)
        check_data_uri(data, place, rules=rules)


def check_url(url: object, place: str, *, rules: ImageRules) -> None:
    """Check an http(s) URL, and the image behind it if there is a table of images; nothing is fetched.

    The order is unconfirmed (docs/wire.md, W4.2-07): form, extension (strict), table, image as in `check_data_uri`.

    Raises:
        SimulatedError: 400 with 40001 (no string), 40060 (extension of a format that is not read) or 40063 (no URL,
            no extension of an image, not in the table).
    """
    if not isinstance(url, str):
        raise invalid(place)
    address = _split(url)
    if address is None:
        raise _refused("url")
    if rules.strict:
        _check_extension(address.path)
    if rules.known is None:
        return
    if url not in rules.known:
        raise _refused("url")
    _check_bytes(rules.known[url])


def check_data_uri(value: object, place: str, *, rules: ImageRules) -> None:
    """Check a whole data URI, ``data:image/png;base64,...``; bare base64 is no data URI.

    The order is unconfirmed (docs/wire.md, W4.2-07): form, format named, base64, bytes, format found, sides, ratio.
    Whether the service minds a PNG that is called a JPEG is not known either; here it does not.

    Raises:
        SimulatedError: 400 with 40001 (form), 40060 (format), 40061 (0 bytes or more than 20 MB) or 40063 (broken
            base64 or file, sides, ratio).
    """
    head = _data_head(value) if isinstance(value, str) else None
    if not isinstance(value, str) or head is None:
        raise invalid(place)
    if head not in _FORMATS:
        raise _unsupported_format()
    _check_bytes(_decode(value.partition(",")[2], strict=rules.strict))


def check_image_counts(messages: Sequence[Message]) -> None:
    """Refuse two images in one user turn (40000) and more than five in a request (40003)."""
    if any(message.images > 1 for message in messages):
        raise bad_request("Each user message can contain only one image")
    if sum(message.images for message in messages) > _MAX_IMAGES:
        raise SimulatedError(400, "40003", "Image limit exceeded")


def _value(part: JsonObject, outer: str, inner: str, place: str) -> tuple[str, object]:
    """Return the place and the value of the inner field."""
    holder = as_object(part.get(outer))
    if holder is None:
        raise invalid(f"{place}.{outer}")
    return f"{place}.{outer}.{inner}", holder.get(inner)


def _data_head(value: str) -> str | None:
    """Return the format that a data URI names, None for what is none."""
    head, comma, _ = value.partition(",")
    match = _DATA_HEAD.fullmatch(head)
    return match[1].lower() if match is not None and comma else None


def _split(url: str) -> SplitResult | None:
    """Return the parts of an http(s) URL, None for anything else."""
    # `urlsplit` drops line breaks instead of refusing them.
    if re.search(r"[\s\x00-\x1f\x7f]", url):
        return None
    try:
        parts = urlsplit(url)
        usable = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:
        return None
    return parts if usable else None


def _check_extension(path: str) -> None:
    extension = PurePosixPath(path).suffix[1:].lower()
    if extension in _OTHER_EXTENSIONS:
        raise _unsupported_format()
    if extension not in _FORMATS:
        raise _refused("url")


def _decode(text: str, *, strict: bool) -> bytes:
    try:
        return binascii.a2b_base64(text if strict else "".join(text.split()), strict_mode=True)
    except ValueError as error:
        raise _refused("file") from error


def _check_bytes(data: bytes) -> None:
    if not 0 < len(data) <= _MAX_BYTES:
        raise SimulatedError(400, "40061", "File size error")
    found = detect_format(data)
    if found is not None and found not in _FORMATS:
        raise _unsupported_format()
    header = read_header(data)
    if header is None:
        raise _refused("file")
    short, long = sorted((header.width, header.height))
    if short < _MIN_SHORT_SIDE or long > _MAX_LONG_SIDE:
        raise _refused("size")
    if long > _MAX_RATIO * short:
        raise _refused("ratio")


def _refused(what: str) -> SimulatedError:
    """Return 400/40063; its messages differ in the last word only."""
    return SimulatedError(400, "40063", f"Invalid image {what}")


def _unsupported_format() -> SimulatedError:
    return SimulatedError(400, "40060", "Unsupported image format")
