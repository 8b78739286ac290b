"""G01, G03, G04 and 40009 together: a model that makes every mistake at once, on real Korean utterances."""

import os
import sys
from pathlib import Path
from typing import Any

import pytest

_BENCHMARKS = Path(__file__).parents[2] / "benchmarks"
_EVERY = 1 if os.environ.get("CLOVAX_SOAK") else 25


@pytest.fixture
def chaos(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Give the benchmark's own module."""
    monkeypatch.syspath_prepend(str(_BENCHMARKS))
    import chaos as module  # noqa: PLC0415

    yield module
    for name in ("chaos", "chaos_brain", "functionchat"):
        sys.modules.pop(name, None)


@pytest.mark.timeout(600)
def test_g01_g03_g04_every_run_ends_in_an_answer_and_no_wrong_call_is_run(chaos: Any) -> None:
    """With mistakes five times as frequent as in the benchmark: no silence, no half answers, no wrong calls."""
    everything = list(chaos.cases())[::_EVERY]
    rates = chaos.Rates(invented_names=0.25, broken_json=0.15, truncated=0.15, empty=0.1, loops=0.1, resets=0.01)
    right = chaos.right_calls(everything)
    (ours, *_) = chaos.CONTENDERS.values()
    found = chaos.judged(chaos.chaos(everything, ours, rates), right)
    assert found["silence"] == found["cut_off"] == found["wrong_tool_runs"] == 0
    assert found["answers"] + sum(found["errors"].values()) == found["runs"] == len(everything)
    assert found["answers"] >= 0.9 * found["runs"]
    assert sum(found["recoveries"].values()) >= 0.2 * found["runs"]
    assert set(found["errors"]) <= {"InvalidResponseError", "EmptyAnswerError", "UnsupportedFunctionError"}
