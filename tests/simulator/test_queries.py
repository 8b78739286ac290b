"""The rules write plain queries over the tables of a prompt, for agents that ask for a query in a form."""

import json

import pytest

from clovax_agents.simulator import ChatRequest, Message
from clovax_agents.simulator.brains.rules import RuleBrain

TABLES = """질문을 쿼리로 바꿉니다.

products -- 상품
  id TEXT, primary key, 상품 번호, 예: 'P-1', 'P-2'
  name TEXT, not null, 상품 이름
  category TEXT, not null, 분류, 전체 값: '의류', '식품'
  price INTEGER, not null, 판매가(원)

orders -- 주문
  id TEXT, primary key, 주문 번호
  product_id TEXT, not null, refers to products(id), 주문한 상품
  status TEXT, not null, 주문 상태, 전체 값: '배송완료', '배송중'
  total INTEGER, not null, 결제 금액(원)

규칙:
- SELECT 문을 하나만 씁니다.
"""
FORM: dict[str, object] = {"type": "object", "properties": {"sql": {"type": "string"}, "reason": {"type": "string"}}}


def _written(*said: str) -> dict[str, str]:
    roles = ("user", "assistant")
    talk = [Message(roles[place % 2], text) for place, text in enumerate(said)]
    request = ChatRequest("HCX-007", (Message("system", TABLES), *talk), schema=FORM)
    found: dict[str, str] = json.loads(RuleBrain().reply(request).text)
    return found


@pytest.mark.parametrize(
    ("question", "sql"),
    [
        ("상품은 모두 몇 개야?", "SELECT count(*) AS n FROM products"),
        ("배송 완료된 주문은 몇 건이야?", "SELECT count(*) AS n FROM orders WHERE status = '배송완료'"),
        ("의류 상품의 평균 판매가는?", "SELECT avg(price) AS avg_price FROM products WHERE category = '의류'"),
        ("주문 결제 금액의 합계는?", "SELECT sum(total) AS sum_total FROM orders"),
        ("가장 비싼 상품은?", "SELECT * FROM products ORDER BY price DESC LIMIT 1"),
        ("가장 저렴한 식품은?", "SELECT * FROM products WHERE category = '식품' ORDER BY price ASC LIMIT 1"),
        ("주문을 보여줘", "SELECT * FROM orders LIMIT 5"),
        ("how many orders are there?", "SELECT count(*) AS n FROM orders"),
    ],
)
def test_a_question_becomes_a_query(question: str, sql: str) -> None:
    """Counted, added up, the most of something, with the values that are named."""
    assert _written(question) == {"sql": sql, "reason": ""}


@pytest.mark.parametrize(
    ("question", "reason"), [("주문을 모두 삭제해줘", "조회만"), ("내일 날씨는?", "맞는 테이블이 없습니다")]
)
def test_what_cannot_be_asked_has_a_reason(question: str, reason: str) -> None:
    """Changes, and what no table knows."""
    found = _written(question)
    assert (found["sql"], reason in found["reason"]) == ("", True)


def test_a_complaint_about_a_query_is_no_question() -> None:
    """The question before it is meant."""
    assert _written("상품은 몇 개야?", "SELECT nix", "no such column")["sql"] == "SELECT count(*) AS n FROM products"
