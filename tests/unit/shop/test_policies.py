"""The shop's policies: they are found in customers' words, and they fit what the shop's tools do."""

from __future__ import annotations

import importlib
import json
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from clovax_agents.toolkit import markdown_documents

if TYPE_CHECKING:
    from clovax_agents.tooling import Toolbox

ROOT = Path(__file__).resolve().parents[3]
DATA = ROOT / "tests" / "data" / "policies.jsonl"
ROWS = [json.loads(line) for line in DATA.read_text(encoding="utf-8").splitlines()]
DOCUMENTS = {document.id: document.page_content for document in markdown_documents(ROOT / "tools" / "_policies")}


def test_questions_are_about_passages_that_there_are() -> None:
    """Each file is asked about, and there are questions that none of them answers."""
    named = [row["source"] for row in ROWS if row["source"] is not None]
    assert set(named) <= set(DOCUMENTS)
    assert {name.partition("#")[0] for name in named} == {name.partition("#")[0] for name in DOCUMENTS}
    assert len(named) >= 60
    assert len(ROWS) - len(named) >= 15
    assert len({row["question"] for row in ROWS}) == len(ROWS)


def test_most_questions_find_their_passage(box: Toolbox) -> None:
    """In the four that the tool returns, for 19 of 20 questions."""
    answered = [row for row in ROWS if row["source"] is not None]
    found = [
        row for row in answered if f"id: {row['source']} (" in box["search_policies"].invoke({"query": row["question"]})
    ]
    assert len(found) >= 0.95 * len(answered)


@pytest.mark.parametrize(
    ("passage", "module", "names"),
    [
        ("cancellation.md#취소할 수 있는 상태", "cancellations", "_CANCELLABLE"),
        ("payment.md#결제 수단", "_seed", "_PAYMENTS"),
        ("delivery.md#택배사와 배송 조회", "_catalog", "CARRIERS"),
    ],
)
def test_policies_say_what_the_tools_do(loaded: Toolbox, passage: str, module: str, names: str) -> None:
    """States in which orders are cancelled, ways to pay, carriers."""
    package = loaded["get_order"].__module__.rpartition(".")[0]
    assert all(name in DOCUMENTS[passage] for name in vars(importlib.import_module(f"{package}.{module}"))[names])


def test_one_rule_is_told_alike_everywhere() -> None:
    """Fees and periods that several documents name are the same."""
    together = "\n".join(DOCUMENTS.values())
    assert set(re.findall(r"왕복 배송비 ([\d,]+)원", together)) == {"6,000"}
    assert set(re.findall(r"(?:배송비는 주문마다|배송비) (3,\d{3})원", together)) == {"3,000"}
