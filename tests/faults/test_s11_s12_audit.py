"""The audit of calls: whole after a kill, changed by nobody unseen, and safe to print (faults S11 and S12)."""

import sqlite3
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest
from journals import claim, ended, run_python

from clovax_agents.errors import JournalError
from clovax_agents.execution.journal.audit import head, verify
from clovax_agents.execution.journal.memory import MemoryJournal
from clovax_agents.execution.journal.postgres import PostgresJournal
from clovax_agents.execution.journal.sqlite import SqliteJournal

WORKER = """
import itertools, sys
from clovax_agents.execution.journal.base import Claim, Ended
from clovax_agents.execution.journal.choosing import open_journal
journal = open_journal(sys.argv[1]).journal
for number in itertools.count():
    journal.begin([Claim(key=str(number), effect="once", facts={"tool": "pay"})])
    print(number, flush=True)
    journal.end([Ended(key=str(number), how="done", result=b"x")])
"""


@pytest.mark.parametrize("kind", ["sqlite", "postgres"])
@pytest.mark.soak(every=2)
def test_s12_the_last_call_is_there_after_a_kill(kind: str, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    """Whatever a call could have done, it is in the audit that it began; and the chain is whole."""
    place = str(tmp_path / "j") if kind == "sqlite" else request.getfixturevalue("postgres_url")
    process = run_python(WORKER, place)
    assert process.stdout is not None
    for _ in range(25):
        process.stdout.readline()
    process.kill()
    rest, _ = process.communicate()
    last = [line for line in rest.splitlines() if line.strip()][-1:] or ["24"]
    journal = SqliteJournal(place) if kind == "sqlite" else PostgresJournal(place)
    records = list(journal.audit())
    assert verify(records) >= 49
    assert last[0] in {record.key for record in records if record.event == "started"}
    journal.close()


@pytest.mark.parametrize(
    ("change", "first"),
    [
        ('UPDATE clovax_audit SET facts = \'{"tool":"look"}\' WHERE number = 3', 3),
        ("UPDATE clovax_audit SET time = time + 1 WHERE number = 3", 3),
        ("UPDATE clovax_audit SET event = 'refused' WHERE number = 3", 3),
        ("UPDATE clovax_audit SET key = 'x' WHERE number = 3", 3),
        ("UPDATE clovax_audit SET facts = 'no json' WHERE number = 3", 3),
        ("DELETE FROM clovax_audit WHERE number = 3", 4),
        ("DELETE FROM clovax_audit WHERE number = 1", 2),
        ("UPDATE clovax_audit SET hash = (SELECT hash FROM clovax_audit WHERE number = 2) WHERE number = 3", 3),
    ],
)
def test_s12_a_change_is_seen(change: str, first: int, tmp_path: Path) -> None:
    """The error names the first record that does not fit."""
    journal = SqliteJournal(tmp_path / "j")
    for number in range(3):
        journal.begin([claim(str(number))])
        journal.end([ended(str(number))])
    journal.close()
    connection = sqlite3.connect(tmp_path / "j")
    connection.execute(change)
    connection.commit()
    connection.close()
    with pytest.raises(JournalError, match=f"record {first} of the audit is not as it was written"):
        verify(journal.audit())
    journal.close()


def test_s12_a_change_is_seen_in_postgres(postgres_url: str) -> None:
    """The same chain in another database."""
    journal = PostgresJournal(postgres_url)
    journal.begin([claim(str(number)) for number in range(3)])
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute("UPDATE clovax_audit SET event = 'refused' WHERE number = 2")
    with pytest.raises(JournalError, match="record 2 of the audit"):
        verify(journal.audit())
    journal.close()


def test_s12_an_end_that_was_cut_off_is_seen_by_its_head() -> None:
    """Whoever notes the last hash elsewhere sees that records are missing at the end."""
    journal = MemoryJournal()
    journal.begin([claim(str(number)) for number in range(3)])
    records = list(journal.audit())
    noted = head(records)
    assert verify(records, noted) == 3
    assert verify(records[:2]) == 2
    with pytest.raises(JournalError, match="ends after record 2"):
        verify(records[:2], noted)


def test_s12_a_record_that_was_made_up_is_seen() -> None:
    """One cannot be put between others, nor its number changed."""
    journal = MemoryJournal()
    journal.begin([claim(str(number)) for number in range(3)])
    records = list(journal.audit())
    for made_up in (
        [records[0], records[0], *records[1:]],
        [records[1], records[0], records[2]],
        [replace(records[0], number=2), *records[1:]],
        [replace(records[0], previous="1" * 64), *records[1:]],
    ):
        with pytest.raises(JournalError, match="of the audit is not as it was written"):
            verify(made_up)


def test_s11_what_a_model_wrote_stays_in_its_line() -> None:
    """Line ends, colours and letters that turn the direction are escaped, wherever they are."""
    journal = MemoryJournal()
    evil = "pay\r\n2026 admin logged in \x1b[31m\u2028\u202egnp"
    journal.begin([claim(facts={"tool": evil, "user": {evil: [evil]}})])
    (record,) = journal.audit()
    escaped = "pay\\u000d\\u000a2026 admin logged in \\u001b[31m\\u2028\\u202egnp"
    assert record.facts["tool"] == escaped
    assert record.facts["user"] == {escaped: [escaped]}
