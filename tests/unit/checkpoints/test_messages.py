"""Messages of every class come back whole, without Pydantic's help; what does not fit is refused when it is written."""

import copy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from langchain_core.messages import (
    AIMessage,
    AIMessageChunk,
    BaseMessage,
    ChatMessage,
    ChatMessageChunk,
    FunctionMessage,
    FunctionMessageChunk,
    HumanMessage,
    HumanMessageChunk,
    RemoveMessage,
    SystemMessage,
    SystemMessageChunk,
    ToolMessage,
    ToolMessageChunk,
)

from clovax_agents.checkpoints import MessageSerializer
from clovax_agents.checkpoints.messages import MESSAGE_KINDS
from clovax_agents.errors import CheckpointTypeError
from clovax_agents.replies import ClovaXMessageChunk

SERDE = MessageSerializer()
TEXT = st.text(max_size=8)
JSON: Any = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=6,
)
OBJECT = st.dictionaries(TEXT, JSON, max_size=3)
COMMON: dict[str, Any] = {
    "content": TEXT | st.lists(TEXT | OBJECT, max_size=3),
    "additional_kwargs": OBJECT,
    "response_metadata": OBJECT,
    "name": st.none() | TEXT,
    "id": st.none() | TEXT,
}
CALL = st.fixed_dictionaries({"name": TEXT, "args": OBJECT, "id": st.none() | TEXT, "type": st.just("tool_call")})
INVALID = st.fixed_dictionaries(
    {
        "name": TEXT,
        "args": st.none() | TEXT,
        "id": TEXT,
        "error": st.none() | TEXT,
        "type": st.just("invalid_tool_call"),
    }
)
CHUNK = st.fixed_dictionaries(
    {"name": st.none() | TEXT, "args": st.none() | TEXT, "id": st.none() | TEXT, "index": st.none() | st.integers()}
)
USAGE = st.fixed_dictionaries(
    {"input_tokens": st.integers(0, 9), "output_tokens": st.integers(0, 9), "total_tokens": st.integers(0, 9)},
    optional={"output_token_details": st.just({"reasoning": 1})},
)
AI: dict[str, Any] = {
    **COMMON,
    "tool_calls": st.lists(CALL, max_size=3),
    "invalid_tool_calls": st.lists(INVALID, max_size=2),
    "usage_metadata": st.none() | USAGE,
}
TOOL: dict[str, Any] = {
    **COMMON,
    "tool_call_id": TEXT,
    "artifact": JSON,
    "status": st.sampled_from(["success", "error"]),
}
CHUNKED: dict[str, Any] = {
    **COMMON,
    "tool_call_chunks": st.lists(CHUNK, max_size=2),
    "chunk_position": st.none() | st.just("last"),
}
FIELDS: dict[type[BaseMessage], dict[str, Any]] = {
    HumanMessage: COMMON,
    HumanMessageChunk: COMMON,
    SystemMessage: COMMON,
    SystemMessageChunk: COMMON,
    AIMessage: AI,
    AIMessageChunk: CHUNKED,
    ClovaXMessageChunk: CHUNKED,
    ToolMessage: TOOL,
    ToolMessageChunk: TOOL,
    FunctionMessage: {**COMMON, "name": TEXT},
    FunctionMessageChunk: {**COMMON, "name": TEXT},
    ChatMessage: {**COMMON, "role": TEXT},
    ChatMessageChunk: {**COMMON, "role": TEXT},
    RemoveMessage: {"id": TEXT},
}


def back(value: Any) -> Any:
    """Return a value as it comes back."""
    return SERDE.loads_typed(SERDE.dumps_typed(value))


def same(found: BaseMessage, message: BaseMessage) -> bool:
    """Tell whether two messages are the same for Pydantic, for whoever looks at them, and for LangChain's own dump."""
    return (
        type(found) is type(message)
        and found == message
        and vars(found) == vars(message)
        and repr(found) == repr(message)
        and found.model_dump() == message.model_dump()
        and found.text == message.text
    )


def test_every_class_of_langchain_is_known() -> None:
    """A class that a new LangChain brings is not forgotten."""
    from langchain_core import messages  # noqa: PLC0415

    abstract = {messages.BaseMessage, messages.BaseMessageChunk}
    there = {
        found
        for name in messages.__all__
        if isinstance(found := getattr(messages, name), type) and issubclass(found, BaseMessage)
    }
    assert there - abstract <= set(FIELDS)
    assert set(FIELDS) == {kind.of for kind in MESSAGE_KINDS if issubclass(kind.of, BaseMessage)}


