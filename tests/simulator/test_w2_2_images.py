"""Images of a request: format, size, address and number (docs/wire.md, sections 2.2, 4.1 and 12)."""

import base64
import struct
import zlib
from collections.abc import Callable, Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.testclient import TestClient

from clovax_agents.simulator import Switches
from clovax_agents.simulator.brains.protocol import Message
from clovax_agents.simulator.refusals import SimulatedError
from clovax_agents.simulator.validation import images
from clovax_agents.simulator.validation.image_headers import ImageHeader, detect_format, read_header

CHAT = "/v1/openai/chat/completions"
START = Callable[..., TestClient]
PLACE = "messages[0].content[0]"
STRICT = images.ImageRules(strict=True)
LENIENT = images.ImageRules(strict=False)
LIMIT = 20 * 1024 * 1024
UNSUPPORTED = "40060 Unsupported image format"
SIZE_ERROR = "40061 File size error"
BAD_FILE = "40063 Invalid image file"
BAD_SIZE = "40063 Invalid image size"
BAD_RATIO = "40063 Invalid image ratio"
BAD_URL = "40063 Invalid image url"
WRONG = f"40001 Invalid parameter: {PLACE}"


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def _png(width: int, height: int) -> bytes:
    """Return a whole black image of one bit per pixel."""
    header = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    rows = zlib.compress((b"\0" + b"\0" * ((width + 7) // 8)) * height)
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", header) + _chunk(b"IDAT", rows) + _chunk(b"IEND", b"")


def _segment(marker: int, data: bytes) -> bytes:
    return struct.pack(">BBH", 0xFF, marker, len(data) + 2) + data


def _jpeg(width: int, height: int, *, frame: int = 0xC0, before: bytes = b"") -> bytes:
    """Return a JPEG up to its scan; the frame header comes after everything that cameras put before it."""
    start = b"\xff\xd8" + _segment(0xE0, b"JFIF\0\1\1\0\0\1\0\1\0\0") + _segment(0xDB, bytes(65))
    tables = _segment(0xC4, b"\0\1" + bytes(16))
    size = struct.pack(">BHHB", 8, height, width, 1) + b"\1\x11\0"
    return start + before + tables + _segment(frame, size) + _segment(0xDA, b"\1\1\0\0\x3f\0") + b"\0\xff\xd9"


def _bmp(width: int, height: int, *, header: int = 40) -> bytes:
    sides = struct.pack("<IHH" if header == 12 else "<Iii", header, width, height)
    rest = struct.pack("<HH", 1, 24).ljust(header - len(sides), b"\0")
    body = sides + rest
    return b"BM" + struct.pack("<IHHI", 14 + len(body), 0, 0, 14 + len(body)) + body


def _webp(kind: bytes, data: bytes) -> bytes:
    padded = kind + struct.pack("<I", len(data)) + data + b"\0" * (len(data) % 2)
    return b"RIFF" + struct.pack("<I", 4 + len(padded)) + b"WEBP" + padded


def _lossy(width: int, height: int, *, tag: int = 0x10, code: bytes = b"\x9d\x01\x2a") -> bytes:
    return _webp(b"VP8 ", struct.pack("<BH", tag, 2) + code + struct.pack("<HH", width, height) + b"\0\0")


def _lossless(width: int, height: int, *, signature: int = 0x2F) -> bytes:
    return _webp(b"VP8L", struct.pack("<BI", signature, (width - 1) | (height - 1) << 14 | 1 << 28) + b"\0")


def _extended(width: int, height: int) -> bytes:
    sides = (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    return _webp(b"VP8X", b"\x10\0\0\0" + sides)


def _uri(data: bytes, name: str = "png") -> str:
    return f"data:image/{name};base64,{base64.b64encode(data).decode()}"


def _refusal(check: Callable[..., None], *args: Any, **options: Any) -> str | None:
    """Return code and message of what a check refuses, None if it accepts."""
    try:
        check(*args, **options)
    except SimulatedError as error:
        return str(error).removeprefix("400/")
    return None


HEADERS: dict[str, tuple[bytes, str]] = {
    "w2_2_23_png": (_png(300, 200), "png"),
    "w2_2_23_jpeg": (_jpeg(300, 200), "jpeg"),
    "w2_2_23_jpeg_progressive": (_jpeg(300, 200, frame=0xC2), "jpeg"),
    "w2_2_23_jpeg_with_a_thumbnail": (_jpeg(300, 200, before=_segment(0xE1, b"Exif\0\0" + _jpeg(16, 12))), "jpeg"),
    "w2_2_23_jpeg_with_filling_before_a_marker": (_jpeg(300, 200, before=b"\xff" * 9 + _segment(0xFE, b"")), "jpeg"),
    "w2_2_23_bmp": (_bmp(300, 200), "bmp"),
    "w2_2_23_bmp_from_the_top": (_bmp(300, -200), "bmp"),
    "w2_2_23_bmp_of_os2": (_bmp(300, 200, header=12), "bmp"),
    "w2_2_23_bmp_v5": (_bmp(300, 200, header=124), "bmp"),
    "w2_2_23_webp_lossy": (_lossy(300, 200), "webp"),
    "w2_2_23_webp_lossy_with_a_scale": (_lossy(300 | 1 << 14, 200 | 2 << 14), "webp"),
    "w2_2_23_webp_lossless": (_lossless(300, 200), "webp"),
    "w2_2_23_webp_extended": (_extended(300, 200), "webp"),
}
BROKEN: dict[str, bytes] = {
    "text": b"hello, world",
    "png_without_header": b"\x89PNG\r\n\x1a\n" + _chunk(b"IDAT", bytes(13)),
    "png_with_a_short_header": b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", bytes(8)) + bytes(8),
    "bmp_of_unknown_kind": _bmp(300, 200, header=48),
    "bmp_of_negative_width": _bmp(-300, 200),
    "jpeg_without_a_frame": b"\xff\xd8" + _segment(0xDA, b"\1\1\0\0\x3f\0") + _jpeg(300, 200)[2:],
    "jpeg_that_ends_first": b"\xff\xd8\xff\xd9" + _jpeg(300, 200),
    "jpeg_with_noise_between_segments": b"\xff\xd8\xff\xfe\0\2noise" + _jpeg(300, 200),
    "jpeg_whose_segment_leads_out": b"\xff\xd8\xff\xe1\xff\xff" + bytes(9),
    "jpeg_of_nothing_but_filling": b"\xff\xd8" + b"\xff" * 1_000_000,
    "jpeg_of_endless_segments": b"\xff\xd8" + b"\xff\xfe\0\2" * 1_000_000 + _jpeg(300, 200),
    "webp_of_unknown_kind": _webp(b"ALPH", bytes(20)),
    "webp_between_key_frames": _lossy(300, 200, tag=0x11),
    "webp_without_start_code": _lossy(300, 200, code=b"\0\0\0"),
    "webp_lossless_without_signature": _lossless(300, 200, signature=0x2E),
}
FOREIGN: dict[str, bytes] = {
    "gif": b"GIF89a" + struct.pack("<HH", 300, 200) + b"\0\0\0;",
    "tiff": b"II*\0\x08\0\0\0",
    "avif": b"\0\0\0\x1cftypavif\0\0\0\0",
    "heif": b"\0\0\0\x18ftypheic\0\0\0\0",
    "jp2": b"\0\0\0\x0cjP  \r\n\x87\n",
    "ico": b"\0\0\1\0\1\0\x10\x10",
    "svg": b'<?xml version="1.0"?>\n<svg xmlns="http://www.w3.org/2000/svg"/>',
}


@pytest.mark.parametrize(("data", "name"), HEADERS.values(), ids=HEADERS.keys())
def test_a_header_tells_format_and_size(data: bytes, name: str) -> None:
    """Each kind of file that the four formats have is read; of a file that breaks off, the size is right or none."""
    *parts, whole = [read_header(data[:length]) for length in range(len(data) + 1)]
    assert whole == ImageHeader(name, 300, 200)
    assert parts[0] is None
    assert set(parts) <= {None, whole}


@pytest.mark.parametrize("data", [*BROKEN.values(), *FOREIGN.values()], ids=[*BROKEN, *FOREIGN])
def test_a_broken_or_foreign_header_is_none(data: bytes) -> None:
    """A file that contradicts itself has no size, and neither has one of another format."""
    assert read_header(data) is None


HEADS = [data[:length] for data in [*(data for data, _ in HEADERS.values()), *FOREIGN.values()] for length in (24, 40)]
ANY_BYTES = st.tuples(st.sampled_from([b"", *HEADS]), st.binary(max_size=64)).map(b"".join)


@given(ANY_BYTES)
def test_w12_42_any_bytes_have_a_header_or_none(data: bytes) -> None:
    """No bytes raise, and a header that is found is of the format that the bytes announce, with sides that can be."""
    header = read_header(data)
    assert header is None or (header.format == detect_format(data) and min(header.width, header.height) >= 0)


ACCEPTED: dict[str, str] = {
    "w2_2_23_png": _uri(_png(300, 200)),
    "w2_2_23_jpg": _uri(_jpeg(300, 200), "jpg"),
    "w2_2_23_jpeg": _uri(_jpeg(300, 200), "jpeg"),
    "w2_2_23_bmp": _uri(_bmp(300, 200), "bmp"),
    "w2_2_23_webp": _uri(_lossy(300, 200), "webp"),
    "w2_2_23_format_in_capitals": _uri(_png(300, 200), "PNG"),
    "w2_2_23_png_called_jpeg": _uri(_png(300, 200), "jpeg"),
    "w2_2_25_5_to_1": _uri(_png(500, 100)),
    "w2_2_25_1_to_5": _uri(_png(100, 500)),
    "w2_2_26_long_side_2240": _uri(_png(2240, 2240)),
    "w2_2_27_short_side_4": _uri(_png(4, 4)),
    "w12_42_pixels_are_not_read": _uri(_png(300, 200)[:33] + b"no pixels here"),
}
REFUSED: dict[str, tuple[str, str]] = {
    "w4_1_40060_gif_named": (_uri(FOREIGN["gif"], "gif"), UNSUPPORTED),
    "w4_1_40060_format_before_base64": ("data:image/gif;base64,%%%", UNSUPPORTED),
    **{f"w4_1_40060_{name}_called_png": (_uri(data), UNSUPPORTED) for name, data in FOREIGN.items()},
    "w4_1_40061_0_bytes": ("data:image/png;base64,", SIZE_ERROR),
    "w4_1_40063c_no_base64": ("data:image/png;base64,%%%", BAD_FILE),
    "w4_1_40063c_hangul": ("data:image/png;base64,사진", BAD_FILE),
    "w4_1_40063c_padding_missing": ("data:image/png;base64,iVBORw", BAD_FILE),
    "w4_1_40063c_alphabet_of_urls": ("data:image/png;base64,iVBORw0KGg-_", BAD_FILE),
    "w4_1_40063c_data_after_the_end": ("data:image/png;base64,iVBORw==iVBORw==", BAD_FILE),
    **{f"w4_1_40063c_{name}": (_uri(data), BAD_FILE) for name, data in BROKEN.items()},
    "w2_2_26_long_side_2241": (_uri(_png(2241, 1000)), BAD_SIZE),
    "w2_2_26_high_side_2241": (_uri(_jpeg(1000, 2241), "jpeg"), BAD_SIZE),
    "w2_2_27_short_side_3": (_uri(_png(4, 3)), BAD_SIZE),
    "w2_2_27_no_height": (_uri(_jpeg(100, 0), "jpeg"), BAD_SIZE),
    "w4_1_40063a_size_before_ratio": (_uri(_png(2241, 4)), BAD_SIZE),
    "w2_2_25_just_beyond_5_to_1": (_uri(_png(501, 100)), BAD_RATIO),
    "w2_2_25_just_beyond_1_to_5": (_uri(_png(100, 501)), BAD_RATIO),
}


@pytest.mark.parametrize("uri", ACCEPTED.values(), ids=ACCEPTED.keys())
def test_an_image_within_the_limits_is_accepted(uri: str) -> None:
    """The limits themselves are allowed, in strict mode too."""
    assert _refusal(images.check_data_uri, uri, PLACE, rules=STRICT) is None


@pytest.mark.parametrize(("uri", "refusal"), REFUSED.values(), ids=REFUSED.keys())
def test_an_image_beyond_a_limit_is_refused(uri: str, refusal: str) -> None:
    """Each limit has its code and its message, in either mode."""
    for rules in (STRICT, LENIENT):
        assert _refusal(images.check_data_uri, uri, PLACE, rules=rules) == refusal


def test_w2_2_24_an_image_may_have_20_mb() -> None:
    """One byte more is refused, whatever the bytes are."""
    for data, refusal in ((_png(300, 200), None), (FOREIGN["gif"], UNSUPPORTED)):
        assert _refusal(images.check_data_uri, _uri(data.ljust(LIMIT, b"\0")), PLACE, rules=STRICT) == refusal
        assert _refusal(images.check_data_uri, _uri(data.ljust(LIMIT + 1)), PLACE, rules=STRICT) == SIZE_ERROR


def test_w2_2_21_line_breaks_in_base64_are_refused_only_strictly() -> None:
    """What ``base64.encodebytes`` writes is broken base64 for a strict decoder."""
    uri = "data:image/png;base64," + base64.encodebytes(_png(300, 200)).decode()
    assert _refusal(images.check_data_uri, uri, PLACE, rules=STRICT) == BAD_FILE
    assert _refusal(images.check_data_uri, uri, PLACE, rules=LENIENT) is None


BARE = base64.b64encode(_png(300, 200)).decode()
NO_DATA_URI: dict[str, str] = {
    "w2_2_22_bare_base64": BARE,
    "w2_2_22_not_called_base64": f"data:image/png,{BARE}",
    "w2_2_22_no_image": f"data:text/plain;base64,{BARE}",
    "w2_2_22_no_data": "data:image/png;base64",
    "w2_2_22_empty": "",
}


@pytest.mark.parametrize("value", [*NO_DATA_URI.values(), "https://x.kr/a.png"], ids=[*NO_DATA_URI, "w2_2_21_url"])
def test_x15_natively_the_whole_data_uri_is_needed(value: str) -> None:
    """40001 names the field."""
    part = {"type": "image_url", "dataUri": {"data": value}}
    assert _refusal(images.check_native_image, part, PLACE, rules=LENIENT) == f"{WRONG}.dataUri.data"


@pytest.mark.parametrize("value", NO_DATA_URI.values(), ids=NO_DATA_URI.keys())
def test_u16_over_compat_what_is_no_address_is_no_url(value: str) -> None:
    """40063 for an address that is neither a URL nor a data URI."""
    part = {"type": "image_url", "image_url": {"url": value}}
    assert _refusal(images.check_compat_image, part, PLACE, rules=LENIENT) == BAD_URL


URLS: dict[str, tuple[str, str | None, str | None]] = {
    "w2_2_20_png": ("https://x.kr/a.png", None, None),
    "w2_2_20_http": ("http://x.kr/a.png", None, None),
    "w2_2_20_capitals": ("HTTPS://X.KR/A.JPEG", None, None),
    "w2_2_20_query_and_fragment": ("https://x.kr:8443/b/a.webp?size=1#top", None, None),
    "w2_2_20_hangul": ("https://한글.kr/사진.bmp", None, None),
    "w2_2_20_no_extension": ("https://x.kr/a", BAD_URL, None),
    "w2_2_20_extension_of_a_folder": ("https://x.kr/a.png/b", BAD_URL, None),
    "w2_2_20_extension_in_the_query": ("https://x.kr/a?name=a.png", BAD_URL, None),
    "w2_2_20_other_extension": ("https://x.kr/a.php", BAD_URL, None),
    "w4_1_40060_gif": ("https://x.kr/a.gif", UNSUPPORTED, None),
    "w4_1_40063d_ftp": ("ftp://x.kr/a.png", BAD_URL, BAD_URL),
    "w4_1_40063d_no_scheme": ("x.kr/a.png", BAD_URL, BAD_URL),
    "w4_1_40063d_no_host": ("https:///a.png", BAD_URL, BAD_URL),
    "w4_1_40063d_port": ("https://x.kr:99999/a.png", BAD_URL, BAD_URL),
    "w4_1_40063d_space": ("https://x.kr/a b.png", BAD_URL, BAD_URL),
    "w4_1_40063d_line_break": ("https://x.kr/a.png\n", BAD_URL, BAD_URL),
}


@pytest.mark.parametrize(("url", "strict", "lenient"), URLS.values(), ids=URLS.keys())
def test_a_url_is_checked_by_its_form(url: str, strict: str | None, lenient: str | None) -> None:
    """An http(s) URL with a host will do; strict mode wants the extension of a format as well."""
    assert _refusal(images.check_url, url, PLACE, rules=STRICT) == strict
    assert _refusal(images.check_url, url, PLACE, rules=LENIENT) == lenient


TABLE: Mapping[str, bytes] = {
    "https://x.kr/good.png": _png(300, 200),
    "https://x.kr/large.png": _png(2241, 1000),
    "https://x.kr/gif.png": FOREIGN["gif"],
    "https://x.kr/page.png": b"<html>",
    "https://x.kr/good": _png(300, 200),
}
FROM_TABLE: dict[str, tuple[str, str | None]] = {
    "w12_44_known": ("https://x.kr/good.png", None),
    "w12_44_unknown": ("https://x.kr/other.png", BAD_URL),
    "w12_44_too_large": ("https://x.kr/large.png", BAD_SIZE),
    "w12_44_gif": ("https://x.kr/gif.png", UNSUPPORTED),
    "w12_44_no_image": ("https://x.kr/page.png", BAD_FILE),
    "w12_44_known_without_extension": ("https://x.kr/good", BAD_URL),
}


@pytest.mark.parametrize(("url", "refusal"), FROM_TABLE.values(), ids=FROM_TABLE.keys())
def test_with_a_table_a_url_stands_for_its_image(url: str, refusal: str | None) -> None:
    """Only the URLs of the table exist, and their images are looked at like inline ones."""
    assert _refusal(images.check_url, url, PLACE, rules=images.ImageRules(strict=True, known=TABLE)) == refusal


GOOD = _uri(_png(300, 200))
LINK = {"url": "https://x.kr/a.png"}
DATA = {"data": GOOD}
NATIVE_PARTS: dict[str, tuple[dict[str, Any], str | None]] = {
    "w2_2_20_url": ({"imageUrl": LINK}, None),
    "w2_2_21_data": ({"dataUri": DATA}, None),
    "w2_2_21_null_counts_as_absent": ({"imageUrl": None, "dataUri": DATA}, None),
    "w2_2_20_both": ({"imageUrl": LINK, "dataUri": DATA}, f"{WRONG}.imageUrl, {PLACE}.dataUri"),
    "w2_2_20_neither": ({}, WRONG),
    "w2_2_20_compat_name": ({"image_url": LINK}, WRONG),
    "w2_2_20_url_as_a_text": ({"imageUrl": LINK["url"]}, f"{WRONG}.imageUrl"),
    "w2_2_20_url_missing": ({"imageUrl": {}}, f"{WRONG}.imageUrl.url"),
    "w2_2_20_data_uri_as_url": ({"imageUrl": {"url": GOOD}}, BAD_URL),
    "w2_2_21_data_as_a_text": ({"dataUri": GOOD}, f"{WRONG}.dataUri"),
    "w2_2_26_too_large": ({"dataUri": {"data": _uri(_png(2241, 1000))}}, BAD_SIZE),
}
COMPAT_PARTS: dict[str, tuple[dict[str, Any], str | None]] = {
    "url": ({"image_url": LINK}, None),
    "u16_data": ({"image_url": {"url": GOOD}}, None),
    "u16_data_of_a_gif": ({"image_url": {"url": _uri(FOREIGN["gif"])}}, UNSUPPORTED),
    "url_as_a_text": ({"image_url": LINK["url"]}, f"{WRONG}.image_url"),
    "url_missing": ({"image_url": {"url": None}}, f"{WRONG}.image_url.url"),
    "native_name": ({"imageUrl": LINK}, f"{WRONG}.image_url"),
}


@pytest.mark.parametrize(("part", "refusal"), NATIVE_PARTS.values(), ids=NATIVE_PARTS.keys())
def test_a_native_part_has_a_url_or_a_data_uri(part: dict[str, Any], refusal: str | None) -> None:
    """One of the two, under its own name."""
    assert _refusal(images.check_native_image, {"type": "image_url", **part}, PLACE, rules=STRICT) == refusal


@pytest.mark.parametrize(("part", "refusal"), COMPAT_PARTS.values(), ids=COMPAT_PARTS.keys())
def test_a_compat_part_has_both_under_one_name(part: dict[str, Any], refusal: str | None) -> None:
    """A URL and a data URI stand in the same place, and the native names are not known."""
    assert _refusal(images.check_compat_image, {"type": "image_url", **part}, PLACE, rules=STRICT) == refusal


ANYTHING = st.none() | st.integers() | st.lists(st.text(max_size=3))
STARTS = st.sampled_from(["data:image/png;base64,", "data:image/", "https://", "http://[", "https://x.kr/good.png", ""])
ADDRESSES = ANY_BYTES.map(_uri) | st.tuples(STARTS, st.text(max_size=20)).map("".join)
VALUES = ANYTHING | st.dictionaries(st.sampled_from(["url", "data"]), ANYTHING | ADDRESSES)
PART = st.dictionaries(st.sampled_from(["image_url", "imageUrl", "dataUri"]), VALUES)


@given(PART, st.sampled_from([STRICT, LENIENT, images.ImageRules(strict=True, known=TABLE)]))
def test_any_part_is_accepted_or_refused(part: dict[str, Any], rules: images.ImageRules) -> None:
    """However broken an image part is, there is a documented code for it."""
    for check in (images.check_compat_image, images.check_native_image):
        refusal = _refusal(check, part, PLACE, rules=rules)
        assert refusal is None or refusal[:5] in {"40001", "40060", "40061", "40063"}


COUNTS = {
    "w2_2_28_one_a_turn": ([1, 1, 1, 1, 1], None),
    "w2_2_28_two_in_a_turn": ([0, 2], "40000 Each user message can contain only one image"),
    "w2_2_29_six": ([1] * 6, "40003 Image limit exceeded"),
}


@pytest.mark.parametrize(("counts", "refusal"), COUNTS.values(), ids=COUNTS.keys())
def test_images_are_counted_by_turn_and_by_request(counts: list[int], refusal: str | None) -> None:
    """One image in a user turn, five in a request."""
    assert _refusal(images.check_image_counts, [Message("user", "이게 뭐야?", count) for count in counts]) == refusal


def _ask(client: TestClient, *urls: str) -> str:
    """Send the images, each in a turn of its own, with a text beside it; return status, code and message."""
    text = {"type": "text", "text": "뭐야?"}
    parts = [{"type": "image_url", "image_url": {"url": url}} for url in urls]
    turns = [{"role": "user", "content": [text, part]} for part in parts]
    answer = client.post(CHAT, json={"model": "HCX-005", "messages": turns})
    error = answer.json().get("error")
    return f"{answer.status_code} {error['code']} {error['message']}" if error else str(answer.status_code)


SERVED: dict[str, tuple[list[str], str]] = {
    "w2_2_31_image_with_a_text": ([GOOD], "200"),
    "w2_2_29_five_images": ([GOOD] * 5, "200"),
    "w2_2_29_six_images": ([GOOD] * 6, "400 40003 Image limit exceeded"),
    "w2_2_20_url": (["https://x.kr/a.png"], "200"),
    "w12_43_gif": ([_uri(FOREIGN["gif"])], f"400 {UNSUPPORTED}"),
    "w12_43_too_large": ([GOOD, _uri(_png(2241, 1000))], f"400 {BAD_SIZE}"),
    "w12_43_no_extension": (["https://x.kr/a"], f"400 {BAD_URL}"),
}


@pytest.mark.parametrize(("urls", "answer"), SERVED.values(), ids=SERVED.keys())
def test_the_simulator_looks_at_images(simulator: START, urls: list[str], answer: str) -> None:
    """Over HTTP the same limits hold, with the same codes."""
    assert _ask(simulator(), *urls) == answer


def test_w12_44_a_simulator_can_have_a_table_of_images(simulator: START) -> None:
    """With a table, other URLs do not exist; nothing is ever fetched."""
    client = simulator(switches=Switches(images=TABLE))
    assert _ask(client, "https://x.kr/good.png") == "200"
    assert _ask(client, "https://x.kr/large.png") == f"400 {BAD_SIZE}"
    assert _ask(client, "https://x.kr/other.png") == f"400 {BAD_URL}"
