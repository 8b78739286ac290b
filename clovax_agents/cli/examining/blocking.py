"""Calls that block, in code that runs on an event loop: LangGraph's server refuses them there, and everybody waits."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

__all__ = ["BlockingCall", "blocking_calls"]

_CALLS: Final = frozenset(
    {
        *("input", "time.sleep", "sqlite3.connect", "urllib.request.urlopen"),
        *("os.getcwd", "os.makedirs", "os.mkdir", "tempfile.mkdtemp", "tempfile.mkstemp"),
        *("subprocess.run", "subprocess.call", "subprocess.check_call", "subprocess.check_output"),
    }
)
_MODULES: Final = frozenset({"requests"})


class BlockingCall(NamedTuple):
    """One of them: where it is, and what is called."""

    path: Path
    line: int
    name: str


def blocking_calls(path: Path) -> Iterator[BlockingCall]:
    """Yield the calls in coroutines of a file that are known to block.

    Args:
        path: of a Python file; one that is no Python yields none.
    """
    try:
        tree = ast.parse(path.read_text(encoding="utf-8"))
    except (SyntaxError, ValueError, OSError):
        return
    names = _imported(tree)
    for function in ast.walk(tree):
        if isinstance(function, ast.AsyncFunctionDef):
            yield from (BlockingCall(path, line, name) for line, name in _within(function, names))


def _within(function: ast.AST, names: dict[str, str]) -> Iterator[tuple[int, str]]:
    for node in ast.iter_child_nodes(function):
        # what is defined there runs where it is called, in a thread as a rule
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            continue
        if isinstance(node, ast.Call):
            name = _name(node.func, names)
            if name in _CALLS or name.partition(".")[0] in _MODULES:
                yield node.lineno, name
        yield from _within(node, names)


def _name(node: ast.expr, names: dict[str, str]) -> str:
    """Return the dotted name of what is called, by the name that its module has; empty if it has none."""
    if isinstance(node, ast.Name):
        return names.get(node.id, node.id if node.id == "input" else "")
    if isinstance(node, ast.Attribute) and (before := _name(node.value, names)):
        return f"{before}.{node.attr}"
    return ""


def _imported(tree: ast.AST) -> dict[str, str]:
    found: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                top = alias.name.partition(".")[0]
                found[alias.asname or top] = alias.name if alias.asname else top
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found.update({alias.asname or alias.name: f"{node.module}.{alias.name}" for alias in node.names})
    return found
