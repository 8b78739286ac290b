"""Replies and chunks: what is a tool call, and what is not yet one (promise 3)."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from langchain_core.language_models.chat_models import generate_from_stream
from langchain_core.messages import AIMessage, AIMessageChunk, message_chunk_to_message
from langchain_core.outputs import ChatGenerationChunk

from clovax_agents.replies import Assembler, to_message
from clovax_agents.wire.neutral import CallFragment, Delta, RawCall, Reply, Usage

ARGUMENTS = st.dictionaries(
    st.text(min_size=1), st.text() | st.integers() | st.lists(st.text()), min_size=1, max_size=4
)


def _merge(deltas: list[Delta]) -> AIMessageChunk:
    assembler = Assembler()
    first, *rest = [*filter(None, map(assembler.add, deltas)), assembler.last()]
    merged: AIMessageChunk = first
    for chunk in rest:
        merged = merged + chunk
    return merged


def _streamed_call(raw: str, pieces: int, reason: str | None) -> list[Delta]:
    size = max(1, len(raw) // pieces)
    parts = [raw[start : start + size] for start in range(0, len(raw), size)]
    return [
        Delta(fragments=[CallFragment(0, "c1", "pay", "")]),
        *(Delta(fragments=[CallFragment(0, arguments=part)]) for part in parts),
        Delta(finish_reason=reason, id="x", model="HCX-005"),
    ]


@settings(max_examples=300)
@given(ARGUMENTS, st.integers(1, 8), st.data(), st.sampled_from(["length", "tool_calls", "stop", None]))
def test_a_streamed_call_that_was_cut_is_never_a_call(
    arguments: dict[str, object], pieces: int, data: st.DataObject, reason: str | None
) -> None:
    """Cut anywhere, ended anyhow: the merged message offers nothing to run (fault H13)."""
    raw = json.dumps(arguments, ensure_ascii=False)
    cut = raw[: data.draw(st.integers(1, len(raw) - 1))]
    merged = _merge(_streamed_call(cut, pieces, reason))
    message = message_chunk_to_message(merged)
    assert isinstance(message, AIMessage)
    assert message.tool_calls == []
    assert [call["args"] for call in message.invalid_tool_calls] == [cut]


@given(ARGUMENTS, st.integers(1, 8))
def test_a_streamed_call_that_is_whole_is_the_same_as_an_unstreamed_one(
    arguments: dict[str, object], pieces: int
) -> None:
    """Streaming changes nothing about the message."""
    raw = json.dumps(arguments, ensure_ascii=False)
    streamed = message_chunk_to_message(_merge(_streamed_call(raw, pieces, "tool_calls")))
    whole = to_message(Reply(calls=[RawCall("c1", "pay", raw)], finish_reason="tool_calls", id="x", model="HCX-005"))
    assert streamed.model_dump() == whole.model_dump()
    assert isinstance(streamed, AIMessage)
    assert streamed.tool_calls[0]["args"] == arguments


def test_no_prefix_of_a_stream_offers_a_call() -> None:
    """Until the stream is whole there are fragments to show and nothing to run."""
    assembler = Assembler()
    deltas = _streamed_call('{"amount": 100000}', 6, "tool_calls")
    merged: AIMessageChunk | None = None
    for chunk in filter(None, map(assembler.add, deltas)):
        merged = chunk if merged is None else merged + chunk
        assert merged.tool_calls == []
        assert merged.tool_call_chunks[0]["name"] == "pay"


@pytest.mark.parametrize("reason", ["length", None, "content_filter"])
def test_whole_arguments_without_a_good_finish_reason_do_not_run(reason: str | None) -> None:
    """The arguments may look whole; the answer is not (fault H14)."""
    reply = Reply(calls=[RawCall("c1", "pay", '{"a": 1}')], finish_reason=reason)
    message = to_message(reply)
    assert message.tool_calls == []
    assert "cut off" in str(message.invalid_tool_calls[0]["error"])
    merged = message_chunk_to_message(_merge(_streamed_call('{"a": 1}', 2, reason)))
    assert isinstance(merged, AIMessage)
    assert merged.tool_calls == []


def test_missing_and_repeated_ids_are_replaced() -> None:
    """Every call of an answer has an id of its own (fault T20)."""
    reply = Reply(
        calls=[RawCall("", "f", "{}"), RawCall("c", "f", "{}"), RawCall("c", "g", "{}")], finish_reason="stop"
    )
    ids = [call["id"] for call in to_message(reply).tool_calls]
    assert len(set(ids)) == 3
    assert all(ids)
    fragments = [CallFragment(index, "c", "f", "{}") for index in range(2)]
    merged = _merge([Delta(fragments=fragments), Delta(finish_reason="tool_calls")])
    assert len({call["id"] for call in merged.tool_calls}) == 2


def test_the_message_has_the_documented_keys() -> None:
    """Metadata as ChatClovaX documents it: with usage, thinking and raw calls."""
    reply = Reply("답", "음", [RawCall("c1", "f", "{}")], "tool_calls", Usage(3, 5, 8, 2), "a" * 32, "HCX-007")
    message = to_message(reply)
    assert message.additional_kwargs == {
        "refusal": None,
        "tool_calls": [{"id": "c1", "function": {"arguments": "{}", "name": "f"}, "type": "function"}],
        "thinking_content": "음",
    }
    assert message.response_metadata == {
        "token_usage": {
            "completion_tokens": 5, "prompt_tokens": 3, "total_tokens": 8,
            "completion_tokens_details": {"reasoning_tokens": 2}, "prompt_tokens_details": None,
        },
        "model_name": "HCX-007", "model_provider": "naver",
        "system_fingerprint": None, "id": "a" * 32, "service_tier": None,
        "finish_reason": "tool_calls", "logprobs": None,
    }  # fmt: skip
    assert message.usage_metadata == {
        "input_tokens": 3, "output_tokens": 5, "total_tokens": 8,
        "input_token_details": {}, "output_token_details": {"reasoning": 2},
    }  # fmt: skip


def test_thinking_is_streamed_beside_the_text() -> None:
    """Pieces of thinking add up in the extras, never in the content (promise 12)."""
    merged = _merge([Delta(thinking="음"), Delta(thinking="…"), Delta(content="답"), Delta(finish_reason="stop")])
    assert merged.additional_kwargs["thinking_content"] == "음…"
    assert merged.content == "답"


def test_langchain_merges_our_chunks_into_a_plain_message() -> None:
    """What langchain-core does inside a streaming invoke gives an AIMessage, not a class of ours."""
    assembler = Assembler()
    deltas = [Delta(content="안"), Delta(content="녕"), Delta(finish_reason="stop", usage=Usage(1, 2, 3))]
    chunks = [*filter(None, map(assembler.add, deltas)), assembler.last()]
    message = generate_from_stream(iter(ChatGenerationChunk(message=chunk) for chunk in chunks)).generations[0].message
    assert type(message) is AIMessage
    assert message.content == "안녕"
    assert message.usage_metadata is not None
    assert message.usage_metadata["total_tokens"] == 3


def test_thinking_is_a_reasoning_block_too() -> None:
    """Whole and streamed, beside ``thinking_content`` (promise 12)."""
    message = to_message(Reply("27", "3을 세 번 곱한다.", finish_reason="stop"))
    assembler = Assembler()
    chunk = assembler.add(Delta(thinking="3을 "))
    last = assembler.last()

    expected = [{"type": "reasoning", "reasoning": "3을 세 번 곱한다."}, {"type": "text", "text": "27"}]
    assert message.content_blocks == expected
    assert message.additional_kwargs["thinking_content"] == "3을 세 번 곱한다."
    assert chunk is not None
    assert chunk.content_blocks == [{"type": "reasoning", "reasoning": "3을 "}]
    assert (chunk + last).content_blocks == chunk.content_blocks


@pytest.mark.parametrize("reason", ["length", None])
def test_a_cut_call_stays_invalid_in_a_sum_that_begins_with_a_plain_chunk(reason: str | None) -> None:
    """As many loops over a stream begin; LangChain's own parser would repair what was cut off."""
    merged = AIMessageChunk(content="") + _merge(_streamed_call('{"amount": 100, "to": "김', 3, reason))
    assert isinstance(merged, AIMessageChunk)
    assert merged.tool_calls == []
    assert [call["name"] for call in merged.invalid_tool_calls] == ["pay"]

    assembler, total = Assembler(), AIMessageChunk(content="앞 ")
    for delta in _streamed_call('{"amount": 100, "to": "김', 3, reason):
        if chunk := assembler.add(delta):
            total = total + chunk
            assert total.tool_calls == []
    assert (total + assembler.last()).tool_calls == []
    assert total.text.startswith("앞 ")


@pytest.mark.parametrize("arguments", ["{}", ""])
def test_a_call_without_a_name_never_runs(arguments: str) -> None:
    """Whole or streamed, there is nothing that it could be a call of."""
    reply = Reply(calls=[RawCall("c1", "", arguments)], finish_reason="tool_calls")
    assembler = Assembler("m")
    chunk = assembler.add(reply.as_delta())
    assert chunk is not None
    for message in (to_message(reply, "m"), chunk + assembler.last()):
        assert message.tool_calls == []
        [invalid] = message.invalid_tool_calls
        assert "names no tool" in (invalid["error"] or "")
