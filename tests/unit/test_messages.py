"""LangChain messages as turns."""

from typing import Any

import pytest
from langchain_core.messages import (
    AIMessage,
    BaseMessage,
    ChatMessage,
    FunctionMessage,
    HumanMessage,
    SystemMessage,
    ToolMessage,
)

from clovax_agents.errors import ConfigurationError
from clovax_agents.messages import to_turns
from clovax_agents.wire.neutral import Part, RawCall, Turn


def test_every_kind_of_message_has_its_role() -> None:
    """Roles and content arrive; a tool result names its call."""
    messages: list[BaseMessage] = [
        SystemMessage("친절하게"), HumanMessage("안녕", name="kim"), AIMessage("네"),
        ToolMessage("3", tool_call_id="c1"), ChatMessage("또", role="user"),
    ]  # fmt: skip
    assert to_turns(messages) == [
        Turn("system", "친절하게"), Turn("user", "안녕", name="kim"), Turn("assistant", "네"),
        Turn("tool", "3", call_id="c1"), Turn("user", "또"),
    ]  # fmt: skip


def test_several_system_messages_become_one_in_front() -> None:
    """The service takes one (docs/wire.md, section 2.2)."""
    turns = to_turns([HumanMessage("안녕"), SystemMessage("하나"), SystemMessage("둘")])
    assert turns == [Turn("system", "하나\n\n둘"), Turn("user", "안녕")]


def test_blocks_of_text_become_one_string() -> None:
    """Chat clients send a list of blocks; tools need a string."""
    assert to_turns([HumanMessage([{"type": "text", "text": "안"}, "녕"])])[0].content == "안녕"


@pytest.mark.parametrize(
    "block",
    [
        {"type": "image_url", "image_url": {"url": "https://x.kr/a.png"}},
        {"type": "image_url", "image_url": "https://x.kr/a.png"},
        {"type": "image", "url": "https://x.kr/a.png"},
    ],
)
def test_images_are_kept_as_parts(block: dict[str, object]) -> None:
    """OpenAI's and LangChain's forms of an image URL."""
    content = to_turns([HumanMessage([{"type": "text", "text": "뭐야?"}, block])])[0].content
    assert content == [Part(text="뭐야?"), Part(image_url="https://x.kr/a.png")]


def test_thinking_is_never_sent_back() -> None:
    """Neither from the extras nor from a reasoning block (promise 12)."""
    message = AIMessage(
        [{"type": "reasoning", "reasoning": "비밀"}, {"type": "text", "text": "답"}],
        additional_kwargs={"thinking_content": "비밀"},
    )
    assert to_turns([message]) == [Turn("assistant", "답")]


def test_calls_are_sent_in_their_order_with_the_raw_strings_that_were_kept() -> None:
    """A broken call goes without its arguments, at its own place; the tool message says what was wrong."""
    raw = [
        {"id": "c1", "type": "function", "function": {"name": "f", "arguments": '{"a":'}},
        {"id": "c2", "type": "function", "function": {"name": "g", "arguments": '{"b": 2}'}},
    ]
    message = AIMessage(
        "",
        additional_kwargs={"tool_calls": raw},
        tool_calls=[{"name": "g", "args": {"b": 2}, "id": "c2"}],
        invalid_tool_calls=[{"name": "f", "args": '{"a":', "id": "c1", "error": "cut", "type": "invalid_tool_call"}],
    )
    assert to_turns([message])[0].calls == [RawCall("c1", "f", "{}"), RawCall("c2", "g", '{"b": 2}')]


def test_calls_of_another_model_are_written_as_json_in_korean() -> None:
    """Without a raw string, the arguments are written out."""
    message = AIMessage("", tool_calls=[{"name": "f", "args": {"도시": "서울"}, "id": "c1"}])
    assert to_turns([message])[0].calls == [RawCall("c1", "f", '{"도시": "서울"}')]


@pytest.mark.parametrize(
    "messages",
    [
        [],
        [FunctionMessage("x", name="f")],
        [ChatMessage("x", role="critic")],
        [HumanMessage([{"type": "audio", "data": "x"}])],
        [SystemMessage([{"type": "image_url", "image_url": "https://x.kr/a.png"}])],
    ],
)
def test_what_the_service_cannot_read_is_refused(messages: list[BaseMessage]) -> None:
    """Nothing is dropped in silence."""
    with pytest.raises(ConfigurationError):
        to_turns(messages)


def test_arguments_that_were_changed_are_sent_as_they_are_now() -> None:
    """What the model wrote at first has not been run."""
    raw = {"id": "a", "type": "function", "function": {"name": "refund", "arguments": '{"amount":  1000}'}}
    call = {"name": "refund", "args": {"amount": 1000}, "id": "a"}
    message = AIMessage("", tool_calls=[call], additional_kwargs={"tool_calls": [raw]})
    assert to_turns([HumanMessage("환불"), message])[1].calls[0].arguments == '{"amount":  1000}'
    message.tool_calls[0]["args"] = {"amount": 10}
    assert to_turns([HumanMessage("환불"), message])[1].calls[0].arguments == '{"amount": 10}'


@pytest.mark.parametrize("block", [{"type": "text"}, {"type": "text", "text": None}])
def test_a_block_of_text_without_text_is_refused(block: Any) -> None:
    """With the block in the error."""
    with pytest.raises(ConfigurationError, match="no text in it"):
        to_turns([HumanMessage([block])])


def test_thinking_of_other_services_is_left_out() -> None:
    """A history may come from anywhere."""
    blocks: list[Any] = [{"type": "redacted_thinking", "data": "x"}, {"type": "text", "text": "네"}]
    assert to_turns([HumanMessage("?"), AIMessage(blocks)])[1].content == "네"
