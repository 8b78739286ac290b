"""A journal in a file: beside a checkpointer, and when the file is not as it should be."""

import os
import sqlite3
import threading
from pathlib import Path
from typing import Any

import pytest
from journals import claim, ended, state_of
from langgraph.checkpoint.base import empty_checkpoint
from langgraph.checkpoint.sqlite import SqliteSaver

from clovax_agents.errors import ConfigurationError, JournalError
from clovax_agents.execution.journal.sqlite import SqliteJournal


def test_it_shares_the_file_of_a_checkpointer(tmp_path: Path) -> None:
    """Each keeps its own tables, and both can write."""
    file = tmp_path / "threads.sqlite"
    with SqliteSaver.from_conn_string(str(file)) as saver:
        config: Any = {"configurable": {"thread_id": "t", "checkpoint_ns": ""}}
        journal = SqliteJournal(file)
        for _ in range(5):
            saver.put(config, empty_checkpoint(), {}, {})
            journal.begin([claim()])
        journal.end([ended()])
        assert saver.get_tuple(config) is not None
        assert state_of(SqliteJournal(file)) == "done"
        journal.close()


def test_a_place_that_is_not_there_is_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A relative path is that of the folder in which the program was, wherever it goes afterwards."""
    monkeypatch.chdir(tmp_path)
    journal = SqliteJournal("a/b/j.sqlite")
    journal.begin([claim()])
    journal.close()
    monkeypatch.chdir("/")
    assert state_of(journal) == "wait"
    journal.close()
    assert (tmp_path / "a/b/j.sqlite").exists()


@pytest.mark.parametrize("path", ["", ".", ":memory:"])
def test_what_is_no_file_is_refused(path: str) -> None:
    """A journal that says that it outlives the process does."""
    with pytest.raises(ConfigurationError, match="no file"):
        SqliteJournal(path)


def test_an_unknown_care_is_refused(tmp_path: Path) -> None:
    """The error names the values that there are."""
    care: Any = "OFF"
    with pytest.raises(ConfigurationError, match="'NORMAL' or 'FULL'"):
        SqliteJournal(tmp_path / "j", synchronous=care)


def test_it_can_be_made_to_survive_the_loss_of_power(tmp_path: Path) -> None:
    """SQLite is told to wait for the disk."""
    journal = SqliteJournal(tmp_path / "j", synchronous="FULL")
    journal.begin([claim()])
    connection = journal._desks.get().connection
    assert connection is not None
    assert connection.execute("PRAGMA synchronous").fetchone() == (2,)
    assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    journal.close()


def test_a_full_disk_says_so_and_nothing_is_half_written(tmp_path: Path) -> None:
    """The claim fails as a whole; when there is room, it goes on."""
    journal = SqliteJournal(tmp_path / "j")
    journal.begin([claim("before")])
    connection = journal._desks.get().connection
    assert connection is not None
    connection.execute(f"PRAGMA max_page_count={connection.execute('PRAGMA page_count').fetchone()[0]}")
    with pytest.raises(JournalError, match="the disk is full: make room"):
        journal.begin([claim(str(number), facts={"user": "u" * 900}) for number in range(200)])
    assert state_of(journal, claim("0")) == "run"
    assert [record.key for record in journal.audit()] == ["before", "0"]
    journal.close()


def test_something_else_in_its_place_is_left_alone(tmp_path: Path) -> None:
    """A file that is no database is named, and not overwritten."""
    file = tmp_path / "j"
    file.write_text("my diary " * 200, encoding="utf-8")
    with pytest.raises(JournalError, match="not a SQLite file: move it away"):
        SqliteJournal(file).begin([claim()])
    assert file.read_text(encoding="utf-8").startswith("my diary")


def test_a_folder_in_its_place(tmp_path: Path) -> None:
    """The error says what to do."""
    with pytest.raises(JournalError, match="CLOVAX_JOURNAL"):
        SqliteJournal(tmp_path).begin([claim()])
    (tmp_path / "file").touch()
    with pytest.raises(JournalError, match="CLOVAX_JOURNAL"):
        SqliteJournal(tmp_path / "file" / "j").begin([claim()])


def test_tables_of_a_later_version_are_not_touched(tmp_path: Path) -> None:
    """Who does not know what they mean does not write to them."""
    journal = SqliteJournal(tmp_path / "j")
    journal.begin([claim()])
    journal.close()
    with sqlite3.connect(tmp_path / "j") as connection:
        connection.execute("UPDATE clovax_schema SET version = 99")
    connection.close()
    with pytest.raises(JournalError, match="later version of clovax-agents"):
        journal.begin([claim()])


def test_who_writes_for_too_long_is_reported(tmp_path: Path) -> None:
    """Others are waited for as long as was said; then the next call works again."""
    journal = SqliteJournal(tmp_path / "j", timeout=0.1)
    journal.begin([claim()])
    other = sqlite3.connect(tmp_path / "j", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(JournalError, match="another program has been writing"):
        journal.begin([claim()])
    other.execute("ROLLBACK")
    other.close()
    assert state_of(journal) == "wait"
    journal.close()


def test_many_open_the_file_at_the_same_time(tmp_path: Path) -> None:
    """A new file is set up once, while the others wait."""
    barrier, errors, found = threading.Barrier(6), list[BaseException](), list[str]()

    def open_it() -> None:
        journal = SqliteJournal(tmp_path / "j")
        barrier.wait(10)
        try:
            found.append(state_of(journal))
        except BaseException as error:  # noqa: BLE001
            errors.append(error)
        journal.close()

    threads = [threading.Thread(target=open_it) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert found.count("run") == 1


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    """The error says what to do."""
    tmp_path.chmod(0o500)
    with pytest.raises(JournalError, match="make its folder writable"):
        SqliteJournal(tmp_path / "j").begin([claim()])
