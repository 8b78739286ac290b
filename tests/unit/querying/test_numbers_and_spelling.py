"""What an answer's numbers rest on, and why a query may have found nothing."""

from decimal import Decimal

import pytest

from clovax_agents.guards.sql import Rows
from clovax_agents.querying.numbers import numbers_in, unsupported
from clovax_agents.querying.spelling import is_empty, literals, misspelt, named_tables

SALES = Rows(("day", "won", "rate"), [["2026-11-20", 163_900, 4.45], ["2026-11-21", 36_100, None]])


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("없음", []),
        ("3건", [3]),
        ("163,900원", [163_900]),
        ("16만 3,900원", [163_900]),
        ("16만3900원", [163_900]),
        ("1억 2,300만 5,000원", [123_005_000]),
        ("3천 원", [3_000]),
        ("2.5억", [250_000_000]),
        ("3, 4, 5", [3, 4, 5]),
        ("ORD-20261118-0001", [20_261_118, 1]),
        ("2026년 11월 20일", [2026, 11, 20]),
        ("100만 개와 200만 개", [1_000_000, 2_000_000]),
        ("1,23", [1, 23]),
        ("0.5%", [Decimal("0.5")]),
    ],
)
def test_numbers_are_read_as_koreans_write_them(text: str, values: list[object]) -> None:
    """With commas, with 만 and 억, and several as several."""
    assert [number.value for number in numbers_in(text)] == values


@pytest.mark.parametrize(
    "answer",
    [
        "163,900원과 36,100원입니다.",
        "16만 3,900원입니다.",
        "약 16만 원입니다.",
        "합계는 200,000원, 평균은 100,000원입니다.",
        "11월 20일이 가장 많습니다.",
        "평점은 4.5점, 정확히 4.45점입니다.",
        "모두 2건입니다.\n1. 20일\n2. 21일",
        "최근 30일 동안 아무것도 없습니다.",
        "말로만 답합니다.",
    ],
)
def test_numbers_of_the_rows_are_supported(answer: str) -> None:
    """Also rounded, added up, counted, or taken from the question."""
    assert unsupported(answer, SALES, "최근 30일의 매출은?") == []


@pytest.mark.parametrize(
    ("answer", "wrong"),
    [
        ("163,901원입니다.", ["163,901"]),
        ("17만 원입니다.", []),
        ("18만 원입니다.", ["18만"]),
        ("3건입니다.", ["3"]),
        ("5점입니다.", []),
        ("6점과 7점, 다시 6점입니다.", ["6", "7"]),
        ("99,999,999원", ["99,999,999"]),
    ],
)
def test_others_are_not(answer: str, wrong: list[str]) -> None:
    """Each is named once, as it stands in the answer; what is rounded up or down is not wrong."""
    assert unsupported(answer, SALES) == wrong


def test_a_result_that_says_nothing_is_known() -> None:
    """No rows, a count of none, a sum of nothing; but not a list of zeros."""
    empty = [Rows(("n",)), Rows(("n",), [[0]]), Rows(("n", "s"), [[0, None]]), Rows(("s",), [[None]])]
    told = [Rows(("n",), [[1]]), Rows(("n",), [[0], [0]]), Rows(("s",), [[""]])]
    assert [is_empty(rows) for rows in (*empty, *told)] == [True] * 4 + [False] * 3


def test_only_words_are_compared() -> None:
    """Quotes are undone; dates, formats and intervals are no words."""
    sql = (
        "SELECT strftime('%Y-%m', at) FROM t WHERE a = 'It''s' AND b > date('now', '-7 days', 'start of month') "
        "AND c LIKE '%배송%' AND d = '2026-11-01 10:00' AND e = '' AND f = '%' AND g = 'P-0001'"
    )
    assert literals(sql) == ["It's", "배송", "P-0001"]


def test_tables_are_found_however_they_are_written() -> None:
    """With a schema, with quotes, in capitals; part of a name is no name."""
    names = ["orders", "order_items", 'shop."Big"', "items"]
    assert named_tables(
        'SELECT * FROM public.ORDERS JOIN order_items USING (id) JOIN shop."Big" USING (id)', names
    ) == [
        "orders",
        "order_items",
        'shop."Big"',
    ]


@pytest.mark.parametrize(
    ("word", "found"),
    [
        ("배송 완료", "'배송완료'"),
        ("배송완뇨", "'배송완료'"),
        ("무선이어폰", "'하늘소리 무선 이어폰'"),
        ("card", "'Card'"),
        ("배송", None),
        ("비행기", None),
    ],
)
def test_a_word_that_is_written_otherwise_is_found(word: str, found: str | None) -> None:
    """With spaces, typing errors and capitals; what is there in part, or nowhere, is not told."""
    values = {
        "o.status": ["배송완료", "배송중"],
        "p.name": ["하늘소리 무선 이어폰"],
        "o.payment": ["Card", "네이버페이"],
    }
    told = misspelt([word], values)
    assert (found in told) if found else told == ""
