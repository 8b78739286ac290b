"""Every sentence that a model or a person reads exists in both languages, with the same values in it."""

import ast
import importlib
import string
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest
from toolruns import answers, call

import clovax_agents
from clovax_agents import ModelRetry, ToolPolicy, tool
from clovax_agents.execution.wording import say

PACKAGE = Path(clovax_agents.__file__).parent
TABLES = sorted(PACKAGE.rglob("*wording.py"))
READ_BY_MODELS = {
    "InvalidArgumentsError",
    "ModelRetry",
    "ToolCrashedError",
    "ToolError",
    "ToolFailed",
    "ToolMessage",
    "ToolOutputError",
    "ToolRefusedError",
    "ToolTimeoutError",
    "UnknownToolError",
    "UnreadableAnswerError",
    "error_answer",
}
"""What a model, or a person who is asked, reads the text of."""
PLACES = [
    "answers.py",
    "approval.py",
    "execution",
    "extracting",
    "handoffs",
    "nodes",
    "planning",
    "querying",
    "rag",
    "recovering",
    "reflecting",
    "repair.py",
    "replies.py",
    "routers",
    "structured.py",
    "toolkit",
    "wire/arguments.py",
    "workspace",
]
SPEAKERS = {"phrase", "put", "repr", "say", "tell"}
"""What is called on the way to a text that is in both languages, or of none."""


def _korean() -> dict[str, str]:
    """Return all tables of the package: a layer that cannot reach the executor's has its own."""
    names = [".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts) for path in TABLES]
    tables = [importlib.import_module(name)._KOREAN for name in names]
    return {english: korean for table in tables for english, korean in table.items()}


def _assigned(body: Iterable[ast.AST]) -> dict[str, set[str]]:
    """Return the texts that are given names."""
    found: dict[str, set[str]] = {}
    for node in body:
        if isinstance(node, ast.Assign | ast.AnnAssign) and isinstance(node.value, ast.Constant | ast.JoinedStr):
            for target in node.targets if isinstance(node, ast.Assign) else [node.target]:
                if isinstance(target, ast.Name):
                    found.setdefault(target.id, set()).update(_told(node.value, {}))
    return found


def _calls(path: Path) -> Iterator[tuple[ast.Call, dict[str, set[str]]]]:
    """Return the calls of a module that have arguments, each with the texts that have names where it stands."""
    tree = ast.parse(path.read_text("utf-8"))
    above = _assigned(tree.body)
    functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
    inside = {id(node): function for function in functions for node in ast.walk(function)}  # the innermost is the last
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and node.args:
            function = inside.get(id(node))
            yield node, above | ({} if function is None else _assigned(ast.walk(function)))


def _speakers(path: Path) -> set[str]:
    """Return the names under which a module has what speaks both languages."""
    return {
        alias.asname or alias.name
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.ImportFrom) and str(node.module).endswith("wording")
        for alias in node.names
    }


def _texts(given: ast.AST, named: dict[str, set[str]]) -> set[str]:
    """Return what an argument may be: a text, the name of one, or one of two."""
    if isinstance(given, ast.IfExp):
        return _texts(given.body, named) | _texts(given.orelse, named)
    return {str(given.value)} if isinstance(given, ast.Constant) else named.get(getattr(given, "id", ""), set())


def _sentences() -> set[str]:
    """Return every text that is handed to what speaks both languages, by itself or under a name."""
    found: set[str] = set()
    for path in PACKAGE.rglob("*.py"):
        speakers = _speakers(path)
        for node, named in _calls(path) if speakers else ():
            if isinstance(node.func, ast.Name) and node.func.id in speakers:
                found |= _texts(node.args[0], named)
    return found


def test_every_table_is_found() -> None:
    """Whatever speaks both languages stands in a module called wording, and no other asks which it is to be."""
    makers = [path for path in PACKAGE.rglob("*.py") if "speaker(_" in path.read_text("utf-8")]
    assert sorted(makers) == TABLES
    askers = {path.name for path in PACKAGE.rglob("*.py") if 'startswith("ko")' in path.read_text("utf-8")}
    assert askers == {"languages.py", "reporting.py"}  # the second one sets it, by the option or the locale


def _fields(sentence: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(sentence) if name}


@pytest.mark.soak
def test_every_sentence_is_translated_with_the_same_values() -> None:
    """None is forgotten in Korean, and none loses what it is to tell."""
    sentences = _sentences()
    assert len(sentences) > 300
    for sentence in sentences:
        assert sentence in _korean(), sentence
    for english, korean in _korean().items():
        assert _fields(english) == _fields(korean), english


def test_no_translation_is_left_over() -> None:
    """What nobody says any more is not kept: but for reasons that are returned before they are said."""
    written = {
        node.value
        for path in set(PACKAGE.rglob("*.py")) - set(TABLES)
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Constant)
    }
    assert [sentence for sentence in _korean() if sentence not in written] == []


def _told(node: ast.AST, named: dict[str, set[str]]) -> Iterator[str]:
    """Return the texts that an expression is made of, but for those that go through `say`, and for keys."""
    if isinstance(node, ast.Call) and getattr(node.func, "id", getattr(node.func, "attr", "")) in {*SPEAKERS, "get"}:
        return
    if isinstance(node, ast.Subscript):
        node = node.value
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    if isinstance(node, ast.Name):
        yield from sorted(named.get(node.id, ()))
    for part in ast.iter_child_nodes(node):
        yield from _told(part, named)


def _untranslated(path: Path) -> list[str]:
    """Return what stands in a module, in one language alone, where a model reads it."""
    found: list[str] = []
    for node, named in _calls(path):
        name = getattr(node.func, "id", "")
        if name in READ_BY_MODELS:
            found += _told(node.args[name == "error_answer"], named)
    return [text for text in found if any(letter.isalpha() for letter in text)]


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.soak(every=3)
def test_whatever_a_model_reads_goes_through_say(place: str) -> None:
    """No error and no answer is made of a text of one language."""
    root = PACKAGE / place
    files = sorted(root.rglob("*.py")) if root.is_dir() else [root]
    assert files
    assert {str(file.relative_to(PACKAGE)): found for file in files if (found := _untranslated(file))} == {}


def test_a_text_of_one_language_is_found(tmp_path: Path) -> None:
    """Written where it is used, put together, or under a name; what was said is none."""
    module = tmp_path / "module.py"
    module.write_text(
        "NO = 'it failed'\n"
        "raise ToolError('no')\nraise ToolError(f'no: {error}')\nraise ToolError(NO)\n"
        "raise ToolError(say(NO))\nraise ToolError(text)\nerror_answer(call, f'{text}: {other}', 'error')\n"
    )
    assert sorted(_untranslated(module)) == ["it failed", "no", "no: "]


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
