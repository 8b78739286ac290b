"""The native codecs of v3 and v1 (docs/wire.md, section 2): bytes in, neutral objects out, and never twice."""

import itertools
import json
from typing import Any

import nativeparts as v3
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clovax_agents.errors import (
    InvalidResponseError,
    RateLimitError,
    ServerError,
    TruncatedStreamError,
)
from clovax_agents.wire import native, v1
from clovax_agents.wire.neutral import Part, RawCall, Request, ToolSpec, Turn, Usage

ALL: dict[str, Any] = {
    "turns": [Turn("user", "안녕")],
    "cap": 1024,
    "temperature": 0.0,
    "top_p": 0.9,
    "top_k": 1,
    "stop": ["끝"],
    "seed": 7,
    "ai_filters": True,
}


def _sent(codec: Any = native, model: str = "HCX-005", **changes: Any) -> dict[str, Any]:
    body: dict[str, Any] = json.loads(codec.encode(Request(model=model, **{**ALL, **changes})))
    return body


@pytest.mark.parametrize(
    ("codec", "model", "path"),
    [
        (native, "HCX-005", "/v3/chat-completions/HCX-005"),
        (native, "ft:a1b2/..", "/v3/tasks/a1b2%2F../chat-completions"),
        (v1, "HCX-003", "/v1/chat-completions/HCX-003"),
        (v1, "ft:a1b2/..", "/v1/tasks/a1b2%2F../chat-completions"),
    ],
    ids=["w1_1_06", "w1_1_07", "w1_1_08", "w1_1_09"],
)
def test_the_path_names_the_model(codec: Any, model: str, path: str) -> None:
    """A model has a path of its own, a tuned one is a task, and no name leads out of its place."""
    assert codec.path(model) == path


def test_every_field_has_its_native_name() -> None:
    """What is set is sent in camel case; ``stream`` and the model are not part of the body (W1.3-07)."""
    body = _sent(repetition_penalty=1.1, stream=True)

    assert body == {
        "messages": [{"role": "user", "content": "안녕"}],
        "maxTokens": 1024,
        "temperature": 0.0,
        "topP": 0.9,
        "topK": 1,
        "repetitionPenalty": 1.1,
        "stop": ["끝"],
        "seed": 7,
        "includeAiFilters": True,
    }


def test_w2_4_07_hcx_007_has_another_name_for_the_cap() -> None:
    """The model that thinks takes only maxCompletionTokens, and its effort in an object."""
    body = _sent(model="HCX-007", effort="none", response_schema={"type": "object"}, stop=())

    assert "maxTokens" not in body
    assert body["maxCompletionTokens"] == 1024
    assert body["thinking"] == {"effort": "none"}
    assert body["responseFormat"] == {"type": "json", "schema": {"type": "object"}}


def test_v1_has_names_of_its_own() -> None:
    """Penalty and stop have the old names, and tools have no place."""
    body = _sent(v1, "HCX-003", repeat_penalty=5.0)

    assert body == {
        "messages": [{"role": "user", "content": "안녕"}],
        "maxTokens": 1024,
        "temperature": 0.0,
        "topP": 0.9,
        "topK": 1,
        "repeatPenalty": 5.0,
        "stopBefore": ["끝"],
        "seed": 7,
        "includeAiFilters": True,
    }


def test_w2_5_30_arguments_of_the_history_are_objects() -> None:
    """A call, its broken sibling and their answers; what was no object is shown as it was written."""
    calls = [RawCall("c1", "f", '{"a":1}'), RawCall("c2", "f", '{"a')]
    turns = [Turn("assistant", "", calls), Turn("tool", "1", call_id="c1"), Turn("tool", "2", call_id="c2")]
    tools = [ToolSpec("f", "does f", {"type": "object"})]
    body = _sent(turns=turns, tools=tools, tool_choice="name:f")

    assert body["messages"][0]["content"] == ""
    assert [call["function"]["arguments"] for call in body["messages"][0]["toolCalls"]] == [
        {"a": 1},
        {"invalid_arguments": '{"a'},
    ]
    assert [message["toolCallId"] for message in body["messages"][1:]] == ["c1", "c2"]
    assert body["toolChoice"] == {"type": "function", "function": {"name": "f"}}
    assert body["tools"][0]["function"]["description"] == "does f"


