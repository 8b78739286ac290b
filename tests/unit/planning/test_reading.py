"""Plans as planners write them: read strictly, with what is wrong in words that a planner can act on."""

import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clovax_agents.errors import InvalidArgumentsError
from clovax_agents.planning.progress import ready, replanned, skippable
from clovax_agents.planning.reading import read_plan
from clovax_agents.planning.state import PlanStep, merge_plan


def _written(*steps: Any) -> str:
    return json.dumps({"steps": list(steps)}, ensure_ascii=False)


def _step(number: str, status: Any = "pending", *after: str) -> PlanStep:
    return {"id": number, "task": f"일 {number}", "after": list(after), "status": status, "result": ""}


@pytest.mark.parametrize(
    "text",
    [
        '{"steps": [{"task": "주문 조회", "after": []}]}',
        '```json\n{"steps": [{"task": "주문 조회", "after": []}]}\n```',
        '계획은 다음과 같습니다.\n{"steps": [{"task": " 주문\\n조회 ", "after": []}]}\n이상입니다.',
        '{"steps": [{"task": "주문 조회", "why": "필요함"}], "note": "?"}',
    ],
)
def test_a_plan_is_found_in_what_a_model_says(text: str) -> None:
    """In a fence, between words, with more in it than was asked for."""
    expected: PlanStep = {"id": "1", "task": "주문 조회", "after": [], "status": "pending", "result": ""}
    assert read_plan(text, 5) == [expected]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "not a JSON object"),
        ("주문을 조회하고 취소합니다.", "not a JSON object"),
        ('{"steps": [{"task": "주문 조회"', "not a JSON object"),
        ('{"steps": [{"task": "a"}], "steps": []}', "steps"),
        ('{"plan": []}', "steps"),
        ('{"steps": "주문 조회"}', "steps"),
        (_written({"task": "  "}), "step 1 has no task"),
        (_written({"task": "a", "after": [1]}), "step 1 waits for step 1"),
        (_written({"task": "a", "after": [2]}, {"task": "b", "after": []}), "step 1 waits for step 2"),
        (_written({"task": "a", "after": [0]}), "waits for step 0"),
        (_written({"task": "a", "after": ["first"]}), "after"),
        (_written(*[{"task": "a"}] * 6), "it has 6 steps, and 5 are allowed"),
        (_written({"task": "가" * 2_001}), "task"),
    ],
)
def test_what_is_no_plan_is_refused_with_the_reason(text: str, problem: str) -> None:
    """Cut off, in circles, too long, or something else altogether."""
    with pytest.raises(InvalidArgumentsError, match=problem):
        read_plan(text, 5)


def test_new_steps_are_numbered_behind_those_that_there_are() -> None:
    """What they wait for as well; without a word, a step waits for the one before it."""
    known = [_step("1", "completed"), _step("4", "failed")]
    made = read_plan(_written({"task": "a"}, {"task": "b"}, {"task": "c", "after": [1, 1]}), 5, known)
    assert [(step["id"], step["after"]) for step in made] == [("5", []), ("6", ["5"]), ("7", ["5"])]


@given(st.text(max_size=200) | st.recursive(st.none() | st.integers() | st.text(), st.lists).map(repr))
def test_no_text_breaks_the_reading(text: str) -> None:
    """It is a plan, or it is refused."""
    with suppress(InvalidArgumentsError):
        assert isinstance(read_plan(text, 5), list)


@given(st.lists(st.sampled_from(["completed", "failed", "fine"]), max_size=12), st.integers(1, 4), st.randoms())
def test_every_plan_comes_to_an_end(outcomes: list[str], width: int, random: Any) -> None:
    """Whatever fails, each step has run once, or is skipped because of one that failed."""
    count = max(len(outcomes), 1)
    plan = [
        _step(str(n), "pending", *(str(m) for m in range(1, n) if random.random() < 0.4)) for n in range(1, count + 1)
    ]
    ran: list[str] = []
    for _ in range(count + 1):
        plan = merge_plan(plan, skippable(plan))
        ids = ready(plan, width)
        assert len(ids) <= width
        ran += ids
        done = {
            name: {"status": "failed" if outcomes[int(name) - 1 :][:1] == ["failed"] else "completed"} for name in ids
        }
        plan = merge_plan(plan, done)
    assert {step["status"] for step in plan} <= {"completed", "failed", "skipped"}
    assert len(ran) == len(set(ran)) == sum(step["status"] != "skipped" for step in plan)
    for step in plan:
        lost = [other["status"] in {"failed", "skipped"} for other in plan if other["id"] in step["after"]]
        assert (step["status"] == "skipped") == any(lost)


def test_a_new_plan_keeps_what_has_been_done() -> None:
    """Only open steps are exchanged."""
    plan = [_step("1", "completed"), _step("2", "failed"), _step("3", "pending", "2")]
    assert [step["id"] for step in replanned(plan, [_step("4")])] == ["1", "2", "4"]
