"""A journal in Postgres: connections that break, leases of other hosts, and what is not installed."""

import sys
import threading
from typing import Any

import psycopg
import pytest
from journals import claim, ended, state_of, states

from clovax_agents.errors import ConfigurationError, JournalError
from clovax_agents.execution.journal.audit import verify
from clovax_agents.execution.journal.owners import Owner
from clovax_agents.execution.journal.postgres import PostgresJournal


def break_connections(url: str) -> None:
    """End every other session of the database."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )


def test_a_connection_that_broke_is_made_again(postgres_url: str) -> None:
    """A restart of the database between two calls is not noticed."""
    journal = PostgresJournal(postgres_url)
    assert state_of(journal) == "run"
    break_connections(postgres_url)
    assert state_of(journal) == "wait"
    break_connections(postgres_url)
    journal.end([ended()])
    assert state_of(journal) == "done"
    assert verify(journal.audit()) == 3
    journal.close()


def test_a_database_that_is_not_there(postgres_url: str) -> None:
    """The error says what to see to, and shows no password."""
    wrong = PostgresJournal("host=127.0.0.1 port=1 user=shop password=hunter2 dbname=x")
    with pytest.raises(JournalError, match="see that the database runs") as caught:
        wrong.begin([claim()])
    assert "hunter2" not in str(caught.value)
    assert "hunter2" not in repr(wrong)
    journal = PostgresJournal(postgres_url)
    assert state_of(journal) == "run"
    journal.close()


class Unconfirmed:
    """A connection, and its cursor, that is lost when it has committed, before that is known."""

    def __init__(self, real: Any) -> None:
        self.real = real
        self.open_cursor = real.cursor()
        self.closed = False

    def cursor(self) -> Any:
        """Give a cursor that loses it."""
        return self

    def __enter__(self) -> Any:
        return self

    def __exit__(self, *_: object) -> None: ...

    def __getattr__(self, name: str) -> Any:
        return getattr(self.open_cursor, name)

    def execute(self, query: Any, *more: Any) -> Any:
        """Execute, and be lost after the commit."""
        done = self.open_cursor.execute(query, *more)
        if query == "COMMIT":
            self.real.close()
            self.closed = True
            raise psycopg.OperationalError("server closed the connection unexpectedly")
        return done

    def rollback(self) -> None:
        """Do nothing: it is gone."""


def test_a_claim_that_was_not_confirmed_is_not_made_twice(postgres_url: str) -> None:
    """Nobody knows whether it was written, so the caller is told; an end is simply written again."""
    journal = PostgresJournal(postgres_url)
    journal.begin([claim("other")])
    desk = journal._desks.get()
    desk.connection = Unconfirmed(desk.connection)
    with pytest.raises(JournalError, match="closed the connection"):
        journal.begin([claim()])
    assert state_of(journal) == "wait"
    desk.connection = Unconfirmed(desk.connection)
    journal.end([ended()])
    assert state_of(journal) == "done"
    assert verify(journal.audit()) == 5
    journal.close()


def test_another_host_is_waited_for_until_its_lease_ends(postgres_url: str) -> None:
    """As long as it says that it lives, its calls are its own."""
    now = 1000.0
    here = PostgresJournal(postgres_url, clock=lambda: now)
    there = PostgresJournal(postgres_url, owner=Owner(host=lambda: "there"), clock=lambda: now)
    assert states(there, claim(), claim("read", "read")) == ["run", "run"]
    now = 1029.0
    assert states(here, claim(), claim("read", "read")) == ["wait", "wait"]
    now = 1031.0
    assert states(here, claim(), claim("read", "read")) == ["unknown", "run"]
    there.end([ended()])
    assert state_of(here) == "done"
    here.close()
    there.close()


def test_who_lives_renews_its_lease(postgres_url: str) -> None:
    """By the database's clock, whatever that of the host says."""
    here, there = PostgresJournal(postgres_url), PostgresJournal(postgres_url, owner=Owner(host=lambda: "there"))
    there.begin([claim()])
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute("UPDATE clovax_journal SET lease_until = lease_until - 29")
        there.renew()
        (left,) = connection.execute(
            "SELECT lease_until - extract(epoch FROM clock_timestamp()) FROM clovax_journal"
        ).fetchone() or (0,)
    assert 25 < float(left) <= 30
    assert state_of(here) == "wait"
    here.close()
    there.close()


def test_databases_that_begin_with_a_snapshot(postgres_url: str) -> None:
    """What the last holder of the lock has written is seen, whatever isolation is the database's default."""
    name = postgres_url.split("/")[3].split("?", maxsplit=1)[0]
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute(f'ALTER DATABASE "{name}" SET default_transaction_isolation = "repeatable read"'.encode())
    won: list[str] = []

    def race() -> None:
        journal = PostgresJournal(postgres_url)
        won.extend(f"{number} {state_of(journal, claim(str(number)))}" for number in range(15))
        journal.close()

    threads = [threading.Thread(target=race) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(text for text in won if text.endswith("run")) == sorted(f"{number} run" for number in range(15))


def test_without_psycopg_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """The error says what to install."""
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(ConfigurationError, match=r"pip install 'clovax-agents\[postgres\]'"):
        PostgresJournal("postgresql://x").begin([claim()])


def test_a_user_who_may_not_create_tables_can_use_them(postgres_url: str) -> None:
    """An administrator makes them once; the application may only read and write."""
    journal = PostgresJournal(postgres_url)
    journal.begin([claim()])
    journal.close()
    role = f"r{postgres_url.split('test_')[1][:12]}"
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute(f"CREATE ROLE {role} LOGIN".encode())
        try:
            connection.execute(f"GRANT SELECT, INSERT, UPDATE ON ALL TABLES IN SCHEMA public TO {role}".encode())
            poor = PostgresJournal(postgres_url.replace("postgres:@", f"{role}:@"))
            assert state_of(poor) == "wait"
            poor.close()
        finally:
            connection.execute(f"DROP OWNED BY {role}".encode())
            connection.execute(f"DROP ROLE {role}".encode())
