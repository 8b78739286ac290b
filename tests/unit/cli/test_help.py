"""Help and usage errors in Korean: of every command, with every option, wherever the language comes from."""

import ast
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import typer.main
from click.testing import Result

import clovax_agents.cli
from clovax_agents.cli.app import app
from clovax_agents.cli.helping.korean import KOREAN, PIECES
from clovax_agents.cli.helping.mistakes import in_korean
from clovax_agents.cli.helping.printing import paragraphs

Clovax = Callable[..., Result]


def _commands(command: Any, *path: str) -> Iterator[tuple[tuple[str, ...], Any]]:
    yield path, command
    for name, inner in getattr(command, "commands", {}).items():
        yield from _commands(inner, *path, name)


COMMANDS = dict(_commands(typer.main.get_command(app)))


def _texts(command: Any) -> list[str]:
    """Return the help of a command and of its options, as it is written in the code."""
    said = [*paragraphs(command.help), *(param.help for param in command.params), "Show this message and exit."]
    return [text for text in said if not text.startswith("Example: ")]


def _flat(shown: str) -> str:
    return "".join(shown.replace("│", "").split())


def test_every_help_text_has_a_translation_and_none_is_left_over() -> None:
    """What a command or an option says in English alone is a mistake, and so is what nothing says any more."""
    said = {text for command in COMMANDS.values() for text in _texts(command)}
    assert said == set(KOREAN)


@pytest.mark.parametrize("path", COMMANDS, ids=" ".join)
def test_the_help_of_every_command_is_korean(path: tuple[str, ...], clovax: Clovax) -> None:
    """All texts of the command and its options are shown in Korean, and nothing around them is English."""
    for arguments in (("--lang", "ko", *path, "--help"), (*path, "--help", "--lang=ko")):
        done = clovax(*arguments)
        assert done.exit_code == 0, done.output
        for text in _texts(COMMANDS[path]):
            assert _flat(KOREAN[text]) in _flat(done.stdout) or text == "Print JSON, for a script.", text
            assert _flat(text) not in _flat(done.stdout)
        for word in ("Usage", "OPTIONS", "ARGS", "Options", "Arguments", "Commands", "default:", "required", "Example"):
            assert word not in done.stdout


def test_a_line_that_is_full_loses_no_letter(clovax: Clovax, monkeypatch: pytest.MonkeyPatch) -> None:
    """Korean letters are two columns wide; at every width all of them are there."""
    for width in range(70, 100):
        monkeypatch.setenv("COLUMNS", str(width))
        shown = clovax("draw", "--lang", "ko", "--help").stdout
        assert "…" not in shown
        assert all(_flat(KOREAN[text]) in _flat(shown) for text in _texts(COMMANDS["draw",]))


