"""The pages on extraction and reflection, in both languages: examples run, pictures and options are the graphs' own."""

import inspect
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from clovax_agents.cli.graphs import load_graph
from clovax_agents.prebuilt import extraction_agent, reflection_agent
from clovax_agents.testing import LoopbackSimulator
from clovax_agents.testing.scripts import brain_of

DOCS = Path(__file__).parents[2] / "docs"
PAGES = {"extraction": extraction_agent, "reflection": reflection_agent}
FILES = pytest.mark.parametrize("page", [f"{name}{ending}" for name in PAGES for ending in (".md", ".ko.md")])
MODEL = """
else: rules
steps:
  - match: {schema: true, contains: 1만 2천원이에요}
    reply: '{"order_id": "A-1001", "amount": "1만 2천원", "reason": "단순 변심"}'
  - match: {tool: edit_form, contains: it is "1만 2천원"}
    reply: {tool_calls: [{name: edit_form, arguments: {edits: [{op: replace, path: /amount, value: 12000}]}}]}
  - match: {schema: true, contains: A-1002}
    reply: '{"items": [{"order_id": "A-1001", "amount": 5000}, {"order_id": "A-1002", "amount": 7000}]}'
  - match: {schema: true, contains: A-1001 환불해}
    reply: '{"order_id": "A-1001"}'
  - match: {tool: edit_form, contains: Field required}
    reply: {tool_calls: [{name: edit_form, arguments: {edits: []}}]}
  - match: {tool: edit_form, contains: up to date}
    reply: {tool_calls: [{name: edit_form, arguments: {edits: [{op: replace, path: /amount, value: 20000}]}}]}
  - match: {schema: true, system: 도착일을 알려 준다}
    reply: '{"problem": "도착일을 문장으로 쓰세요", "score": 6, "passes": false}'
  - match: {contains: 도착일을 문장으로 쓰세요, tool: get_delivery}
    reply: 주문 A-1001은 내일 도착합니다.
  - match: {schema: true, system: 도착일을 알려 준다}
    reply: '{"problem": "", "score": 10, "passes": true}'
"""
PRINTED = {
    "extraction": [
        "12000\n2\n",
        "- amount (금액(원)): Field required {'order_id': 'A-1001'}\n",
        "{'order_id': 'A-1001', 'amount': 20000, 'reason': '단순 변심'}\n",
    ],
    "reflection": [
        "주문 A-1001은 내일 도착합니다.\nrejected 6.0 도착일을 문장으로 쓰세요\npassed 10.0 \n",
        "내일 도착합니다.\n",
    ],
}


def _text(page: str) -> str:
    return (DOCS / page).read_text(encoding="utf-8")


def _blocks(page: str, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", _text(page), re.DOTALL | re.MULTILINE)


@pytest.fixture
def model(clovax_simulator: LoopbackSimulator) -> Iterator[None]:
    """Let the simulator answer as a model would that makes mistakes."""
    with clovax_simulator.using(brain_of(MODEL, Path())):
        yield


@FILES
@pytest.mark.usefixtures("model")
def test_the_examples_run_and_the_pictures_are_theirs(page: str, capsys: pytest.CaptureFixture[str]) -> None:
    """From top to bottom as printed; each drawing is the one that its graph makes today."""
    names: dict[str, Any] = {}
    for block in _blocks(page, "python"):
        exec(compile(block, page, "exec"), names)  # noqa: S102  # running it is the test
    printed = capsys.readouterr().out
    subject = page.partition(".")[0]
    for text in PRINTED[subject]:
        assert text in printed
    assert _blocks(page, "mermaid") == [names[subject].get_graph().draw_mermaid(with_styles=False)]


@FILES
def test_what_the_page_says_of_options_and_state_is_so(page: str, tmp_path: Path) -> None:
    """Names and defaults are the builder's, fields are the output's, and the module of langgraph.json loads."""
    text, builder = _text(page), PAGES[page.partition(".")[0]]
    known = inspect.signature(builder).parameters
    ((name, value),) = re.findall(r"`(max_\w+)=(\d+)`", text)
    assert int(value) == known[name].default
    assert {option for option in known if f"`{option}" in text} >= {"budget", "thread_budget"}
    (written,) = _blocks(page, "json")
    (tmp_path / "langgraph.json").write_text(written, encoding="utf-8")
    graph: Any = load_graph(next(iter(json.loads(written)["graphs"])), tmp_path / "langgraph.json")
    output = set(graph.get_output_jsonschema()["properties"]) - {"messages"}
    assert {field for field in output if f"`{field}`" in text} == output


@pytest.mark.parametrize("subject", PAGES)
def test_both_languages_have_the_same_parts(subject: str) -> None:
    """As many headings, rows and blocks, and the same code."""
    pages = (f"{subject}.md", f"{subject}.ko.md")
    shapes = [re.findall(r"^(#+|```\w*|\|)", _text(page), re.MULTILINE) for page in pages]
    assert shapes[0] == shapes[1]
    for kind in ("python", "mermaid", "json"):
        assert _blocks(pages[0], kind) == _blocks(pages[1], kind)
    for page in pages:
        for link in re.findall(r"\]\(([\w.-]+\.md)\)", _text(page)):
            assert (DOCS / link).exists(), link
