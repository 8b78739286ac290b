"""Which database is meant by a path or a URL, and what answers queries to it."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, Final

from clovax_agents.errors import ConfigurationError
from clovax_agents.guards.postgres import PostgresReader
from clovax_agents.guards.sqlite import SqliteReader

if TYPE_CHECKING:
    from collections.abc import Sequence

    from clovax_agents.guards.sql import QueryLimits, SqlReader

__all__ = ["open_reader"]

_POSTGRES: Final = re.compile(r"(?i)postgres(?:ql)?(?:\+\w+)?://")
_SQLITE: Final = re.compile(r"(?i)sqlite(?:\+\w+)?:///")
_OTHER: Final = re.compile(r"(?i)([a-z][a-z0-9+]+)://")


def open_reader(
    source: str | os.PathLike[str],
    *,
    tables: Sequence[str] | None,
    functions: Sequence[str],
    limits: QueryLimits,
    allow_powerful_role: bool,
) -> SqlReader:
    """Return what answers queries to a database and cannot change it.

    Args:
        source: path of an SQLite file, or ``sqlite:///path``, or ``postgresql://reader:password@host/database``.
        tables: names of the tables and views that may be read; None: all that there are.
        functions: names of functions that a query may call besides those that are known to only compute.
        limits: of one query.
        allow_powerful_role: connect to Postgres as a superuser, too.

    Raises:
        ConfigurationError: there is no such file, psycopg is missing, or it is another kind of database.
    """
    if isinstance(tables, str):
        raise ConfigurationError(f"tables={tables!r} has to be a list of names: tables=[{tables!r}]")
    place = os.fspath(source)
    names = None if tables is None else tuple(tables)
    if found := _POSTGRES.match(place):
        url = f"postgresql://{place[found.end() :]}"
        return PostgresReader(
            url, tables=names, functions=tuple(functions), limits=limits, allow_powerful_role=allow_powerful_role
        )
    if other := None if _SQLITE.match(place) else _OTHER.match(place):
        raise ConfigurationError(f"this reads SQLite and Postgres; {other[1]!r} is neither")
    return SqliteReader(_SQLITE.sub("", place), tables=names, functions=tuple(functions), limits=limits)
