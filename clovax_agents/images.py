"""Images in messages: every form in which LangChain's programs write them, checked before anything is sent.

The service takes BMP, PNG, JPEG and WEBP (docs/wire.md, section 2.2). What it would refuse is refused here, with what
to do about it; an image behind a URL is fetched by the service, and only it can tell.
"""

from __future__ import annotations

import base64
import binascii
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, cast
from urllib.parse import unquote

from clovax_agents.errors import ConfigurationError
from clovax_agents.pixels import measured

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from clovax_agents.pixels import Size
    from clovax_agents.wire.neutral import Turn

__all__ = ["check_images", "image_block", "image_url"]

MAX_BYTES: Final = 20 * 1024 * 1024
MAX_SIDE: Final = 2240
MIN_SIDE: Final = 4
MAX_RATIO: Final = 5
MAX_IMAGES: Final = 5
_URL_SAFE: Final = str.maketrans("-_", "+/")
_WEB: Final = ("http://", "https://")


def image_block(image: str | Path | bytes) -> dict[str, str]:
    """Return a content block for an image: a local file, bytes, or a URL.

    Args:
        image: path of a file, its bytes, or an address that begins with ``http``.

    Raises:
        ConfigurationError: an image that the service would refuse.
        OSError: the file cannot be read.

    Example:
        >>> image_block("https://example.com/menu.png")
        {'type': 'image', 'url': 'https://example.com/menu.png'}
    """
    if isinstance(image, str) and image.startswith(_WEB):
        return {"type": "image", "url": image}
    data = image if isinstance(image, bytes) else Path(image).read_bytes()
    return {"type": "image", "base64": base64.b64encode(data).decode(), "mime_type": f"image/{_checked(data)}"}


def image_url(block: Mapping[str, Any], *, limited: bool = True) -> str:
    """Return the URL, or the data URI, of the image in a content block.

    Understood are LangChain's blocks (both versions), OpenAI's and Anthropic's, with bytes and `pathlib.Path` objects
    as well. A path as text is refused: content can come from strangers, and files are not theirs to read.

    Args:
        block: of a message.
        limited: whether CLOVA Studio's limits hold, and not those of a server of one's own.

    Raises:
        ConfigurationError: an image that the service would refuse, or that is written in another form.
    """
    found = _source(block)
    if isinstance(found, Path):
        found = found.read_bytes()
    if isinstance(found, bytes):
        return _uri(found, limited=limited)
    if isinstance(found, str) and found.startswith(_WEB):
        return found
    if isinstance(found, str) and found.startswith("data:"):
        return _uri(_decoded(found.partition(",")[2]), limited=limited)
    raise ConfigurationError(
        "an image needs a URL that begins with http, a data URI, or base64 data; "
        "for a local file, use clovax_agents.images.image_block(path)"
    )


def _source(block: Mapping[str, Any]) -> object:
    """Return what a block says of its image: a URL, a data URI, bytes or a path."""
    place: Any = block.get("image_url") or block.get("source")
    if isinstance(place, str):
        return place
    fields = cast("Mapping[str, Any]", place) if isinstance(place, dict) else block
    for name in ("base64", "data"):
        if (data := fields.get(name)) is not None:
            return data if isinstance(data, bytes) else _decoded(data)
    return fields.get("url") or fields.get("path")


def _decoded(text: object) -> bytes:
    if not isinstance(text, str):
        raise ConfigurationError(f"the data of an image is base64 text or bytes, not {type(text).__name__}")
    if text.startswith("data:"):
        text = text.partition(",")[2]
    try:
        plain = "".join(unquote(text).split()).translate(_URL_SAFE).rstrip("=")
        return base64.b64decode(plain + "=" * (-len(plain) % 4), validate=True)
    except (binascii.Error, ValueError):
        raise ConfigurationError("the data of an image is not base64") from None


def _uri(data: bytes, *, limited: bool) -> str:
    return f"data:image/{_checked(data, limited=limited)};base64,{base64.b64encode(data).decode()}"


def _checked(data: bytes, *, limited: bool = True) -> str:
    """Return the format of an image that the service will take."""
    if not 0 < len(data) <= MAX_BYTES and (limited or not data):
        raise ConfigurationError(f"an image has to be larger than 0 and at most 20 MB, but this has {len(data)} bytes")
    size = measured(data)
    if not limited and data.startswith(b"GIF8"):
        return "gif"
    if size is None:
        raise ConfigurationError("an image has to be BMP, PNG, JPEG or WEBP: convert this one")
    if limited:
        _check_size(size)
    return size.format


def _check_size(size: Size) -> None:
    long, short = max(size.width, size.height), min(size.width, size.height)
    if short < MIN_SIDE or long > MAX_SIDE:
        raise ConfigurationError(
            f"an image has sides of {MIN_SIDE} to {MAX_SIDE} pixels, not {size.width} x {size.height}: resize it"
        )
    if long > MAX_RATIO * short:
        raise ConfigurationError(
            f"an image is at most {MAX_RATIO} times as long as it is wide, but this is {size.width} x {size.height}"
        )


def check_images(turns: Sequence[Turn]) -> None:
    """Check how many images a request has.

    Raises:
        ConfigurationError: two in one message, or more than five.
    """
    counts = [sum(bool(part.image_url) for part in turn.content) for turn in turns if not isinstance(turn.content, str)]
    if max(counts, default=0) > 1:
        raise ConfigurationError("CLOVA Studio takes one image per message: send them in messages of their own")
    if sum(counts) > MAX_IMAGES:
        raise ConfigurationError(
            f"CLOVA Studio takes {MAX_IMAGES} images per request, but the history has {sum(counts)}: drop the oldest"
        )
