"""Which journal it is when none is given."""

import asyncio
import sqlite3
import threading
from pathlib import Path
from typing import Any

import aiosqlite
import psycopg
import pytest
from journals import claim
from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.checkpoint.postgres import PostgresSaver
from langgraph.checkpoint.postgres.aio import AsyncPostgresSaver
from langgraph.checkpoint.sqlite import SqliteSaver
from langgraph.checkpoint.sqlite.aio import AsyncSqliteSaver
from psycopg.conninfo import conninfo_to_dict
from psycopg_pool import AsyncConnectionPool, ConnectionPool

from clovax_agents.errors import ConfigurationError
from clovax_agents.execution.journal.choosing import (
    DAYS,
    ELSEWHERE,
    IN_SERVER,
    MEMORY,
    SETTING,
    choose,
    location_of,
    open_journal,
)
from clovax_agents.execution.journal.memory import MemoryJournal
from clovax_agents.execution.journal.postgres import PostgresJournal
from clovax_agents.execution.journal.sqlite import SqliteJournal
from clovax_agents.execution.journal.writer import JournalWriter


class Redis(BaseCheckpointSaver[int]):
    """A checkpointer of somebody else."""


class Unhashable(InMemorySaver):
    """A checkpointer that no dictionary takes."""

    def __eq__(self, other: object) -> bool:
        return self is other

    __hash__ = None  # type: ignore[assignment]


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Work in a folder of the test's own, without settings."""
    monkeypatch.chdir(tmp_path)
    for name in (SETTING, DAYS, "POSTGRES_URI", "DATABASE_URI"):
        monkeypatch.delenv(name, raising=False)


def sqlite_saver(**_: Any) -> SqliteSaver:
    """Make one that is never asked."""
    return SqliteSaver.__new__(SqliteSaver)


URI = "postgresql://u:p@h/d"


@pytest.mark.parametrize(
    ("checkpointer", "environment", "in_server", "file", "expected"),
    [
        (None, {}, False, None, MEMORY),
        (InMemorySaver(), {}, False, None, MEMORY),
        (Unhashable(), {}, False, None, MEMORY),
        (Redis(), {}, False, None, ELSEWHERE),
        (sqlite_saver(), {}, False, "/a/b.sqlite", "/a/b.sqlite"),
        (sqlite_saver(), {}, False, "", MEMORY),
        (sqlite_saver(), {}, False, None, ELSEWHERE),
        (None, {SETTING: "x.sqlite"}, False, None, "x.sqlite"),
        (InMemorySaver(), {SETTING: URI}, True, None, URI),
        (None, {SETTING: "memory", "POSTGRES_URI": URI}, True, None, MEMORY),
        (InMemorySaver(), {}, True, None, IN_SERVER),
        (None, {"DATABASE_URI": ":memory:"}, True, None, IN_SERVER),
        (None, {"DATABASE_URI": URI}, True, None, URI),
        (None, {"POSTGRES_URI": URI, "DATABASE_URI": "postgres://other"}, True, None, URI),
        (None, {"DATABASE_URI": URI}, False, None, MEMORY),
    ],
)
def test_the_rule(checkpointer: Any, environment: Any, in_server: bool, file: str | None, expected: str) -> None:  # noqa: FBT001
    """The table of decision 9, line by line."""
    assert location_of(checkpointer, environment, in_server=in_server, file=file) == expected


def test_a_postgres_checkpointer_shows_its_database(postgres_url: str) -> None:
    """By connection or pool, sync or not, with what the pool was told besides."""
    with psycopg.connect(postgres_url, password="hunter2") as connection:
        given = conninfo_to_dict(location_of(PostgresSaver(connection), {}, in_server=False, file=None))  # type: ignore[arg-type]
        assert given["password"] == "hunter2"
        assert given["dbname"] == connection.info.dbname
        assert given["host"] == connection.info.host
    kwargs = {"autocommit": True, "prepare_threshold": 0, "password": "hunter2"}
    pools: list[Any] = [
        ConnectionPool(postgres_url, open=False, kwargs=kwargs),
        AsyncConnectionPool(postgres_url, open=False, kwargs=kwargs),
    ]
    for pool in pools:
        saver: Any = (PostgresSaver if isinstance(pool, ConnectionPool) else AsyncPostgresSaver).__new__(PostgresSaver)
        saver.conn = pool
        again = conninfo_to_dict(location_of(saver, {}, in_server=False, file=None))
        assert (again["password"], again["dbname"]) == ("hunter2", given["dbname"])


async def test_beside_a_postgres_checkpointer_it_works(postgres_url: str) -> None:
    """What was chosen can be written to."""
    async with AsyncPostgresSaver.from_conn_string(postgres_url) as saver:
        writer = await choose(saver, object(), in_server=False)
        assert isinstance(writer.journal, PostgresJournal)
        assert (await writer.begin([claim()]))[0].state == "run"
    with psycopg.connect(postgres_url) as connection:
        assert connection.execute("SELECT count(*) FROM clovax_journal").fetchone() == (1,)
    await asyncio.to_thread(writer.close)


async def test_beside_a_sqlite_checkpointer_it_is_in_the_same_file(tmp_path: Path) -> None:
    """For the sync one as for the async one."""
    file = tmp_path / "threads.sqlite"
    with SqliteSaver.from_conn_string(str(file)) as saver:
        first = await choose(saver, object(), in_server=False)
        await first.begin([claim()])
    async with AsyncSqliteSaver.from_conn_string(str(file)) as other:
        await other.setup()
        assert await choose(other, object(), in_server=False) is first
    connection = sqlite3.connect(file)
    assert connection.execute("SELECT count(*) FROM clovax_journal").fetchone() == (1,)
    connection.close()
    await asyncio.to_thread(first.close)


