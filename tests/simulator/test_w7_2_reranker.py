"""The reranker, which answers from documents and cites them (docs/wire.md, section 7.2)."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from starlette.testclient import TestClient

START = Callable[..., TestClient]
RERANKER = "/v1/api-tools/reranker"
LEAVE = "연차 휴가는 입사 1년 뒤부터 한 해에 15일을 쓸 수 있습니다. 쓰지 않은 연차는 다음 해로 넘어가지 않습니다."
REMOTE = "재택근무는 주 2회까지 가능합니다. 신청은 전날 오후 6시까지 그룹웨어에서 합니다. 점심시간은 같습니다."
CANTEEN = "구내식당은 11시 30분부터 1시 30분까지 엽니다."
DOCUMENTS = [{"id": "hr-7", "doc": LEAVE}, {"id": "hr-9", "doc": REMOTE}, {"id": "ga-1", "doc": CANTEEN}]
QUERY = "재택근무는 어떻게 신청하나요?"


def _ask(client: TestClient, path: str, body: dict[str, Any], **headers: str) -> dict[str, Any]:
    """Post a body; return the result, or the status of the refusal."""
    answer = client.post(path, json=body, headers=headers)
    found: dict[str, Any] = answer.json()
    assert answer.status_code == int(found["status"]["code"][:3])
    return found.get("result") or found["status"]


def _words(number: int) -> str:
    """Return a text of that many tokens."""
    return "가" + " 가" * (number - 1)


def _rerank(client: TestClient, **changes: Any) -> dict[str, Any]:
    return _ask(client, RERANKER, {"documents": DOCUMENTS, "query": QUERY, **changes})


RERANKER_REFUSED: dict[str, tuple[dict[str, Any], str, str]] = {
    "w7_2_02_no_documents": ({"documents": None}, "40001", "documents"),
    "w7_2_02_empty_list": ({"documents": []}, "40001", "documents"),
    "w7_2_02_documents_as_texts": ({"documents": [REMOTE]}, "40001", "documents[0]"),
    "w7_2_02_document_without_id": ({"documents": [DOCUMENTS[0], {"doc": REMOTE}]}, "40001", "documents[1].id"),
    "w7_2_02_id_is_a_number": ({"documents": [{"id": 1, "doc": REMOTE}]}, "40001", "documents[0].id"),
    "w7_2_02_document_without_text": ({"documents": [{"id": "a"}]}, "40001", "documents[0].doc"),
    "w7_2_02_no_query": ({"query": None}, "40001", "query"),
    "w4_1_40004_empty_query": ({"query": " "}, "40004", "Text empty"),
    "w4_1_40004_empty_document": ({"documents": [{"id": "a", "doc": ""}]}, "40004", "Text empty"),
    "w7_2_03_cap_4096": ({"maxTokens": 4096}, "40001", "maxTokens"),
    "w7_2_03_cap_0": ({"maxTokens": 0}, "40001", "maxTokens"),
    "w7_2_03_cap_is_a_fraction": ({"maxTokens": 10.5}, "40001", "maxTokens"),
}


@pytest.mark.parametrize(("changes", "code", "text"), RERANKER_REFUSED.values(), ids=RERANKER_REFUSED.keys())
def test_reranker_refusals(simulator: START, changes: dict[str, Any], code: str, text: str) -> None:
    """Documents, query and cap are checked, and the message names the field."""
    status = _rerank(simulator(), **changes)

    assert status["code"] == code
    assert status["message"].endswith(text)


def test_w7_2_01_path(simulator: START) -> None:
    """The reranker is a POST to its path; GET is 404 like any path that does not exist."""
    client = simulator()

    assert client.get(RERANKER).status_code == 404
    assert "result" in _rerank(client)


def test_w7_2_04_input_of_128000_tokens(simulator: START) -> None:
    """128,000 tokens of input are read, one more is 40003; the cap does not count into that."""
    client = simulator()
    base = _rerank(client, documents=[{"id": "a", "doc": "가"}])["usage"]["promptTokens"] - 1

    most = _rerank(client, documents=[{"id": "a", "doc": _words(128_000 - base)}], maxTokens=4095)
    over = _rerank(client, documents=[{"id": "a", "doc": _words(128_001 - base)}])

    assert most["usage"]["promptTokens"] == 128_000
    assert (over["code"], over["message"]) == ("40003", "Context length exceeded")


def test_w7_2_05_w7_2_06_w7_2_07_the_answer(simulator: START) -> None:
    """A written answer, not scores: it begins with "답변: " and wraps what it quotes in the document's position."""
    result = _rerank(simulator())

    assert result["result"].startswith("답변: ")
    quotes = re.findall(r"<(doc\d)>(.+?)</\1>", result["result"])
    assert ("doc2", "신청은 전날 오후 6시까지 그룹웨어에서 합니다.") in quotes
    assert {mark for mark, _ in quotes} == {"doc2"}
    assert all(sentence in REMOTE for _, sentence in quotes)


