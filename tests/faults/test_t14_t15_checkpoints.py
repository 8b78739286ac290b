"""T14, T15 with checkpoints of our serializer: approvals that outlive processes, and kills that repeat nothing."""

from pathlib import Path

import pytest
from checkpointlives import Life, live
from killed import Contender
from killing import Trial, table


@pytest.fixture
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Where checkpoints and journal are kept."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/checkpoints.sqlite"
    return str(request.getfixturevalue("postgres_url"))


@pytest.mark.parametrize("url", ["sqlite", "postgres"], indirect=True)
@pytest.mark.soak(every=2)
def test_t14_an_approval_is_given_in_another_process(url: str, tmp_path: Path) -> None:
    """The process that asked was killed -9 while it waited; what was approved runs once, and the agent ends."""
    assert live(Life(url=url, folder=tmp_path, does="begin", dies="waiting")) == -9
    assert live(Life(url=url, folder=tmp_path, does="approve")) == 0
    assert (tmp_path / "effects").read_text() == "pay 5\n"
    assert (tmp_path / "answers").read_text() == "paid 5\ndone"


@pytest.mark.parametrize("url", ["sqlite", "postgres"], indirect=True)
@pytest.mark.soak(every=2)
def test_t15_killed_right_after_the_approved_effect(url: str, tmp_path: Path) -> None:
    """The next process does not pay again; it says that nobody knows."""
    assert live(Life(url=url, folder=tmp_path, does="begin", dies="waiting")) == -9
    assert live(Life(url=url, folder=tmp_path, does="approve", dies="after_effect")) == -9
    assert live(Life(url=url, folder=tmp_path, does="go_on")) == 0
    assert (tmp_path / "effects").read_text() == "pay 5\n"
    answer, end = (tmp_path / "answers").read_text().rsplit("\n", 1)
    assert "paid" not in answer
    assert end == "done"


@pytest.mark.parametrize("fault", ["before_effect", "after_effect", "before_writes", "during_checkpoint"])
@pytest.mark.parametrize(("contender", "kind"), [("react_agent", "sqlite"), ("ToolExecutor", "postgres")])
@pytest.mark.soak(every=5)
def test_t15_eight_calls_killed_at_a_named_point(
    contender: Contender, kind: str, fault: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    """As with LangGraph's own serializer: nothing is done twice, nothing is lost."""
    database = str(tmp_path / "c.sqlite") if kind == "sqlite" else request.getfixturevalue("postgres_url")
    verdict = Trial(contender, database, tmp_path, strict=True).at(fault)  # type: ignore[arg-type]
    assert verdict.kills == 1
    assert verdict.clean, table({fault: verdict})
