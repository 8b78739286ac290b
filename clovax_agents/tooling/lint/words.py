"""What the words of a tool give away: whether it reads or writes, and whether they name anything at all."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

__all__ = ["GENERIC_NAMES", "has_korean", "is_vague", "name_words", "predicate", "same_text", "weight", "words_of"]

_PART: Final = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")
_HANGUL: Final = re.compile("[가-힣]")
_TOKEN: Final = re.compile(r"[가-힣]+|[A-Za-z]+")
_SENTENCE_END: Final = re.compile(r"[.\n!?]")
_READ: Final = 400
"""Characters of a description that are looked at for what the tool does."""


def words_of(text: str) -> frozenset[str]:
    """Return the words of a text that has nothing else."""
    return frozenset(text.split())


GENERIC_NAMES: Final = words_of(
    "search get query run execute call tool function func process handle do fetch list find lookup data action api "
    "request update create delete send helper main test check ask answer read write post set add remove invoke "
    "retrieve info information item value result default my new"
)
_EMPTY_BEGINNINGS: Final = tuple(
    words_of(
        "데이터 정보 값 결과 내용 항목 목록 리스트 조회 검색 확인 제공 처리 실행 반환 가져 수행 요청 입력 출력 사용 "
        "도구 함수 기능 특정 관련 다양 필요 해당 모든 어떤 주어진 원하는 합니다 줍니다 알려 찾 보여 불러 호출 작업 "
        "서비스 시스템 유용"
    )
)
_EMPTY_KOREAN: Final = words_of(
    "또는 위한 위해 통해 대한 대해 받아 받은 받는 하는 한다 있는 있습니다 것을 것은 것이 것입니다 에서 으로 그리고 이를"
)
_EMPTY_ENGLISH: Final = words_of(
    "a an the of for to in on by with from and or this that these it its is are be can will you your user users data "
    "info information item items result results value values content get gets getting return returns fetch fetches "
    "find finds search searches query queries look up lookup list lists show shows provide provides tool tools helper "
    "function functions useful do does doing something anything stuff thing things call calls run runs execute "
    "executes handle handles process processes various given input output use used using perform performs "
    "request requests object param parameter args api service system description todo test none based"
)
_PREDICATE: Final = re.compile(
    r"(?P<stem>취소|환불|결제|삭제|발송|전송|등록|수정|변경|추가|생성|예약|신청|송금|이체|출금|구매|주문|저장|작성|게시|업데이트|제거|초기화|설정|"
    r"조회|검색|확인|계산|비교|제공|추천|안내|반환|변환|분석|요약|번역)"
    r"(?:을|를)?\s?(?:합니다|한다|하는|하고|하여|해서|해\s?줍|해\s?주|처리|됩니다|할\s?수|$)"
    r"|(?P<native>보냅|보내|지웁|지우|찾아|찾습|알려|가져|불러|바꿉|바꾸|올립|올리|내려받|읽어|읽습)"
)


@lru_cache(maxsize=4096)
def name_words(name: str) -> tuple[str, ...]:
    """Return the words that a name consists of, in lower case.

    Example:
        >>> name_words("getOrderById"), name_words("list_orders")
        (('get', 'order', 'by', 'id'), ('list', 'orders'))
    """
    return tuple(part.lower() for part in _PART.findall(name))


def predicate(description: str) -> str:
    """Return what a Korean description says that the tool does, by its first sentence; empty if it does not say.

    Example:
        >>> predicate("환불 내역을 조회합니다."), predicate("주문을 취소하고 환불합니다.")
        ('조회', '환불')
    """
    sentence = _SENTENCE_END.split(description[:_READ].strip(), maxsplit=1)[0].strip()
    found = [match["stem"] or match["native"] for match in _PREDICATE.finditer(sentence)]
    return found[-1] if found else ""


def has_korean(text: str) -> bool:
    """Tell whether there is a Korean syllable in a text."""
    return _HANGUL.search(text) is not None


def weight(text: str) -> float:
    """Return how much a text says, about in Korean syllables; a letter of English counts less."""
    return sum(1.0 if _HANGUL.match(character) else 0.4 for character in text if not character.isspace())


def is_vague(text: str) -> bool:
    """Tell whether a text names nothing in particular.

    Example:
        >>> is_vague("데이터를 조회하는 함수입니다."), is_vague("주문의 배송 상태를 조회합니다.")
        (True, False)
    """
    return not any(_names_something(token) for token in _TOKEN.findall(text[:_READ]))


def _names_something(token: str) -> bool:
    if token.isascii():
        return len(token) > 2 and token.lower() not in _EMPTY_ENGLISH  # noqa: PLR2004
    return len(token) > 1 and token not in _EMPTY_KOREAN and not token.startswith(_EMPTY_BEGINNINGS)


def same_text(text: str, name: str) -> bool:
    """Tell whether a text says no more than a name.

    Example:
        >>> same_text("Get order.", "get_order")
        True
    """
    spoken = [word.lower() for word in _TOKEN.findall(text[:_READ])]
    return "".join(spoken) == "".join(name_words(name)) or text.strip() == name