def test_w7_2_08_cited_documents(simulator: START) -> None:
    """The cited documents are listed whole, in the order of their positions; the others are not."""
    result = _rerank(simulator(), query="재택근무 신청과 연차 휴가 일수를 알려줘")

    assert result["citedDocuments"] == DOCUMENTS[:2]
    assert re.findall(r"<(doc\d)>", result["result"])[0] == "doc1"


def test_w7_2_07_numbers_are_positions_not_ids(simulator: START) -> None:
    """The same documents in another order are cited by other numbers."""
    result = _rerank(simulator(), documents=DOCUMENTS[::-1], query="연차는 며칠이에요?")

    assert "<doc3>연차 휴가는 입사 1년 뒤부터 한 해에 15일을 쓸 수 있습니다.</doc3>" in result["result"]
    assert result["citedDocuments"] == [DOCUMENTS[0]]


def test_w7_2_09_no_answer(simulator: START) -> None:
    """Where no document helps, it says so, cites nothing and suggests shorter queries; else it suggests none."""
    client = simulator()
    result = _rerank(client, query="해외에서 산 노트북의 수리를 신청할 수 있나요?", documents=[DOCUMENTS[0]])

    assert result["result"] == "답변: 제공된 문서에서 질문에 대한 답을 찾지 못했습니다."
    assert result["citedDocuments"] == []
    assert result["suggestedQueries"] == ["해외 노트북 수리 신청", "해외", "노트북"]
    assert _rerank(client)["suggestedQueries"] == []


def test_w7_2_10_usage_and_the_cap(simulator: START) -> None:
    """Usage adds up; the cap cuts the answer, and a quote that it cuts is no citation."""
    client = simulator()
    whole, cut = _rerank(client), _rerank(client, maxTokens=9)

    for result in (whole, cut):
        usage = result["usage"]
        assert usage["totalTokens"] == usage["promptTokens"] + usage["completionTokens"]
    assert cut["usage"]["completionTokens"] == 9 < whole["usage"]["completionTokens"]
    assert whole["result"].startswith(cut["result"])
    assert (cut["citedDocuments"], cut["suggestedQueries"]) == ([], [])


@pytest.mark.parametrize(
    ("text", "cited"), [("재택근무는 전날까지 신청해 주세요.", 0), ("재택근무는 전날까지 신청해 주세요!!", 1)]
)
def test_w7_2_11_short_documents_stay_uncited(simulator: START, text: str, cited: int) -> None:
    """Documents of fewer than 20 characters are never cited, however well they fit."""
    result = _rerank(simulator(), documents=[{"id": "a", "doc": text}])

    assert len(result["citedDocuments"]) == cited


def test_a_question_for_a_number_gets_a_sentence_with_one(simulator: START) -> None:
    """Of several sentences about the same thing, the one with a number answers "how many"."""
    text = "연차는 미리 신청해야 합니다. 연차는 팀장이 승인합니다. 연차는 한 해에 15일입니다."
    client = simulator()

    how_many, how = (
        _rerank(client, documents=[{"id": "a", "doc": text}], query=query)["result"]
        for query in ("연차는 며칠인가요?", "연차는 어떻게 쓰나요?")
    )

    assert "15일" in how_many
    assert "15일" not in how


def test_a_sentence_is_quoted_once_from_the_first_document(simulator: START) -> None:
    """Search results overlap; what stands in two documents is cited by the first of them."""
    result = _rerank(
        simulator(), documents=[{"id": "a", "doc": CANTEEN}, {"id": "b", "doc": CANTEEN}], query="구내식당"
    )

    assert result["result"] == f"답변: <doc1>{CANTEEN}</doc1>"
    assert [document["id"] for document in result["citedDocuments"]] == ["a"]


def test_every_part_of_a_question_is_answered(simulator: START) -> None:
    """Many sentences about one part do not crowd out the single one about the other."""
    documents = [
        {"id": "a", "doc": "재택근무는 편합니다. 재택근무는 좋습니다. 재택근무는 쉽습니다. 재택근무는 됩니다."}
    ]
    documents += [{"id": "b", "doc": "주차장은 지하 2층과 3층에 있습니다."}]

    result = _rerank(simulator(), documents=documents, query="재택근무와 주차장을 알려줘")

    assert [document["id"] for document in result["citedDocuments"]] == ["a", "b"]


def test_the_reranker_answers_english(simulator: START) -> None:
    """English documents are quoted, too; plural and tense do not matter."""
    documents = [{"id": "a", "doc": "Refunds are paid within 7 days. Our office is in Seoul."}]

    result = _rerank(simulator(), documents=documents, query="When will my refund be paid?")

    assert result["result"] == "답변: <doc1>Refunds are paid within 7 days.</doc1>"
