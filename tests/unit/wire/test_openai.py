"""The OpenAI-compatible codec (docs/wire.md, section 3)."""

import json
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clovax_agents.errors import InvalidResponseError, RateLimitError, TruncatedStreamError
from clovax_agents.wire.neutral import Delta, Part, RawCall, Request, ToolSpec, Turn, Usage
from clovax_agents.wire.openai import StreamDecoder, decode_reply, encode

UNSUPPORTED = {
    "audio", "frequency_penalty", "logit_bias", "logprobs", "metadata", "modalities", "prediction", "presence_penalty",
    "prompt_cache_key", "safety_identifier", "service_tier", "store", "stream_options", "top_logprobs", "user",
    "web_search_options", "parallel_tool_calls", "n",
}  # fmt: skip


def _chunk(delta: dict[str, Any] | None = None, reason: str | None = None, **more: Any) -> bytes:
    choices = [] if delta is None else [{"index": 0, "delta": delta, "finish_reason": reason}]
    body = {"id": "a" * 32, "model": "HCX-005", "choices": choices, **more}
    return b"data: " + json.dumps(body, ensure_ascii=False).encode() + b"\n\n"


def _read(*parts: bytes) -> list[Delta]:
    decoder = StreamDecoder()
    deltas = [delta for part in parts for delta in decoder.feed(part)]
    return deltas + list(decoder.close())


def test_only_what_is_set_is_sent() -> None:
    """A bare request holds model, messages and cap, and nothing that the service might refuse."""
    body = json.loads(encode(Request(model="HCX-005", turns=[Turn("user", "안녕")], cap=512)))
    assert body == {"model": "HCX-005", "messages": [{"role": "user", "content": "안녕"}], "max_completion_tokens": 512}


def test_everything_that_is_set_is_sent_under_its_name() -> None:
    """Every supported field has its place, and no unsupported one appears."""
    request = Request(
        model="HCX-007", turns=[Turn("user", [Part(text="뭐야?"), Part(image_url="https://x/a.png")])], cap=2048,
        stream=True,
        tools=[ToolSpec("f", "does f", {"type": "object"})], tool_choice="name:f", effort="none", temperature=0.0,
        top_p=0.9, top_k=1, repetition_penalty=1.1, stop=["끝"], seed=7,
    )  # fmt: skip
    body = json.loads(encode(request))
    assert not UNSUPPORTED & body.keys()
    assert body["messages"][0]["content"] == [
        {"type": "text", "text": "뭐야?"},
        {"type": "image_url", "image_url": {"url": "https://x/a.png"}},
    ]
    function = {"name": "f", "description": "does f", "parameters": {"type": "object"}}
    assert body["tools"] == [{"type": "function", "function": function}]
    assert body["tool_choice"] == {"type": "function", "function": {"name": "f"}}
    assert body["temperature"] == 0.0
    names = {"stream", "top_p", "top_k", "repetition_penalty", "stop", "seed", "reasoning_effort"}
    assert {name: body[name] for name in names} == {
        "stream": True, "top_p": 0.9, "top_k": 1, "repetition_penalty": 1.1, "stop": ["끝"], "seed": 7,
        "reasoning_effort": "none",
    }  # fmt: skip


def test_calls_and_their_results_are_sent_with_raw_arguments_and_empty_content() -> None:
    """Arguments stay a string, and content is never null."""
    turns = [Turn("assistant", "", calls=[RawCall("c1", "f", '{"a":1}')]), Turn("tool", "2", call_id="c1")]
    messages = json.loads(encode(Request(model="HCX-005", turns=turns, cap=512)))["messages"]
    call = {"id": "c1", "type": "function", "function": {"name": "f", "arguments": '{"a":1}'}}
    assert messages[0] == {"role": "assistant", "content": "", "tool_calls": [call]}
    assert messages[1] == {"role": "tool", "content": "2", "tool_call_id": "c1"}


def test_a_whole_answer_is_read_with_usage_thinking_and_calls() -> None:
    """All fields of section 3.3 arrive; argument objects of old releases become text."""
    message = {
        "role": "assistant", "content": None, "reasoning_content": "음",
        "tool_calls": [
            {"id": "c1", "type": "function", "function": {"name": "f", "arguments": '{"a": 1'}},
            {"id": "c2", "type": "function", "function": {"name": "g", "arguments": {"b": 2}}},
        ],
    }  # fmt: skip
    usage = {
        "prompt_tokens": 3,
        "completion_tokens": 5,
        "total_tokens": 8,
        "completion_tokens_details": {"reasoning_tokens": 2},
    }
    body = {
        "id": "i",
        "model": "m",
        "seed": 1,
        "usage": usage,
        "choices": [{"message": message, "finish_reason": "tool_calls"}],
    }
    reply = decode_reply(orjson.dumps(body))
    assert reply.calls == [RawCall("c1", "f", '{"a": 1'), RawCall("c2", "g", '{"b":2}')]
    assert (reply.content, reply.thinking, reply.finish_reason) == ("", "음", "tool_calls")
    assert reply.usage == Usage(3, 5, 8, 2)


