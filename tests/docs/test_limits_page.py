"""The page on rate limits, in both languages: its examples run, and its tables are what the code has."""

import re
from pathlib import Path

import pytest

from clovax_agents import ChatClovaX, errors
from clovax_agents.client.paces import DEFAULT_MAX_WAIT
from clovax_agents.pacing import registry
from clovax_agents.pacing.limits import TEST_LIMITS, limit_of
from clovax_agents.pacing.stores import choosing
from clovax_agents.simulator import SimulatorServer

DOCS = Path(__file__).parents[2] / "docs"
PAGES = ("limits.md", "limits.ko.md")
BLOCK = re.compile(r"^```python\n(.*?)^```", re.DOTALL | re.MULTILINE)


def _text(page: str) -> str:
    return (DOCS / page).read_text(encoding="utf-8")


@pytest.mark.parametrize("page", PAGES)
def test_the_examples_run_from_top_to_bottom(
    page: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each block runs as printed; the shared limit is kept in the file that it names."""
    monkeypatch.chdir(tmp_path)
    for module, name in ((registry, "_pacers"), (choosing, "_stores")):
        monkeypatch.setattr(module, name, {})  # as in a new process
    names: dict[str, object] = {}
    with SimulatorServer() as server:
        monkeypatch.setenv("CLOVASTUDIO_API_KEY", "nv-test")
        monkeypatch.setenv("CLOVASTUDIO_API_BASE_URL", server.base_url)
        for block in BLOCK.findall(_text(page)):
            exec(compile(block, page, "exec"), names)  # noqa: S102  # running it is the test
    assert capsys.readouterr().out.splitlines()[-1] == "ReservationTooLargeError"
    assert (tmp_path / "limits.sqlite").exists()


def test_both_pages_have_the_same_blocks_and_tables() -> None:
    """What is said in one language is said in the other."""
    one, other = map(_text, PAGES)
    assert BLOCK.findall(one) == BLOCK.findall(other)
    assert re.findall(r"^## |^\|---.*", one, re.MULTILINE) == re.findall(r"^## |^\|---.*", other, re.MULTILINE)


@pytest.mark.parametrize("page", PAGES)
def test_the_limits_are_those_of_the_code(page: str) -> None:
    """Each model with its requests and tokens."""
    text = _text(page)
    for model, limit in {**TEST_LIMITS, "HCX-007": limit_of("ft:x")}.items():
        row = next(line for line in text.splitlines() if line.startswith("|") and model in line)
        assert f"| {limit.requests} | {limit.tokens:,} |" in row


@pytest.mark.parametrize("page", PAGES)
def test_settings_and_errors_exist_and_defaults_are_true(page: str) -> None:
    """Names in the tables are those of the model and of the errors."""
    rows = re.findall(r"^\| `(\w+)` \|", _text(page), re.MULTILINE)
    fields = ChatClovaX.model_fields
    assert {"rate_limit", "rate_limit_store", "max_wait", "priority"} == {name for name in rows if name in fields}
    assert all(name in fields or hasattr(errors, name) for name in rows)
    assert fields["max_wait"].default == DEFAULT_MAX_WAIT == 600
    assert f"{DEFAULT_MAX_WAIT:.0f}" in _text(page)
