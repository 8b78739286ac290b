"""Cassettes that no test uses any more, and cassettes with a key in them."""

from __future__ import annotations

import ast
import os
from collections import defaultdict
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

from clovax_agents.testing.cassettes.errors import CassetteFileError
from clovax_agents.testing.cassettes.files import load
from clovax_agents.testing.cassettes.places import NodeId, cassette_path
from clovax_agents.testing.cassettes.scrubbing import find_keys

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

__all__ = ["cassette_problems"]

_NOT_SEARCHED: Final = frozenset({"node_modules", "site-packages", "venv", "__pycache__"})


def cassette_problems(root: Path, folder: Path, collected: Mapping[str, bool] | None = None) -> list[str]:
    """Return one line for each cassette that no test uses, that holds a key, or that cannot be read.

    Tests are looked up in their files, not among those that happen to be collected, so that a run of a few tests
    gives the same answer as a run of all.

    Args:
        root: pytest's rootdir; cassettes name their tests relative to it.
        folder: of the cassettes.
        collected: node ids, and whether the test uses a cassette: finds out about parameters as well.
    """
    found: list[str] = []
    families: dict[str, dict[str, bool]] = defaultdict(dict)
    for node_id, used in (collected or {}).items():
        families[node_id.partition("[")[0]][node_id] = used
    for path in sorted(folder.rglob("*.yaml")):
        name = path.relative_to(root).as_posix() if path.is_relative_to(root) else str(path)
        found += [f"{name}: {problem}" for problem in _problems(path, root, folder, families)]
    return found


def _problems(path: Path, root: Path, folder: Path, families: Mapping[str, Mapping[str, bool]]) -> Iterator[str]:
    text = path.read_text(encoding="utf-8", errors="replace")
    if keys := find_keys(text):
        yield f"looks like it holds an API key ({', '.join(keys)}): delete it, change the key and record it again"
    try:
        test = load(text).head.test
    except CassetteFileError as error:
        if "\ninteractions:" not in f"\n{text}":
            yield str(error)
        elif not _has_foreign_test(path, root, folder):
            yield f"is orphaned: no {path.parent.name}.py has a test for it"
        return
    if reason := _orphaned(path, root, folder, NodeId.parse(test), families):
        yield f"is orphaned: {reason}; delete it"


def _orphaned(path: Path, root: Path, folder: Path, test: NodeId, families: Mapping[str, Mapping[str, bool]]) -> str:
    """Say why no test uses the cassette; empty if one does."""
    if not (root / test.file).is_file():
        return f"there is no {test.file}"
    if not _defines(root / test.file, test.names):
        return f"{test.file} has no {'::'.join(test.names)}"
    if cassette_path(folder, test.node_id) != path:
        return f"the cassette of {test.node_id} has another name"
    variants = families.get(test.function, {})
    if not variants or variants.get(test.node_id):
        return ""
    return f"{test.node_id} uses no cassette" if test.node_id in variants else f"there is no {test.node_id} any more"


def _has_foreign_test(path: Path, root: Path, folder: Path) -> bool:
    """Say whether some test file has the test of a cassette of pytest-recording's, which names none inside."""
    if path.parent == folder:
        return True
    names = tuple(path.stem.partition("[")[0].split("."))
    return any(_defines(file, names) for file in _files(root, f"{path.parent.name}.py"))


def _files(root: Path, name: str) -> Iterator[Path]:
    for place, folders, files in os.walk(root):
        folders[:] = [item for item in folders if item not in _NOT_SEARCHED and not item.startswith(".")]
        if name in files:
            yield Path(place, name)


def _defines(file: Path, names: tuple[str, ...]) -> bool:
    """Say whether a test file defines a class and its method, or a function."""
    try:
        body = _parsed(file.read_bytes())
    except (SyntaxError, ValueError):
        return True  # nobody knows; pytest itself will complain about the file
    for name in names:
        found = [item for item in _statements(body) if name in _bound(item)]
        if not found:
            return any("*" in _bound(item) for item in _statements(body))
        last = found[-1]
        if not isinstance(last, ast.ClassDef):
            return True
        if last.bases:
            return True  # the method may be inherited
        body = last.body
    return True


@lru_cache(maxsize=64)
def _parsed(source: bytes) -> list[ast.stmt]:
    return ast.parse(source).body


def _statements(body: Iterable[ast.stmt]) -> Iterator[ast.stmt]:
    """Yield the statements of a scope, also those below ``if`` and ``try``, but not those of inner scopes."""
    for item in body:
        yield item
        if not isinstance(item, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield from _statements(child for child in ast.iter_child_nodes(item) if isinstance(child, ast.stmt))


def _bound(item: ast.stmt) -> set[str]:
    """Return the names that a statement binds."""
    if isinstance(item, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return {item.name}
    if isinstance(item, ast.ImportFrom):
        return {alias.asname or alias.name for alias in item.names}
    if isinstance(item, ast.Assign):
        return {target.id for target in item.targets if isinstance(target, ast.Name)}
    return set()
