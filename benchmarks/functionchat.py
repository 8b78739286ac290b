"""All FunctionChat utterances through the ReAct graph, with each of the five tool lists: 500 runs.

The tools return a typed echo of their arguments; the simulator's rule brain sees what a model would see, and never the
expected call. With CLOVASTUDIO_API_KEY set and --service, the runs go to HyperCLOVA X instead. Run it with
`make demo-functionchat`.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from collections import Counter
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from langchain_core.messages import AIMessage, ToolMessage
from langchain_core.tools import StructuredTool
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from clovax_agents import ChatClovaX, ClovaXError
from clovax_agents.prebuilt import react_agent
from clovax_agents.simulator import SimulatorServer

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from langchain_core.messages import BaseMessage

DATA = Path(__file__).parents[1] / "tests" / "data" / "functionchat-singlecall.jsonl"
LISTS = ("exact", "4_random", "4_close", "8_random", "8_close")
AT_ONCE = 8


@dataclass(frozen=True, slots=True)
class Case:
    """One utterance with one tool list; ``expected`` is for counting only."""

    kind: str
    utterance: str
    tools: tuple[dict[str, Any], ...]
    expected: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a case."""

    called: bool
    answered: bool
    error: str | None
    unanswered: int


def cases(path: Path = DATA) -> Iterator[Case]:
    """Yield all 500 cases, list by list."""
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    for kind in LISTS:
        for row in rows:
            (tools,) = [entry["content"] for entry in row["tools"] if entry["type"] == kind]
            for query, truth in zip(row["query"], row["ground_truth"], strict=True):
                yield Case(kind, query["content"], tuple(tools), json.loads(truth["content"])["name"])


def echo_tool(declared: dict[str, Any]) -> StructuredTool:
    """Make a tool of a declaration that answers with its arguments and their types."""
    function = declared["function"]

    async def echo(**arguments: Any) -> dict[str, Any]:
        return {name: {"type": type(value).__name__, "value": value} for name, value in arguments.items()}

    parameters = {"type": "object", "properties": {}, **function.get("parameters", {})}
    return StructuredTool(
        name=function["name"], description=function["description"], args_schema=parameters, coroutine=echo
    )


async def run(case: Case, model: ChatClovaX) -> Outcome:
    """Run one case to its end; nothing that happens in it stops the others."""
    graph = react_agent(model=model, tools=[echo_tool(tool) for tool in case.tools]).compile()
    try:
        state = await graph.ainvoke({"messages": [("user", case.utterance)]})
    except ClovaXError as error:
        return Outcome(called=False, answered=False, error=str(error), unanswered=0)
    return judge(case, state["messages"])


def judge(case: Case, messages: Sequence[BaseMessage]) -> Outcome:
    """Read the outcome from the messages."""
    calls = [call for message in messages if isinstance(message, AIMessage) for call in message.tool_calls]
    answers = Counter(message.tool_call_id for message in messages if isinstance(message, ToolMessage))
    errors = [message.text for message in messages if isinstance(message, ToolMessage) and message.status == "error"]
    last = messages[-1]
    return Outcome(
        called=any(call["name"] == case.expected for call in calls),
        answered=isinstance(last, AIMessage) and bool(last.text) and not last.tool_calls,
        error=errors[0] if errors else None,
        unanswered=sum(answers[call["id"] or ""] != 1 for call in calls),
    )


async def run_all(model: ChatClovaX, everything: Sequence[Case], *, quiet: bool = False) -> list[Outcome]:
    """Run all cases, eight at a time, with a progress bar."""
    gate = asyncio.Semaphore(AT_ONCE)
    columns = (TextColumn("FunctionChat"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), disable=quiet) as progress:
        bar = progress.add_task("runs", total=len(everything))

        async def one(case: Case) -> Outcome:
            async with gate:
                outcome = await run(case, model)
            progress.advance(bar)
            return outcome

        return await asyncio.gather(*map(one, everything))


def table(everything: Sequence[Case], outcomes: Sequence[Outcome]) -> Table:
    """Count per list."""
    result = Table(
        "tool list", "runs", "expected tool called", "ended in an answer", "with an error", "unanswered calls"
    )
    for kind in LISTS:
        found = [outcome for case, outcome in zip(everything, outcomes, strict=True) if case.kind == kind]
        counts = (
            len(found),
            sum(outcome.called for outcome in found),
            sum(outcome.answered for outcome in found),
            sum(outcome.error is not None for outcome in found),
            sum(outcome.unanswered for outcome in found),
        )
        result.add_row(kind, *map(str, counts))
    return result


def main() -> int:
    """Run everything and print the table; fail if a call stayed unanswered."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--service", action="store_true", help="talk to CLOVA Studio; needs CLOVASTUDIO_API_KEY")
    parser.add_argument("--model", default="HCX-007")
    options = parser.parse_args()
    everything = list(cases())
    with nullcontext() if options.service else SimulatorServer() as server:
        where: dict[str, Any] = {}
        if server:  # it has no limits
            where = {"api_key": "nv-simulated", "base_url": server.base_url, "rate_limit": "off"}
        outcomes = asyncio.run(run_all(ChatClovaX(model=options.model, **where), everything))
    console = Console()
    console.print("HyperCLOVA X" if options.service else "SIMULATED model: CLOVA Studio simulator, rule brain")
    console.print(table(everything, outcomes))
    for error, count in Counter(outcome.error for outcome in outcomes if outcome.error).most_common(5):
        console.print(f"{count} x {error}", markup=False, highlight=False)
    return int(any(outcome.unanswered for outcome in outcomes))


if __name__ == "__main__":
    sys.exit(main())
