"""Readers look at a query without running it, and know what is said about tables and what is in them."""

import sqlite3
from contextlib import closing
from pathlib import Path

import psycopg
import pytest

from clovax_agents.errors import QueryError, QueryRefusedError
from clovax_agents.guards.postgres import PostgresReader
from clovax_agents.guards.sql import QueryLimits, SqlReader
from clovax_agents.guards.sqlite import SqliteReader
from clovax_agents.guards.sqlite_comments import read_comments

ENDLESS = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n"
ROWS = "INSERT INTO orders VALUES (1, '배송완료'), (2, '배송중'), (3, '배송완료'), (4, NULL)"


@pytest.fixture(params=["sqlite", "postgres"])
def reader(request: pytest.FixtureRequest, tmp_path: Path) -> SqlReader:
    """Give a reader of a table of either database."""
    limits = QueryLimits(seconds=5)
    if request.param == "sqlite":
        with closing(sqlite3.connect(tmp_path / "a.db")) as connection:
            connection.executescript(f'CREATE TABLE orders (id int, "the status" text); {ROWS}')
        return SqliteReader(tmp_path / "a.db", limits=limits)
    url = request.getfixturevalue("postgres_url")
    with psycopg.connect(url, autocommit=True) as server:
        server.execute('CREATE TABLE orders (id int, "the status" text)')
        server.execute(ROWS)
    return PostgresReader(url, limits=limits, allow_powerful_role=True)


def test_a_query_is_read_and_not_run(reader: SqlReader) -> None:
    """One that would never end is fine."""
    reader.check(ENDLESS)
    reader.check('SELECT "the status" FROM orders -- all of them')


@pytest.mark.parametrize(
    "sql",
    ["SELECT nix FROM orders", "SELECT", "", " ; ", "SELECT 1; SELECT 2", "DELETE FROM orders", "DROP TABLE orders"],
)
@pytest.mark.soak(every=2)
def test_what_could_not_run_is_an_error(reader: SqlReader, sql: str) -> None:
    """As it would be if it were run."""
    with pytest.raises(QueryError):
        reader.check(sql)
    with pytest.raises(QueryError):
        reader.query(sql)


def test_a_write_is_refused(reader: SqlReader) -> None:
    """By what it would do, and nothing has happened."""
    with pytest.raises(QueryRefusedError, match="only reading is allowed"):
        reader.check("UPDATE orders SET id = 9")
    assert reader.query("SELECT max(id) FROM orders").rows == [[4]]


def test_values_are_given_once(reader: SqlReader) -> None:
    """Without NULL, and no more than asked for; names that need quotes have them."""
    assert sorted(map(str, reader.values("orders", "the status", 10))) == ["배송완료", "배송중"]
    assert len(reader.values("orders", "id", 3)) == 3
    with pytest.raises(QueryError, match="nowhere"):
        reader.values("nowhere", "id", 3)


@pytest.mark.parametrize(
    ("statement", "about", "columns"),
    [
        ("CREATE TABLE a (id INTEGER)", "", {}),
        (
            "CREATE TABLE a (\n  -- 머리말\n  id INTEGER, -- 번호\n  b TEXT DEFAULT '--' -- 값\n)",
            "",
            {"id": "번호", "b": "값"},
        ),
        (
            'create table if not exists a ( -- 표\n  [id] int, -- 하나\n  `B` int, -- 둘\n  "c" int --셋\n)',
            "표",
            {"id": "하나", "b": "둘", "c": "셋"},
        ),
        ("CREATE TABLE a (\n  x int, y int, -- 둘 다\n  z DECIMAL(10, 2) -- 하나\n)", "", {"z": "하나"}),
        ("CREATE TABLE a (\n  id INTEGER, --\n  b TEXT -- \n)", "", {}),
    ],
)
def test_comments_are_found_where_people_write_them(statement: str, about: str, columns: dict[str, str]) -> None:
    """Behind a column that is alone in its line; quotes around names, and dashes in texts, are understood."""
    assert read_comments(statement) == (about, columns)
