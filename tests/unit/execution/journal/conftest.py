"""The three journals in turn."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from clovax_agents.execution.journal.base import Journal
from clovax_agents.execution.journal.memory import MemoryJournal
from clovax_agents.execution.journal.postgres import PostgresJournal
from clovax_agents.execution.journal.sqlite import SqliteJournal


@pytest.fixture(params=["memory", "sqlite", "postgres"])
def journal(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Journal]:
    """Give each journal in turn."""
    made: Journal = MemoryJournal()
    if request.param == "sqlite":
        made = SqliteJournal(tmp_path / "j.sqlite")
    elif request.param == "postgres":
        made = PostgresJournal(request.getfixturevalue("postgres_url"))
    yield made
    made.close()


@pytest.fixture(params=["sqlite", "postgres"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Give the place of each journal that outlives its process."""
    return str(tmp_path / "j.sqlite") if request.param == "sqlite" else request.getfixturevalue("postgres_url")
