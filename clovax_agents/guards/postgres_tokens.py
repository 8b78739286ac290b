"""The words of a query as Postgres reads them: which functions it may call, and which tables it may name."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from clovax_agents.errors import QueryRefusedError
from clovax_agents.guards.data_wording import say

__all__ = ["Words", "read_words"]

# With standard_conforming_strings on, which every connection of the reader sets. Whatever fits nothing is refused.
_TOKEN: Final = re.compile(
    r"""
      (?P<space>[ \t\r\n\f\v]+|--[^\r\n]*)
    | (?P<comment>/\*)
    | (?P<escaped>[eE]'(?:[^'\\]|\\.|'')*+')
    | (?P<unreadable>[eE]'|[uU]&["'])
    | (?P<string>[bBxXnN]?'(?:[^']|'')*+')
    | (?P<quoted>"(?:[^"]|"")++")
    | (?P<dollar>\$(?P<tag>(?:[A-Za-z_\x80-\U0010ffff][A-Za-z0-9_\x80-\U0010ffff]*)?)\$.*?\$(?P=tag)\$)
    | (?P<word>[A-Za-z_\x80-\U0010ffff][A-Za-z0-9_$\x80-\U0010ffff]*)
    | (?P<number>(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)
    | (?P<end>;)
    | (?P<sign>[-+*/<>=~!@\#%^&|`?,()\[\].:])
    """,
    re.VERBOSE | re.DOTALL,
)
_TEXTS: Final = frozenset({"string", "escaped"})
_LONGEST: Final = 63
"""Bytes of a name that Postgres looks at."""
_COMMENT: Final = re.compile(r"/\*|\*/")
_ASCII_UPPER: Final = {letter: letter + 32 for letter in range(ord("A"), ord("Z") + 1)}


@dataclass(frozen=True, slots=True)
class Words:
    """The names in a query.

    Attributes:
        names: all of them, keywords too; unquoted ones in lower case, as Postgres folds them.
        called: those before a parenthesis.
        begins: its first word or sign; empty if there is none.
        text: the query without a semicolon at its end, and what follows that.
    """

    names: frozenset[str]
    called: frozenset[str]
    begins: str
    text: str


def read_words(sql: str) -> Words:
    """Read a query.

    Raises:
        QueryRefusedError: it has several statements, or something that cannot be read for certain.

    Example:
        >>> sorted(read_words('SELECT "Pg_Sleep"/* */(1), now() FROM t; -- done').called)
        ['Pg_Sleep', 'now']
    """
    names: set[str] = set()
    called: set[str] = set()
    begins, last, before, place, end = "", "", "", 0, -1
    while place < len(sql):
        kind, text, after = _next(sql, place)
        if kind not in {"space", "comment"}:
            if end >= 0:
                raise QueryRefusedError(say("only one statement is run at a time; write one SELECT"))
            if kind == "end":
                end = place
            if kind in _TEXTS and before in _TEXTS:  # over two lines, the second is read as the first one was
                raise _unreadable(text[:20])
            if text == "(" and last:
                called.add(last)
            last, before = _folded(kind, text), kind
            begins = begins or last or text
            names.add(last)
        place = after
    return Words(frozenset(names - {""}), frozenset(called), begins, sql if end < 0 else sql[:end])


def _next(sql: str, place: int) -> tuple[str, str, int]:
    found = _TOKEN.match(sql, place)
    kind = found.lastgroup if found is not None else None
    kind = "dollar" if kind == "tag" else kind
    if found is None or kind is None or kind == "unreadable":
        raise _unreadable(sql[place : place + 20])
    if kind == "comment":
        return kind, "", _comment_end(sql, place)
    return kind, found[0], found.end()


def _comment_end(sql: str, place: int) -> int:
    """Return where a comment ends, in which there may be others."""
    depth = 0
    for mark in _COMMENT.finditer(sql, place):
        depth += 1 if mark[0] == "/*" else -1
        if depth == 0:
            return mark.end()
    raise _unreadable("/*")


def _folded(kind: str, text: str) -> str:
    if kind not in {"word", "quoted"}:
        return ""
    name = text.translate(_ASCII_UPPER) if kind == "word" else text[1:-1].replace('""', '"')
    return name.encode("utf-8", "surrogatepass")[:_LONGEST].decode(errors="ignore")


def _unreadable(place: str) -> QueryRefusedError:
    return QueryRefusedError(say("the query is not written as the database writes it, near {place}", place=repr(place)))
