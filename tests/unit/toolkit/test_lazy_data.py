"""Each tool is imported when it is asked for, with nothing of the others'."""

import json
import os
import sqlite3
import subprocess
import sys
from pathlib import Path

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
@pytest.mark.soak(every=2)
def test_a_tool_brings_only_its_own(name: str, without: set[str]) -> None:
    """No database for files, no server's client for SQLite."""
    assert not without & _modules_after(f"from clovax_agents.toolkit import {name}")


def test_the_package_itself_brings_nothing() -> None:
    """Its names are there all the same."""
    assert "clovax_agents.toolkit.files" not in _modules_after("import clovax_agents.toolkit")
    assert {"file_tools", "sql_tools"} <= set(dir(toolkit))
    with pytest.raises(AttributeError, match="file_tool'"):
        toolkit.file_tool  # noqa: B018


KOREAN = """
from clovax_agents.toolkit import file_tools, sql_tools
box = file_tools(".", write=True) + sql_tools("shop.db")
print([str(finding) for finding in box.lint(ignore=["L31"])])
"""


def test_descriptions_are_korean_where_models_read_korean(tmp_path: Path) -> None:
    """Tools and parameters, so that lint has nothing to say about either."""
    sqlite3.connect(tmp_path / "shop.db").close()
    command, env = [sys.executable, "-c", KOREAN], {**os.environ, "CLOVAX_LANG": "ko"}
    done = subprocess.run(command, check=True, capture_output=True, text=True, cwd=tmp_path, env=env)  # noqa: S603
    assert done.stdout.strip() == "[]"