def test_w2_2_22_an_image_is_an_address_or_a_whole_data_uri() -> None:
    """Both forms have fields of their own."""
    parts = [Part(image_url="https://x.kr/a.png"), Part(image_url="data:image/png;base64,AA=="), Part(text="뭐야?")]

    assert _sent(turns=[Turn("user", parts)])["messages"][0]["content"] == [
        {"type": "image_url", "imageUrl": {"url": "https://x.kr/a.png"}},
        {"type": "image_url", "dataUri": {"data": "data:image/png;base64,AA=="}},
        {"type": "text", "text": "뭐야?"},
    ]


def test_a_whole_answer_is_read() -> None:
    """Text, thinking, calls, usage with thinking tokens, seed and filter."""
    details = {"promptTokens": 58, "completionTokens": 631, "totalTokens": 689}
    details |= {"completionTokensDetails": {"thinkingTokens": 366}}  # type: ignore[dict-item]
    message = {
        "role": "assistant",
        "content": "답",
        "thinkingContent": "생각",
        "toolCalls": [v3.call("c", "f", {"a": 1})],
    }
    reply = native.decode_reply(
        v3.answer(
            {"message": message, "finishReason": "stop", "seed": 3, "usage": details, "aiFilter": [{"score": "2"}]}
        )
    )

    assert (reply.content, reply.thinking, reply.finish_reason, reply.seed) == ("답", "생각", "stop", 3)
    assert reply.calls == [RawCall("c", "f", '{"a":1}')]
    assert reply.usage == Usage(58, 631, 689, 366)
    assert reply.ai_filter == [{"score": "2"}]


def test_w2_5_31_arguments_may_be_text() -> None:
    """One account was seen to get strings; they stay exactly as they are."""
    message = {"content": "", "toolCalls": [v3.call("c", "f", '{"a" : 1}')]}

    assert native.decode_reply(v3.answer({"message": message})).calls == [RawCall("c", "f", '{"a" : 1}')]


@pytest.mark.parametrize("reason", ["end_token", "stop_before", "length", "LENGTH"])
def test_w2_7_14_the_reasons_of_v1_are_translated(reason: str) -> None:
    """Above the codec there is one vocabulary of finish reasons."""
    result = {"message": {"content": "답"}, "stopReason": reason, "inputLength": 4, "outputLength": 2, "seed": 1}
    reply = v1.decode_reply(v3.answer(result))

    assert reply.finish_reason == ("length" if reason.lower() == "length" else "stop")
    assert reply.usage == Usage(4, 2, 6)


@pytest.mark.parametrize("codec", [native, v1])
def test_w1_5_08_a_failing_code_inside_http_200_is_an_error(codec: Any) -> None:
    """The code counts, whatever the HTTP status says, with a null result or none."""
    with pytest.raises(RateLimitError):
        codec.decode_reply(b'{"status":{"code":"42901","message":"Too many requests"},"result":null}')


@pytest.mark.parametrize("codec", [native, v1])
@pytest.mark.parametrize(
    "body", [b"", b"[]", b"{}", b'{"result":[]}', b'{"result":{"message":{"content":5}}}', b"<html>"]
)
def test_what_is_no_answer_is_one_error(codec: Any, body: bytes) -> None:
    """Quoted, not a traceback of the decoder."""
    with pytest.raises(InvalidResponseError):
        codec.decode_reply(body)


def test_w2_3_13_the_result_does_not_double_the_text() -> None:
    """Tokens and result say the same; it is read once, with usage, seed and finish reason."""
    deltas = v3.read(v3.token(content="안"), v3.token(content="녕"), v3.result(content="안녕"), v3.SIGNAL)

    assert v3.text(deltas) == "안녕"
    assert (deltas[-1].finish_reason, deltas[-1].usage, deltas[-1].seed) == ("stop", Usage(9, 5, 14), 3)