@pytest.mark.parametrize("field", ["reasoning_content", "thinking_content"])
def test_both_names_of_the_thinking_field_are_read(field: str) -> None:
    """NAVER's code and NAVER's guide name it differently (X9)."""
    assert [delta.thinking for delta in _read(_chunk({field: "음"}), _chunk({}, "stop"))] == ["음", ""]


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"[]", b"null", b"<html></html>", b"{}", b'{"choices":[]}', b'{"choices":[{"message":{"content":5}}]}',
     b'{"choices":[{"message":{"tool_calls":[{"id":"c"}]}}]}', b'{"choices":[{"message":null}]}'],
)  # fmt: skip
def test_an_answer_that_is_none_is_an_invalid_response(body: bytes) -> None:
    """Never a bare JSONDecodeError, KeyError or AttributeError (fault H08)."""
    with pytest.raises(InvalidResponseError):
        decode_reply(body)


def test_an_error_body_with_status_200_is_that_error() -> None:
    """Some failures come inside HTTP 200 (U5)."""
    with pytest.raises(RateLimitError, match="slow down"):
        decode_reply(b'{"status":{"code":"42901","message":"slow down"},"result":null}')


@pytest.mark.parametrize("indexed", [True, False])
def test_two_streamed_calls_are_told_apart_with_and_without_index(indexed: bool) -> None:  # noqa: FBT001
    """Without an index, a new id opens the next call (fault H15, U1)."""

    def call(index: int, **fields: Any) -> dict[str, Any]:
        return {"tool_calls": [{**({"index": index} if indexed else {}), **fields}]}

    deltas = _read(
        _chunk(call(0, id="c1", function={"name": "f", "arguments": ""})),
        _chunk(call(0, function={"arguments": '{"a":'})),
        _chunk(call(0, function={"arguments": "1}"})),
        _chunk(call(1, id="c2", function={"name": "g", "arguments": "{}"})),
        _chunk({}, "tool_calls"),
        b"data: [DONE]\n\n",
    )
    fragments = [fragment for delta in deltas for fragment in delta.fragments]
    assert [(f.index, f.arguments) for f in fragments] == [(0, ""), (0, '{"a":'), (0, "1}"), (1, "{}")]


def test_usage_is_found_on_a_chunk_without_choices() -> None:
    """Usage may come anywhere or nowhere (U1)."""
    usage = {"prompt_tokens": 1, "completion_tokens": 2, "total_tokens": 3}
    assert _read(_chunk({}, "stop"), _chunk(None, usage=usage))[-1].usage == Usage(1, 2, 3)


def test_a_finish_reason_is_enough_without_the_terminator() -> None:
    """A missing [DONE] behind a complete answer does no harm."""
    assert [delta.content for delta in _read(_chunk({"content": "네"}), _chunk({}, "stop"))] == ["네", ""]


@pytest.mark.parametrize("tail", [b"", b"data: [DONE]\n\n", b'data: {"choices": [{"del', b"\n\n"])
def test_a_stream_without_a_finish_reason_is_truncated(tail: bytes) -> None:
    """However it ends, an answer without finish reason is not whole (faults H12, H14)."""
    with pytest.raises(TruncatedStreamError):
        _read(_chunk({"content": "네"}), tail)


def test_h16_an_error_event_in_mid_stream_carries_its_code() -> None:
    """An error behind HTTP 200 is typed (fault H16)."""
    with pytest.raises(RateLimitError) as caught:
        _read(_chunk({"content": "네"}), b'event: error\ndata: {"status":{"code":"42901","message":"over"}}\n\n')
    assert caught.value.facts.code == "42901"


@given(st.text(), st.data())
def test_h15_a_stream_split_anywhere_gives_the_same_text(text: str, data: st.DataObject) -> None:
    """Framing does not depend on packets (fault H15)."""
    raw = b"".join(_chunk({"content": character}) for character in text.encode(errors="ignore").decode())
    raw += _chunk({}, "stop") + b"data: [DONE]\n\n"
    cuts = sorted(data.draw(st.lists(st.integers(0, len(raw)), max_size=6)))
    parts = [raw[start:end] for start, end in zip([0, *cuts], [*cuts, len(raw)], strict=True)]
    assert _read(*parts) == _read(raw)
