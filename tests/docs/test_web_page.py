"""The page on the web, in both languages: its examples run, and its tables are what the code has."""

import inspect
import re
from dataclasses import fields
from pathlib import Path

import pytest

from clovax_agents.guards.web import URLPolicy
from clovax_agents.toolkit import web_fetch
from clovax_agents.toolkit.naver_kinds import KINDS, RELEVANCE

DOCS = Path(__file__).parents[2] / "docs"
PAGES = ("web.md", "web.ko.md")
BLOCK = re.compile(r"^```python\n(.*?)^```", re.DOTALL | re.MULTILINE)


def _text(page: str) -> str:
    return (DOCS / page).read_text(encoding="utf-8")


def _rows(page: str) -> list[list[str]]:
    return [[cell.strip() for cell in line.split("|")[1:-1]] for line in _text(page).splitlines() if line[:3] == "| `"]


@pytest.mark.parametrize("page", PAGES)
def test_the_examples_run_from_top_to_bottom(
    page: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each block runs as printed, on loopback alone."""
    monkeypatch.setenv("NAVER_CLIENT_ID", "id")
    monkeypatch.setenv("NAVER_CLIENT_SECRET", "secret")
    names: dict[str, object] = {}
    for block in BLOCK.findall(_text(page)):
        exec(compile(block, page, "exec"), names)  # noqa: S102  # running it is the test
    printed = capsys.readouterr().out
    assert "web_fetch ['url', 'offset']" in printed
    assert "['query', 'kind', 'sort', 'count', 'start'] ['web', 'news', 'blog', 'local', 'encyc']" in printed
    assert "naver_search_news ['query', 'sort', 'count', 'start']" in printed
    for refusal in ("(link-local address)", "2130706433 is neither", "a user name", "file: is not fetched from"):
        assert refusal in printed
    assert "Title: 공지" in printed
    assert "내일은 쉽니다." in printed


@pytest.mark.parametrize("page", PAGES)
def test_the_table_of_searches_is_the_code_s(page: str) -> None:
    """Each kind with its orders and its ranges."""
    rows = {row[0].strip("`"): row[2:] for row in _rows(page) if row[0].strip("`") in KINDS}
    assert list(rows) == list(KINDS)
    for name, kind in KINDS.items():
        sorts, count, start = rows[name]
        assert re.findall(r"`(\w+)`", sorts) == list(kind.sorts or (RELEVANCE,))
        assert int(re.findall(r"[\d,]+", count)[-1].replace(",", "")) == kind.most
        assert int(re.findall(r"[\d,]+", start)[-1].replace(",", "")) == kind.last_start


@pytest.mark.parametrize("page", PAGES)
def test_every_setting_is_in_a_table(page: str) -> None:
    """Of the tool and of the policy."""
    named = {name for row in _rows(page) for name in re.findall(r"`(\w+)`", row[0])}
    policy = {field.name for field in fields(URLPolicy) if field.init}
    assert policy | set(inspect.signature(web_fetch).parameters) <= named


def test_both_languages_have_the_same_structure() -> None:
    """Headings, tables, lists and code correspond."""

    def shape(page: str) -> list[str]:
        return re.findall(r"^(#+|```\w+|\||- )", _text(page), re.MULTILINE)

    assert shape("web.md") == shape("web.ko.md")
    assert BLOCK.findall(_text("web.md")) == BLOCK.findall(_text("web.ko.md"))