@pytest.mark.parametrize("tokens", [[], [v3.token(content="안")]], ids=["none", "some"])
def test_what_the_tokens_left_out_comes_from_the_result(tokens: list[bytes]) -> None:
    """A stream without tokens, or with too few of them, still gives the whole text."""
    assert v3.text(v3.read(*tokens, v3.result(content="안녕"), v3.SIGNAL)) == "안녕"


def test_w2_4_20_thinking_comes_first() -> None:
    """Thinking and text have fields of their own, and neither is doubled."""
    deltas = v3.read(
        v3.token(thinkingContent="음"), v3.token(content="답"), v3.result(content="답", thinkingContent="음"), v3.SIGNAL
    )

    assert [(delta.thinking, delta.content) for delta in deltas] == [("음", ""), ("", "답"), ("", "")]


def test_w2_3_12_a_missing_signal_is_no_fault() -> None:
    """The end of the stream behind the result is as good, and what comes behind the result is not read."""
    assert v3.text(v3.read(v3.token(content="안녕"), v3.result(content="안녕"))) == "안녕"
    assert v3.text(v3.read(v3.result(content="안녕"), v3.token(content="또"), v3.result(content="또"))) == "안녕"


def test_without_a_result_the_stream_is_cut() -> None:
    """Tokens alone are not known to be whole."""
    with pytest.raises(TruncatedStreamError):
        v3.read(v3.token(content="안녕"))
    with pytest.raises(TruncatedStreamError):
        v3.read(v3.token(content="안녕"), b'event:result\ndata:{"message":{"con')


def test_w2_5_43_fragments_join_to_the_calls_of_the_result() -> None:
    """Fragments without id and index continue the last call; an id opens the next one (W2.5-44)."""
    calls = [v3.call("c1", "f", {"city": "서울"}), v3.call("c2", "g", {})]
    deltas = v3.read(
        v3.opening("c1", "f"), v3.piece('{"city"'), v3.piece(':"서울"}'), v3.opening("c2", "g"), v3.piece("{}"),
        v3.result("tool_calls", toolCalls=calls), v3.SIGNAL,
    )  # fmt: skip

    assert v3.calls(deltas) == {0: ("c1", "f", '{"city":"서울"}'), 1: ("c2", "g", "{}")}
    assert deltas[-1].finish_reason == "tool_calls"


def test_w2_5_45_calls_that_were_not_streamed_come_from_the_result() -> None:
    """Two calls in a row, without a fragment before."""
    calls = [v3.call("c1", "f", {"a": 1}), v3.call("c2", "f", {"a": 2})]

    assert v3.calls(v3.read(v3.result("tool_calls", toolCalls=calls), v3.SIGNAL)) == {
        0: ("c1", "f", '{"a":1}'),
        1: ("c2", "f", '{"a":2}'),
    }


@pytest.mark.parametrize("calls", [[], [v3.call("c1", "f", {"a": 2})], [v3.call("c1", "g", {"a": 1})]])
def test_a_result_with_other_calls_than_the_stream_is_refused(calls: list[dict[str, Any]]) -> None:
    """Nobody knows which of the two the model wanted, so neither is offered to run."""
    with pytest.raises(InvalidResponseError, match="nothing was run"):
        v3.read(v3.opening("c1", "f"), v3.piece('{"a":1}'), v3.result("tool_calls", toolCalls=calls), v3.SIGNAL)


@pytest.mark.parametrize("arguments", [{}, None, ""])
def test_a_tool_without_parameters_needs_no_fragments(arguments: Any) -> None:
    """Nothing said and an empty object mean the same."""
    deltas = v3.read(
        v3.opening("c1", "now"), v3.result("tool_calls", toolCalls=[v3.call("c1", "now", arguments)]), v3.SIGNAL
    )

    assert v3.calls(deltas) == {0: ("c1", "now", "")}
    assert deltas[-1].finish_reason == "tool_calls"


