"""What the tests of served graphs ask them: each of langgraph.json by its name, and a question that suits any other."""

import json
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
GRAPHS: list[str] = list(json.loads((ROOT / "langgraph.json").read_text(encoding="utf-8"))["graphs"])
DEFAULT_QUESTION = "주문 ORD-20261118-0001의 상태와 배송 상태를 알려줘"
QUESTIONS: dict[str, str] = {
    "react": "주문 ORD-20261118-0001 배송은 어디까지 왔어? 그리고 (12500+3000)*2는 얼마야?",
}
"""For graphs that have little to say about an order."""
INPUTS: dict[str, dict[str, Any]] = {}
"""For graphs that are not asked in a conversation."""
CANCELLING = ("react", "support", "supervisor")
"""Graphs with a tool that a person has to agree to."""


def input_of(graph: str) -> Any:
    """Return what a graph is run with."""
    question = QUESTIONS.get(graph, DEFAULT_QUESTION)
    return INPUTS.get(graph) or {"messages": [{"role": "user", "content": question}]}
