"""What the streams of both APIs have in common (docs/wire.md, sections 2.3 and 3.4)."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clovax_agents.errors import InvalidResponseError, RateLimitError, RequestError, ServerError, TruncatedStreamError
from clovax_agents.wire import native, openai, v1
from clovax_agents.wire.codecs import Decoder
from clovax_agents.wire.neutral import CallFragment, Delta, Usage
from clovax_agents.wire.sse import MAX_EVENT_BYTES

DECODERS: dict[str, Any] = {"openai": openai.StreamDecoder, "native": native.StreamDecoder, "v1": v1.StreamDecoder}
ENDED = {
    "openai": b'data: {"choices":[{"delta":{"content":"\xeb\x84\xa4"},"finish_reason":"stop"}]}\n\n',
    "native": b'event:result\ndata:{"message":{"content":"\xeb\x84\xa4"},"finishReason":"stop"}\n\n',
    "v1": b'event:result\ndata:{"message":{"content":"\xeb\x84\xa4"},"stopReason":"end_token"}\n\n',
}
TAILS = {
    "an error event": b'event: error\ndata: {"status":{"code":"50000","message":"x"}}\n\n',
    "an error chunk": b'data: {"error":{"code":"42901","message":"x"}}\n\n',
    "no JSON": b"data: {broken\n\n",
    "half an event": b'data: {"choi',
    "another form": b'data: {"choices":5,"message":5}\n\n',
    "no UTF-8": b"data: \xff\n\n",
    "HTML": b"<html>\n\n",
    "a huge event": b"data: " + b"x" * (MAX_EVENT_BYTES + 9),
}
every_api = pytest.mark.parametrize("api", DECODERS)


def _read(decoder: Decoder, *parts: bytes) -> list[Delta]:
    return [delta for part in parts for delta in decoder.feed(part)] + list(decoder.close())


@every_api
@pytest.mark.parametrize("tail", TAILS)
def test_nothing_behind_a_whole_answer_takes_it_back(api: str, tail: str) -> None:
    """Neither a late failure of the service nor what a broken connection leaves."""
    decoder: Decoder = DECODERS[api]()
    deltas = list(decoder.feed(ENDED[api]))
    assert decoder.finished
    deltas += _read(decoder, TAILS[tail])
    assert "".join(delta.content for delta in deltas) == "네"


def test_usage_behind_the_finish_reason_is_still_read() -> None:
    """Also behind an event that is broken."""
    usage = b'data: {"choices":[],"usage":{"prompt_tokens":1,"completion_tokens":2,"total_tokens":3}}\n\n'
    deltas = _read(openai.StreamDecoder(), ENDED["openai"], TAILS["no JSON"], usage)
    assert deltas[-1].usage == Usage(1, 2, 3)


@every_api
@pytest.mark.parametrize("tail", sorted(set(TAILS) - {"HTML", "half an event"}))
def test_the_same_before_the_end_of_the_answer_is_an_error(api: str, tail: str) -> None:
    """And the answer is not taken for a finished one."""
    decoder: Decoder = DECODERS[api]()
    with pytest.raises((InvalidResponseError, RateLimitError, ServerError)):
        _read(decoder, TAILS[tail])
    assert not decoder.finished


@every_api
def test_an_ending_that_is_broken_itself_ends_nothing(api: str) -> None:
    """What is read of it in part must not count."""
    decoder: Decoder = DECODERS[api]()
    broken = ENDED[api].replace(b'"\xeb\x84\xa4"', b"5")
    with pytest.raises(InvalidResponseError):
        _read(decoder, broken)
    assert not decoder.finished


@every_api
@pytest.mark.parametrize(
    "body",
    [
        b"<html>" + "점검 중".encode() + b"x" * 999,
        b"<!DOCTYPE html>\n<html>\n\n</html>",
        b'{"choices": [{"message": {"content": "x"}}]}',
        b'{\n  "id": 1\n}\n\n',
        b"[]",
        b"Bad gateway",
        b"\xff\xfe",
    ],
)
def test_h08_a_body_that_is_no_stream_is_quoted(api: str, body: bytes) -> None:
    """With status 200, and 200 characters at most (fault H08)."""
    decoder: Decoder = DECODERS[api]()
    with pytest.raises(InvalidResponseError, match="not a stream of events: ") as caught:
        _read(decoder, body[:7], body[7:])
    assert repr(body[:5].decode("utf-8", "replace"))[:-1] in str(caught.value)
    assert len(str(caught.value)) < 250


@every_api
@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\n\n",
        b": ping\n\n",
        b"d",
        b"dat",
        b"data",
        b"data: ",
        b"event:tok",
        b"id:1\n",
        b"\xef\xbb\xbfdata:",
        b"retry: 3",
    ],
)
def test_h12_the_beginning_of_a_stream_is_a_cut_stream(api: str, body: bytes) -> None:
    """Nothing, a ping or half an event may be the start of an answer (fault H12)."""
    with pytest.raises(TruncatedStreamError):
        _read(DECODERS[api](), body)


ODD = {
    '{"message":"boom"}': (ServerError, "boom"),
    '{"message":"boom","code":"42901"}': (RateLimitError, "boom"),
    '{"error":"boom"}': (ServerError, "boom"),
    '{"object":"error","message":"boom","code":400}': (RequestError, "boom"),
    '{"what":"boom"}': (ServerError, "boom"),
    "boom": (ServerError, "boom"),
    "[]": (ServerError, "broke off"),
}


@every_api
@pytest.mark.parametrize("data", ODD)
def test_h16_an_error_event_of_any_form_is_an_error(api: str, data: str) -> None:
    """What is in it is told, and the stream does not go on as if nothing had happened (fault H16)."""
    kind, words = ODD[data]
    with pytest.raises(kind, match=words) as caught:
        _read(DECODERS[api](), b"event: error\ndata: " + data.encode() + b"\n\n", ENDED[api])
    assert type(caught.value) is kind


@pytest.mark.parametrize("body", [{"object": "error", "message": "boom", "code": 400}, {"error": "boom"}])
def test_h16_an_error_chunk_without_a_name_is_an_error(body: dict[str, Any]) -> None:
    """As vLLM and some gateways break off a stream."""
    with pytest.raises((RequestError, ServerError), match="boom"):
        _read(openai.StreamDecoder(), b"data: " + json.dumps(body).encode() + b"\n\n")


@given(st.booleans(), st.booleans(), st.booleans())
def test_content_is_text_thinking_or_a_piece_of_a_call(text: bool, thinking: bool, piece: bool) -> None:  # noqa: FBT001
    """Property: a role, an id, a finish reason or usage alone is none."""
    delta = Delta(
        content="네" * text, thinking="음" * thinking, fragments=[CallFragment(0)] * piece, id="a",
        finish_reason="stop", usage=Usage(1, 1, 2),
    )  # fmt: skip
    assert delta.has_content is (text or thinking or piece)