@pytest.mark.parametrize("kind", FIELDS, ids=lambda kind: kind.__name__)
@given(data=st.data())
def test_random_messages_come_back(kind: type[BaseMessage], data: st.DataObject) -> None:
    """Alone, in a list of their own kind, and beside something else."""
    fields = data.draw(st.fixed_dictionaries(FIELDS[kind]))
    message = kind(**fields)
    assert same(back(message), message)
    assert same(back([message])[0], message)
    assert same(back({"a": (message, 1)})["a"][0], message)


def test_a_message_that_came_back_is_a_message_like_any_other() -> None:
    """It can be copied, changed, added to and stored again, without touching what it came from."""
    message = AIMessage("a", id="1", response_metadata={"a": [1]})
    stored = SERDE.dumps_typed([message])
    first, second = SERDE.loads_typed(stored)[0], SERDE.loads_typed(stored)[0]
    first.response_metadata["a"].append(2)
    first.content = "b"
    assert (second.content, second.response_metadata) == ("a", {"a": [1]})
    assert back(first).response_metadata == {"a": [1, 2]}
    assert first.model_copy(update={"id": "2"}).id == "2"
    assert copy.deepcopy(first) == first
    assert AIMessage.model_validate(first.model_dump()) == first
    assert (back(AIMessageChunk("a")) + AIMessageChunk("b")).content == "ab"
    assert back([message])[0].model_fields_set >= {"content", "id"}
    first.model_copy(update={"new": 1})
    first.added = 1
    assert "new" not in second.model_fields_set


def test_what_changed_after_it_was_stored_is_stored_anew() -> None:
    """Nothing remembers a message by its identity: a change in place is never lost."""
    message = AIMessage("a", id="1", additional_kwargs={"n": {"deep": 1}})
    SERDE.dumps_typed([message])
    message.additional_kwargs["n"]["deep"] = 2
    assert back([message])[0].additional_kwargs == {"n": {"deep": 2}}


def test_calls_that_were_taken_away_do_not_come_back() -> None:
    """LangChain reads ``additional_kwargs`` again when it makes a message; one that was cut off would be repaired."""
    raw = {"id": "c", "type": "function", "function": {"name": "pay", "arguments": '{"amount": 1'}}
    message = AIMessage("", id="1")
    message.additional_kwargs["tool_calls"] = [raw]
    assert back(message).tool_calls == []
    assert back([message])[0].invalid_tool_calls == []


def test_fields_that_langchain_does_not_know_are_kept() -> None:
    """Messages take any more fields."""
    message = HumanMessage("a", id="1", example=True, mine={"x": 1})  # type: ignore[call-arg]
    for found in (back(message), back([message])[0]):
        assert same(found, message)
        assert found.mine == {"x": 1}
        assert found.model_fields_set >= {"content", "example", "mine"}


ODD: dict[str, tuple[BaseMessage, dict[str, Any]]] = {
    "no_content": (HumanMessage("a"), {"content": None}),
    "number_in_content": (HumanMessage("a"), {"content": [1]}),
    "id_is_a_number": (AIMessage("a"), {"id": 5}),
    "content_is_a_tuple": (AIMessage("a"), {"content": ("a",)}),
    "calls_are_a_dict": (AIMessage("a"), {"tool_calls": {}}),
    "calls_are_none": (AIMessage("a"), {"tool_calls": None}),
    "call_without_name": (AIMessage("a"), {"tool_calls": [{"args": {}, "id": "1"}]}),
    "arguments_are_a_text": (AIMessage("a"), {"tool_calls": [{"name": "x", "args": "{}", "id": "1"}]}),
    "call_is_a_text": (AIMessage("a"), {"tool_calls": ["x"]}),
    "call_id_is_a_dict": (ToolMessage("a", tool_call_id="1"), {"tool_call_id": {}}),
}


@pytest.mark.parametrize("name", ODD)
def test_a_message_that_is_not_one_is_refused_when_it_is_written(name: str) -> None:
    """It would be refused when it is read, and the thread would be stuck; the text names the field."""
    message, changes = ODD[name]
    broken = copy.copy(message)
    broken.__dict__ = {**vars(message), **changes}
    field = next(iter(changes))
    for value in (broken, [message, broken], (broken,)):
        with pytest.raises(CheckpointTypeError, match=f"{type(message).__name__}.{field} cannot"):
            SERDE.dumps_typed(value)


def test_other_fields_come_back_as_they_were() -> None:
    """LangChain does not look at what is assigned, and nor do we where it leads nowhere: nothing is lost."""
    message = AIMessage("a", id="1")
    message.__dict__.update(response_metadata=None, name=5, usage_metadata=[(1, 2)])
    for found in (back(message), back([message])[0]):
        assert vars(found) == vars(message)
