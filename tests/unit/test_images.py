"""Images in every form that programs write them, and the limits of the service on them."""

import base64
import struct
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st
from langchain_core.messages import HumanMessage

from clovax_agents import ChatClovaX
from clovax_agents.errors import ConfigurationError
from clovax_agents.images import image_block, image_url
from clovax_agents.pixels import measured
from clovax_agents.testing import LoopbackSimulator


def png(width: int = 8, height: int = 8) -> bytes:
    """Return the beginning of a PNG."""
    return b"\x89PNG\r\n\x1a\n" + struct.pack(">I4sII", 13, b"IHDR", width, height) + b"\x08\x02\x00\x00\x00"


PNG = png()
TEXT = base64.b64encode(PNG).decode()
URI = f"data:image/png;base64,{TEXT}"
BLOCKS: list[dict[str, Any]] = [
    {"type": "image", "base64": TEXT, "mime_type": "image/png"},
    {"type": "image", "source_type": "base64", "data": TEXT, "mime_type": "image/png"},
    {"type": "image", "url": URI},
    {"type": "image_url", "image_url": {"url": URI}},
    {"type": "image_url", "image_url": URI},
    {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": TEXT}},
    {"type": "image", "data": PNG},
    {"type": "image", "base64": "\n".join([TEXT[:10], TEXT[10:]]), "mime_type": "image/jpeg"},  # its type is seen
]


@pytest.mark.parametrize("block", BLOCKS)
def test_every_form_comes_to_the_same(block: dict[str, Any]) -> None:
    """LangChain's two, OpenAI's two, Anthropic's, and bytes."""
    assert image_url(block) == URI


def test_local_files_are_read_by_the_program_alone(tmp_path: Path) -> None:
    """A path object or image_block() reads a file; a path as text, which a stranger could have sent, does not."""
    path = tmp_path / "메뉴.png"
    path.write_bytes(PNG)
    assert image_url({"type": "image", "path": path}) == image_url(image_block(str(path))) == URI
    assert image_block(PNG) == image_block(path)
    for name in ("path", "url"):
        with pytest.raises(ConfigurationError, match="image_block"):
            image_url({"type": "image", name: str(path)})


FORMATS = {
    "png": PNG,
    "bmp": b"BM" + bytes(16) + struct.pack("<ii", 8, -8),
    "jpeg": b"\xff\xd8\xff\xe0\x00\x04ab\xff\xff\xc0\x00\x11\x08" + struct.pack(">HH", 8, 8),
    "webp": b"RIFF\0\0\0\0WEBPVP8X" + bytes(8) + b"\x07\0\0\x07\0\0",
}


@pytest.mark.parametrize("name", FORMATS)
def test_the_formats_of_the_service_are_measured(name: str) -> None:
    """From their first bytes."""
    assert measured(FORMATS[name]) == (name, 8, 8)


@given(st.binary(max_size=64), st.sampled_from([*FORMATS.values(), b""]), st.integers(0, 64))
def test_any_bytes_are_measured_or_not(tail: bytes, head: bytes, cut: int) -> None:
    """Never an error of another kind."""
    found = measured(head[:cut] + tail)
    assert found is None or found.width >= 0


REFUSED = {
    b"": "larger than 0",
    b"GIF89a" + bytes(20): "BMP, PNG, JPEG or WEBP",
    png(3, 8): "sides of 4 to 2240 pixels, not 3 x 8",
    png(2241, 2000): "not 2241 x 2000: resize",
    png(100, 501): "at most 5 times",
}


@pytest.mark.parametrize("data", REFUSED)
def test_what_the_service_would_refuse_is_refused_here(data: bytes) -> None:
    """With what to do."""
    with pytest.raises(ConfigurationError, match=REFUSED[data]):
        image_block(data)


def test_more_images_than_the_service_takes_are_refused() -> None:
    """One for each message, five for each request."""
    chat = ChatClovaX(api_key="nv-test")
    with pytest.raises(ConfigurationError, match="one image per message"):
        chat.invoke([HumanMessage([BLOCKS[0], BLOCKS[0]])])
    with pytest.raises(ConfigurationError, match="5 images per request, but the history has 6"):
        chat.invoke([HumanMessage([BLOCKS[0]])] * 6)


@pytest.mark.parametrize("kind", ["audio", "video", "file", "input_audio"])
def test_what_is_no_image_is_refused(kind: str) -> None:
    """The service has no ears."""
    with pytest.raises(ConfigurationError, match="no audio, video or files"):
        ChatClovaX(api_key="nv-test").invoke([HumanMessage([{"type": kind, "base64": "AA=="}])])


@pytest.mark.parametrize("api", ["openai", "native"])
def test_the_strict_simulator_takes_them(clovax_simulator: LoopbackSimulator, api: str) -> None:
    """Over both APIs."""
    message = HumanMessage([{"type": "text", "text": "뭐야?"}, image_block(PNG)])
    assert ChatClovaX(api=api).invoke([message]).text
    assert clovax_simulator.requests[-1].status == 200


@pytest.mark.parametrize("written", ["plain", "unpadded", "for URLs", "percent"])
def test_base64_is_read_in_every_form(written: str) -> None:
    """As other programs write it; what is sent is the usual form."""
    data = PNG + b"\xfb\xff\xfe"
    text = base64.b64encode(data).decode()
    forms = {
        "plain": text,
        "unpadded": text.rstrip("="),
        "for URLs": base64.urlsafe_b64encode(data).decode(),
        "percent": quote(text, safe=""),
    }
    found = image_url({"type": "image_url", "image_url": {"url": f"data:image/png;base64,{forms[written]}"}})
    assert found == f"data:image/png;base64,{text}"


def test_the_oldest_bitmaps_are_measured() -> None:
    """Their header has numbers of half the size."""
    assert measured(b"BM" + bytes(12) + struct.pack("<IHH", 12, 640, 480)) == ("bmp", 640, 480)


def test_a_server_of_ones_own_may_read_gifs() -> None:
    """CLOVA Studio does not."""
    gif = b"GIF89a" + bytes(20)
    assert image_url({"type": "image", "data": gif}, limited=False).startswith("data:image/gif;base64,")
    with pytest.raises(ConfigurationError, match="convert this one"):
        image_url({"type": "image", "data": gif})
