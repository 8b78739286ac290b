"""``clovax graphs``, ``clovax tools`` and ``clovax draw``: what there is, for people and for scripts."""

import json
import xml.etree.ElementTree as ET
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result
from rich.cells import cell_len

Clovax = Callable[..., Result]
SVG = "{http://www.w3.org/2000/svg}"
KOREAN_GRAPH = """\
from langgraph.graph import MessagesState, StateGraph

graph = StateGraph(MessagesState)
for name in ("주문 조회", "배송", "환불 승인"):
    graph.add_node(name, lambda state: state)
graph.add_edge("__start__", "주문 조회")
graph.add_conditional_edges(
    "주문 조회", lambda state: "배송 문의", {"배송 문의": "배송", "환불 요청": "환불 승인", "다시": "주문 조회"}
)
graph.add_edge("환불 승인", "주문 조회")
graph.add_edge("배송", "__end__")
"""


@pytest.fixture
def korean_graph(tmp_path: Path) -> str:
    """Return the reference of a graph with Korean names, a loop and a way back."""
    path = tmp_path / "korean.py"
    path.write_text(KOREAN_GRAPH, encoding="utf-8")
    return f"{path}:graph"


def test_graphs_are_those_of_the_project_and_the_prebuilt_ones(clovax: Clovax) -> None:
    """Each with what it does; the same as JSON."""
    listed = json.loads(clovax("graphs", "--json").stdout)["graphs"]
    names = [one["name"] for one in listed]
    assert names[0] == "react"
    assert {
        "support",
        "supervisor",
        "prebuilt:react",
        "prebuilt:router",
        "prebuilt:supervisor",
        "prebuilt:swarm",
    } <= set(names)
    assert "prebuilt:examples" not in names
    shown = clovax("graphs").stdout
    assert all(one["description"] and one["name"] in shown for one in listed)


def test_a_langgraph_json_that_is_none_is_one_message(
    clovax: Clovax, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Bad input: not JSON, no graph, and no file where a graph has to be chosen."""
    monkeypatch.chdir(tmp_path)
    assert "prebuilt:swarm" in clovax("draw").stderr
    for text, reason in (("{", "is not valid"), ('{"graphs": {}}', "names no graph")):
        (tmp_path / "langgraph.json").write_text(text, encoding="utf-8")
        done = clovax("draw")
        assert done.exit_code == 1
        assert reason in done.stderr


def test_tools_of_a_graph_tell_who_has_them_and_what_they_do(clovax: Clovax) -> None:
    """Agents within a graph are looked into; policies, arguments and places are told."""
    tools = json.loads(clovax("tools", "support", "--json").stdout)["tools"]
    (cancel,) = [one for one in tools if one["name"] == "cancel_order"]
    assert cancel["agent"] == "orders"
    assert (cancel["effect"], cancel["approval"]) == ("once", "always")
    assert cancel["arguments"] == {"order_id": "string", "reason": "string"}
    assert cancel["where"].startswith("tools/cancellations.py:")
    shown = clovax("tools", "--lang", "ko").stdout
    assert "cancel_order once 승인: 항상 tools/cancellations.py" in shown


def test_tools_of_a_folder_and_a_file(clovax: Clovax, korean_graph: str) -> None:
    """The same list without a graph; what is neither is one message, and a graph without tools has none."""
    of_folder = {one["name"] for one in json.loads(clovax("tools", "tools/", "--json").stdout)["tools"]}
    assert {"cancel_order", "calculate", "search_products"} <= of_folder
    assert "limit?:" in clovax("tools", "tools/orders.py").stdout
    assert "no tools" in clovax("tools", korean_graph).stdout
    done = clovax("tools", "nowhere")
    assert done.exit_code == 1
    assert "nowhere is no graph" in done.stderr


def test_a_graph_is_drawn_as_mermaid_with_what_is_inside_of_agents(clovax: Clovax) -> None:
    """Text that Mermaid reads; xray opens the agents."""
    assert "classify -.-> orders" in clovax("draw", "support").stdout
    assert "orders\\3amodel" in clovax("draw", "support", "--xray").stdout


def test_letters_stand_below_each_other_in_korean(clovax: Clovax, korean_graph: str) -> None:
    """Boxes are as wide as their names, although a Korean letter takes two columns; loops do not matter."""
    lines = clovax("draw", korean_graph, "--ascii").stdout.splitlines()
    (number,) = [number for number, line in enumerate(lines) if "| 주문 조회 |" in line]
    frame = lines[number - 1]
    assert frame.strip() == "+-----------+"
    assert cell_len(lines[number][: lines[number].index("|")]) == frame.index("+")
    assert cell_len(lines[number]) == len(frame)


def test_a_picture_holds_every_node_within_its_frame(clovax: Clovax, korean_graph: str, tmp_path: Path) -> None:
    """The end is at the bottom, ways both ways have two arrows, labels are there, and nothing is outside."""
    path = tmp_path / "graph.svg"
    done = clovax("draw", korean_graph, "--svg", str(path))
    assert done.exit_code == 0, done.stderr
    picture = ET.parse(path).getroot()  # noqa: S314  # our own
    _, _, width, height = map(float, picture.attrib["viewBox"].split())
    texts = {text.text: float(text.attrib["y"]) for text in picture.iter(f"{SVG}text")}
    assert {"start", "주문 조회", "배송", "환불 승인", "end", "배송 문의", "환불 요청"} == set(texts)
    assert texts["start"] < texts["주문 조회"] < texts["배송"] < texts["end"]
    for box in picture.iter(f"{SVG}rect"):
        x, y, w, h = (float(box.attrib[name]) for name in ("x", "y", "width", "height"))
        assert x >= 0
        assert y >= 0
        assert x + w <= width
        assert y + h <= height
    both = [one for one in picture.iter(f"{SVG}path") if {"marker-start", "marker-end"} <= set(one.attrib)]
    assert len(both) == 1


def test_lines_of_a_picture_stay_within_its_frame(clovax: Clovax) -> None:
    """Ways around other nodes make the picture wider."""
    picture = ET.fromstring(clovax("draw", "supervisor", "--svg", "-").stdout)  # noqa: S314
    width = float(picture.attrib["width"])
    ways = [
        one.attrib["d"]
        for one in picture.iter(f"{SVG}path")
        if one.attrib["d"].startswith("M") and "L" in one.attrib["d"]
    ]
    points = [point.split() for way in ways if "z" not in way for point in way.removeprefix("M").split(" L")]
    assert len(points) > 10
    assert max(float(x) for x, _ in points) <= width


def test_what_cannot_be_drawn_is_one_message(clovax: Clovax, tmp_path: Path) -> None:
    """Bad input: two kinds at once, a folder that is not there, a graph that is not there."""
    assert "not both" in clovax("draw", "react", "--svg", "a.svg", "--ascii").stderr
    told = clovax("draw", "react", "--svg", str(tmp_path / "no" / "a.svg")).stderr
    assert "cannot be written" in " ".join(told.split())
    assert "no graph 'reakt'; it has " in clovax("draw", "reakt").stderr
    assert "no prebuilt graph 'reakt'; there are " in clovax("draw", "prebuilt:reakt").stderr
