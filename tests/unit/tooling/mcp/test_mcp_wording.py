"""What a model reads about MCP servers exists in both languages, with the same values in it."""

import ast
import string
from pathlib import Path

import pytest

from clovax_agents.tooling import mcp
from clovax_agents.tooling.mcp import wording

FOLDER = Path(mcp.__file__).parent


def _texts() -> set[str]:
    """Return every text in the package."""
    trees = [ast.parse(path.read_text("utf-8")) for path in FOLDER.glob("*.py") if path.name != "wording.py"]
    nodes = [node for tree in trees for node in ast.walk(tree)]
    return {node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)}


def _fields(sentence: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(sentence) if name}


def test_every_sentence_is_said_and_has_the_same_values() -> None:
    """None is left over, and none loses in Korean what it is to tell."""
    texts = _texts()
    for english, korean in wording._KOREAN.items():
        assert english in texts
        assert _fields(english) == _fields(korean)


def test_every_sentence_to_a_model_is_translated(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever is told about a server is there in Korean."""
    monkeypatch.setenv("CLOVAX_LANG", "ko")
    about = [text for text in _texts() if "{server}" in text]
    assert len(about) == 4
    for text in about:
        assert "MCP 서버 shop" in wording.say(text, server="shop", name="get")
