"""Tables of sentences in two languages: what the code says, and what is translated."""

import ast
import string
from collections.abc import Iterable, Mapping
from pathlib import Path


def said(files: Iterable[Path], function: str) -> set[str]:
    """Return every text that these files hand to a function, by itself or under a name."""
    found: set[str] = set()
    for path in files:
        tree = ast.parse(path.read_text("utf-8"))
        names: dict[str, set[str]] = {}
        for node in ast.walk(tree):
            if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant):
                for target in node.targets:
                    names.setdefault(getattr(target, "id", ""), set()).add(str(node.value.value))
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == function:
                given = node.args[0]
                here = {given.value} if isinstance(given, ast.Constant) else names[getattr(given, "id", "")]
                found |= {str(text) for text in here}
    return found


def differences(table: Mapping[str, str], sentences: set[str]) -> list[str]:
    """Return the sentences that are not translated, translated in vain, or translated without one of their values."""
    wrong = [text for text, korean in table.items() if _places(text) != _places(korean)]
    return sorted(sentences ^ set(table)) + wrong


def _places(sentence: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(sentence) if name}
