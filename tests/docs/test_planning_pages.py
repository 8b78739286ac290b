"""The pages on plans and deep agents, in both languages: examples run, pictures are the graphs' own, numbers hold."""

import inspect
import re
from pathlib import Path
from typing import Any

import pytest

from clovax_agents.planning import PlanContext
from clovax_agents.prebuilt import deep_agent, plan_execute_agent
from clovax_agents.testing.plugin import StartScript
from clovax_agents.workspace import files, looking
from clovax_agents.workspace.tools import OWN_TOOLS

DOCS = Path(__file__).parents[2] / "docs"
PLANS, DEEP = ("planning.md", "planning.ko.md"), ("deep-agents.md", "deep-agents.ko.md")
PLAN_SCRIPT = """
- match: {system: Make a plan, matches: A-2}
  reply:
    thinking: 두 주문은 따로 조회할 수 있습니다.
    text: '{"steps": [{"task": "A-1 조회", "after": []}, {"task": "A-2 조회", "after": []}]}'
- match: {system: 실무, last_role: user, matches: A-1 조회$}
  reply: {tool_calls: [{name: get_order, arguments: {order_id: A-1}}]}
- match: {system: 실무, last_role: user, matches: A-2 조회$}
  reply: {tool_calls: [{name: get_order, arguments: {order_id: A-2}}]}
- match: {system: 실무, last_role: tool, matches: "A-1: 10,000원"}
  reply: 10,000원
- match: {system: 실무, last_role: tool, matches: "A-2: 10,000원"}
  reply: 10,000원
- match: {system: 상담, matches: A-2}
  reply: 합계는 20,000원입니다.
- match: {system: Make a plan, matches: 취소}
  reply: '{"steps": [{"task": "A-1 조회", "after": []}, {"task": "A-1 취소", "after": [1]}]}'
- match: {system: 실무, last_role: user, matches: A-1 조회$}
  reply: {tool_calls: [{name: get_order, arguments: {order_id: A-1}}]}
- match: {system: 실무, last_role: tool, matches: 원}
  reply: 10,000원
- match: {system: 실무, last_role: user, matches: A-1 취소$}
  reply: {tool_calls: [{name: cancel_order, arguments: {order_id: A-1}}]}
- match: {system: 실무, last_role: tool, matches: 취소했습니다}
  reply: 취소했습니다
- match: {system: 상담}
  reply: 취소했습니다.
"""
DEEP_SCRIPT = """
- match: {system: 연구원, last_role: user}
  reply:
    tool_calls:
      - {name: write_todos, arguments: {todos: ["[>] 조사", "[ ] 보고서"]}}
      - {name: read_reviews, arguments: {product: 무선 이어폰}}
      - {name: task, arguments: {description: 무선 이어폰 가격, subagent_type: prices}}
- match: {system: 가격 담당, last_role: user}
  reply: {tool_calls: [{name: get_price, arguments: {product: 무선 이어폰}}]}
- match: {system: 가격 담당, last_role: tool}
  reply: 89,000원입니다.
- match: {system: 연구원, last_role: tool}
  reply:
    tool_calls:
      - {name: write_file, arguments: {file_path: /report.md, content: "| 상품 | 가격 |"}}
      - {name: write_todos, arguments: {todos: ["[x] 조사", "[x] 보고서"]}}
- match: {system: 연구원, last_role: tool}
  reply: 무선 이어폰은 89,000원입니다.
"""


def _text(page: str) -> str:
    return (DOCS / page).read_text(encoding="utf-8")


def _blocks(page: str, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", _text(page), re.DOTALL | re.MULTILINE)


def _run(page: str) -> dict[str, Any]:
    names: dict[str, Any] = {}
    for block in _blocks(page, "python"):
        exec(compile(block, page, "exec"), names)  # noqa: S102  # running it is the test
    return names


@pytest.mark.parametrize("page", PLANS)
def test_the_examples_on_plans_run(page: str, clovax_script: StartScript, capsys: pytest.CaptureFixture[str]) -> None:
    """From top to bottom as printed; the drawing is the one that the graph makes today."""
    clovax_script(PLAN_SCRIPT)
    names = _run(page)
    assert capsys.readouterr().out.splitlines() == [
        "1 completed A-1 조회 []",
        "2 completed A-2 조회 []",
        "합계는 20,000원입니다.",
        "['completed', 'in_progress']",
        "['completed', 'completed']",
    ]
    assert _blocks(page, "mermaid") == [names["agent"].get_graph().draw_mermaid(with_styles=False)]


@pytest.mark.parametrize("page", DEEP)
def test_the_example_of_a_deep_agent_runs(
    page: str, clovax_script: StartScript, capsys: pytest.CaptureFixture[str]
) -> None:
    """The list is done, files were given, written and put aside, and the drawing is today's."""
    clovax_script(DEEP_SCRIPT)
    names = _run(page)
    printed = capsys.readouterr().out
    assert printed.startswith("completed 조사\ncompleted 보고서\n/rules.md 5\n/large_tool_results/read_reviews-")
    assert printed.endswith("/report.md 11\n무선 이어폰은 89,000원입니다.\n")
    assert _blocks(page, "mermaid") == [names["agent"].get_graph().draw_mermaid(with_styles=False)]


@pytest.mark.parametrize(("pages", "builder"), [(PLANS, plan_execute_agent), (DEEP, deep_agent)])
def test_what_the_pages_say_of_options_is_so(pages: tuple[str, str], builder: Any) -> None:
    """Names and defaults are those of the builder."""
    known = inspect.signature(builder).parameters
    for page in pages:
        given = re.findall(r"`(\w+)=(\w+)`", _text(page))
        assert given
        for name, value in given:
            assert name == "subgraphs" or str(known[name].default) == value


@pytest.mark.parametrize("page", PLANS)
def test_what_the_page_says_of_the_form_is_so(page: str) -> None:
    """The models that may be set for a run."""
    for name in ("planner", "model", "answer_model"):
        assert f"`{name}`" in _text(page)
        assert name in PlanContext.model_fields


@pytest.mark.parametrize("page", DEEP)
def test_what_the_page_says_of_tools_and_limits_is_so(page: str) -> None:
    """Each tool has a row, and each limit its number."""
    text = _text(page)
    assert {name for name in OWN_TOOLS | {"task"} if f"`{name}`" in text} == OWN_TOOLS | {"task"}
    limits = (files.MAX_CHARACTERS, files.MAX_FILES, files.MAX_TOGETHER, looking._MOST_TOKENS, looking._LONGEST_LINE)
    for limit in limits:
        assert re.search(rf"(?<![\d,]){limit:,}(?![\d,])", text)


@pytest.mark.parametrize("pages", [PLANS, DEEP])
def test_both_languages_have_the_same_parts(pages: tuple[str, str]) -> None:
    """As many headings, rows and blocks, and the same code."""
    shapes = [re.findall(r"^(#+|```\w*|\|)", _text(page), re.MULTILINE) for page in pages]
    assert shapes[0] == shapes[1]
    for kind in ("python", "mermaid"):
        assert _blocks(pages[0], kind) == _blocks(pages[1], kind)