@pytest.mark.parametrize("calls", [[], [v3.call("c1", "f", {"a": 2})]])
@pytest.mark.parametrize("reason", ["length", "", "content_filter"])
def test_h13_a_call_that_was_cut_off_stays_one(calls: list[dict[str, Any]], reason: str) -> None:
    """Text and pieces are kept, with the reason that keeps the call from running (fault H13)."""
    result = v3.result(reason, content="음", toolCalls=calls)
    deltas = v3.read(v3.token(content="음"), v3.opening("c1", "f"), v3.piece('{"a'), result, v3.SIGNAL)

    assert (v3.text(deltas), v3.calls(deltas)) == ("음", {0: ("c1", "f", '{"a')})
    assert deltas[-1].finish_reason == (reason or None)


def test_arguments_that_look_like_an_error_are_arguments() -> None:
    """A tool may well have parameters that are called status and error."""
    arguments = {"status": {"code": "50000"}, "error": {"code": "x"}}
    deltas = v3.read(
        v3.opening("c1", "f"),
        v3.piece(json.dumps(arguments)),
        v3.result("tool_calls", toolCalls=[v3.call("c1", "f", arguments)]),
    )

    assert json.loads(v3.calls(deltas)[0][2]) == arguments


@pytest.mark.parametrize(("code", "kind"), [("42901", RateLimitError), ("50000", ServerError)])
def test_w2_3_08_an_error_event_is_raised(code: str, kind: type[Exception]) -> None:
    """In the middle of a stream and at its beginning."""
    failure = v3.event("error", {"status": {"code": code, "message": "x"}})
    for parts in ([failure], [v3.token(content="안"), failure]):
        with pytest.raises(kind):
            v3.read(*parts)


def test_w2_7_17_a_stream_of_v1_is_read() -> None:
    """Text from the tokens, lengths and reason from the result."""
    result = {"message": {"content": "안녕"}, "inputLength": 4, "outputLength": 2, "stopReason": "end_token"}
    tokens = [v3.event("token", {"message": {"role": "assistant", "content": piece}}) for piece in "안녕"]
    deltas = v3.read(*tokens, v3.event("result", result), v3.SIGNAL, decoder=v1.StreamDecoder)

    assert v3.text(deltas) == "안녕"
    assert (deltas[-1].finish_reason, deltas[-1].usage) == ("stop", Usage(4, 2, 6))


WHOLE = b"".join(
    [
        v3.token(thinkingContent="음 "), v3.token(content="서울은"), b": ping\r\n\r\n", v3.opening("c1", "f"),
        v3.piece('{"도시"'), v3.piece(': "서울"}'), v3.opening("c2", "g"), v3.piece("{}"),
        v3.result(
            "tool_calls", content="서울은", thinkingContent="음 ",
            toolCalls=[v3.call("c1", "f", {"도시": "서울"}), v3.call("c2", "g", {})],
        ),
        v3.SIGNAL,
    ]
)  # fmt: skip


@given(st.lists(st.integers(0, len(WHOLE)), max_size=20))
def test_how_the_bytes_are_split_makes_no_difference(cuts: list[int]) -> None:
    """Property: any split gives the same deltas."""
    edges = [0, *sorted(cuts), len(WHOLE)]
    parts = [WHOLE[start:end] for start, end in itertools.pairwise(edges)]

    assert v3.read(*parts) == v3.read(WHOLE)


@given(st.integers(0, len(WHOLE) - 1))
def test_a_stream_that_ends_anywhere_before_its_result_is_cut(end: int) -> None:
    """Property: no beginning of a stream is taken for a whole one, unless only the signal is missing."""
    try:
        deltas = v3.read(WHOLE[:end])
    except TruncatedStreamError:
        return
    assert deltas[-1].finish_reason == "tool_calls"
    assert end >= len(WHOLE) - len(v3.SIGNAL) - 2
