"""Answers with status 200 whose parts have the wrong types (fault H08)."""

import copy
import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clovax_agents.errors import ClovaXError, InvalidResponseError
from clovax_agents.replies import Assembler, to_message
from clovax_agents.wire import embeddings, native, openai, tokenize, v1
from clovax_agents.wire.neutral import Usage

Path = tuple[str | int, ...]
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=2), inner, max_size=2),
    max_leaves=4,
)
OPENAI_CALL = {"index": 0, "id": "c", "type": "function", "function": {"name": "f", "arguments": "{}"}}
OPENAI_USAGE = {
    "prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2, "completion_tokens_details": {"reasoning_tokens": 1},
}  # fmt: skip
OPENAI = {
    "id": "a", "created": 1, "model": "m", "seed": 1, "usage": OPENAI_USAGE,
    "choices": [{
        "index": 0, "finish_reason": "tool_calls",
        "message": {"role": "assistant", "content": "x", "reasoning_content": "t", "tool_calls": [OPENAI_CALL]},
    }],
}  # fmt: skip
NATIVE_USAGE = {
    "promptTokens": 1, "completionTokens": 1, "totalTokens": 2, "completionTokensDetails": {"thinkingTokens": 1},
}  # fmt: skip
NATIVE_CALL = {"id": "c", "type": "function", "function": {"name": "f", "arguments": {"a": 1}}}
FILTER = [{"groupName": "curse", "name": "insult", "score": "1", "result": "OK"}]
NATIVE_RESULT = {
    "created": 1, "seed": 1, "usage": NATIVE_USAGE, "finishReason": "tool_calls", "aiFilter": FILTER,
    "message": {"role": "assistant", "content": "x", "thinkingContent": "t", "toolCalls": [NATIVE_CALL]},
}  # fmt: skip
V1_RESULT = {
    "message": {"role": "assistant", "content": "x"}, "stopReason": "length", "inputLength": 1, "outputLength": 2,
    "seed": 1, "aiFilter": FILTER,
}  # fmt: skip
STATUS = {"code": "20000", "message": "OK"}
WHOLE: dict[str, tuple[Any, Any]] = {
    "openai": (OPENAI, openai.decode_reply),
    "native": ({"status": STATUS, "result": NATIVE_RESULT}, native.decode_reply),
    "v1": ({"status": STATUS, "result": V1_RESULT}, v1.decode_reply),
}
STREAMED: dict[str, tuple[Any, Any]] = {
    "openai": (
        [
            ("message", {
                "id": "a", "model": "m",
                "choices": [{"delta": {"content": "x", "reasoning_content": "t", "tool_calls": [OPENAI_CALL]}}],
            }),
            ("message", {"choices": [{"delta": {}, "finish_reason": "tool_calls"}], "usage": OPENAI_USAGE}),
        ],
        openai.StreamDecoder,
    ),
    "native": (
        [
            ("token", {"message": {"content": "x", "thinkingContent": "t"}, "seed": 1, "usage": None}),
            ("token", {"message": {"toolCalls": [{"id": "c", "function": {"name": "f", "partialJson": '{"a":1}'}}]}}),
            ("result", NATIVE_RESULT),
        ],
        native.StreamDecoder,
    ),
    "v1": ([("token", {"message": {"content": "x"}}), ("result", V1_RESULT)], v1.StreamDecoder),
}  # fmt: skip
OTHERS: dict[str, tuple[Any, Any]] = {
    "embedding": ({"data": [{"embedding": [0.5] * embeddings.DIMENSIONS}]}, embeddings.decode),
    "count": (
        {
            "status": STATUS,
            "result": {"messages": [{"content": [{"type": "text", "count": 3}]}], "tools": {"count": 3}},
        },
        tokenize.decode,
    ),
}


def _paths(value: Any, before: Path = ()) -> Iterator[Path]:
    yield before
    if isinstance(value, dict):
        for key, item in value.items():
            yield from _paths(item, (*before, key))
    elif isinstance(value, list):
        for index, item in enumerate(value[:4]):
            yield from _paths(item, (*before, index))


def _put(value: Any, path: Path, other: Any) -> Any:
    if not path:
        return other
    copied = copy.deepcopy(value)
    place = copied
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = other
    return copied


def _events(events: list[tuple[str, Any]]) -> bytes:
    return b"".join(f"event: {name}\ndata: {json.dumps(data)}\n\n".encode() for name, data in events)


def _message_of(decoder: Any, raw: bytes) -> Any:
    """Read a stream to the message that it makes, as the model does."""
    reader, assembler = decoder(), Assembler("m")
    chunks = [assembler.add(delta) for delta in (*reader.feed(raw), *reader.close())]
    message: Any = None
    for chunk in (*chunks, assembler.last()):
        message = (chunk if message is None else message + chunk) if chunk else message
    return message


