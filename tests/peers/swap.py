"""A pytest plugin for the suites of others: puts ours in the place of theirs, and writes down how each test went."""

import functools
import importlib
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

TARGET = "CLOVAX_PEERS_TARGET"
"""Names ours, ``module:name``; unset: the suite runs as it is."""
PLACES = "CLOVAX_PEERS_PLACES"
"""Where theirs is found, ``module:name``, with commas between."""
REPORT = "CLOVAX_PEERS_REPORT"
"""Names the file for what was seen."""

_visits = 0
_outcomes: dict[str, str] = {}


def pytest_configure() -> None:
    """Swap before any test module is imported."""
    if name := os.environ.get(TARGET):
        module, _, attribute = name.partition(":")
        _swap(getattr(importlib.import_module(module), attribute), os.environ[PLACES].split(","))


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Keep the worst that was said of each test."""
    known = _outcomes.get(report.nodeid)
    if known is None or report.outcome == "failed" or (known == "passed" and report.outcome == "skipped"):
        _outcomes[report.nodeid] = report.outcome


def pytest_sessionfinish() -> None:
    """Write down what was seen."""
    Path(os.environ[REPORT]).write_text(json.dumps({"visits": _visits, "outcomes": _outcomes}), encoding="utf-8")


def _swap(target: Any, places: list[str]) -> None:
    ours = target if isinstance(target, type) else _counted(target)
    for place in places:
        name, _, attribute = place.partition(":")
        try:
            module = importlib.import_module(name)
        except ModuleNotFoundError:  # langchain is not there for langgraph's own suite to run
            continue
        vars(module)[attribute] = ours
    for method in ("invoke", "ainvoke") if ours is target else ():
        setattr(target, method, _counted(getattr(target, method)))


def _counted(method: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(method)
    def counted(*arguments: Any, **named: Any) -> Any:
        global _visits  # noqa: PLW0603  # the plugin is the session's one
        _visits += 1
        return method(*arguments, **named)

    return counted
