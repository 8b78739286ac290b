"""The limits of the wire reference on images (section 2.2), each at its edge: refused here, or taken by the service."""

import base64
import struct
from pathlib import Path
from typing import Any

import pytest
from langchain_core.messages import HumanMessage
from rawserver import Way
from records import noted

from clovax_agents import ChatClovaX
from clovax_agents.errors import ConfigurationError, RequestError
from clovax_agents.images import image_block
from clovax_agents.testing import LoopbackSimulator

MEGABYTES_20 = 20 * 1024 * 1024
SIZE = r"at most 20 MB, but this has 20971521 bytes"
SIDES = r"sides of 4 to 2240 pixels, not {} x {}: resize"
RATIO = r"at most 5 times as long as it is wide, but this is {} x {}"


def png(width: int = 8, height: int = 8, size: int = 0) -> bytes:
    """Return the beginning of a PNG, with zeros up to a size behind it."""
    head = b"\x89PNG\r\n\x1a\n" + struct.pack(">I4sII", 13, b"IHDR", width, height) + b"\x08\x02\x00\x00\x00"
    return head.ljust(size, b"\0")


def encoded(data: bytes) -> str:
    """Return an image as a data URI."""
    return "data:image/png;base64," + base64.b64encode(data).decode()


FORMS: dict[str, Any] = {
    "bytes": lambda data: {"type": "image", "data": data},
    "base64": lambda data: {"type": "image", "base64": base64.b64encode(data).decode(), "mime_type": "image/png"},
    "data URI": lambda data: {"type": "image_url", "image_url": {"url": encoded(data)}},
    "Anthropic's": lambda data: {
        "type": "image",
        "source": {"type": "base64", "media_type": "image/png", "data": base64.b64encode(data).decode()},
    },
}
TOO_MUCH: dict[str, tuple[bytes, str]] = {
    "one byte too large": (png(size=MEGABYTES_20 + 1), SIZE),
    "one pixel too wide": (png(2241, 1000), SIDES.format(2241, 1000)),
    "one pixel too tall": (png(1000, 2241), SIDES.format(1000, 2241)),
    "too thin": (png(3, 8), SIDES.format(3, 8)),
    "too flat": (png(8, 3), SIDES.format(8, 3)),
    "too wide for its height": (png(501, 100), RATIO.format(501, 100)),
    "too tall for its width": (png(100, 501), RATIO.format(100, 501)),
}
AT_THE_EDGE: dict[str, bytes] = {
    "20 MB": png(size=MEGABYTES_20),
    "widest": png(2240, 448),
    "tallest": png(448, 2240),
    "smallest": png(4, 4),
    "5 to 1": png(500, 100),
    "1 to 5": png(100, 500),
}


class Asked:
    """Asks about an image, in any of the four ways."""

    def __init__(self, api: Any) -> None:
        self.chat = ChatClovaX(model="HCX-005", api=api, max_retries=0)

    def about(self, block: dict[str, Any], way: Way) -> str:
        """Return the answer."""
        question: Any = [HumanMessage([{"type": "text", "text": "뭐야?"}, block])]
        return way.ask(self.chat, question)


@pytest.mark.parametrize("api", ["openai", "native"])
@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("case", TOO_MUCH)
@pytest.mark.soak(every=7)
def test_what_is_beyond_a_limit_is_never_sent(
    clovax_simulator: LoopbackSimulator, api: str, form: str, case: str
) -> None:
    """The error says the limit and what the image has instead; the service hears nothing of it."""
    data, text = TOO_MUCH[case]
    block = FORMS[form](data)
    for name in ("invoke", "stream", "ainvoke", "astream"):
        with pytest.raises(ConfigurationError, match=text):
            Asked(api).about(block, Way(name))

    assert clovax_simulator.requests == []


@pytest.mark.parametrize("case", TOO_MUCH)
def test_a_file_beyond_a_limit_is_refused_when_it_is_read(tmp_path: Path, case: str) -> None:
    """By image_block() with a path or bytes."""
    data, text = TOO_MUCH[case]
    path = tmp_path / "큰그림.png"
    path.write_bytes(data)
    for image in (path, str(path), data):
        with pytest.raises(ConfigurationError, match=text):
            image_block(image)


@pytest.mark.parametrize("api", ["openai", "native"])
@pytest.mark.parametrize("case", AT_THE_EDGE)
@pytest.mark.soak(every=2)
def test_what_is_just_within_is_sent_and_taken(clovax_simulator: LoopbackSimulator, api: str, case: str) -> None:
    """The limits are the service's own, and no stricter ones."""
    assert Asked(api).about(image_block(AT_THE_EDGE[case]), Way("invoke"))
    assert [request.status for request in noted(clovax_simulator, 1)] == [200]


@pytest.mark.parametrize("case", TOO_MUCH)
def test_the_service_would_have_refused_it(clovax_simulator: LoopbackSimulator, case: str) -> None:
    """A server that the limits do not hold for is sent the image, and the strict service does not take it."""
    chat = ChatClovaX(profile="self-hosted", base_url=clovax_simulator.base_url, max_tokens=64, max_retries=0)
    with pytest.raises(RequestError) as caught:
        chat.invoke([HumanMessage([FORMS["data URI"](TOO_MUCH[case][0])])])

    assert caught.value.facts.code in {"40061", "40063"}
    assert [request.status for request in noted(clovax_simulator, 1)] == [400]
