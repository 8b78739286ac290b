"""What a judge says of an answer, however it says so, and which of several attempts is the best: pure."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from typing_extensions import TypedDict

from clovax_agents.answers import AnswerForm
from clovax_agents.checking import Checked
from clovax_agents.errors import ConfigurationError
from clovax_agents.execution.narrowing import as_dict
from clovax_agents.reflecting.wording import say

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["Attempt", "Verdict", "attempt_of", "best_of", "read_verdict", "verdict_form"]

_NAME: Final = "Verdict"
_MOST: Final = 10


class Verdict(NamedTuple):
    """What a judge says of an answer.

    Attributes:
        passes: whether it is good enough.
        problem: what is wrong with it and how to do better; the agent reads it.
        score: how good it is, from 0; the best attempt goes out if none passes.
    """

    passes: bool
    problem: str = ""
    score: float | None = None


class Attempt(TypedDict):
    """One attempt at an answer, as the state keeps it.

    Attributes:
        answer: its text.
        outcome: ``"passed"``, ``"rejected"``, ``"unjudged"``, or ``"failed"`` if there is no answer.
        problem: what is wrong with it.
        score: of the judge; None if it gave none.
    """

    answer: str
    outcome: str
    problem: str
    score: float | None


_RANKS: Final = ("failed", "unjudged", "rejected", "passed")


def verdict_form() -> AnswerForm:
    """Return the form of a judge's answer; it says what is wrong before it says how much."""
    about = say("What is wrong with the answer and how to do better; empty if it meets the rubric")
    score = say("How good the answer is, from 0 to 10")
    schema = {
        "title": _NAME,
        "description": say("Whether an answer is good enough"),
        "type": "object",
        "properties": {
            "problem": {"type": "string", "description": about},
            "score": {"type": "number", "minimum": 0, "maximum": _MOST, "description": score},
            "passes": {"type": "boolean", "description": say("Whether the answer meets the rubric")},
        },
        "required": ["problem", "score", "passes"],
    }
    return AnswerForm(_NAME, schema, schema, Checked(schema))


def read_verdict(found: Any) -> Verdict:
    """Read what a function or a model has said.

    Args:
        found: a `Verdict`, a dictionary of one, what is wrong as a text, None if nothing is, or whether it passes.

    Raises:
        ConfigurationError: anything else.

    Example:
        >>> read_verdict("너무 깁니다"), read_verdict(None)
        (Verdict(passes=False, problem='너무 깁니다', score=None), Verdict(passes=True, problem='', score=None))
    """
    if isinstance(found, Verdict):
        return found
    if found is None or isinstance(found, str):
        return Verdict(not found, found or "")
    if isinstance(found, bool):
        return Verdict(found)
    parts = as_dict(found)
    if parts is None or not isinstance(parts.get("passes"), bool):
        raise ConfigurationError(
            f"check returned a {type(found).__name__}: return a Verdict, what is wrong as a text, or None"
        )
    return Verdict(parts["passes"], str(parts.get("problem") or ""), _number(parts.get("score")))


def attempt_of(answer: str, verdict: Verdict | None, *, failed: bool = False) -> Attempt:
    """Return an attempt with what was said of it; without a verdict, nobody could say anything."""
    if failed:
        return {"answer": answer, "outcome": "failed", "problem": answer, "score": None}
    if verdict is None:
        return {"answer": answer, "outcome": "unjudged", "problem": say("it could not be judged"), "score": None}
    problem = "" if verdict.passes else verdict.problem or say("it does not meet the rubric")
    outcome = "passed" if verdict.passes else "rejected"
    return {"answer": answer, "outcome": outcome, "problem": problem, "score": verdict.score}


def best_of(attempts: Sequence[Attempt]) -> Attempt:
    """Return the best attempt: one that passed, else by score; of equal ones, the last.

    Example:
        >>> best_of([attempt_of("가", Verdict(False, "", 7)), attempt_of("나", Verdict(False, "", 3))])["answer"]
        '가'
    """
    return max(reversed(attempts), key=lambda each: (_RANKS.index(each["outcome"]), _points(each)))


def _points(attempt: Mapping[str, Any]) -> float:
    score = attempt["score"]
    return -1.0 if score is None else score


def _number(value: Any) -> float | None:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return float(value) if is_number and math.isfinite(value) else None