def test_environment_and_locale_choose_the_language_of_help(clovax: Clovax, monkeypatch: pytest.MonkeyPatch) -> None:
    """The option wins over CLOVAX_LANG, and that over the locale."""
    assert "Usage: clovax chat [OPTIONS] [graph]" in clovax("chat", "--help").stdout
    monkeypatch.setenv("LC_ALL", "ko_KR.UTF-8")
    assert "사용법: clovax chat [옵션] [graph]" in clovax("chat", "--help").stdout
    monkeypatch.setenv("CLOVAX_LANG", "en")
    assert "Show this message" in clovax("chat", "--help").stdout
    assert "이 도움말을" in clovax("--lang", "ko", "chat", "--help").stdout
    monkeypatch.setenv("CLOVAX_LANG", "ko")
    assert "Commands" in clovax("--lang", "en").stderr + clovax("--lang", "en", "--help").stdout
    assert PIECES["Commands"] in clovax().output


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        (("chat", "--thred"), "--thred 옵션이 없습니다. 비슷한 옵션: --help, --thread, --threads"),
        (("chat", "--nothing"), "--nothing 옵션이 없습니다."),
        (("chta",), "'chta' 명령이 없습니다. 비슷한 명령: 'chat'"),
        (("xyz",), "'xyz' 명령이 없습니다."),
        (("journal", "xyz"), "'xyz' 명령이 없습니다."),
        (("--lang", "ko"), "명령을 적으세요."),
        (("batch",), "'QUESTIONS.jsonl' 인자가 빠졌습니다."),
        (("batch", "a.jsonl"), "'--out' / '-o' 옵션이 빠졌습니다."),
        (("run", "a", "b"), "남는 인자가 있습니다: b"),
        (("simulate", "--lenient=1"), "'--lenient' 옵션에는 값을 쓰지 않습니다."),
        (("simulate", "--port"), "'--port' 옵션에는 값이 필요합니다."),
        (("simulate", "--port", "abc"), "'--port'의 값이 올바르지 않습니다: 정수여야 합니다."),
        (("journal", "prune", "--days", "x"), "'--days'의 값이 올바르지 않습니다: 숫자여야 합니다."),
        (("journal", "list", "--limit", "0"), "'--limit'의 값이 올바르지 않습니다: 1 이상이어야 합니다."),
        (("batch", "a", "-o", "b", "--concurrency", "999"), "올바르지 않습니다: 256 이하여야 합니다."),
    ],
)
def test_usage_errors_are_korean(
    typed: tuple[str, ...], told: str, clovax: Clovax, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Bad input: exit code 2, and one message in Korean without an English word around it."""
    monkeypatch.setenv("CLOVAX_LANG", "ko")
    done = clovax(*typed)
    assert done.exit_code == 2
    assert _flat(told) in _flat(done.stderr)
    assert "─ 오류 ─" in done.stderr
    assert not any(word in done.stderr for word in ("Usage", "Try ", "Error", "No such", "Missing", "Invalid"))


def test_usage_errors_stay_english_where_english_is_spoken(clovax: Clovax) -> None:
    """The library's own sentences, as before; what it says that is not known is passed on in Korean, too."""
    assert "No such option: --nothing" in clovax("chat", "--nothing", "--lang", "en").stderr
    assert in_korean("something new") == "something new"


def test_a_language_that_is_none_is_refused(clovax: Clovax, monkeypatch: pytest.MonkeyPatch) -> None:
    """Bad input: before the command or after it, told in the language that is spoken otherwise."""
    for typed in (("--lang", "fr", "graphs"), ("graphs", "--lang", "fr")):
        done = clovax(*typed)
        assert done.exit_code == 1
        assert "--lang fr is none of en, ko" in done.stderr
    monkeypatch.setenv("CLOVAX_LANG", "ko")
    assert "--lang fr" in clovax("graphs", "--lang", "fr").stderr
    assert "is none of" not in clovax("graphs", "--lang", "fr").stderr


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        (("simulate", "--limits", "3"), "--limits 3은(는) 한도가 아닙니다"),
        (("simulate", "--profile", "x"), "모르는 값입니다. 아는 값: public, gov, legacy-host"),
        (("simulate", "--switch", "images"), "모르는 값입니다"),
        (("studio",), "langgraph.json 파일이 없습니다"),
        (("draw", "prebuilt:nope"), "미리 만든 그래프 'nope'이(가) 없습니다"),
        (("run", "hello", "--graph", "nope.py:graph"), "nope.py이(가) 없습니다"),
        (("lint-tools", "nope"), "nope(이)라는 파일, 폴더, 모듈이 없습니다"),
    ],
)
def test_errors_of_commands_are_korean(
    typed: tuple[str, ...], told: str, clovax: Clovax, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Bad input: what a command itself refuses is told in Korean."""
    monkeypatch.chdir(tmp_path)
    done = clovax("--lang", "ko", *typed)
    assert done.exit_code in {1, 2}
    assert _flat(told) in _flat(done.stderr)
    assert "오류: " in done.stderr


def test_no_error_of_the_command_line_is_of_one_language() -> None:
    """Whatever a command refuses is said with a sentence that has a translation."""
    folder = Path(clovax_agents.cli.__file__).parent
    calls = [
        (path.name, node)
        for path in folder.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id.endswith("Error")
    ]
    assert len(calls) > 30
    literal = [(name, node.lineno) for name, node in calls if isinstance(node.args[0], ast.Constant | ast.JoinedStr)]
    assert literal == []