async def test_what_is_in_memory_stays_there() -> None:
    """A checkpointer in memory, whatever its kind, has a journal in memory of its own."""
    async with AsyncSqliteSaver.from_conn_string(":memory:") as saver:
        await saver.setup()
        first = await choose(saver, object(), in_server=False)
        assert isinstance(first.journal, MemoryJournal)
        assert await choose(saver, object(), in_server=False) is first
    assert await choose(InMemorySaver(), object(), in_server=False) is not first


async def test_a_checkpointer_that_does_not_tell_its_file() -> None:
    """A closed one, or one that only its own thread may use: the journal has a file of its own."""
    connection = sqlite3.connect(":memory:", check_same_thread=True)
    writer = await choose(SqliteSaver(connection), object(), in_server=False)
    assert isinstance(writer.journal, SqliteJournal)
    connection.close()
    closed = await aiosqlite.connect(":memory:")
    saver = AsyncSqliteSaver(closed)
    await closed.close()
    assert await choose(saver, object(), in_server=False) is writer


@pytest.mark.parametrize("checkpointer", [None, InMemorySaver(), Unhashable()])
async def test_one_for_each_checkpointer(checkpointer: Any) -> None:
    """The same on every visit; without a checkpointer, it is the node's own."""
    node, other = Redis(), Redis()
    first = await choose(checkpointer, node, in_server=False)
    assert await choose(checkpointer, node, in_server=False) is first
    same = await choose(checkpointer, other, in_server=False) is first
    assert same == (checkpointer is not None)


def test_threads_that_ask_at_the_same_time_get_the_same() -> None:
    """Two loops with one checkpointer do not each make a journal."""
    for _ in range(20):
        saver, found = InMemorySaver(), list[JournalWriter]()
        barrier = threading.Barrier(4)

        def ask(saver: Any = saver, found: Any = found, barrier: Any = barrier) -> None:
            barrier.wait(10)
            found.append(asyncio.run(choose(saver, None, in_server=False)))

        threads = [threading.Thread(target=ask) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len({id(writer) for writer in found}) == 1


async def test_in_the_server_it_is_a_file_beside_the_servers(tmp_path: Path) -> None:
    """Where it has no database; the folder is made."""
    writer = await choose(InMemorySaver(), object(), in_server=True)
    journal = writer.journal
    assert isinstance(journal, SqliteJournal)
    assert str(journal._path) == IN_SERVER
    own = JournalWriter(SqliteJournal(IN_SERVER))
    await own.begin([claim()])
    assert (tmp_path / IN_SERVER).exists()
    await asyncio.to_thread(own.close)


@pytest.mark.parametrize(
    ("given", "kind", "path"),
    [
        ("a.sqlite", SqliteJournal, "a.sqlite"),
        (Path("/b/a.sqlite"), SqliteJournal, "/b/a.sqlite"),
        ("sqlite:///c.sqlite", SqliteJournal, "c.sqlite"),
        ("sqlite:////d/e.sqlite", SqliteJournal, "/d/e.sqlite"),
        (URI, PostgresJournal, None),
        ("postgres://u@h/d", PostgresJournal, None),
        ("host=h dbname=d", PostgresJournal, None),
        ("service=shop", PostgresJournal, None),
        ("memory", MemoryJournal, None),
    ],
)
def test_a_journal_by_its_place(given: Any, kind: type, path: str | None) -> None:
    """The same writer each time."""
    writer = open_journal(given)
    assert open_journal(given) is writer
    assert type(writer.journal) is kind
    assert path is None or str(getattr(writer.journal, "_path", None)) == path


def test_a_journal_of_a_users_own() -> None:
    """It is written by one thread, however many executors have it."""
    own = MemoryJournal()
    assert open_journal(own).journal is own
    assert open_journal(own) is open_journal(own)


@pytest.mark.parametrize("given", ["", "  ", ":memory:", "sqlite://", "sqlite:///:memory:", "mysql://u:hunter2@h/d"])
def test_a_place_that_cannot_be(given: str) -> None:
    """The error says what can, and shows no password."""
    with pytest.raises(ConfigurationError, match="give 'memory', a path") as caught:
        open_journal(given)
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize(
    ("setting", "days"), [("", 30), ("7", 7), (" 0.5 ", 0.5), ("forever", None), ("Forever", None)]
)
def test_how_long_it_keeps_results(setting: str, days: float | None, monkeypatch: pytest.MonkeyPatch) -> None:
    """For as many days as are set, in a file and in Postgres."""
    monkeypatch.setenv(DAYS, setting)
    for number, location in enumerate(("sqlite:///days-{}", "postgresql://u:p@h/days-{}")):
        assert open_journal(location.format(f"{number}{setting.strip()}")).journal.keep_days == days


@pytest.mark.parametrize("setting", ["-1", "30 days", "nan", "never"])
def test_days_that_are_none_are_refused(setting: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The error names the setting and what it takes."""
    monkeypatch.setenv(DAYS, setting)
    with pytest.raises(ConfigurationError, match=f"{DAYS}=.*number of days"):
        open_journal(f"days-{setting}.sqlite")
