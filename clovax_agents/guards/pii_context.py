"""The word that a number stands behind: what it says of the number decides where the digits alone do not."""

from __future__ import annotations

import re
from typing import Final

__all__ = ["REACH_AFTER", "REACH_BEFORE", "bank_behind", "is_counted", "named_before", "region_before"]

REACH_BEFORE: Final = 32
"""Characters in front of a number that are read."""
REACH_AFTER: Final = 12
"""Characters behind it."""

_BANKS: Final = (
    r"(?:국민|신한|우리|하나|기업|산업|농협|수협|씨티|대구|부산|광주|전북|경남|제주|외환|제일|아이엠|iM)\s?은행|"
    r"KB국민|NH농협|IBK|SC제일|농협|수협|신협|새마을금고|우체국|카카오\s?뱅크|카뱅|토스\s?뱅크|케이\s?뱅크|아이엠뱅크|저축은행|"
    r"(?:kakao|toss|k|im)\s?bank|증권"
)
_SHORT_BANKS: Final = "국민|신한|우리|하나|기업|씨티|토스|카카오|제일|KB|NH|SC|IBK"
_WORDS: Final = {
    "resident": r"주민(?:등록)?\s?번호|주민등록|주민\s?no|(?<![a-z])rrn(?![a-z])|resident",
    "foreigner": r"외국인\s?등록|외국인\s?번호|국내거소|alien|foreigner",
    "phone": (
        r"전화|연락처|휴대|핸드폰|폰\s?번호|모바일|팩스|고객\s?센터|대표\s?번호|(?<![a-z])tel(?![a-z])|phone|mobile|fax|contact"
    ),
    "business": r"사업자|business|biz_?no|(?<![a-z])brn(?![a-z])",
    "corporation": r"법인|corporat",
    "card": r"카드|card",
    "account": rf"계좌|입금|송금|이체|예금|통장|account|{_BANKS}|(?:{_SHORT_BANKS})\s?:?\s?$",
    "passport": r"여권|passport",
    "licence": r"면허|licen[cs]e",
    "other": (
        r"주문|운송장|송장|택배|등기|접수|승인|거래\s?번호|예약|상품|제품|품번|모델|바코드|시리얼|일련|문서|사건|고객\s?번호|회원\s?번호|"
        r"금액|가격|합계|총액|잔액|시각|order|tracking|invoice|waybill|barcode|sku|product|serial|amount|price|total|"
        r"timestamp|_at(?![a-z])|created|updated|[A-Za-z]-$"
    ),
}
_NAMED: Final = re.compile("|".join(f"(?P<{kind}>{words})" for kind, words in _WORDS.items()), re.IGNORECASE)
_BANK: Final = re.compile(rf"[\s(\[,:/]{{0,3}}(?:{_BANKS}|{_SHORT_BANKS})", re.IGNORECASE)
_COUNTED: Final = re.compile(r"\s?(?:원|won|krw|₩|개|건|명|점|%|바이트|byte)", re.IGNORECASE)
_REGION: Final = re.compile(
    r"(?:서울|부산|대구|인천|광주|대전|울산|경기|강원|충북|충남|전북|전남|경북|경남|제주)\s?-?$"
)


def named_before(text: str, start: int) -> str | None:
    """Return what the nearest word in front of a number names: a kind of number, ``"other"``, or None for nothing.

    Args:
        text: levelled.
        start: of the number.

    Example:
        >>> named_before("국민은행 계좌, 주문번호 123", 14)
        'other'
    """
    window = text[max(start - REACH_BEFORE, 0) : start]
    found = None
    for match in _NAMED.finditer(window):
        found = match.lastgroup
    return found


def bank_behind(text: str, end: int) -> bool:
    """Tell whether the name of a bank stands behind a number."""
    return _BANK.match(text[end : end + REACH_AFTER]) is not None


def is_counted(text: str, end: int) -> bool:
    """Tell whether what stands behind a number makes it an amount."""
    return _COUNTED.match(text[end : end + REACH_AFTER]) is not None


def region_before(text: str, start: int) -> bool:
    """Tell whether a region stands right before a number, as on a driver's licence of the older kind."""
    return _REGION.search(text[max(start - 4, 0) : start]) is not None
