"""``clovax record``: what a question sends, as a cassette that a test can replay."""

from collections.abc import Callable
from pathlib import Path

from click.testing import Result

from clovax_agents.testing.cassettes.files import load_file

Clovax = Callable[..., Result]
QUESTION = "(1+2)*3은 얼마야?"


def test_a_question_becomes_a_cassette(clovax: Clovax, tmp_path: Path) -> None:
    """It says what it was recorded against and how to record it again, which changes nothing; no key is in it."""
    path = tmp_path / "a.yaml"
    arguments = ("record", QUESTION, "--graph", "react", "--to", str(path))
    done = clovax(*arguments)
    assert done.exit_code == 0, done.output
    assert "→ calculate" in done.stdout
    assert "2 requests, recorded against simulator" in " ".join(done.stdout.split())
    cassette, text = load_file(path), path.read_text(encoding="utf-8")
    assert len(cassette.exchanges) == 2
    assert cassette.head.recorded_against.startswith("simulator ")
    assert cassette.head.test.startswith("clovax record ")
    assert "nv-" not in text
    assert "127.0.0.1" not in text
    assert "is as it was" in clovax(*arguments).stdout
    assert path.read_text(encoding="utf-8") == text


def test_the_cassette_of_a_test_goes_where_the_test_looks(clovax: Clovax, tmp_path: Path, monkeypatch: object) -> None:
    """In the project's folder of cassettes, under the name of the test."""
    monkeypatch.chdir(tmp_path)  # type: ignore[attr-defined]
    done = clovax("record", QUESTION, "--graph", "prebuilt:react", "--test", "tests/test_a.py::test_b")
    assert done.exit_code == 0, done.output
    assert load_file(tmp_path / "cassettes" / "test_a" / "test_b.yaml").head.test == "tests/test_a.py::test_b"


def test_a_key_in_the_question_is_not_written(clovax: Clovax, tmp_path: Path) -> None:
    """Bad input: one message, and no file."""
    path = tmp_path / "a.yaml"
    done = clovax("record", "내 키는 nv-0123456789abcdef야", "--to", str(path))
    assert done.exit_code == 1
    assert "looks like a key: nv-012…" in " ".join(done.stderr.split())
    assert not path.exists()
