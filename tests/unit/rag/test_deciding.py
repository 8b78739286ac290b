"""Whether to search, and for what, is read from a model's answer; what cannot be read is a search."""

from typing import Any

import pytest
from langchain_core.messages import AIMessage, HumanMessage
from scriptedmodel import asks

from clovax_agents.rag.citing import listed
from clovax_agents.rag.deciding import Decision, decider_input, read_decision, search_tools
from clovax_agents.rag.state import Source

QUESTION = "그럼 교환은요?"


def _searches(*queries: Any) -> AIMessage:
    return asks(*(("search_documents", {"query": query}) for query in queries))


@pytest.mark.parametrize(
    ("reply", "decision"),
    [
        (_searches("교환 신청 기한"), Decision(["교환 신청 기한"])),
        (_searches("교환  기한", "교환 기한", "배송비", "쿠폰", "환불"), Decision(["교환 기한", "배송비", "쿠폰"])),
        (_searches("", 3), Decision([QUESTION])),
        (asks(("decline", {})), Decision([], declined=True)),
        (asks(("decline", {}), ("search_documents", {"query": "교환"})), Decision(["교환"])),
        (asks(("search_web", {"query": "교환"})), Decision([QUESTION])),
        (AIMessage("안녕하세요!"), Decision([])),
        (AIMessage("  "), Decision([QUESTION])),
        (AIMessage("교환은", response_metadata={"finish_reason": "length"}), Decision([QUESTION])),
        (
            AIMessage("", invalid_tool_calls=[{"name": "search_documents", "args": '{"que', "id": "c", "error": "e"}]),
            Decision([QUESTION]),
        ),
    ],
)
def test_a_decision_is_read(reply: AIMessage, decision: Decision) -> None:
    """Queries once each and three at most; only plain words and the call to decline are no search."""
    assert read_decision(reply, QUESTION) == decision


def test_what_was_tried_is_not_tried_again() -> None:
    """A model that has no other words ends the search."""
    assert read_decision(_searches("교환"), QUESTION, ["교환"]).queries == []
    assert read_decision(AIMessage(""), QUESTION, ["교환", QUESTION]).queries == []


def test_only_who_knows_what_it_is_about_can_decline() -> None:
    """Without a subject there is only the search."""
    assert [tool["function"]["name"] for tool in search_tools("")] == ["search_documents"]
    assert "decline" not in decider_input([HumanMessage("?")], "")[0].text
    assert "환불 규정" in decider_input([HumanMessage("?")], "환불 규정")[0].text


def test_the_model_reads_the_conversation_without_lists_of_sources() -> None:
    """Or it would write such lists itself."""
    source = Source(number=1, id="a", title="반품", source="refund.md", text="7일")
    answer = AIMessage(f"7일입니다 [1].{listed([source])}", additional_kwargs={"sources": [source]})
    given = decider_input([HumanMessage("반품 기한은?"), answer, HumanMessage(QUESTION)], "", ["교환"])
    assert [message.text for message in given[1:]] == ["반품 기한은?", "7일입니다 [1].", QUESTION]
    assert "교환" in given[0].text
