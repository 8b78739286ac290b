"""Things in a text that have a form of their own: ids, addresses, quotations, formulas, currencies."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from clovax_agents.simulator.brains.numbers import parse_number

__all__ = ["Span", "currencies", "find_all", "formula", "from_examples"]


@dataclass(frozen=True, slots=True)
class Span:
    """A piece of the text with its place."""

    text: str
    start: int
    end: int


_PERCENT: Final = r"\d+(?:\.\d+)?\s?(?:%|퍼센트|프로|percent)"
_AMOUNT: Final = r"\d[\d,]*(?:\.\d+)?"
_PERCENT_OF: Final = rf"(?<![\w.]){_PERCENT}\s+of\s+[$₩€]?{_AMOUNT}"
_OF_PERCENT: Final = rf"(?<![\w.]){_AMOUNT}[만천백억]*\s?(?:원|달러|유로|엔)?의\s?{_PERCENT}"
_FORMS: Final[dict[str, re.Pattern[str]]] = {
    "url": re.compile(r"https?://[^\s<>\"'가-힣]+[\w/]"),
    "email": re.compile(r"[A-Za-z0-9_.+-]+@[A-Za-z0-9-]+(?:\.[A-Za-z][A-Za-z0-9-]*)+"),
    "phone": re.compile(
        r"(?<![\d-])(?:\+82[- ]?|0)1[016789][- ]?\d{3,4}[- ]?\d{4}(?!\d)|(?<![\d-])0\d{1,2}-\d{3,4}-\d{4}(?!\d)"
    ),
    "id": re.compile(
        r"(?<![A-Za-z0-9@.])(?:[A-Za-z]{1,8}[-_])(?:[A-Za-z0-9]+[-_])*[A-Za-z]*\d[A-Za-z0-9]*|(?<![A-Za-z0-9@.])[A-Z]{1,5}\d{2,}\b"
    ),
    "quoted": re.compile(
        r"(?:\"([^\"]+)\"|\u201c([^\u201d]+)\u201d|\u2018([^\u2019]+)\u2019|「([^」]+)」|(?<![A-Za-z])'([^']+)')"
    ),
    "expression": re.compile(
        rf"{_PERCENT_OF}|{_OF_PERCENT}|"
        r"(?<![\w.])(?:[-(]\s*)*\d(?:[\d,]*\d)?(?:\.\d+)?(?:\s*\)*\s*(?:\*\*|[-+*/\u00d7\u00f7^%xX]|더하기|빼기|곱하기|나누기)\s*[-(\s]*\d(?:[\d,]*\d)?(?:\.\d+)?)+(?:\s*\))*(?!-?\d)"
    ),
    "sql": re.compile(r"(?is)\b(?:select|insert|update|delete|with)\b\s.+"),
    "path": re.compile(r"(?<![\w/])(?:[\w.-]+/)*[\w.-]+\.[A-Za-z][A-Za-z0-9]{1,4}(?![\w@])"),
}
_OPERATORS: Final = {"더하기": "+", "빼기": "-", "곱하기": "*", "나누기": "/", "\u00d7": "*", "\u00f7": "/", "^": "**"}
_COUNTRIES: Final = "미국|중국|일본|한국|영국|유럽|호주|캐나다|홍콩|대만|태국|베트남|스위스|체코|인도"
_CODES: Final = {
    "달러": "USD",
    "유로": "EUR",
    "엔": "JPY",
    "원": "KRW",
    "위안": "CNY",
    "파운드": "GBP",
    "프랑": "CHF",
    "바트": "THB",
    "돈": "",
}
_BY_COUNTRY: Final = {
    "한국": "KRW",
    "중국": "CNY",
    "일본": "JPY",
    "미국": "USD",
    "호주": "AUD",
    "캐나다": "CAD",
    "홍콩": "HKD",
    "대만": "TWD",
}
_CURRENCY: Final = re.compile(
    rf"(?:(?P<country>{_COUNTRIES})\s?)?(?P<name>달러|유로|엔|위안|파운드|프랑|바트|(?<=[\d만천백억십])원|(?<![가-힣])원|(?<=국)돈)화?"
    r"(?=$|[\s.,?!]|으로|에서|을|를|이|가|은|는|로|인|과|와|화)"
    r"|\b(?P<code>USD|KRW|EUR|JPY|CNY|GBP|CHF|AUD|CAD|HKD|TWD|THB|VND|SGD|CZK)(?![A-Za-z])"
)
_EXAMPLES: Final = re.compile(
    r"(?:예\s?[:)]|예를 들어|예시\s?:?|e\.g\.,?|for example,?|such as|ex[.)]|like)\s*:?\s*([^\n)]+)", re.IGNORECASE
)


def find_all(kind: str, text: str) -> list[Span]:
    """Return the things of one form: url, email, phone, id, quoted, expression, sql, path.

    Example:
        >>> [span.text for span in find_all("id", "ORD-20261101-0001이랑 P12 주문")]
        ['ORD-20261101-0001', 'P12']
    """
    spans = [_span(found) for found in _FORMS[kind].finditer(text)]
    return [span for span in spans if kind != "expression" or _is_formula(span.text)]


def _span(found: re.Match[str]) -> Span:
    inner = next((group for group in found.groups() if group), found[0])
    return Span(inner.strip(), found.start(), found.end())


def _is_formula(text: str) -> bool:
    """Tell a formula from dates and phone numbers, which hyphens and slashes join, too."""
    return re.fullmatch(r"\d+(?:-\d+)+|\d{4}/\d+/\d+", text) is None


def formula(text: str) -> str:
    """Write a formula with the operators that programs read.

    Example:
        >>> formula("12 곱하기 7"), formula("15% of 30,000"), formula("5만원의 10퍼센트")
        ('12 * 7', '15% * 30000', '50000 * 10%')
    """
    share = re.fullmatch(rf"({_PERCENT})\s+of\s+[$₩€]?({_AMOUNT})|({_AMOUNT}[만천백억]*)\D*의\s?({_PERCENT})", text)
    if share is not None:
        return _share(*share.groups(default=""))
    for word, sign in _OPERATORS.items():
        text = text.replace(word, sign)
    return re.sub(r"(?<=\d),(?=\d)", "", re.sub(r"(?<=\d)\s*[xX]\s*(?=\d)", "*", text)).strip()


def _share(percent_first: str, amount_last: str, amount_first: str, percent_last: str) -> str:
    percent = re.sub(r"[^\d.]", "", percent_first or percent_last) + "%"
    amount = f"{parse_number(amount_first or amount_last) or 0:.15g}"
    return f"{percent} * {amount}" if percent_first else f"{amount} * {percent}"


def from_examples(description: str, text: str) -> list[Span]:
    """Return what has the shape of an example in a description: "예: ORD-20261101-0001" finds ORD-20251224-0042.

    Only examples with a digit count: others say what kind of word is meant, not how it is written.
    """
    spans: list[Span] = []
    for found in _EXAMPLES.finditer(description):
        for example in re.findall(r"[A-Za-z0-9][\w.#-]*", found[1]):
            if re.search(r"\d", example) and re.search(r"[A-Za-z_#-]", example):
                spans += [_span(hit) for hit in re.finditer(_shape(example), text)]
    return spans


def _shape(example: str) -> str:
    """Letters stand for themselves up to the first hyphen, digits for any number of digits."""
    parts = re.findall(r"[A-Za-z]+|\d+|[^A-Za-z\d]", example)
    return r"(?<![A-Za-z0-9])" + "".join(r"\d+" if part.isdigit() else re.escape(part) for part in parts) + r"(?!\d)"


def currencies(text: str, *, as_code: bool = False) -> list[Span]:
    """Return the currencies of a text, in its words or as ISO codes.

    Example:
        >>> [span.text for span in currencies("500유로가 한국돈으로 얼마야?", as_code=True)]
        ['EUR', 'KRW']
    """
    return [
        Span(_currency_code(found) if as_code else _currency_words(found), found.start(), found.end())
        for found in _CURRENCY.finditer(text)
    ]


def _currency_code(found: re.Match[str]) -> str:
    return (
        found["code"] or _BY_COUNTRY.get(found["country"] or "", "") or _CODES[found["name"]] or _currency_words(found)
    )


def _currency_words(found: re.Match[str]) -> str:
    return found[0].strip()
