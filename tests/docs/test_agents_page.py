"""The page on agents that work together, in both languages: its examples run, its pictures are the graphs' own."""

import inspect
import json
import re
from pathlib import Path
from typing import Any

import pytest

from clovax_agents import prebuilt
from clovax_agents.cli.graphs import load_graph
from clovax_agents.prebuilt import router_agent, supervisor_agent, swarm_agent
from clovax_agents.prebuilt.router import DEFAULT_CLASSIFIER

DOCS = Path(__file__).parents[2] / "docs"
PAGES = ("agents.md", "agents.ko.md")
BUILDERS: list[Any] = [router_agent, supervisor_agent, swarm_agent]


def _text(page: str) -> str:
    return (DOCS / page).read_text(encoding="utf-8")


def _blocks(page: str, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", _text(page), re.DOTALL | re.MULTILINE)


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.usefixtures("clovax_simulator")
def test_the_examples_run_and_the_pictures_are_theirs(page: str, capsys: pytest.CaptureFixture[str]) -> None:
    """From top to bottom as printed; each drawing is the one that its graph makes today."""
    names: dict[str, Any] = {}
    for block in _blocks(page, "python"):
        exec(compile(block, page, "exec"), names)  # noqa: S102  # running it is the test
    printed = capsys.readouterr().out
    assert "결제완료" in printed
    assert "내일 도착" in printed
    assert "안녕하세요, 무엇을 도와드릴까요?" in printed
    assert (
        "human None\nai None\ntool transfer_to_orders\ntool transfer_to_delivery\nai orders\nai delivery\n" in printed
    )
    assert printed.endswith("refunds\n")
    drawn = [names[name].get_graph().draw_mermaid(with_styles=False) for name in ("router", "supervisor", "swarm")]
    assert _blocks(page, "mermaid") == drawn


@pytest.mark.parametrize("page", PAGES)
def test_what_the_page_says_of_options_is_so(page: str, tmp_path: Path) -> None:
    """Names and defaults are those of the builders, and the module of langgraph.json loads."""
    text = _text(page)
    known = {name: value for made in BUILDERS for name, value in inspect.signature(made).parameters.items()}
    given = re.findall(r"`(max_\w+)=(\d+)`", text)
    assert ("max_regenerations", "2") in given
    for name, value in given:
        defaults = {inspect.signature(made).parameters[name].default for made in BUILDERS
                    if name in inspect.signature(made).parameters}  # fmt: skip
        assert int(value) in defaults
    named = set(re.findall(r"`(\w+)=", text)) | {"check", "default", "model"}
    assert named - {"context", "subgraphs"} <= set(known) | {"as_tool"}
    assert f"`{DEFAULT_CLASSIFIER}`" in text
    (written,) = _blocks(page, "json")
    (tmp_path / "langgraph.json").write_text(written, encoding="utf-8")
    assert load_graph(next(iter(json.loads(written)["graphs"])), tmp_path / "langgraph.json").name == "desk"


def test_both_pages_have_the_same_parts() -> None:
    """As many headings, rows and blocks, and the same code."""
    shapes = [re.findall(r"^(#+|```\w*|\|)", _text(page), re.MULTILINE) for page in PAGES]
    assert shapes[0] == shapes[1]
    assert [_blocks(PAGES[0], kind) for kind in ("python", "mermaid", "json")] == [
        _blocks(PAGES[1], kind) for kind in ("python", "mermaid", "json")
    ]


@pytest.mark.parametrize("page", PAGES)
def test_the_table_of_shared_settings_is_that_of_the_builders(page: str) -> None:
    """Every builder has a row, with a mark for each setting that it takes."""
    lines = [line.strip("| ").split("|") for line in _text(page).splitlines() if line.startswith("| ")]
    table = [[cell.strip(" `") for cell in line] for line in lines]
    start = next(place for place, row in enumerate(table) if "thread_budget" in row)
    settings, rows = table[start], table[start + 1 : start + 1 + len(prebuilt.__all__)]
    assert [row[0] for row in rows] == prebuilt.__all__
    for name, *marks in rows:
        taken = inspect.signature(getattr(prebuilt, name)).parameters
        told = [setting for setting, mark in zip(settings, [*marks, *[""] * len(settings)], strict=False) if mark]
        assert told == [setting for setting in settings if setting in taken]
