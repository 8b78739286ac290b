"""A question in parts: one part for each thing that it may ask for."""

from __future__ import annotations

import re
from typing import Final

__all__ = ["asks", "coordinated", "split_clauses", "split_nouns"]

_BREAK: Final = re.compile(
    r"(?<=[.?!。])\s+|\n+|\s+(?:그리고|그리구|그런\s?다음|그\s?다음에?|또한?|아울러|더불어|및)\s+|,\s*(?:그리고|또)\s+"
    r"|(?<=하고)\s+|(?<=[가-힣][해내놓두넣빼꾸우들끄켜찾주보리]고),?\s+|\s+(?:and\s+then|and\s+also|then|and)\s+|,\s+(?=[^,]*(?:줘|주세요|\?))"
    r"|(?<=[줘요죠까])\s*,\s*",
    re.IGNORECASE,
)
_PROTECTED: Final = re.compile(
    r"\"[^\"]*\"|'[^']*'|\u201c[^\u201d]*\u201d|\u2018[^\u2019]*\u2019|[::]\s.*|https?://\S+", re.DOTALL
)
_PAIR: Final = re.compile(r"\s*,\s*|\s+(?:및|그리고|and|랑|하고|와|과)\s+|(?<=[가-힣])(?:이랑|하고|랑|와|과)\s+")
_ASKS: Final = re.compile(
    r"(?:\?|줘요?|주세요|주십시오|줄래요?|줄게|주라|달라|다오|해라|해봐|하고|[해내놓두넣빼꾸우들끄켜찾주보리]고|싶어요?|싶습니다|나요|가요|까요?|래요?|부탁\S*|"
    r"궁금\S*|알려\S*|야|지|니|어때|언제|얼마\S*|뭐\S*|어디\S*|[가-힣]{2,}(?:조회|확인|검색|취소|등록|추가|삭제|계산|설정|예약|주문|신청))[\s.!~?,]*$"
    r"|(?i:^\s*(?:please|can|could|what|where|when|who|how|which|find|get|show|tell|search|check|add|cancel|book|send|create|calculate|give|look)\b)"
)
_MOST_ITEMS: Final = 8


def split_clauses(question: str) -> list[str]:
    """Split at sentence ends and connectives; quotations and what follows a colon stay whole.

    Example:
        >>> split_clauses("서울 날씨 알려주고 주문 ORD-1 취소해줘")
        ['서울 날씨 알려주고', '주문 ORD-1 취소해줘']
    """
    protected = [found.span() for found in _PROTECTED.finditer(question)]
    parts: list[str] = []
    start = 0
    for found in _BREAK.finditer(question):
        if not any(low < found.start() < high for low, high in protected):
            parts.append(question[start : found.start()])
            start = found.end()
    parts.append(question[start:])
    return [part.strip() for part in parts if part.strip()]


def split_nouns(clause: str) -> list[str]:
    """Split a clause at the particles that join nouns, whatever stands between them.

    Example:
        >>> split_nouns("서울 날씨랑 지금 시간 알려줘")
        ['서울 날씨', '지금 시간 알려줘']
    """
    return [part.strip() for part in _PAIR.split(clause)[:_MOST_ITEMS] if part.strip()]


def asks(clause: str) -> bool:
    """Say whether a clause asks for something, in a question, a request or a chain of requests (…하고).

    Example:
        >>> asks("날씨 알려주고"), asks("원가가 13만원인데")
        (True, False)
    """
    return _ASKS.search(clause) is not None


def coordinated(phrase: str) -> list[str]:
    """Split a phrase that names several things of a kind; a phrase that names one comes back alone.

    Example:
        >>> coordinated("서울과 부산"), coordinated("서울, 부산, 대구"), coordinated("사과")
        (['서울', '부산'], ['서울', '부산', '대구'], ['사과'])
    """
    parts = [part.strip() for part in _PAIR.split(phrase) if part.strip()]
    short = all(len(part.split()) <= 2 for part in parts)  # noqa: PLR2004  # longer ones are sentences, not names
    return parts if 1 < len(parts) <= _MOST_ITEMS and short else [phrase]
