"""Which calls of a message may run: the short question has the answer of the long one."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from langchain_core.messages import AIMessage, HumanMessage, ToolMessage

from clovax_agents.execution.calls import calls_of, is_runnable, last_turn

_IDS = st.sampled_from(["a", "b", "", None])
_RAW = st.sampled_from(['{"text": "서울"}', '{"text": "서', "{}", "[1]", None])
_ENTRY = st.builds(lambda key, raw: {"id": key, "function": {"name": "f", "arguments": raw}}, _IDS, _RAW)
_FINISHED = st.sampled_from(["tool_calls", "length", "stop"])


def _message(ids: list[Any], broken: list[Any], entries: list[Any], finished: str) -> AIMessage:
    calls: Any = [{"name": "f", "args": {"text": "서울"}, "id": key} for key in ids]
    wrong: Any = [{"name": "f", "args": "{", "id": key, "error": None, "type": "invalid_tool_call"} for key in broken]
    message = AIMessage("", tool_calls=calls, invalid_tool_calls=wrong, response_metadata={"finish_reason": finished})
    # LangChain would make calls of them where there are none
    return message.model_copy(update={"additional_kwargs": {"tool_calls": entries}}) if entries else message


@given(st.lists(_IDS, max_size=3), st.lists(_IDS, max_size=2), st.lists(_ENTRY, max_size=3), _FINISHED)
def test_a_message_is_runnable_if_one_of_its_calls_is(
    ids: list[Any], broken: list[Any], entries: list[Any], finished: str
) -> None:
    """Reading no further than to the first call that may run finds what reading all of them finds."""
    message = _message(ids, broken, entries, finished)
    assert is_runnable(message) == any(call.problem is None for call in calls_of(message))


def test_the_last_turn_is_the_last_answer_with_what_came_after_it() -> None:
    """Results are in their order, whatever stands between them; without an answer there are none."""
    first, second = ToolMessage("12개", tool_call_id="a"), ToolMessage("이틀", tool_call_id="b")
    asked = AIMessage("", tool_calls=[{"name": "f", "args": {}, "id": "a"}, {"name": "f", "args": {}, "id": "b"}])
    assert last_turn([ToolMessage("옛", tool_call_id="x"), asked, first, HumanMessage("?"), second]) == (
        asked,
        [first, second],
    )
    assert last_turn([HumanMessage("?"), first]) == (None, [])
