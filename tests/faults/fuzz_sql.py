"""Bytes as SQL: no secret is read, nothing is written, and what is refused is refused with our error."""

import sqlite3
import sys
import tempfile
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["clovax_agents.guards"]):
    from clovax_agents.guards.postgres_tokens import read_words
    from clovax_agents.guards.sql import QueryLimits
    from clovax_agents.guards.sqlite import SqliteReader

from clovax_agents.errors import QueryError, QueryRefusedError

HUSH = "hush-hush"
FILE = Path(tempfile.mkdtemp(prefix="clovax-fuzz-")) / "shop.db"
with sqlite3.connect(FILE) as connection:
    connection.executescript(
        "CREATE TABLE t (a); INSERT INTO t VALUES (1); CREATE TABLE s (b);"
        f"INSERT INTO s VALUES ('{HUSH}'); CREATE VIEW v AS SELECT length(b) AS n FROM s;"
    )
connection.close()
BEFORE = FILE.read_bytes()
READER = SqliteReader(FILE, tables=("t", "v"), limits=QueryLimits(seconds=0.2))


def one(data: bytes) -> None:
    """Run a query, and one that begins as queries do."""
    text = data.decode("utf-8", "surrogateescape")
    for sql in (text, f"SELECT {text}", f"WITH v AS (SELECT {text}) SELECT * FROM v"):
        try:
            assert HUSH not in repr(READER.query(sql))
        except QueryError:
            pass
        try:
            assert sql.startswith(read_words(sql).text)
        except QueryRefusedError:
            pass
    assert FILE.read_bytes() == BEFORE


atheris.Setup(sys.argv, one)
atheris.Fuzz()
