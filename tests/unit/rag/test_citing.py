"""An answer keeps to the passages that it names: marks, numbers, quotations and addresses are compared by code."""

import pytest

from clovax_agents.rag.citing import citation_problem, given_out, listed, marks_in, says_nothing
from clovax_agents.rag.facts import missing_facts
from clovax_agents.rag.state import Passage


def _passage(key: str, text: str) -> Passage:
    return Passage(id=key, title=f"{key} 규정", source=f"{key}.md", text=text, by_meaning=False)


PASSAGES = [
    _passage("반품", "받은 날부터 7일 안에 신청합니다. 왕복 배송비 6,000원은 고객이 냅니다. 문의: help@shop.example"),
    _passage("배송", "50,000원 이상이면 무료입니다. 주문마다 3,000원입니다."),
]


@pytest.mark.parametrize(
    "answer",
    [
        "받은 날부터 7일 안에 신청하시면 됩니다. [1]",
        "왕복 6천 원을 내시면 됩니다 [1]. 5만 원 이상이면 배송비가 없습니다 [2].",
        "1. 7일 안에 신청합니다 [1]\n2. 배송비는 6000원입니다 [1]\n3. help@shop.example로 문의하세요【1】",
        "무료 배송은 50,000 원부터이고, 반품은 7일 안입니다. [1, 2]",
        "42,000원짜리 주문이면 배송비 3,000원을 내셔야 합니다. [2]",
        "반품 신청은 서둘러 주세요. 기한은 받은 날부터 7일입니다. [1]",
    ],
)
def test_what_the_passages_say_may_be_said(answer: str) -> None:
    """However numbers and marks are written, and with what the user has said."""
    assert citation_problem(answer, PASSAGES, ["42,000원어치 샀어요"]) == ""


@pytest.mark.parametrize(
    ("answer", "problem"),
    [
        ("7일 안에 신청하시면 됩니다.", "no statement is marked"),
        ("7일 안에 신청하시면 됩니다. [3]", "there is no passage [3]; there are 2"),
        ("7일 안에 신청하시면 됩니다. [1] 다른 곳에서 봤습니다. [0]", "there is no passage [0]"),
        ("14일 안에 신청하시면 됩니다. [1]", "14일 does not stand in the passage"),
        ("배송비는 6,000원입니다. [2]", "6,000원 does not stand"),
        ("7개월 안에 신청하시면 됩니다. [1]", "7개월 does not stand"),
        ('규정에 "언제나 무료"라고 되어 있습니다. [2]', "언제나 무료 does not stand"),
        ("https://evil.example/pay 에서 결제하세요. [1]", "https://evil.example/pay does not stand"),
        ("02-1234-5678로 전화하세요. [1]", "02-1234-5678 does not stand"),
        ("쿠폰 AB-1234를 쓰세요. [1]", "AB-1234 does not stand"),
    ],
)
def test_what_they_do_not_say_is_told(answer: str, problem: str) -> None:
    """Marks that stand for nothing, and facts that are not where the answer says."""
    assert problem in citation_problem(answer, PASSAGES, [])


def test_the_problem_is_told_in_korean(monkeypatch: pytest.MonkeyPatch) -> None:
    """As the environment asks for it."""
    monkeypatch.setenv("CLOVAX_LANG", "ko")
    assert citation_problem("14일입니다 [1].", PASSAGES, []) == "표시한 글에 없는 내용입니다: 14일"


def test_an_answer_goes_out_with_its_sources() -> None:
    """Their marks count from 1, in the order in which the answer names them."""
    text, sources = given_out("무료입니다. [2] 7일 안입니다. [2, 1]", PASSAGES)
    assert text.startswith("무료입니다. [1] 7일 안입니다. [1][2]\n\nSources:\n")
    assert text.endswith(listed(sources))
    assert text.splitlines()[-2:] == ["[1] 배송 규정, 배송.md", "[2] 반품 규정, 반품.md"]
    assert [(source["number"], source["id"]) for source in sources] == [(1, "배송"), (2, "반품")]
    assert sources[0]["text"] == PASSAGES[1]["text"]


def test_a_model_can_say_that_there_is_nothing() -> None:
    """With the mark 0, and no other."""
    assert says_nothing(" [0]\n")
    assert says_nothing("글에 없습니다. [0]")
    assert not says_nothing("없습니다. [0] 7일입니다. [1]")
    assert not says_nothing("없습니다.")
    assert marks_in("[1][ 2 ] [3,1]") == [1, 2, 3]


@pytest.mark.parametrize(
    ("text", "source", "missing"),
    [
        ("3천원", "3,000원", []),
        ("1.5kg까지", "1.5 kg", []),
        ("15%", "15퍼센트", []),
        ("2영업일", "2일", []),
        ("십만 원과 100,000원", "10만 원", []),
        ("2026년 11월 30일", "2026-11-30에 시작", []),
        ("3", "3개", []),
        ("3개", "3", []),
        ("3장", "3개", ["3장"]),
        ("12,3456원", "12원, 3456원", []),
        ("１０일", "10일", []),
    ],
)
def test_numbers_are_compared_by_what_they_mean(text: str, source: str, missing: list[str]) -> None:
    """With their scales and units; a number without a unit stands for any."""
    assert missing_facts(text, [source]) == missing
