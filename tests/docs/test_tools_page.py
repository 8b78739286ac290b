"""The page on tools, in both languages: its examples run, and its tables are what the code has."""

import re
from dataclasses import fields
from pathlib import Path

import pytest

from clovax_agents import ToolPolicy
from clovax_agents.execution.journal.choosing import DAYS, ELSEWHERE, IN_SERVER, SETTING
from clovax_agents.execution.journal.retention import KEEP_DAYS
from clovax_agents.simulator import SimulatorServer

DOCS = Path(__file__).parents[2] / "docs"
PAGES = ("tools.md", "tools.ko.md")
BLOCK = re.compile(r"^```python\n(.*?)^```", re.DOTALL | re.MULTILINE)


def _text(page: str) -> str:
    return (DOCS / page).read_text(encoding="utf-8")


@pytest.mark.parametrize("page", PAGES)
def test_the_examples_run_from_top_to_bottom(
    page: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each block runs as printed; what may not run does not, and the audit holds."""
    monkeypatch.chdir(tmp_path)
    names: dict[str, object] = {}
    with SimulatorServer() as server:
        monkeypatch.setenv("CLOVASTUDIO_API_KEY", "nv-test")
        monkeypatch.setenv("CLOVASTUDIO_API_BASE_URL", server.base_url)
        for block in BLOCK.findall(_text(page)):
            exec(compile(block, page, "exec"), names)  # noqa: S102  # running it is the test
    printed = capsys.readouterr().out
    assert "c1 success 7" in printed
    assert "c2 error Error: the arguments do not fit: the tool has no argument 'product'" in printed
    assert "c3 error Error: a person has to approve this call" in printed
    assert "2 events" in printed
    assert "'name': 'refund'" in printed


@pytest.mark.parametrize("page", PAGES)
def test_every_setting_of_a_policy_is_in_the_table(page: str) -> None:
    """The table names what a policy has, and nothing else."""
    rows = [line.split("|")[1] for line in _text(page).splitlines() if line.startswith("| `")]
    named = {name for row in rows for name in re.findall(r"`(\w+)`", row)}
    assert {field.name for field in fields(ToolPolicy)} <= named
    assert str(ToolPolicy().timeout).removesuffix(".0") in _text(page)


@pytest.mark.parametrize("page", PAGES)
def test_the_places_of_the_journal_are_those_of_the_code(page: str) -> None:
    """The default rule is written down as it is."""
    assert all(place in _text(page) for place in (SETTING, ELSEWHERE, IN_SERVER))


@pytest.mark.parametrize(("page", "days"), [("tools.md", "{:.0f} days"), ("tools.ko.md", "{:.0f}일")])
def test_how_long_results_are_kept_is_that_of_the_code(page: str, days: str) -> None:
    """So is the setting that says otherwise."""
    assert days.format(KEEP_DAYS) in _text(page)
    assert DAYS in _text(page)
