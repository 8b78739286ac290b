"""The pages on questions to a database and on asking back, in both languages: examples run, pictures are right."""

import inspect
import json
import re
from pathlib import Path
from typing import Any

import pytest

from clovax_agents.cli.graphs import load_graph
from clovax_agents.prebuilt import sql_agent, with_clarify
from clovax_agents.prebuilt.router import DEFAULT_CLASSIFIER

DOCS = Path(__file__).parents[2] / "docs"
SQL, CLARIFY = ("sql.md", "sql.ko.md"), ("clarify.md", "clarify.ko.md")


def _text(page: str) -> str:
    return (DOCS / page).read_text(encoding="utf-8")


def _blocks(page: str, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", _text(page), re.DOTALL | re.MULTILINE)


def _run(page: str) -> dict[str, Any]:
    names: dict[str, Any] = {}
    for block in _blocks(page, "python"):
        exec(compile(block, page, "exec"), names)  # noqa: S102  # running it is the test
    return names


@pytest.mark.parametrize("page", SQL)
@pytest.mark.usefixtures("clovax_simulator")
def test_the_examples_on_sql_run(
    page: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """From top to bottom as printed, with the drawing of the first graph."""
    monkeypatch.chdir(tmp_path)
    names = _run(page)
    printed = capsys.readouterr().out
    query = "SELECT count(*) AS n FROM products WHERE status = '판매중'"
    assert f"{query} ['n'] [[2]]" in printed
    assert f"{{'sql': \"{query}\"}}" in printed
    assert printed.endswith("[[2]]\n")
    drawn = sql_agent(database="shop.db").compile().get_graph().draw_mermaid(with_styles=False)
    assert _blocks(page, "mermaid") == [drawn]
    assert names["careful"].name == "careful"


@pytest.mark.parametrize("page", CLARIFY)
@pytest.mark.usefixtures("clovax_simulator")
def test_the_examples_on_asking_back_run(page: str, capsys: pytest.CaptureFixture[str]) -> None:
    """The user is asked, and the agent answers with the reply."""
    names = _run(page)
    printed = capsys.readouterr().out
    assert printed.startswith("어느 주문인가요?\nhuman 주문 상태 알려줘\nai 어느 주문인가요?\nhuman A-1001 주문이요\n")
    assert printed.count("A-1001: 결제완료") >= 2
    assert _blocks(page, "mermaid") == [names["desk"].get_graph().draw_mermaid(with_styles=False)]


@pytest.mark.parametrize("page", [*SQL, *CLARIFY])
def test_what_the_pages_say_of_options_is_so(page: str, tmp_path: Path) -> None:
    """Names and defaults are those of the functions, and the module of langgraph.json loads."""
    text = _text(page)
    known = dict(inspect.signature(sql_agent if page in SQL else with_clarify).parameters)
    for name, value in re.findall(r"`(max_\w+)=(\d+)`", text):
        assert known[name].default == int(value)
    if page in CLARIFY:
        assert set(re.findall(r"^\| `(\w+)` \|", text, re.MULTILINE)) == set(known) - {"graph"}
        assert known["judge"].default == DEFAULT_CLASSIFIER
        assert f"| `max_questions` | {known['max_questions'].default} |" in text
        assert f'| `ask` | `"{known["ask"].default}"` |' in text
    else:
        assert set(re.findall(r"`(\w+)=", text)) <= set(known)
    (written,) = _blocks(page, "json")
    (tmp_path / "langgraph.json").write_text(written, encoding="utf-8")
    graph = load_graph(next(iter(json.loads(written)["graphs"])), tmp_path / "langgraph.json")
    assert {"schema", "write"} <= set(graph.nodes) or {"clarity", "clarify"} <= set(graph.nodes)


@pytest.mark.parametrize("pages", [SQL, CLARIFY])
def test_both_pages_have_the_same_parts(pages: tuple[str, str]) -> None:
    """As many headings, rows and blocks, and the same code."""
    shapes = [re.findall(r"^(#+|```\w*|\|)", _text(page), re.MULTILINE) for page in pages]
    assert shapes[0] == shapes[1]
    assert [_blocks(pages[0], kind) for kind in ("python", "mermaid", "json")] == [
        _blocks(pages[1], kind) for kind in ("python", "mermaid", "json")
    ]
