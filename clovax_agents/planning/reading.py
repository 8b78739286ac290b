"""A planner's answer read: strictly, with what is wrong in words that it can act on: pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from clovax_agents.errors import InvalidArgumentsError
from clovax_agents.execution.misfits import misfits
from clovax_agents.planning.wording import say
from clovax_agents.wire.arguments import parse_arguments, unfenced

if TYPE_CHECKING:
    from collections.abc import Sequence

    from clovax_agents.planning.state import PlanStep

__all__ = ["read_plan"]

_LONGEST_TASK: Final = 2_000


class _Planned(BaseModel):
    model_config = ConfigDict(extra="ignore")

    task: str = Field(max_length=_LONGEST_TASK)
    after: list[int] | None = None


class _Plan(BaseModel):
    model_config = ConfigDict(extra="ignore")

    steps: list[_Planned]


def read_plan(text: str, most: int, known: Sequence[PlanStep] = ()) -> list[PlanStep]:
    """Read the steps of a plan; a step that does not say what it waits for waits for the one before it.

    Args:
        text: of the planner: one JSON object, in a fence and with words around it or not.
        most: how many steps it may have.
        known: steps that there are already; the new ones are numbered behind them.

    Raises:
        InvalidArgumentsError: with what is wrong.

    Example:
        >>> [step["after"] for step in read_plan('{"steps": [{"task": "조회"}, {"task": "계산"}]}', 5)]
        [[], ['1']]
    """
    try:
        plan = _Plan.model_validate(parse_arguments(_object_in(text)))
    except ValidationError as error:
        raise InvalidArgumentsError(misfits(error, whole=say("plan"), most=8)) from None
    if len(plan.steps) > most:
        raise InvalidArgumentsError(
            say("it has {count} steps, and {most} are allowed", count=len(plan.steps), most=most)
        )
    first = max((int(step["id"]) for step in known), default=0)
    return [_step(planned, number, first) for number, planned in enumerate(plan.steps, 1)]


def _step(planned: _Planned, number: int, first: int) -> PlanStep:
    task = " ".join(planned.task.split())
    if not task:
        raise InvalidArgumentsError(say("step {number} has no task", number=number))
    before = planned.after
    if before is None:
        before = [number - 1] if number > 1 else []
    for other in before:
        if not 1 <= other < number:
            text = "step {number} waits for step {other}, which is not before it"
            raise InvalidArgumentsError(say(text, number=number, other=other))
    after = [str(first + other) for other in dict.fromkeys(before)]
    return {"id": str(first + number), "task": task, "after": after, "status": "pending", "result": ""}


def _object_in(text: str) -> str:
    """Return the JSON object of an answer: models like to say something before and behind it."""
    bare = unfenced(text.strip())
    start, end = bare.find("{"), bare.rfind("}")
    if not 0 <= start < end:
        raise InvalidArgumentsError(say("the answer is not a JSON object"))
    return bare[start : end + 1]
