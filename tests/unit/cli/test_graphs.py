"""Graphs that are named by the function that makes them, and questions that are answered with a text."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from clovax_agents.cli.graphs import load_graph


@pytest.mark.parametrize("name", ["react", "router", "supervisor", "swarm"])
def test_a_module_of_the_package_can_be_named(name: str, tmp_path: Path) -> None:
    """No file of one's own is needed, and no key to load and to draw."""
    path = tmp_path / "langgraph.json"
    path.write_text(json.dumps({"graphs": {"team": f"clovax_agents.prebuilt.{name}:graph"}}), encoding="utf-8")
    graph = load_graph("team", path)
    assert graph.name == "team"
    assert ({"model", "tools"} if name == "react" else {"calculation", "clock"}) <= set(graph.get_graph().nodes)
    assert load_graph(f"prebuilt:{name}", tmp_path / "nothing.json").name == name


def test_a_question_is_answered_in_the_terminal(tmp_path: Path) -> None:
    """The router asks back, reads a line, and goes on with it."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("CLOVA")}
    environment |= {"CLOVAX_SHOP_DB": str(tmp_path / "shop.sqlite3"), "PYTHONUTF8": "1"}
    done = subprocess.run(
        [sys.executable, "-m", "clovax_agents.cli", "run", "--graph", "support", "안녕하세요"],
        cwd=Path(__file__).parents[3],
        env=environment,
        input="주문 ORD-20261118-0001의 배송 상태를 알려줘\n",
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "question" in done.stdout.partition("answer: ")[0]
    assert "775134874101" in done.stdout.partition("answer: ")[2]
