"""LangChain's suites for tools, over the tools for files and for databases."""

import sqlite3
import tempfile
from pathlib import Path
from typing import Any, Final

import pytest
from langchain_core.tools import BaseTool
from langchain_tests.integration_tests import ToolsIntegrationTests
from langchain_tests.unit_tests import ToolsUnitTests

from clovax_agents.toolkit import file_tools, sql_tools

EXAMPLES: Final[dict[str, dict[str, Any]]] = {
    "list_files": {"path": "notes", "pattern": "*.md", "recursive": True},
    "read_file": {"path": "notes/오늘.md", "first_line": 1, "lines": 10},
    "search_files": {"text": "비", "path": "."},
    "write_file": {"path": "notes/new.md", "content": "새 메모", "overwrite": True},
    "edit_file": {"path": "notes/오늘.md", "old_text": "비", "new_text": "눈"},
    "list_tables": {},
    "describe_tables": {"names": ["orders"]},
    "query_database": {"sql": "SELECT item, won FROM orders"},
}


def _made(name: str, folder: Path) -> BaseTool:
    """Make a tool over a folder, or a database, that is as it was at first."""
    notes = folder / "notes"
    notes.mkdir(exist_ok=True)
    (notes / "오늘.md").write_text("비\n", encoding="utf-8")
    path = folder / "shop.db"
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS orders AS SELECT 1 AS id, '사과' AS item, 9000 AS won")
    connection.close()
    boxes = (file_tools(folder, write=True), sql_tools(path))
    return next(box[name] for box in boxes if name in box)


class _Example:
    """One of the tools, and how it is called; each test has files of its own."""

    example: str

    @pytest.fixture(autouse=True)
    def _folder(self) -> Any:
        with tempfile.TemporaryDirectory() as folder:
            self.made = _made(self.example, Path(folder))
            yield

    @property
    def tool_constructor(self) -> BaseTool:
        return self.made

    @property
    def tool_invoke_params_example(self) -> dict[str, Any]:
        return EXAMPLES[self.example]


def _suites() -> dict[str, type]:
    """Return both suites for each tool, under names of their own."""
    made: dict[str, type] = {}
    for name in EXAMPLES:
        title = name.title().replace("_", "")
        for kind, suite in (("Unit", ToolsUnitTests), ("Integration", ToolsIntegrationTests)):
            cls = type(f"Test{title}{kind}", (_Example, suite), {"example": name, "live": True, "__module__": __name__})
            made[cls.__name__] = cls
    return made


globals().update(_suites())


def test_every_tool_has_both_suites(tmp_path: Path) -> None:
    """Each tool that the two functions make."""
    made = {name for name in globals() if name.startswith("Test")}
    path = tmp_path / "shop.db"
    sqlite3.connect(path).close()
    names = (*file_tools(tmp_path, write=True).names, *sql_tools(path).names)
    assert made == {f"Test{name.title().replace('_', '')}{kind}" for name in names for kind in ("Unit", "Integration")}
