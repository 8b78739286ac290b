"""Tools for a database, as a model calls them: the same for SQLite and for Postgres."""

import sqlite3
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from psycopg import sql as compose
from toolruns import answers, call, outcomes

from clovax_agents import Toolbox
from clovax_agents.errors import ConfigurationError
from clovax_agents.guards.sql import QueryLimits
from clovax_agents.toolkit import sql_tools

SCHEMA = (
    "CREATE TABLE members (id INTEGER PRIMARY KEY, name TEXT NOT NULL)",
    "CREATE TABLE orders (id INTEGER PRIMARY KEY, item TEXT NOT NULL, won INTEGER, member INTEGER REFERENCES members)",
    "INSERT INTO members VALUES (1, '김'), (2, '이')",
    "INSERT INTO orders VALUES (1, '사과', 9000, 1), (2, '두\n줄 | 배', NULL, 2)",
)


@pytest.fixture(params=["sqlite", "postgres"])
def source(request: pytest.FixtureRequest) -> Iterator[str]:
    """Give a shop's database, in each kind, to be read."""
    if request.param == "sqlite":
        path = request.getfixturevalue("tmp_path") / "shop.db"
        with sqlite3.connect(path) as connection:
            for statement in SCHEMA:
                connection.execute(statement)
        connection.close()
        yield f"sqlite:///{path}"
        return
    url = request.getfixturevalue("postgres_url")
    role = f"reader_{uuid4().hex}"
    with psycopg.connect(url, autocommit=True) as connection:
        for statement in SCHEMA:
            connection.execute(statement.encode())
        name = compose.Identifier(role)
        connection.execute(compose.SQL("CREATE ROLE {} LOGIN").format(name))
        connection.execute(compose.SQL("GRANT SELECT ON orders, members TO {}").format(name))
        connection.execute("COMMENT ON TABLE orders IS '주문'; COMMENT ON COLUMN orders.won IS '금액(원)'")
        yield url.replace("postgres:@", f"{role}:@")
        connection.execute(compose.SQL("DROP OWNED BY {0}; DROP ROLE {0}").format(name))


async def _answer(box: Toolbox, name: str, **arguments: Any) -> Any:
    [answer] = await answers(box, call(name, **arguments))
    return answer


async def test_tables_are_listed_and_described(source: str) -> None:
    """With types, keys, what refers to what, comments, and a few rows."""
    box = sql_tools(source)
    assert (await _answer(box, "list_tables")).content == "members\norders"
    told = (await _answer(box, "describe_tables", names=["orders", "members", "orders"])).content.lower()
    assert told.count("orders") == 1
    assert "  id integer, primary key" in told
    assert "  item text, not null" in told
    assert "refers to members" in told
    assert "1 | 사과 | 9000 | 1" in told
    assert "2 | 두 ⏎ 줄 | 배 | null | 2" in told
    if "postgresql" in source:
        assert "orders -- 주문" in told
        assert "금액(원)" in told


async def test_rows_are_a_table_and_an_artifact(source: str) -> None:
    """The model reads a table, a program has the values."""
    box = sql_tools(source, limits=QueryLimits(rows=1))
    answer = await _answer(box, "query_database", sql="SELECT item, won FROM orders ORDER BY id")
    assert answer.content.startswith("item | won\n사과 | 9000\n(the first 1 rows; there are more")
    assert answer.artifact == {"columns": ["item", "won"], "rows": [["사과", 9000]], "complete": False}
    whole = await _answer(box, "query_database", sql="SELECT count(*) AS n FROM orders")
    assert whole.content == "n\n2\n(1 rows)"
    none = await _answer(box, "query_database", sql="SELECT id FROM orders WHERE id > 9")
    assert none.content == "no rows"
    assert none.artifact == {"columns": ["id"], "rows": [], "complete": True}


async def test_what_may_not_be_read_is_an_error_for_the_model(source: str) -> None:
    """It reads which tables there are, and what the database says of its mistakes."""
    box = sql_tools(source, tables=["orders"])
    assert (await _answer(box, "list_tables")).content == "orders"
    for name, arguments in (
        ("query_database", {"sql": "SELECT * FROM members"}),
        ("describe_tables", {"names": ["members"]}),
    ):
        answer = await _answer(box, name, **arguments)
        assert answer.status == "error"
        assert "'members' may not be read; there are: orders. Correct the arguments" in answer.content
    assert "wons" in (await _answer(box, "query_database", sql="SELECT wons FROM orders")).content
    deleted = await _answer(box, "query_database", sql="DELETE FROM orders")
    assert "only reading is allowed" in deleted.content
    assert (await _answer(box, "query_database", sql="SELECT count(*) FROM orders")).artifact["rows"] == [[2]]


async def test_many_queries_run_at_once(source: str) -> None:
    """Each has a connection of its own."""
    box = sql_tools(source)
    made = [call("query_database", f"c{number}", sql=f"SELECT {number} AS n") for number in range(12)]
    found = await answers(box, *made)
    assert outcomes(found) == ["success"] * 12
    assert [answer.artifact["rows"] for answer in found] == [[[number]] for number in range(12)]


async def test_samples_are_left_out_on_demand(source: str) -> None:
    """Where rows are not for the model's eyes."""
    told = (await _answer(sql_tools(source, samples=0), "describe_tables", names=["orders"])).content
    assert "사과" not in told


def test_policies_only_read(source: str) -> None:
    """And carry the labels that the builder gives."""
    box = sql_tools(source, labels={"private_data"})
    assert box.names == ("list_tables", "describe_tables", "query_database")
    assert {box.policy(name).effect for name in box.names} == {"read"}
    assert {box.policy(name).labels for name in box.names} == {frozenset({"private_data"})}


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("/nowhere.db", "there is no SQLite file '/nowhere.db'"),
        ("sqlite:////nowhere.db", "there is no SQLite file '/nowhere.db'"),
        ("mysql://root@host/db", "reads SQLite and Postgres; 'mysql' is neither"),
    ],
)
def test_a_source_that_cannot_work_is_refused(source: str, text: str) -> None:
    """At once, with what to do."""
    with pytest.raises(ConfigurationError, match=text):
        sql_tools(source)


def test_tables_are_a_list(tmp_path: Path) -> None:
    """A name alone would be read letter by letter."""
    with pytest.raises(ConfigurationError, match=r"tables=\['orders'\]"):
        sql_tools(tmp_path, tables="orders")


def test_postgres_without_psycopg_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    """And SQLite works without it."""
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(ConfigurationError, match=r'pip install "clovax-agents\[postgres\]"'):
        sql_tools("postgresql://reader@host/db")
