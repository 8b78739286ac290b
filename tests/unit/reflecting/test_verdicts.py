"""Verdicts in any shape, and the best of several attempts."""

from typing import Any

import pytest

from clovax_agents.errors import ConfigurationError
from clovax_agents.reflecting import Verdict
from clovax_agents.reflecting.verdicts import attempt_of, best_of, read_verdict


@pytest.mark.parametrize(
    ("found", "passes", "problem"),
    [
        (None, True, ""),
        ("", True, ""),
        ("너무 깁니다", False, "너무 깁니다"),
        (True, True, ""),
        (False, False, ""),
        (Verdict(passes=False, problem="말투", score=3), False, "말투"),
        ({"passes": True, "problem": "", "score": 9}, True, ""),
        ({"passes": False, "score": float("nan")}, False, ""),
    ],
)
def test_a_verdict_may_be_said_in_many_ways(found: Any, passes: bool, problem: str) -> None:  # noqa: FBT001
    """What passes, what is wrong, and a score if there is one."""
    verdict = read_verdict(found)
    assert (verdict.passes, verdict.problem) == (passes, problem)
    assert verdict.score in {None, 3, 9}


@pytest.mark.parametrize("found", [5, 0.7, ["너무 깁니다"], {}, {"passes": "yes"}])
def test_what_is_no_verdict_is_refused(found: Any) -> None:
    """A score alone does not say whether it is enough."""
    with pytest.raises(ConfigurationError, match="return a Verdict"):
        read_verdict(found)


PASSED, LIKED, DISLIKED = (Verdict(passes=passes, score=score) for passes, score in ((True, 0), (False, 7), (False, 0)))
UNSCORED = Verdict(passes=False)
FAILED = "failed"


@pytest.mark.parametrize(
    ("verdicts", "best"),
    [
        ([LIKED, DISLIKED], 0),
        ([DISLIKED, DISLIKED], 1),
        ([UNSCORED, DISLIKED], 1),
        ([LIKED, PASSED], 1),
        ([DISLIKED, None], 0),
        ([None, FAILED], 0),
        ([FAILED], 0),
    ],
)
def test_the_best_attempt(verdicts: list[Any], best: int) -> None:
    """One that passed, else by score, then one that nobody judged; of equal ones, the last."""
    attempts = [
        attempt_of(f"답 {number}", None if verdict == FAILED else verdict, failed=verdict == FAILED)
        for number, verdict in enumerate(verdicts)
    ]
    assert best_of(attempts)["answer"] == f"답 {best}"
