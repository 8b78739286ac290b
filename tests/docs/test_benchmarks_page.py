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


def test_the_page_shows_the_saved_figures() -> None:
    """Writing the saved figures into the page again changes nothing."""
    page = (_ROOT / "docs" / "benchmarks.md").read_text()
    figures = json.loads((_ROOT / "docs" / "benchmarks.json").read_text())
    assert _page_module().page_with(figures, page) == page


def test_a_page_without_marks_is_refused() -> None:
    """A page that has lost its marks is not written over."""
    with pytest.raises(ValueError, match="end of figures"):
        _page_module().page_with({"rows": []}, "# Benchmarks\n")
