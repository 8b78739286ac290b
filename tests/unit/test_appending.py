"""`append_messages`: in every case what LangGraph's `add_messages` makes of the same."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from langchain_core.messages import AIMessage, AIMessageChunk, HumanMessage, RemoveMessage, ToolMessage
from langgraph.graph.message import REMOVE_ALL_MESSAGES, add_messages

from clovax_agents import appending
from clovax_agents.appending import append_messages

_IDS = st.sampled_from(["1", "2", "3", "4"])
_SOME = st.one_of(
    st.builds(HumanMessage, st.text(max_size=3), id=_IDS),
    st.builds(AIMessage, st.text(max_size=3), id=_IDS),
    st.builds(ToolMessage, st.text(max_size=3), tool_call_id=_IDS, id=_IDS),
    st.builds(AIMessageChunk, content=st.text(max_size=3), id=_IDS),
    st.builds(lambda key: {"role": "user", "content": "안녕하세요", "id": key}, _IDS),
)
_NEW = st.one_of(_SOME, st.builds(lambda key: RemoveMessage(id=key), st.one_of(_IDS, st.just(REMOVE_ALL_MESSAGES))))


def _outcome(reducer: Any, left: Any, right: Any) -> Any:
    try:
        return reducer(deepcopy(left), deepcopy(right))
    except ValueError as error:
        return str(error)


@given(st.lists(_SOME, max_size=4), st.one_of(_NEW, st.lists(_NEW, max_size=4)))
def test_it_gives_what_add_messages_gives(left: Any, right: Any) -> None:
    """Additions, replacements, removals, chunks, dicts and single messages end the same way, errors included."""
    assert _outcome(append_messages, left, right) == _outcome(add_messages, left, right)


def test_messages_without_an_id_get_one_each() -> None:
    """The message that was handed over is the one in the state, under an id of its own."""
    old, new, other = HumanMessage("재고가 있나요?", id="1"), AIMessage("네"), HumanMessage("감사합니다")
    made = append_messages([old], [new, other])
    assert [id(message) for message in made] == [id(old), id(new), id(other)]
    assert len({message.id for message in made}) == 3
    assert None not in {message.id for message in made}


def test_what_goes_behind_a_long_conversation_takes_the_short_way(monkeypatch: pytest.MonkeyPatch) -> None:
    """A thousand messages are not merged once more for the sake of one, and the list before stays as it was."""
    monkeypatch.setattr(appending, "add_messages", None)
    left = [HumanMessage("재고가 있나요?", id=str(number)) for number in range(1000)]
    assert len(append_messages(left, [AIMessage("네", id="new")])) == 1001
    assert len(left) == 1000
