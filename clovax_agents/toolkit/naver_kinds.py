"""The searches of NAVER that there are, as its public documentation has them, and how their results are told. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from html import unescape
from typing import Any, Final, TypeAlias, cast

__all__ = ["KINDS", "RELEVANCE", "Kind", "Result", "results_of"]

Fields: TypeAlias = Mapping[str, str]
RELEVANCE: Final = "relevance"
"""The sort that every kind has."""

_MARKUP: Final = re.compile(r"<[^<>]{1,200}>")
_DAY: Final = re.compile(r"(\d{4})(\d{2})(\d{2})")
_RECENT_OR_RELEVANT: Final = {RELEVANCE: "sim", "date": "date"}


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of search.

    Attributes:
        path: last part of its address.
        korean: what it searches, for the model.
        sorts: its orders: our name, and the service's; empty if results come in one order only.
        notes: what is told of a result besides title, text and link.
        most: results at a time.
        last_start: the latest place at which results may begin.
        is_ended: whether NAVER has announced its end; only for keys of the old service.
    """

    path: str
    korean: str
    sorts: Mapping[str, str]
    notes: Callable[[Fields], list[str]]
    most: int = 100
    last_start: int = 1_000
    is_ended: bool = False


@dataclass(frozen=True, slots=True)
class Result:
    """One result as it is told; what the service leaves empty is empty."""

    title: str
    text: str
    link: str
    notes: tuple[str, ...]


def _news(fields: Fields) -> list[str]:
    return [_moment(fields["pubDate"])]


def _blog(fields: Fields) -> list[str]:
    return [_DAY.sub(r"\1-\2-\3", fields["postdate"]), fields["bloggername"]]


def _place(fields: Fields) -> list[str]:
    return [fields["category"], fields["roadAddress"] or fields["address"], fields["telephone"]]


def _product(fields: Fields) -> list[str]:
    price = fields["lprice"]
    shown = f"{int(price):,}원" if price.isascii() and price.isdigit() and int(price) else ""
    return [shown, fields["mallName"], fields["brand"], fields["category3"]]


def _nothing(_: Fields) -> list[str]:
    return []


KINDS: Final[Mapping[str, Kind]] = {
    "web": Kind("webkr", "웹 문서", {}, _nothing),
    "news": Kind("news", "뉴스", _RECENT_OR_RELEVANT, _news),
    "blog": Kind("blog", "블로그", _RECENT_OR_RELEVANT, _blog),
    "local": Kind("local", "장소", {RELEVANCE: "random", "reviews": "comment"}, _place, most=5, last_start=1),
    "encyc": Kind("encyc", "백과사전", {}, _nothing),
    "shop": Kind(
        "shop",
        "쇼핑",
        {RELEVANCE: "sim", "date": "date", "price_low": "asc", "price_high": "dsc"},
        _product,
        is_ended=True,
    ),
}


class _Fields(dict[str, str]):
    """Texts of a result; what is missing is empty."""

    def __missing__(self, name: str) -> str:
        return ""


def results_of(kind: Kind, items: list[Any]) -> list[Result]:
    """Return the results of an answer's items, without markup and entities.

    Example:
        >>> results_of(KINDS["blog"], [{"title": "<b>서울</b> &amp; 부산", "postdate": "20261130"}])
        [Result(title='서울 & 부산', text='', link='', notes=('2026-11-30',))]
    """
    return [_result(kind, cast("Mapping[Any, Any]", item)) for item in items if isinstance(item, dict)]


def _result(kind: Kind, item: Mapping[Any, Any]) -> Result:
    fields = _Fields({str(name): _plain(value) for name, value in item.items()})
    notes = tuple(note for note in kind.notes(fields) if note)
    link = fields["link"] or fields["originallink"]
    return Result(fields["title"], fields["description"], link, notes)


def _plain(value: Any) -> str:
    """Return a value without tags; what is written as an entity is text, even if it looks like a tag."""
    return " ".join(unescape(_MARKUP.sub("", str(value))).split())


def _moment(text: str) -> str:
    try:
        return f"{parsedate_to_datetime(text):%Y-%m-%d %H:%M}"
    except (TypeError, ValueError):
        return text
