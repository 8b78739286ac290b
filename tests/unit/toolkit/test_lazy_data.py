"""Each tool is imported when it is asked for, with nothing of the others'."""

import json
import subprocess
import sys

import pytest

from clovax_agents import toolkit

LOADED = "import json, sys; {statement}; print(json.dumps(sorted(sys.modules)))"


def _modules_after(statement: str) -> set[str]:
    command = [sys.executable, "-c", LOADED.format(statement=statement)]
    return set(json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout))  # noqa: S603


@pytest.mark.parametrize(
    ("name", "without"),
    [("file_tools", {"sqlite3", "psycopg", "clovax_agents.toolkit.sql"}),
     ("sql_tools", {"psycopg", "clovax_agents.toolkit.files"})],
)  # fmt: skip
def test_a_tool_brings_only_its_own(name: str, without: set[str]) -> None:
    """No database for files, no server's client for SQLite."""
    assert not without & _modules_after(f"from clovax_agents.toolkit import {name}")


def test_the_package_itself_brings_nothing() -> None:
    """Its names are there all the same."""
    assert "clovax_agents.toolkit.files" not in _modules_after("import clovax_agents.toolkit")
    assert {"file_tools", "sql_tools"} <= set(dir(toolkit))
    with pytest.raises(AttributeError, match="file_tool'"):
        toolkit.file_tool  # noqa: B018
