"""What a person sees of a journal and settles in it, in both databases."""

import pytest
from journals import claim, ended, state_of

from clovax_agents.errors import JournalError
from clovax_agents.execution.journal.audit import verify
from clovax_agents.execution.journal.owners import Owner
from clovax_agents.execution.journal.postgres import PostgresJournal
from clovax_agents.execution.journal.sqlite import SqliteJournal


def _open(place: str, *, dead: bool = False) -> SqliteJournal | PostgresJournal:
    owner = Owner(started=lambda _: "long ago") if dead else Owner()
    return PostgresJournal(place, owner=owner) if "://" in place else SqliteJournal(place, owner=owner)


def test_calls_are_told_with_their_states(place: str) -> None:
    """More of them than fit in one piece, in order, without their results; one alone comes with it."""
    died, journal = _open(place, dead=True), _open(place)
    keys = [f"k{number:04d}" for number in range(1_002)]
    journal.begin([claim(key, "read") for key in keys])
    journal.end([ended(key) for key in keys[1:]])
    died.begin([claim("z1"), claim("z2", "idempotent")])
    found = {one.key: one for one in journal.calls()}
    assert [*found] == [*keys, "z1", "z2"]
    assert [found[key].state for key in ("k0000", "k0001", "z1", "z2")] == [
        "running",
        "done",
        "broken off",
        "broken off",
    ]
    assert [key for key, one in found.items() if one.is_in_doubt] == ["z1"]
    assert found["k0001"].row.result == b""
    one = journal.call("k0001")
    assert one is not None
    assert one.row.result == b"paid"
    assert journal.call("nothing") is None
    died.close()
    journal.close()


def test_a_call_in_doubt_is_settled_once(place: str) -> None:
    """Done with a result, or not done and free to run; what runs or has ended is left alone."""
    died, journal = _open(place, dead=True), _open(place)
    died.begin([claim("a"), claim("b")])
    journal.settle("a", "done", result=b"paid", facts={"user": "kim"})
    journal.settle("b", "not_done", facts={"user": "kim"})
    assert (state_of(journal, claim("a")), state_of(journal, claim("b"))) == ("done", "interrupted")
    for key, reason in (("a", "it is done"), ("b", "is running"), ("c", "no such call")):
        with pytest.raises(JournalError, match=reason):
            journal.settle(key, "not_done", facts={})
    resolved = [record for record in journal.audit() if record.event == "resolved"]
    assert [record.facts for record in resolved] == [
        {"user": "kim", "outcome": "done"}, {"user": "kim", "outcome": "not_done"},
    ]  # fmt: skip
    assert verify(journal.audit()) == 6
    died.close()
    journal.close()
