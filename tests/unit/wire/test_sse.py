"""Server-sent events split anywhere (fault H15)."""

import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clovax_agents.errors import InvalidResponseError
from clovax_agents.wire import openai
from clovax_agents.wire.sse import MAX_EVENT_BYTES, Event, EventDecoder

LINE = st.text(alphabet=st.characters(blacklist_characters="\r\n", blacklist_categories=["Cs"]), max_size=20)
ENDINGS = st.sampled_from(["\n", "\r\n", "\r"])


def _decode(parts: list[bytes]) -> list[Event]:
    decoder = EventDecoder()
    events = [event for part in parts for event in decoder.feed(part)]
    return events + [event for event in [decoder.close()] if event]


@given(st.lists(st.tuples(LINE, st.lists(LINE, min_size=1, max_size=3)), max_size=5), ENDINGS, st.data())
def test_h15_the_same_events_come_out_however_the_bytes_are_split(
    events: list[tuple[str, list[str]]], ending: str, data: st.DataObject
) -> None:
    """Any split, even inside a character or between CR and LF, gives the unsplit result."""
    lines = [line for name, body in events for line in [": ping", f"event:{name}", *(f"data: {b}" for b in body), ""]]
    raw = "".join(line + ending for line in lines).encode()
    cuts = sorted(data.draw(st.lists(st.integers(0, len(raw)), max_size=8)))
    parts = [raw[start:end] for start, end in zip([0, *cuts], [*cuts, len(raw)], strict=True)]
    expected = [Event(name.removeprefix(" ") or "message", "\n".join(body)) for name, body in events]
    assert _decode(parts) == expected
    assert _decode([bytes([byte]) for byte in raw]) == expected


def test_fields_with_and_without_a_space_and_a_byte_order_mark_are_read() -> None:
    """CLOVA's native stream writes no space behind the colon; some proxies add a byte order mark."""
    raw = b"\xef\xbb\xbfid:1\nevent:token\ndata:{}\n\nevent: result\ndata: {}\n\n"
    assert _decode([raw]) == [Event("token", "{}"), Event("result", "{}")]
    assert _decode([raw[:2], raw[2:]]) == _decode([raw])


def test_an_event_without_its_blank_line_is_given_at_the_end() -> None:
    """A server that forgets the last blank line loses nothing."""
    assert _decode([b"data: [DONE]"]) == [Event("message", "[DONE]")]


def test_comments_and_unknown_fields_give_no_event() -> None:
    """Pings keep a connection open and mean nothing."""
    assert _decode([b": ping\n\nretry: 3\n\n:\n\n"]) == []


def test_h16_bytes_that_are_not_utf8_are_an_invalid_response() -> None:
    """Never a bare UnicodeDecodeError (fault H16)."""
    with pytest.raises(InvalidResponseError, match="UTF-8"):
        _decode([b"data: \xff\xfe\n\n"])


@pytest.mark.parametrize("line", [b"data: " + b"x" * (MAX_EVENT_BYTES + 1), b"data: " + b"x" * 2**20 + b"\n"])
def test_a_huge_event_is_refused_while_it_arrives(line: bytes) -> None:
    """Memory stays bounded, whether the event is one line or many (fault H17)."""
    decoder = EventDecoder()
    with pytest.raises(InvalidResponseError, match="larger than"):
        [event for _ in range(8) for event in decoder.feed(line)]


@pytest.mark.parametrize(("size", "length"), [(16, 2**20), (1400, MAX_EVENT_BYTES)])
@pytest.mark.parametrize("make", [EventDecoder, openai.StreamDecoder])
def test_a_long_line_in_many_pieces_costs_what_it_weighs(make: Any, size: int, length: int) -> None:
    """Not the square of it: each byte is looked at once, so that a big event cannot keep the process busy."""
    raw = b":".ljust(length, b"x")
    decoder = make()
    start = time.process_time()
    for place in range(0, len(raw), size):
        assert list(decoder.feed(raw[place : place + size])) == []
    assert time.process_time() - start < 2


@given(st.lists(st.sampled_from([b"\r", b"\n", b"\xef", b"\xbb", b"\xbf", b"data:x"]), max_size=12), st.data())
def test_h15_line_ends_and_marks_mean_the_same_in_any_pieces(parts: list[bytes], data: st.DataObject) -> None:
    """Property: also where only a part of a mark, or a line end that is half of another, has come."""
    raw = b"".join([*parts, b"\n\ndata:end\n\n"])
    split = data.draw(st.sampled_from([[bytes([byte]) for byte in raw], [*parts, b"\n\nda", b"ta:end\n\n"]]))
    try:
        whole = _decode([raw])
    except InvalidResponseError:
        with pytest.raises(InvalidResponseError):
            _decode(split)
    else:
        assert _decode(split) == whole


@pytest.mark.parametrize("ending", [b"\n", b"\r\n", b"\r"])
def test_an_event_is_given_with_its_blank_line(ending: bytes) -> None:
    """Not one event late: behind the last one, nothing may come any more."""
    decoder = EventDecoder()
    assert list(decoder.feed(b"data: 1" + ending + ending)) == [Event("message", "1")]
    assert list(decoder.feed(b"data: [DONE]" + ending + ending)) == [Event("message", "[DONE]")]


def test_a_line_feed_behind_a_held_carriage_return_is_no_line() -> None:
    """The two halves of CRLF may come apart, with nothing between them."""
    decoder = EventDecoder()
    parts = [b"data: 1\r", b"", b"\n", b"data: 2\r", b"\n\r", b"\n", b"\n"]
    assert [event for part in parts for event in decoder.feed(part)] == [Event("message", "1\n2")]
