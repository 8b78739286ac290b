"""Every sentence of the executor exists in both languages, with the same values in it."""

import ast
import string
from pathlib import Path
from typing import Any

import pytest
from toolruns import answers, call

import clovax_agents
from clovax_agents import ModelRetry, ToolPolicy, tool
from clovax_agents.execution import wording
from clovax_agents.execution.wording import say

PACKAGE = Path(clovax_agents.__file__).parent


def _sentences() -> set[str]:
    """Return every text that is handed to `say`, by itself or under a name of its module or function."""
    found: set[str] = set()
    for path in PACKAGE.rglob("*.py"):
        tree = ast.parse(path.read_text("utf-8"))
        names = {
            target.id: node.value.value
            for node in ast.walk(tree)
            if isinstance(node, ast.Assign | ast.AnnAssign) and isinstance(node.value, ast.Constant)
            for target in (node.targets if isinstance(node, ast.Assign) else [node.target])
            if isinstance(target, ast.Name) and isinstance(node.value.value, str)
        }
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "say" and node.args:
                given = node.args[0]
                found.add(given.value if isinstance(given, ast.Constant) else names.get(getattr(given, "id", ""), ""))
    return found - {""}


def _fields(sentence: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(sentence) if name}


def test_every_sentence_is_translated_with_the_same_values() -> None:
    """None is forgotten in Korean, and none loses what it is to tell."""
    sentences = _sentences()
    assert len(sentences) > 30
    for sentence in sentences:
        assert sentence in wording._KOREAN, sentence
    for english, korean in wording._KOREAN.items():
        assert _fields(english) == _fields(korean), english


def test_no_translation_is_left_over() -> None:
    """What nobody says any more is not kept: but for reasons that are returned before they are said."""
    said = _sentences()
    text = "".join(path.read_text("utf-8") for path in PACKAGE.rglob("*.py") if path.name != "wording.py")
    for sentence in wording._KOREAN:
        assert sentence in said or f'"{sentence}"' in text, sentence


@pytest.mark.parametrize(
    ("language", "text"),
    [
        (None, "larger than 5"),
        ("en", "larger than 5"),
        ("ko", "5바이트"),
        ("ko_KR.UTF-8", "5바이트"),
        ("KO", "5바이트"),
        ("fr", "larger"),
    ],
)
def test_the_environment_decides(language: str | None, text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """English, unless Korean is asked for."""
    monkeypatch.delenv("CLOVAX_LANG", raising=False)
    if language is not None:
        monkeypatch.setenv("CLOVAX_LANG", language)
    assert text in say("the arguments are larger than {most} bytes", most=5)


def test_values_are_no_templates() -> None:
    """Braces in what a tool or a model has said stay as they are."""
    assert say("Error: {text}", text="{most} {}") == "Error: {most} {}"


async def test_a_model_reads_korean(monkeypatch: pytest.MonkeyPatch) -> None:
    """What became of calls, in the language of the conversation; programs still read the outcome."""
    monkeypatch.setenv("CLOVAX_LANG", "ko")

    @tool(policy=ToolPolicy(effect="read", timeout=0.2))
    async def look(which: str) -> Any:
        """Look."""
        if which == "late":
            import asyncio  # noqa: PLC0415  # for this branch alone

            await asyncio.sleep(5)
        if which == "long":
            return "가" * 100_000
        raise ModelRetry("도시를 적으세요")

    made = [call("look", which, which=which) for which in ("late", "long", "retry")]
    made += [call("look", "wrong", which=5), call("lok", "unknown", which="a")]
    messages = await answers([look], *made)
    for message, text in zip(
        messages,
        (
            "0.2초 안에 끝나지 않았습니다",
            "자 생략",
            "다시 호출하세요",
            "인자가 올바르지 않습니다",
            "혹시 이 도구인가요: look",
        ),
        strict=True,
    ):
        assert text in message.text
        assert message.status == "success" or message.text.startswith("오류: ")
    assert messages[0].response_metadata == {"outcome": "timeout"}