@pytest.mark.parametrize("api", WHOLE)
@given(data=st.data())
@pytest.mark.soak(every=2)
def test_h08_a_whole_answer_of_any_form_is_read_or_typed(api: str, data: st.DataObject) -> None:
    """Property: whatever stands in the place of a part, it becomes a message or an error of ours."""
    answer, decode = WHOLE[api]
    changed = _put(answer, data.draw(st.sampled_from(list(_paths(answer)))), data.draw(VALUES))
    try:
        message = to_message(decode(json.dumps(changed).encode()), "m", "r")
    except ClovaXError:
        return
    assert message.type == "ai"


@pytest.mark.parametrize("api", STREAMED)
@given(data=st.data())
@pytest.mark.soak(every=2)
def test_h08_a_stream_of_any_form_is_read_or_typed(api: str, data: st.DataObject) -> None:
    """Property: the same for each event of a stream."""
    events, decoder = STREAMED[api]
    number = data.draw(st.integers(0, len(events) - 1))
    name, event = events[number]
    changed = _put(event, data.draw(st.sampled_from(list(_paths(event)))), data.draw(VALUES))
    try:
        message = _message_of(decoder, _events([*events[:number], (name, changed), *events[number + 1 :]]))
    except ClovaXError:
        return
    assert message.type == "AIMessageChunk"


@pytest.mark.parametrize("kind", OTHERS)
@given(data=st.data())
def test_h08_an_embedding_or_a_count_of_any_form_is_read_or_typed(kind: str, data: st.DataObject) -> None:
    """Property: the same for what else is asked for."""
    answer, decode = OTHERS[kind]
    changed = _put(answer, data.draw(st.sampled_from(list(_paths(answer)))), data.draw(VALUES))
    try:
        found = decode(json.dumps(changed).encode())
    except ClovaXError:
        return
    assert found == decode(json.dumps(answer).encode()) or found is not None


REFUSED: list[tuple[str, Path, object]] = [
    ("openai", ("choices", 0, "finish_reason"), 5),
    ("openai", ("id",), 5),
    ("openai", ("choices", 0, "message", "tool_calls", 0, "id"), 5),
    ("openai", ("choices", 0, "message", "tool_calls", 0, "function", "name"), ["f"]),
    ("native", ("result", "finishReason"), ["stop"]),
    ("native", ("result", "aiFilter"), "OK"),
    ("native", ("result", "aiFilter"), [None]),
    ("native", ("result", "message", "toolCalls", 0, "id"), 5),
    ("v1", ("result", "stopReason"), 5),
    ("v1", ("result", "aiFilter"), {"a": 1}),
]


@pytest.mark.parametrize(("api", "path", "value"), REFUSED)
def test_h08_what_matters_must_have_its_type(api: str, path: Path, value: object) -> None:
    """Reasons, calls and the filter's annotation are never guessed at."""
    answer, decode = WHOLE[api]
    with pytest.raises(InvalidResponseError):
        decode(json.dumps(_put(answer, path, value)).encode())


@pytest.mark.parametrize("key", ["index", "id"])
@pytest.mark.parametrize("value", [1.5, True, ["c"], {}])
def test_h08_so_must_the_pieces_of_calls(key: str, value: object) -> None:
    """Or the pieces of two calls might be joined."""
    events, decoder = STREAMED["openai"]
    changed = _put(events[0][1], ("choices", 0, "delta", "tool_calls", 0, key), value)
    with pytest.raises(InvalidResponseError):
        _message_of(decoder, _events([(events[0][0], changed), *events[1:]]))


@pytest.mark.parametrize("value", ["many", {"prompt_tokens": "x"}, {"prompt_tokens": -1}, {"prompt_tokens": True}, [1]])
def test_usage_that_cannot_be_read_is_left_out(value: object) -> None:
    """An answer is worth more than its count."""
    reply = openai.decode_reply(json.dumps(_put(OPENAI, ("usage",), value)).encode())
    assert (reply.usage, reply.finish_reason) == (None, "tool_calls")


def test_usage_that_is_told_in_part_is_added_up() -> None:
    """Without a total, and without details."""
    reply = openai.decode_reply(
        json.dumps(_put(OPENAI, ("usage",), {"prompt_tokens": 2, "completion_tokens": 3})).encode()
    )
    assert reply.usage == Usage(2, 3, 5)


@pytest.mark.parametrize("value", [True, "1.5", None, [0.5]])
def test_an_embedding_has_numbers_and_nothing_else(value: object) -> None:
    """A word that looks like a number is none, nor is a truth."""
    answer = {"data": [{"embedding": [0.5] * (embeddings.DIMENSIONS - 1) + [value]}]}
    with pytest.raises(InvalidResponseError, match="not an embedding"):
        embeddings.decode(json.dumps(answer).encode())
