"""Redacted streams: however a text is cut, what comes out is the whole text redacted."""

from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from clovax_agents.guards.pii import KoreanPII
from clovax_agents.guards.pii_scan import HELD
from clovax_agents.guards.pii_stream import redact_stream
from clovax_agents.guards.redacting import stream_of

PII = KoreanPII()
PARTS = st.sampled_from(
    [
        "900101-1234568", "9001011234568", "010-1234-5678", "(02) 123-4567", "+82 10", "1588-1234", "123-45-67891",
        "4111 1111 1111 1111", "110-123-456789", "신한은행", "3333-01-1234567", "국민은행 계좌 ", "주문번호 ",
        "M12345678", "11-12-123456-01", "서울 ", "kim@naver.com", "550e8400-e29b-41d4-a716-446655440000", "１",
        "\u200b", "-", " ", ".", "@", "가", "a", "0", "원", "\n",
    ]
)  # fmt: skip
TEXTS = st.one_of(st.lists(PARTS, max_size=30).map("".join), st.text(alphabet="0123456789-. @a가(+", max_size=200))


def _cut(text: str, places: list[int]) -> list[str]:
    ends = sorted({place % (len(text) + 1) for place in places})
    return [text[start:end] for start, end in zip([0, *ends], [*ends, len(text)], strict=True)]


@given(TEXTS, st.lists(st.integers(min_value=0, max_value=400), max_size=12))
@example("a" * 64 + "@naver.com", [64])
@example("110-123-456789 신한은행", [14, 15])
@example("1 " * 100, [3, 50, 99])
def test_no_cut_changes_what_is_found(text: str, places: list[int]) -> None:
    """Split anywhere, or into single characters, the pieces make the same text."""
    assert "".join(redact_stream(_cut(text, places), PII)) == PII(text)
    assert "".join(redact_stream(text, PII)) == PII(text)


@pytest.mark.parametrize("unit", ["1", "1 ", "a", "(", "a@a.", "010-", "a-"])
def test_what_is_held_back_is_bounded(unit: str) -> None:
    """However long something looks like the beginning of a number, it is given out in the end."""
    stream, given = PII.stream(), ""
    text = unit * 2_000
    for place, character in enumerate(text, start=1):
        given += stream.feed(character)
        assert place - len(given) <= HELD
    assert given + stream.finish() == text


def test_prose_is_not_held_back() -> None:
    """Korean goes through at once; a word of Latin letters at its end."""
    stream = PII.stream()
    assert stream.feed("주문하신 상품은 ") == "주문하신 상품은 "
    assert stream.feed("내일 도착") == "내일 도착"
    assert stream.feed("합니다 (Galaxy") == "합니다 ("
    assert stream.feed(" 버즈)") == "Galaxy 버즈)"
    assert stream.feed("3") == ""
    assert stream.feed("개 있습니다") == "3개 있습니다"


def test_a_stream_may_be_used_again() -> None:
    """After the end, another text begins, with nothing left of the one before it."""
    stream = PII.stream()
    assert stream.feed("계좌 ") + stream.finish() == "계좌 "
    assert stream.feed("110123456789") + stream.finish() == "110123456789"


def test_any_function_can_redact_a_stream() -> None:
    """Nobody knows what it does with half a text, so it gets the whole one."""
    seen: list[str] = []

    def redact(text: str) -> str:
        seen.append(text)
        return text.upper()

    stream: Any = stream_of(redact)
    assert [stream.feed("ab"), stream.feed("c"), stream.finish(), stream.finish()] == ["", "", "ABC", ""]
    assert seen == ["abc"]
    assert isinstance(stream_of(PII), type(PII.stream()))
