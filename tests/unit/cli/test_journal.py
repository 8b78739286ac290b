"""``clovax journal``: what a person sees of the calls, and what becomes of those that nobody knows of."""

import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import Result

from clovax_agents.errors import JournalError
from clovax_agents.execution.journal import SqliteJournal
from clovax_agents.execution.journal.base import Claim, Ended
from clovax_agents.execution.journal.encoding import decode
from clovax_agents.execution.journal.owners import Owner

Clovax = Callable[..., Result]
FACTS = {"thread": "t-1", "tool": "refund", "call": "c1"}


def _dead() -> Owner:
    """Return an owner of a process that is gone."""
    return Owner(started=lambda _: "long ago")


@pytest.fixture
def path(tmp_path: Path) -> str:
    """Return a journal with a call that was done and one that broke off."""
    file = tmp_path / "journal.sqlite"
    journal = SqliteJournal(file, owner=_dead())
    journal.begin([Claim(key="aa11", effect="once", facts=FACTS), Claim(key="bb22", effect="once", facts=FACTS)])
    journal.end([Ended(key="aa11", how="done", facts={"outcome": "done"})])
    journal.close()
    return str(file)


def _states(clovax: Clovax, path: str, *more: str) -> dict[str, str]:
    done = clovax("journal", "list", "--journal", path, "--json", *more)
    return {one["key"]: one["state"] for one in json.loads(done.stdout)["calls"]}


def test_calls_are_listed_by_state_and_thread(clovax: Clovax, path: str) -> None:
    """With tool and thread, as a table and as JSON."""
    assert _states(clovax, path) == {"aa11": "done", "bb22": "broken off"}
    assert _states(clovax, path, "--state", "broken-off") == {"bb22": "broken off"}
    assert _states(clovax, path, "--thread", "other") == {}
    assert _states(clovax, path, "--limit", "1").keys() <= {"aa11", "bb22"}
    shown = clovax("journal", "list", "--journal", path).stdout
    assert all(part in shown for part in ("aa11", "broken off", "refund", "t-1"))
    shown = clovax("journal", "show", "bb", "--journal", path).stdout
    assert all(part in shown for part in ("bb22", "once", "started", "tool=refund"))


def test_what_is_in_doubt_ends_with_3_until_it_is_resolved(clovax: Clovax, path: str) -> None:
    """A result that a person gives is what the run gets; the audit tells who said so, and stays whole."""
    doubt = clovax("journal", "unknown", "--journal", path)
    assert doubt.exit_code == 3
    assert "bb22" in doubt.stdout
    assert "aa11" not in doubt.stdout
    done = clovax("journal", "resolve", "bb", "--done", "환불 39,000원", "--journal", path)
    assert done.exit_code == 0, done.output
    assert clovax("journal", "unknown", "--journal", path).exit_code == 0
    journal = SqliteJournal(path)
    (standing,) = journal.begin([Claim(key="bb22", effect="once", facts=FACTS)])
    answer = decode(standing.result)
    assert (standing.state, answer.content, answer.tool_call_id, answer.name) == (
        "done",
        "환불 39,000원",
        "c1",
        "refund",
    )
    assert [record.event for record in journal.audit()][-2:] == ["resolved", "recalled"]
    journal.close()
    assert clovax("journal", "verify", "--journal", path).exit_code == 0
    assert "환불 39,000원" in clovax("journal", "show", "bb22", "--journal", path).stdout


def test_what_did_not_happen_may_run(clovax: Clovax, path: str) -> None:
    """Whoever claims it next gets it."""
    assert clovax("journal", "resolve", "bb22", "--not-done", "--journal", path).exit_code == 0
    journal = SqliteJournal(path)
    assert journal.begin([Claim(key="bb22", effect="once")])[0].state == "interrupted"
    with pytest.raises(JournalError, match="is running"):
        journal.settle("bb22", "done", facts={})
    journal.close()


def test_what_is_not_in_doubt_is_not_resolved(clovax: Clovax, path: str) -> None:
    """Bad input: a call that is done, one that is not there, and neither or both outcomes."""
    for arguments, reason in (
        (["aa11", "--not-done"], "is not in doubt, it is done"),
        (["zz", "--not-done"], "0 calls have a key that begins with 'zz'"),
        (["bb22"], "--done RESULT, or --not-done"),
        (["bb22", "--not-done", "--done", "x"], "--done RESULT, or --not-done"),
    ):
        done = clovax("journal", "resolve", *arguments, "--journal", path)
        assert done.exit_code == 1
        assert reason in " ".join(done.stderr.split())
    assert _states(clovax, path)["bb22"] == "broken off"


def test_a_changed_or_shortened_audit_is_found(clovax: Clovax, path: str) -> None:
    """The head that was noted shows that the end was cut off; a changed line is named."""
    head = json.loads(clovax("journal", "verify", "--journal", path, "--json").stdout)["head"]
    assert clovax("journal", "verify", "--journal", path, "--head", head).exit_code == 0
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("DELETE FROM clovax_audit WHERE number = 3")
    assert clovax("journal", "verify", "--journal", path).exit_code == 0
    assert clovax("journal", "verify", "--journal", path, "--head", head).exit_code == 1
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("UPDATE clovax_audit SET event = 'done' WHERE number = 1")
    done = clovax("journal", "verify", "--journal", path)
    assert done.exit_code == 1
    assert "record 1 of the audit is not as it was written" in " ".join(done.stderr.split())


def test_old_results_are_forgotten(clovax: Clovax, tmp_path: Path) -> None:
    """Of days ago, not of the last hour; the audit says so."""
    path = str(tmp_path / "old.sqlite")
    journal = SqliteJournal(path, clock=lambda: 1_000_000.0)
    journal.begin([Claim(key="aa", effect="once")])
    journal.end([Ended(key="aa", how="done", result=b"{}")])
    journal.close()
    done = clovax("journal", "prune", "--days", "1", "--journal", path)
    assert "results forgotten: 1" in done.stdout
    assert _states(clovax, path) == {"aa": "forgotten"}


def test_a_journal_that_is_not_there_is_not_made(clovax: Clovax, tmp_path: Path) -> None:
    """Bad input: no file, a file of something else, and one in memory."""
    other = tmp_path / "notes.txt"
    other.write_text("no database", encoding="utf-8")
    for place in (tmp_path / "none.sqlite", other):
        done = clovax("journal", "list", "--journal", str(place))
        assert done.exit_code == 1
        assert "there is no journal in" in done.stderr
    assert not (tmp_path / "none.sqlite").exists()
    assert "in memory" in clovax("journal", "list", "--journal", "memory").stderr
