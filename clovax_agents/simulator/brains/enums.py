"""The mistake of translating a value of an enum: 맑음 becomes sunny, and the tool knows no sunny."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from clovax_agents.simulator.brains.korean import has_hangul, identifier_parts
from clovax_agents.simulator.brains.mistakes import with_arguments
from clovax_agents.simulator.brains.parameters import resolve
from clovax_agents.simulator.json_types import JsonArray, JsonObject, as_array, as_object, loads_object

if TYPE_CHECKING:
    import random
    from collections.abc import Iterator

    from clovax_agents.simulator.brains.protocol import BrainReply, ChatRequest

__all__ = ["translated_enum", "translations"]

_TABLE: Final = """
    맑음 sunny, 흐림 cloudy, 비 rain, 눈 snow, 안개 fog, 바람 wind, 섭씨 celsius, 화씨 fahrenheit, 미터 metric,
    남성 male, 여성 female, 남자 man, 여자 woman, 성인 adult, 어린이 child, 오전 morning, 오후 afternoon, 저녁 evening,
    오늘 today, 내일 tomorrow, 어제 yesterday, 이번주 this_week, 매일 daily, 매주 weekly, 매월 monthly, 매년 yearly,
    월요일 monday, 화요일 tuesday, 수요일 wednesday, 목요일 thursday, 금요일 friday, 토요일 saturday, 일요일 sunday,
    높음 high, 보통 medium, 낮음 low, 긴급 urgent, 중요 important, 일반 normal, 오름차순 ascending, 내림차순 descending,
    오름 asc, 내림 desc, 최신순 newest, 오래된순 oldest, 인기순 popular, 정확도순 relevance, 가격순 by_price,
    접수 received, 대기 pending, 진행중 in_progress, 준비중 preparing, 배송중 in_transit, 배송완료 delivered,
    결제완료 paid, 완료 done, 취소 cancelled, 환불 refund, 교환 exchange, 반품 return, 실패 failed, 성공 success,
    단순변심 change_of_mind, 불량 defective, 파손 damaged, 오배송 wrong_item, 지연 delayed, 기타 other, 전체 all,
    없음 none, 켜기 on, 끄기 off, 예 yes, 아니요 no, 한국어 korean, 영어 english, 일본어 japanese, 중국어 chinese,
    원 krw, 달러 usd, 유로 eur, 엔 jpy, 위안 cny, 신용카드 credit_card, 계좌이체 bank_transfer, 현금 cash, 카드 card,
    도보 walking, 자동차 driving, 대중교통 transit, 자전거 cycling, 소형 small, 중형 medium, 대형 large, 가격 price,
    이름 name, 날짜 date, 거리 distance, 평점 rating, 뉴스 news, 블로그 blog, 이미지 image, 영상 video, 상품 product
"""
_PAIRS: Final[list[tuple[str, str]]] = [(pair.split()[0], pair.split()[1]) for pair in _TABLE.split(",")]
_TO_ENGLISH: Final = dict(_PAIRS)
_TO_KOREAN: Final = {english: korean for korean, english in reversed(_PAIRS)}
"""Of two words that mean the same in English, the first is meant."""
_FIRST: Final = ord("가")
_SOUNDS: Final = (
    "g kk n d tt r m b pp s ss - j jj ch k t p h",
    "a ae ya yae eo e yeo ye o wa wae oe yo u wo we wi yu eu ui i",
    "- k k k n n n t l k m l l l p l m p p t t ng t t k t p t",
)
_INITIALS, _VOWELS, _FINALS = (line.replace("-", "").split(" ") for line in _SOUNDS)


def translated_enum(request: ChatRequest, reply: BrainReply, _dice: random.Random) -> BrainReply | None:
    """Give the first value of an enum in the other language, wherever it is in the arguments."""
    schemas = {tool.name: tool.parameters for tool in request.tools}
    for number, call in enumerate(reply.tool_calls):
        arguments = loads_object(call.arguments) if isinstance(call.arguments, str) else call.arguments
        schema = schemas.get(call.name)
        if arguments is None or schema is None:
            continue
        changed = as_object(_changed(arguments, schema, schema))
        if changed is not None:
            return with_arguments(reply, number, changed)
    return None


def _changed(value: object, schema: JsonObject, root: JsonObject) -> object:
    """Return the value with one enum translated; None if there is none in it."""
    resolved = resolve(schema, root)
    if isinstance(value, str):
        enum = as_array(resolved.get("enum")) or []
        return next((other for other in translations(value) if other not in enum), None) if value in enum else None
    children = as_object(resolved.get("properties")) or {}
    fields, items = as_object(value), as_array(value)
    if fields is not None:
        return _with_one(fields, {name: as_object(children.get(name)) or {} for name in fields}, root)
    return _with_item(items, as_object(resolved.get("items")) or {}, root) if items else None


def _with_one(fields: JsonObject, schemas: dict[str, JsonObject], root: JsonObject) -> JsonObject | None:
    for name, value in fields.items():
        changed = _changed(value, schemas[name], root)
        if changed is not None:
            return {**fields, name: changed}
    return None


def _with_item(items: JsonArray, schema: JsonObject, root: JsonObject) -> JsonArray | None:
    for number, value in enumerate(items):
        changed = _changed(value, schema, root)
        if changed is not None:
            return [*items[:number], changed, *items[number + 1 :]]
    return None


def translations(value: str) -> Iterator[str]:
    """Yield what a model may write instead of a value, the likeliest first; never the value itself.

    A word that is not in the table is written in Latin letters if it is Korean, else as it would be shown to people.

    Example:
        >>> [next(translations(value)) for value in ("맑음", "배송 완료", "in_transit", "강남점", "express_air")]
        ['sunny', 'delivered', '배송중', 'gangnamjeom', 'Express Air']
    """
    parts = identifier_parts(value)
    if has_hangul(value):
        words = "_".join(_TO_ENGLISH.get(part, _latin(part)) for part in parts)
        ways = [_TO_ENGLISH.get("".join(value.split())), words]
    else:
        words = " ".join(_TO_KOREAN.get(part, part) for part in parts)
        ways = [_TO_KOREAN.get("_".join(parts)), words if has_hangul(words) else None, " ".join(parts).title()]
    yield from (way for way in (*ways, f"{value} 값", f"{value} (value)") if way and way != value)


def _latin(text: str) -> str:
    """Write Hangul in Latin letters, syllable by syllable."""
    return "".join(map(_syllable, text))


def _syllable(character: str) -> str:
    initial, rest = divmod(ord(character) - _FIRST, len(_VOWELS) * len(_FINALS))
    vowel, final = divmod(rest, len(_FINALS))
    within = 0 <= initial < len(_INITIALS)
    return _INITIALS[initial] + _VOWELS[vowel] + _FINALS[final] if within else character
