"""A pytest plugin for the suites of others: puts a class in ToolNode's place, and writes down how each test went."""

import functools
import importlib
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

TARGET = "CLOVAX_PEERS_TARGET"
"""Names the class, ``module:Class``; unset: the suite runs as it is."""
REPORT = "CLOVAX_PEERS_REPORT"
"""Names the file for what was seen."""

_PLACES = (
    "langgraph.prebuilt",
    "langgraph.prebuilt.tool_node",
    "langgraph.prebuilt.chat_agent_executor",
    "langchain.agents.factory",
)
_visits = 0
_outcomes: dict[str, str] = {}


def pytest_configure() -> None:
    """Swap before any test module is imported."""
    if name := os.environ.get(TARGET):
        module, _, attribute = name.partition(":")
        _swap(getattr(importlib.import_module(module), attribute))


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Keep the worst that was said of each test."""
    known = _outcomes.get(report.nodeid)
    if known is None or report.outcome == "failed" or (known == "passed" and report.outcome == "skipped"):
        _outcomes[report.nodeid] = report.outcome


def pytest_sessionfinish() -> None:
    """Write down what was seen."""
    Path(os.environ[REPORT]).write_text(json.dumps({"visits": _visits, "outcomes": _outcomes}), encoding="utf-8")


def _swap(target: Any) -> None:
    for place in _PLACES:
        try:
            module = importlib.import_module(place)
        except ModuleNotFoundError:  # langchain is not there for langgraph's own suite to run
            continue
        vars(module)["ToolNode"] = target
    for method in ("invoke", "ainvoke"):
        setattr(target, method, _counted(getattr(target, method)))


def _counted(method: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(method)
    def counted(*arguments: Any, **named: Any) -> Any:
        global _visits  # noqa: PLW0603  # the plugin is the session's one
        _visits += 1
        return method(*arguments, **named)

    return counted
