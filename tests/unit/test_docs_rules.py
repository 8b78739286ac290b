"""The rules in docs/wire.md and the faults in docs/faults.md keep their ids, so that tests can be named after them."""

from __future__ import annotations

import importlib.util
import os
import re
from collections import Counter
from pathlib import Path
from types import ModuleType
from typing import Final

import pytest

TESTS: Final = Path(__file__).parents[1]
DOCS: Final = TESTS.parent / "docs"
RULE: Final = re.compile(r"^(?:\| |[-*] )`W([0-9.]+)-([0-9A-Za-z]+)`", re.MULTILINE)
FAULT: Final = re.compile(r"^\| `([HRTGS]\d\d)` \|", re.MULTILINE)
REGISTER: Final = re.compile(r"^\| `?(U\d+)`? \|", re.MULTILINE)

SECTIONS: Final = (
    *(f"1.{n}" for n in range(1, 6)),
    *(f"2.{n}" for n in range(1, 10)),
    *(f"3.{n}" for n in range(1, 8)),
    *(f"4.{n}" for n in range(1, 3)),
    "5",
    "6",
    *(f"7.{n}" for n in range(1, 11)),
    *(f"8.{n}" for n in range(1, 3)),
    "12",
)

ERROR_CODES: Final = (
    *("20000", "20400"),
    *("40000", "40001", "40002", "40003", "40004", "40005", "40006", "40009", "40055"),
    *("40060", "40061", "40063", "40080", "40082", "40083", "40084"),
    *("40100", "40101", "40102", "40103", "40104", "40170", "40300", "40301", "40400"),
    *("40600", "40800", "41300", "41500", "41501", "42400"),
    *("42900", "42901", "42902", "42903", "50000", "50100", "50400"),
    *("61002", "61004", "61005", "62001", "63001", "63002"),
    *("64400", "65001", "65400", "64429", "64000", "64424", "64500", "65002"),
)

FAULTS: Final = {"H": 28, "R": 11, "T": 24, "G": 14, "S": 13}


def read(name: str) -> str:
    """Return the text of one page of the documentation."""
    return (DOCS / name).read_text(encoding="utf-8")


def rules() -> list[tuple[str, str]]:
    """Return section and number of every rule in docs/wire.md."""
    return RULE.findall(read("wire.md"))


def test_rule_ids_are_unique() -> None:
    """No two rules in docs/wire.md have the same id."""
    repeated = [rule for rule, count in Counter(rules()).items() if count > 1]

    assert repeated == []


@pytest.mark.parametrize("section", SECTIONS)
def test_every_section_has_a_rule(section: str) -> None:
    """Each numbered section that makes statements about the service has at least one rule."""
    assert section in {found for found, _ in rules()}


def test_rules_stand_in_their_own_section() -> None:
    """The section in a rule's id is the section under whose heading the rule stands."""
    parts = re.split(r"^#{2,3} (\d+(?:\.\d+)?)[. ]", read("wire.md"), flags=re.MULTILINE)
    misplaced = [
        f"W{section}-{number}"
        for heading, text in zip(parts[1::2], parts[2::2], strict=True)
        for section, number in RULE.findall(text)
        if section != heading
    ]

    assert misplaced == []


@pytest.mark.parametrize("code", ERROR_CODES)
def test_every_error_code_is_a_rule(code: str) -> None:
    """Each code of the error table has a rule of its own, or several with letters after the code."""
    numbers = [number for section, number in rules() if section == "4.1"]

    assert [number for number in numbers if re.fullmatch(rf"{code}[a-z]?", number)]


def test_error_rules_state_the_code_of_their_id() -> None:
    """A row of the error table shows the same code in its id and in its column."""
    rows = re.findall(r"^\| `W4\.1-(\d+)[a-z]?` \| \d{3} \| (\d+) \|", read("wire.md"), re.MULTILINE)

    assert rows
    assert [row for row in rows if row[0] != row[1]] == []


def test_faults_are_complete() -> None:
    """docs/faults.md has every id of the fault matrix exactly once."""
    expected = [f"{letter}{n:02}" for letter, last in FAULTS.items() for n in range(1, last + 1)]

    assert sorted(expected) == sorted(FAULT.findall(read("faults.md")))


@pytest.mark.parametrize("page", ["wire.md", "unconfirmed.md"])
def test_unconfirmed_points_are_complete(page: str) -> None:
    """Both pages that list the unconfirmed points have U1 to U16 exactly once."""
    assert [f"U{n}" for n in range(1, 17)] == REGISTER.findall(read(page))


def test_every_test_that_the_fault_matrix_names_exists() -> None:
    """A row that claims to be held is held by a test of that name."""
    matrix = (DOCS / "faults.md").read_text(encoding="utf-8")
    sources = "".join(path.read_text(encoding="utf-8") for path in (DOCS.parent / "tests").rglob("test_*.py"))
    named = set(re.findall(r"`(test_\w+)`", matrix))
    assert len(named) > 20
    assert {name for name in named if f"def {name}(" not in sources} == set()


@pytest.fixture
def script(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """Return the script behind ``make rules``; it is not one of the processes that run the tests."""
    for name in [name for name in os.environ if name.startswith("PYTEST_XDIST")]:
        monkeypatch.delenv(name)
    spec = importlib.util.spec_from_file_location("rules", TESTS / "rules.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_every_rule_has_a_test_or_a_reason(
    script: ModuleType, collected_tests: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    """The script behind ``make rules`` finds a test for each rule, or the reason why there is none, and never both."""
    files = {path.relative_to(TESTS.parent).as_posix() for path in TESTS.rglob("test_*.py")}
    all_are_here = files <= {test.partition("::")[0] for test in collected_tests}

    result = script.main(collected_tests if all_are_here else script.collected())

    printed = capsys.readouterr().out
    assert result == 0, printed[-2000:]
    assert ", 0 without anything" in printed


def test_the_script_collects_the_tests_itself(script: ModuleType) -> None:
    """Their ids are those of a run."""
    here = Path(__file__).relative_to(TESTS.parent).as_posix()
    found = script.collected(here)

    assert f"{here}::test_the_script_collects_the_tests_itself" in found
    assert {test.partition("::")[0] for test in found} == {here}


def test_the_script_says_which_rules_nothing_holds(script: ModuleType, capsys: pytest.CaptureFixture[str]) -> None:
    """Without any test, all rules but the excused ones; it then fails."""
    assert script.main([]) == 1
    assert "NOTHING HOLDS THIS RULE" in capsys.readouterr().out
