"""The pages on lint and on privacy, in both languages: examples run, and tables are what the code has."""

import re
from pathlib import Path

import pytest

from clovax_agents.guards.pii import ALL_KINDS
from clovax_agents.tooling.lint import RULES
from clovax_agents.tooling.lint.parameters import MOST_PARAMETERS, MOST_VALUES
from clovax_agents.tooling.lint.sizes import MOST_TOKENS, MOST_TOOLS

DOCS = Path(__file__).parents[2] / "docs"
BLOCK = re.compile(r"^```python\n(.*?)^```", re.DOTALL | re.MULTILINE)
PRINTED = {
    "lint": ["warning search: L12", "warning search: L05", "warning search.q: L20", "0 findings"],
    "privacy": [
        "주문 ORD-20261118-0001, 고객 [주민등록번호], [전화번호]",
        "***-****-5678",
        "번호는 [주민등록번호]입니다.",
    ],
}
PAGES = ("lint.md", "lint.ko.md", "privacy.md", "privacy.ko.md")


def _text(page: str) -> str:
    return (DOCS / page).read_text(encoding="utf-8")


@pytest.mark.parametrize("page", PAGES)
def test_the_examples_run_from_top_to_bottom(
    page: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each block runs as printed, and prints what the page is about."""
    monkeypatch.setenv("CLOVASTUDIO_API_KEY", "nv-test")
    names: dict[str, object] = {}
    for block in BLOCK.findall(_text(page)):
        exec(compile(block, page, "exec"), names)  # noqa: S102  # running it is the test
    printed = capsys.readouterr().out
    assert [words for words in PRINTED[page.partition(".")[0]] if words not in printed] == []


@pytest.mark.parametrize("page", ["lint", "privacy"])
def test_both_languages_have_the_same_structure(page: str) -> None:
    """Headings, rows and code correspond."""
    shapes = [
        re.findall(r"^(#+|```\w+|\| `\w+`)", _text(name), re.MULTILINE) for name in (f"{page}.md", f"{page}.ko.md")
    ]
    assert shapes[0] == shapes[1]
    blocks = [
        re.findall(r"^```.*?^```", _text(name), re.DOTALL | re.MULTILINE) for name in (f"{page}.md", f"{page}.ko.md")
    ]
    assert blocks[0] == blocks[1]


@pytest.mark.parametrize("page", ["lint.md", "lint.ko.md"])
def test_every_rule_is_in_the_table(page: str) -> None:
    """With its severity; and the numbers are those of the code."""
    rows = dict(re.findall(r"^\| `(L\d\d)` \| (\w+) \|", _text(page), re.MULTILINE))
    assert rows == {rule.id: rule.severity for rule in RULES.values()}
    for number in (MOST_PARAMETERS, MOST_VALUES, MOST_TOOLS, MOST_TOKENS):
        assert f"{number:,}" in _text(page)


@pytest.mark.parametrize("page", ["privacy.md", "privacy.ko.md"])
def test_every_kind_is_in_the_table(page: str) -> None:
    """What is found is written down, and nothing else."""
    assert set(re.findall(r"^\| `(\w+)` \|", _text(page), re.MULTILINE)) == ALL_KINDS


@pytest.mark.parametrize("page", PAGES)
def test_links_lead_somewhere(page: str) -> None:
    """Pages that are named are there."""
    for target in re.findall(r"\]\((?!https?:)([^)#]+)\)", _text(page)):
        assert (DOCS / target).exists(), target
