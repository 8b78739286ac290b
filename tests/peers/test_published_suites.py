"""The suites of langgraph-prebuilt and langchain with our executor, and those of multi-agent packages with ours."""

import importlib.metadata
import os
from pathlib import Path

import pytest
from suites import LANGCHAIN, PREBUILT, SUPERVISOR, SWARM, Suite, archive, deviations, run

SOAK = bool(os.environ.get("CLOVAX_SOAK"))
LONG = pytest.mark.skipif(not SOAK, reason="a minute; part of make soak")
ALL = [PREBUILT, LANGCHAIN, SUPERVISOR, SWARM]
SUITES = [PREBUILT, pytest.param(LANGCHAIN, marks=LONG), SUPERVISOR, SWARM]


@pytest.mark.timeout(600)
@pytest.mark.parametrize("suite", SUITES, ids=lambda suite: suite.package)
@pytest.mark.soak(every=4)
def test_their_suite_passes_with_ours(suite: Suite, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What passes with theirs passes with ours, but for what we do otherwise on purpose."""
    theirs, ours = run(suite, tmp_path, swapped=False), run(suite, tmp_path, swapped=True)
    expected = deviations(suite)
    with capsys.disabled():
        print(f"\n{suite.package} {suite.version}: as it is {theirs}; swapped {ours}")  # noqa: T201

    assert theirs.visits == 0
    assert not (suite.green and theirs.having("failed"))
    assert ours.visits >= suite.visits
    assert ours.outcomes.keys() == theirs.outcomes.keys()
    assert theirs.having("passed") & ours.having("failed") == set(expected)


@pytest.mark.parametrize("suite", ALL, ids=lambda suite: suite.package)
def test_the_suite_is_of_the_installed_version(suite: Suite) -> None:
    """A newer peer brings its own suite: then the pin has to follow."""
    assert importlib.metadata.version(suite.package) == suite.version


@pytest.mark.parametrize("suite", ALL, ids=lambda suite: suite.package)
def test_every_deviation_has_a_reason(suite: Suite) -> None:
    """A deviation is a decision that somebody can read."""
    assert all(len(why.split()) > 4 for why in deviations(suite).values())


def test_a_file_that_was_changed_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing runs that is not what was pinned."""
    monkeypatch.setattr("suites.CACHE", tmp_path)
    (tmp_path / f"{PREBUILT.folder}.tar.gz").write_bytes(b"something else")

    with pytest.raises(ValueError, match="not the file that was pinned"):
        archive(PREBUILT)
