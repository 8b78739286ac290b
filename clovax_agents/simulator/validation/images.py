"""Image parts: their form and their number; nothing is ever downloaded (docs/wire.md, section 2.2)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from clovax_agents.simulator.json_types import JsonObject, as_object
from clovax_agents.simulator.refusals import SimulatedError, bad_request, invalid

if TYPE_CHECKING:
    from collections.abc import Sequence

    from clovax_agents.simulator.brains.protocol import Message

__all__ = ["check_image", "check_image_counts"]

_MAX_IMAGES: Final = 5
_DATA_URI: Final = re.compile(r"data:image/([a-z0-9.+-]+);base64,[A-Za-z0-9+/=\s]+\Z")
_FORMATS: Final = {"bmp", "png", "jpg", "jpeg", "webp"}


def check_image(part: JsonObject, place: str) -> None:
    """Check the address of one image: an http(s) URL, or a data URI of a known format."""
    url = (as_object(part.get("image_url")) or {}).get("url")
    if not isinstance(url, str):
        raise invalid(f"{place}.image_url")
    if re.match(r"https?://\S+\Z", url):
        return
    data = _DATA_URI.match(url)
    if data is None:
        raise SimulatedError(400, "40063", "Invalid image url")
    if data[1] not in _FORMATS:
        raise SimulatedError(400, "40060", "Unsupported image format")


def check_image_counts(messages: Sequence[Message]) -> None:
    """Refuse two images in one user turn (40000) and more than five in a request (40003)."""
    if any(message.images > 1 for message in messages):
        raise bad_request("Each user message can contain only one image")
    if sum(message.images for message in messages) > _MAX_IMAGES:
        raise SimulatedError(400, "40003", "Image limit exceeded")
