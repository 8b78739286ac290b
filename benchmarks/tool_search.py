"""How often the search finds the tool that a FunctionChat utterance needs, among all of FunctionChat's tools.

The utterance is the query, as in an agent whose model has not searched yet. No tool gets words beyond its own name,
description and parameters. Run it with `make bench-search`.
"""

from __future__ import annotations

import argparse
import json
import platform
import sys
import time
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from functionchat import DATA, cases, echo_tool
from rich.console import Console
from rich.table import Table

from clovax_agents.tooling.search import ToolIndex
from clovax_agents.tooling.search_bm25 import BM25

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from langchain_core.tools import BaseTool

    Search = Callable[[str, int], list[str]]

DEPTHS: Final = (1, 4, 8)


@dataclass(frozen=True, slots=True)
class Question:
    """An utterance and the tool it needs; ``half`` is 0 for functions with even numbers, 1 for those with odd ones."""

    utterance: str
    expected: str
    half: int


def questions() -> list[Question]:
    """Return the 100 utterances, each once."""
    rows = [json.loads(line) for line in DATA.read_text(encoding="utf-8").splitlines()]
    numbers = {row["function_name"]: row["function_num"] for row in rows}
    return [
        Question(case.utterance, case.expected, numbers[case.expected] % 2) for case in cases() if case.kind == "exact"
    ]


def all_tools() -> list[BaseTool]:
    """Return every tool of every list; of two with one name, the first."""
    declared: dict[str, dict[str, Any]] = {}
    for case in cases():
        for tool in case.tools:
            declared.setdefault(tool["function"]["name"], tool)
    return [echo_tool(tool) for tool in declared.values()]


def by_pairs(tools: Sequence[BaseTool]) -> Search:
    """Search by pairs of characters inside of words, all alike: what the terms of ours are compared with."""
    index = BM25(_pairs(f"{tool.name} {tool.description} {tool.args}") for tool in tools)
    return lambda query, k: [tools[number].name for number, _ in index.search(_pairs(query), k)]


def _pairs(text: str) -> Mapping[str, float]:
    words = text.lower().split()
    return Counter(word[place : place + 2] for word in words for place in range(max(len(word) - 1, 1)))


def ours(*, morphemes: bool) -> Callable[[Sequence[BaseTool]], Search]:
    """Search as `Toolbox.search` does."""

    def make(tools: Sequence[BaseTool]) -> Search:
        index = ToolIndex(tools, morphemes=morphemes)
        return lambda query, k: [match.name for match in index.search(query, k)]

    return make


CONTENDERS: Final[Mapping[str, Callable[[Sequence[BaseTool]], Search]]] = {
    "pairs of characters": by_pairs,
    "Toolbox.search": ours(morphemes=False),
    "Toolbox.search, kiwipiepy": ours(morphemes=True),
}


def recall(search: Search, asked: Sequence[Question]) -> dict[str, float]:
    """Return for each depth the share of the questions whose tool is found so far up."""
    places = [(search(question.utterance, max(DEPTHS)), question.expected) for question in asked]
    return {str(depth): sum(name in found[:depth] for found, name in places) / len(asked) for depth in DEPTHS}


def measured(name: str, tools: Sequence[BaseTool], asked: Sequence[Question]) -> dict[str, Any]:
    """Return what is known of one contender."""
    CONTENDERS[name](tools[:1])("", 1)  # loads the dictionary, if there is one
    start = time.perf_counter()
    search = CONTENDERS[name](tools)
    built = time.perf_counter()
    whole = recall(search, asked)
    searched = time.perf_counter()
    return {
        "name": name,
        "recall": whole,
        "halves": [recall(search, [question for question in asked if question.half == half]) for half in (0, 1)],
        "build_ms": round((built - start) * 1e3, 1),
        "search_ms": round((searched - built) * 1e3 / len(asked), 3),
    }


def table(rows: Sequence[Mapping[str, Any]]) -> Table:
    """Show the figures."""
    result = Table("", *(f"recall at {depth}" for depth in DEPTHS), "even / odd, at 8", "build ms", "search ms")
    for row in rows:
        shares = [f"{row['recall'][str(depth)]:.2f}" for depth in DEPTHS]
        halves = " / ".join(f"{half['8']:.2f}" for half in row["halves"])
        result.add_row(row["name"], *shares, halves, f"{row['build_ms']:.1f}", f"{row['search_ms']:.2f}")
    return result


def main() -> int:
    """Measure, print, and save if asked to."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--save", type=Path, help="where to write the figures as JSON")
    options = parser.parse_args()
    tools, asked = all_tools(), questions()
    rows = [measured(name, tools, asked) for name in CONTENDERS]
    Console().print(f"{len(asked)} utterances, {len(tools)} tools", table(rows))
    if options.save:
        about = {
            "kind": "tool_search",
            "date": datetime.now(UTC).date().isoformat(),
            "python": platform.python_version(),
            "kiwipiepy": version("kiwipiepy"),
            "tools": len(tools),
            "utterances": len(asked),
        }
        options.save.write_text(json.dumps({**about, "rows": rows}, indent=1, ensure_ascii=False) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
