"""What all three journals do alike."""

import json
import os
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from journals import claim, ended, run_python, state_of, states

from clovax_agents.execution.journal.audit import head, verify
from clovax_agents.execution.journal.base import Journal
from clovax_agents.execution.journal.choosing import open_journal

CLAIMER = """
import json, sys
from clovax_agents.execution.journal.base import Claim, Ended
from clovax_agents.execution.journal.choosing import open_journal
journal = open_journal(sys.argv[1]).journal
if len(sys.argv) > 2:
    standings = journal.begin([Claim(key="k", effect=sys.argv[2])])
    print(standings[0].state, flush=True)
    sys.stdin.readline()
    sys.exit()
print("ready", flush=True)
sys.stdin.readline()
won = []
for number in range(40):
    (found,) = journal.begin([Claim(key=f"k{number}", effect="once")])
    if found.state == "run":
        won.append(number)
print(json.dumps(won), flush=True)
sys.stdin.readline()
"""


def test_a_call_from_claim_to_result(journal: Journal) -> None:
    """It runs once; whoever asks meanwhile waits; afterwards there is its result."""
    (first,) = journal.begin([claim()])
    assert (first.state, first.attempts, first.consumed) == ("run", 1, 0)
    assert state_of(journal) == "wait"
    journal.end([ended(result=b"\x00\xffpaid")])
    (again,) = journal.begin([claim()])
    assert (again.state, again.result, again.idempotency_key) == ("done", b"\x00\xffpaid", first.idempotency_key)
    assert again.started_at == first.started_at


def test_one_call_twice_in_a_batch(journal: Journal) -> None:
    """Two callers whose claims go into one transaction do not both run it."""
    assert states(journal, claim(), claim("other"), claim()) == ["run", "run", "wait"]


def test_a_call_that_waits_for_a_person(journal: Journal) -> None:
    """It is taken up again, with the answers that it has had."""
    journal.begin([claim()])
    journal.end([ended(how="interrupted", consumed=2)])
    (found,) = journal.begin([claim()])
    assert (found.state, found.consumed, found.attempts) == ("interrupted", 2, 1)
    journal.end([ended(how="failed", result=b"no")])
    assert journal.begin([claim()])[0].result == b"no"


def test_what_was_given_up_halfway_stays_unknown(journal: Journal) -> None:
    """Even when the same owner then says that it may run; and runs when somebody knows that it did not happen."""
    journal.begin([claim()])
    journal.end([ended(how="unknown")])
    journal.end([ended(how="interrupted")])
    assert states(journal, claim(), claim(), claim(again=True)) == ["unknown", "unknown", "run"]


def test_the_audit_tells_what_happened(journal: Journal) -> None:
    """Each event once and in order, waiting excepted, in one chain; also by thread."""
    journal.begin([claim(), claim("other", facts={"thread": "t" * 200})])
    journal.begin([claim()])
    journal.end([ended(), ended("never", "refused", facts={"outcome": "rejected"})])
    journal.begin([claim()])
    records = list(journal.audit())
    assert [(record.event, record.key) for record in records] == [
        ("started", "k"),
        ("started", "other"),
        ("done", "k"),
        ("refused", "never"),
        ("recalled", "k"),
    ]
    assert verify(records, head(records)) == 5
    assert [record.key for record in journal.audit(thread_id="t" * 200)] == ["other"]
    assert records[3].facts == {"thread": "t", "outcome": "rejected"}


def test_a_long_audit_is_read_whole(journal: Journal) -> None:
    """More records than one piece holds."""
    journal.end([ended(str(number), "refused") for number in range(2_345)])
    assert verify(journal.audit()) == 2_345


def test_odd_facts_are_kept_as_well_as_can_be(journal: Journal) -> None:
    """Half characters, objects, numbers beyond measure: nothing of it stops a call."""
    facts: dict[Any, Any] = {"user": "\ud800\x00", "object": object(), "big": 10**5000, 3: [b"x", {"a": float("nan")}]}
    assert state_of(journal, claim(facts=facts)) == "run"
    (record,) = journal.audit()
    assert record.facts["user"] == "\\ud800\\u0000"
    assert record.facts["object"] == "object"
    assert verify(journal.audit()) == 1


def test_threads_share_a_journal(journal: Journal) -> None:
    """Of many that claim at the same time, one gets it."""
    barrier = threading.Barrier(4)

    def race(_: int) -> list[str]:
        barrier.wait(10)
        return [state_of(journal, claim(str(number))) for number in range(10)]

    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(race, range(4)))
    assert [sorted(column) for column in zip(*found, strict=True)] == [["run", "wait", "wait", "wait"]] * 10


def test_a_closed_journal_opens_again(journal: Journal) -> None:
    """What it is asked for next, it still knows."""
    journal.begin([claim()])
    journal.end([ended()])
    journal.close()
    assert state_of(journal) == "done"


@pytest.mark.soak(every=2)
def test_of_two_processes_one_gets_each_call(place: str) -> None:
    """They claim the same calls at the same time; each is given to exactly one."""
    processes = [run_python(CLAIMER, place) for _ in range(2)]
    won: list[int] = []
    try:
        for process in processes:
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
        for process in processes:
            say(process)
        for process in processes:
            assert process.stdout is not None
            won += json.loads(process.stdout.readline())
    finally:
        for process in processes:
            process.kill()
            process.communicate()
    assert sorted(won) == list(range(40))
    assert verify(open_journal(place).journal.audit()) == 40


@pytest.mark.parametrize(("effect", "expected"), [("once", "unknown"), ("idempotent", "run")])
@pytest.mark.soak(every=4)
def test_a_process_that_is_killed(place: str, effect: str, expected: str) -> None:
    """While it lives, its call is waited for; at its death it is in doubt at once, not when a lease ends."""
    process = run_python(CLAIMER, place, effect)
    assert process.stdout is not None
    assert process.stdout.readline() == "run\n"
    journal = open_journal(place).journal
    assert state_of(journal, claim(effect=effect)) == "wait"
    process.kill()
    process.communicate()
    assert state_of(journal, claim(effect=effect)) == expected


@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")  # what it warns of is what is tested
def test_a_forked_child_uses_the_journal(place: str) -> None:
    """It neither waits for the parent's lock nor ends the parent's session; calls of the parent are still running."""
    journal = open_journal(place).journal
    assert state_of(journal) == "run"
    desk = journal._desks.get()  # type: ignore[attr-defined]
    with desk.lock:  # as it may be held by the writer's thread
        pid = os.fork()
        if pid == 0:
            found = states(journal, claim(), claim("child"))
            os._exit(0 if found == ["wait", "run"] else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
    assert states(journal, claim(), claim("child")) == ["wait", "unknown"]


def say(process: Any) -> None:
    """Let it go on."""
    process.stdin.write("\n")
    process.stdin.flush()
