"""Whole runs of an agent that answers from documents, in which something goes wrong and ends well."""

from typing import Any

import pytest
from langchain_core.documents import Document
from teams import shape

from clovax_agents.prebuilt import rag_agent

DOCUMENTS = [
    Document(
        "적립금은 쌓인 날부터 1년이 지나면 사라집니다.",
        id="m-1",
        metadata={"title": "적립금 소멸", "source": "points.md"},
    ),
    Document(
        "반품은 받은 날부터 7일 안에 신청합니다.", id="r-1", metadata={"title": "반품 기한", "source": "refund.md"}
    ),
    Document(
        "적립금은 1,000원부터 쓸 수 있습니다.", id="m-2", metadata={"title": "적립금 사용", "source": "points.md"}
    ),
]
OTHER_WORDS = """
- match: {system: "found nothing of use"}
  reply:
    tool_calls: [{name: search_documents, arguments: {query: 적립금 소멸}}]
- match: {system: "Answer in words only"}
  reply:
    tool_calls: [{name: search_documents, arguments: {query: 포인트 만료}}]
- match: {last_role: tool}
  reply: 적립금은 쌓인 날부터 1년이 지나면 사라집니다. [1]
"""
NOTHING = """
- match: {system: "found nothing of use"}
  reply:
    tool_calls: [{name: search_documents, arguments: {query: 제휴 카드 적립}}]
- match: {system: "Answer in words only"}
  reply:
    tool_calls: [{name: search_documents, arguments: {query: 카드사 적립금 전환}}]
- match: {contains: "Which of the passages"}
  reply:
    tool_calls: [{name: Supporting, arguments: {numbers: []}}]
"""
INVENTED = """
- match: {system: "Answer in words only"}
  reply:
    tool_calls: [{name: search_documents, arguments: {query: 반품 신청 기한}}]
- match: {last_role: tool}
  reply: 받은 날부터 14일 안에 신청하시면 됩니다. [1]
- match: {last_role: user}
  reply: 받은 날부터 7일 안에 신청하시면 됩니다. [1]
"""


def _agent(**more: Any) -> Any:
    return rag_agent(documents=DOCUMENTS, about="쇼핑몰 규정", morphemes=False, **more).compile()


@pytest.mark.clovax_cassette(script=OTHER_WORDS)
async def test_a_search_that_finds_nothing_is_put_in_other_words() -> None:
    """The user calls it otherwise than the documents do, and gets the answer all the same."""
    state: Any = await _agent().ainvoke({"messages": [("user", "포인트 언제까지 써?")]})
    assert state["outcome"] == "answered"
    assert shape(state["messages"])[1:] == [
        ("ai", "", "적립금은 쌓인 날부터 1년이 지나면 사라집니다. [1]\n\nSources:\n[1] 적립금 소멸, points.md")
    ]


@pytest.mark.clovax_cassette(script=NOTHING)
def test_where_nothing_supports_an_answer_it_is_refused() -> None:
    """What shares some words with the question, the judge finds of no use; the model that answers is never asked."""
    state: Any = _agent(judge="HCX-DASH-002").invoke(
        {"messages": [("user", "카드사 포인트를 적립금으로 바꿔 주나요?")]}
    )
    assert (state["outcome"], state["sources"]) == ("not_found", [])
    assert "could not find an answer" in state["messages"][-1].text


@pytest.mark.clovax_cassette(script=INVENTED)
async def test_an_answer_with_an_invented_number_is_written_anew() -> None:
    """The user reads the one that the passage supports, and nothing of the other."""
    state: Any = await _agent().ainvoke({"messages": [("user", "반품은 며칠 안에 신청해요?")]})
    assert state["sources"][0]["id"] == "r-1"
    assert [text.partition("\n")[0] for _, _, text in shape(state["messages"])[1:]] == [
        "받은 날부터 7일 안에 신청하시면 됩니다. [1]"
    ]
