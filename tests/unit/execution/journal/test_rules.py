"""What a claim meets in each state, and what an end changes."""

from dataclasses import replace
from typing import Any

import pytest
from journals import claim, ended

from clovax_agents.execution.journal.base import MAX_ATTEMPTS, Standing
from clovax_agents.execution.journal.rules import Row, claimed, idempotency_key
from clovax_agents.execution.journal.rules import ended as after

ROW = Row(status="started", effect="once", owner="them", lease_until=9, attempts=1, started_at=5, consumed=2)


def met(row: Row | None, *, lives: bool = False, **more: Any) -> tuple[Standing, Row | None]:
    """Claim a call as "us" at second 50."""
    return claimed(claim(**more), row, owner="us", now=50, lease=80, lives=lives)


def test_a_first_claim_runs() -> None:
    """Nothing is known: it is ours, from now."""
    standing, row = met(None)
    assert (standing.state, standing.attempts, standing.started_at) == ("run", 1, 50)
    assert row is not None
    assert (row.status, row.owner, row.lease_until) == ("started", "us", 80)


@pytest.mark.parametrize("status", ["done", "failed"])
@pytest.mark.parametrize("again", [False, True])
def test_what_is_final_gives_its_result(status: Any, again: bool) -> None:  # noqa: FBT001
    """Not even a person who says "again" has it run once more."""
    standing, row = met(replace(ROW, status=status, result=b"r"), again=again)
    assert (standing.state, standing.result, row) == ("done", b"r", None)


def test_an_interrupted_call_is_taken_over_with_its_answers() -> None:
    """Attempts and answers of a person stay; from now on it is ours."""
    standing, row = met(replace(ROW, status="interrupted"))
    assert (standing.state, standing.attempts, standing.consumed) == ("interrupted", 1, 2)
    assert row is not None
    assert (row.status, row.owner) == ("started", "us")


@pytest.mark.parametrize("effect", ["read", "idempotent", "once"])
@pytest.mark.parametrize("again", [False, True])
def test_who_lives_is_waited_for(effect: str, again: bool) -> None:  # noqa: FBT001
    """Whatever the effect, two never run it at the same time."""
    standing, row = met(ROW, lives=True, effect=effect, again=again)
    assert (standing.state, row) == ("wait", None)


@pytest.mark.parametrize("effect", ["read", "idempotent"])
def test_what_may_repeat_runs_again_with_the_same_key(effect: str) -> None:
    """The other side sees by the key that it is the same call."""
    standing, row = met(ROW, effect=effect)
    assert (standing.state, standing.attempts, standing.started_at) == ("run", 2, 5)
    assert standing.idempotency_key == met(None)[0].idempotency_key == idempotency_key("k")
    assert row is not None
    assert row.attempts == 2


def test_what_must_not_repeat_is_unknown_until_somebody_knows() -> None:
    """It is written down as unknown, stays so, and runs only when it is said that it did not happen."""
    standing, row = met(ROW)
    assert standing.state == "unknown"
    assert row == replace(ROW, status="unknown")
    assert met(row)[0].state == "unknown"
    assert met(row)[1] is None
    standing, row = met(row, again=True)
    assert (standing.state, standing.attempts) == ("run", 2)
    assert standing.idempotency_key == idempotency_key("k")


@pytest.mark.parametrize("effect", ["read", "idempotent", "once"])
@pytest.mark.parametrize("again", [False, True])
def test_what_keeps_dying_is_quarantined(effect: str, again: bool) -> None:  # noqa: FBT001
    """After so many deaths nobody has it run, not even a hook that finds that it did not happen."""
    standing, row = met(replace(ROW, attempts=MAX_ATTEMPTS), effect=effect, again=again)
    assert (standing.state, row) == ("quarantined", None)


@pytest.mark.parametrize("how", ["done", "failed"])
@pytest.mark.parametrize("status", ["started", "interrupted", "unknown"])
def test_a_result_is_taken_from_anybody(how: Any, status: Any) -> None:
    """Even from an owner that was taken for dead: what happened, happened."""
    row = after(ended(how=how), replace(ROW, status=status), owner="somebody", now=50)
    assert row is not None
    assert (row.status, row.result, row.consumed) == (how, b"paid", 2)
    assert row.lease_until == 50  # when it ended, which is what its age counts from


@pytest.mark.parametrize("how", ["done", "failed", "interrupted", "unknown", "refused"])
@pytest.mark.parametrize("status", ["done", "failed", "forgotten"])
def test_the_first_result_stays(how: Any, status: Any) -> None:
    """What is final is not changed by what comes later."""
    assert after(ended(how=how), replace(ROW, status=status), owner="them", now=50) is None


@pytest.mark.parametrize("how", ["interrupted", "unknown"])
@pytest.mark.parametrize(("status", "owner"), [("started", "us"), ("unknown", "them"), ("interrupted", "them")])
def test_a_call_in_doubt_is_not_made_one_that_may_run(how: Any, status: Any, owner: str) -> None:
    """Only who runs a call, while it runs, can say that it may run again."""
    assert after(ended(how=how), replace(ROW, status=status), owner=owner, now=50) is None


def test_who_runs_it_may_give_it_back() -> None:
    """With the answers of a person that it has had; never fewer than before."""
    row = after(ended(how="interrupted", consumed=3), ROW, owner="them", now=50)
    assert row == replace(ROW, status="interrupted", consumed=3)
    row = after(ended(how="interrupted", consumed=0), ROW, owner="them", now=50)
    assert row == replace(ROW, status="interrupted", consumed=2)


def test_what_never_began_leaves_no_row() -> None:
    """A refusal is only noted in the audit."""
    assert after(ended(how="refused"), None, owner="us", now=50) is None
    assert after(ended(how="done"), None, owner="us", now=50) is None
