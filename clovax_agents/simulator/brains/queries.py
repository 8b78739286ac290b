"""Questions about tables: the rule brain reads the list of tables in the prompt, and writes a plain query."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from clovax_agents.simulator.json_types import JsonObject, as_object

if TYPE_CHECKING:
    from clovax_agents.simulator.brains.protocol import ChatRequest

__all__ = ["wants_query", "write_query"]

_TABLE: Final = re.compile(r"^(?P<name>[\w.\"]+)(?: -- (?P<about>.*))?\n(?P<columns>(?:  \S.*\n?)+)", re.MULTILINE)
_COLUMN: Final = re.compile(r"^  (?P<name>\S+) (?P<rest>.*)$", re.MULTILINE)
_VALUE: Final = re.compile(r"'([^']+)'")
_WORD: Final = re.compile(r"[가-힣]{2,}|[A-Za-z]{3,}")
_NUMERIC: Final = re.compile(r"(?i)\b(?:\w*int\w*|real|numeric|double|float|decimal)\b")
_CHANGES: Final = re.compile(r"삭제|지워|바꿔|변경|수정|추가해|넣어|(?i:delete|update|insert|drop)")
_COUNTS: Final = re.compile(r"몇|개수|건수|(?i:how many|count)")
_SUMS: Final = re.compile(r"합계|총액|총합|매출|모두 얼마|(?i:total|sum)")
_MEANS: Final = re.compile(r"평균|(?i:average)")
_MOST: Final = re.compile(r"가장 (?:비싼|높은|많은|큰)|최고|최대|(?i:most|highest)")
_LEAST: Final = re.compile(r"가장 (?:싼|저렴한|낮은|적은|작은)|최저|최소|(?i:least|lowest|cheapest)")
_ROWS: Final = 5


@dataclass(frozen=True, slots=True)
class _Column:
    name: str
    rest: str
    is_number: bool
    values: list[str]


@dataclass(frozen=True, slots=True)
class _Table:
    name: str
    about: str
    columns: list[_Column] = field(default_factory=list[_Column])


def wants_query(request: ChatRequest) -> bool:
    """Say whether an answer with a query in it is asked for."""
    properties = as_object((request.schema or {}).get("properties")) or {}
    return {"sql", "reason"} <= properties.keys()


def write_query(request: ChatRequest) -> JsonObject:
    """Return a query over the tables of the system message, or why there is none.

    Args:
        request: whose last question is meant, not the complaints about queries before.
    """
    question = _question(request)
    if _CHANGES.search(question):
        return {"sql": "", "reason": "데이터를 바꾸는 요청이라 쿼리로 처리할 수 없습니다. 조회만 할 수 있습니다."}
    tables = _tables("\n".join(message.text for message in request.messages if message.role == "system"))
    ranked = sorted(tables, key=lambda table: -_likeness(table, question))
    if not ranked or not _likeness(ranked[0], question):
        return {"sql": "", "reason": "이 질문에 맞는 테이블이 없습니다."}
    return {"sql": _query(ranked[0], question), "reason": ""}


def _question(request: ChatRequest) -> str:
    messages = request.messages
    asked = [
        message.text
        for before, message in zip((None, *messages), messages, strict=False)
        if message.role == "user" and not (before is not None and before.text.lstrip().upper().startswith("SELECT"))
    ]
    return asked[-1] if asked else ""


def _tables(text: str) -> list[_Table]:
    return [
        _Table(
            found["name"],
            found["about"] or "",
            [
                _Column(one["name"], one["rest"], bool(_NUMERIC.match(one["rest"])), _VALUE.findall(one["rest"]))
                for one in _COLUMN.finditer(found["columns"])
            ],
        )
        for found in _TABLE.finditer(text)
    ]


def _likeness(table: _Table, question: str) -> int:
    """Say how well a table fits: its name weighs most, then values that are named, then its columns."""
    own = 3 * sum(word.lower() in question.lower() for word in _WORD.findall(f"{table.name.rstrip('s')} {table.about}"))
    values = 2 * len(_conditions(table, question))
    return own + values + sum(_is_named(column, question) for column in table.columns)


def _is_named(column: _Column, question: str) -> bool:
    words = _WORD.findall(_VALUE.sub("", column.rest.partition(",")[2]))
    return any(word in question for word in words if word not in {"not", "null", "primary", "key", "refers"})


def _conditions(table: _Table, question: str) -> list[str]:
    compact = "".join(question.split())
    return [
        f"{column.name} = '{value}'"
        for column in table.columns
        for value in column.values
        if len(value) > 1 and "".join(value.split()) in compact
    ]


def _query(table: _Table, question: str) -> str:
    conditions = _conditions(table, question)
    where = f" WHERE {' AND '.join(conditions)}" if conditions else ""
    numbers = [column for column in table.columns if column.is_number and "refers to" not in column.rest]
    named = next((column for column in numbers if _is_named(column, question)), None)
    money = named or next((column for column in numbers if "원" in column.rest), None)
    if _COUNTS.search(question):
        return f"SELECT count(*) AS n FROM {table.name}{where}"  # noqa: S608  # what the rules write is only text
    if money is not None and (way := _aggregate(question)):
        return f"SELECT {way}({money.name}) AS {way}_{money.name} FROM {table.name}{where}"  # noqa: S608
    if money is not None and (order := _order(question)):
        return f"SELECT * FROM {table.name}{where} ORDER BY {money.name} {order} LIMIT 1"  # noqa: S608
    return f"SELECT * FROM {table.name}{where} LIMIT {_ROWS}"  # noqa: S608


def _aggregate(question: str) -> str:
    return "avg" if _MEANS.search(question) else "sum" if _SUMS.search(question) else ""


def _order(question: str) -> str:
    return "DESC" if _MOST.search(question) else "ASC" if _LEAST.search(question) else ""
