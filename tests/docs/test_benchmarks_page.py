"""What docs/benchmarks.md shows is what ``make bench`` saved."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path
from typing import Any

import pytest

_ROOT = Path(__file__).parents[2]


def _page_module() -> Any:
    spec = importlib.util.spec_from_file_location("benchmarks_page", _ROOT / "benchmarks" / "page.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("benchmarks", "figures"),
        ("executor", "executor"),
        ("agents", "agents"),
        ("checkpoints", "checkpoints"),
        ("faults", "faults"),
        ("pacing", "pacing"),
        ("chaos", "chaos"),
        ("caps", "caps"),
    ],
)
def test_the_page_shows_the_saved_figures_and_no_others(name: str, kind: str) -> None:
    """Writing the saved figures into the page again changes nothing; what was not saved is not shown."""
    page = (_ROOT / "docs" / "benchmarks.md").read_text()
    saved = _ROOT / "docs" / f"{name}.json"
    if saved.exists():
        assert _page_module().page_with(json.loads(saved.read_text()), page) == page
    else:
        assert f"<!-- {kind} -->\n<!-- end of {kind} -->\n" in page


def test_a_bar_in_what_was_seen_does_not_break_the_table() -> None:
    """A text from a run is one cell, whatever it holds."""
    row = {"number": 1, "fault": "a | b", "seen": {"ours": "c"}}
    figures = {"kind": "faults", "date": "d", "python": "p", "versions": ["v"], "contenders": ["ours"], "rows": [row]}
    page = _page_module().page_with(figures, "<!-- faults -->\n<!-- end of faults -->\n")
    assert "| 1 | a \\| b | c |\n" in page


def test_a_page_without_marks_is_refused() -> None:
    """A page that has lost its marks is not written over."""
    with pytest.raises(ValueError, match="end of figures"):
        _page_module().page_with({"rows": []}, "# Benchmarks\n")
