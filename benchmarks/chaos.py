"""What becomes of 500 FunctionChat runs when everything goes wrong at once: `make bench-chaos`.

The simulator's model names tools that do not exist, breaks its JSON, is cut off, says nothing and loops, and one
connection in a hundred is reset. A tool run is wrong if the same model, without mistakes,
would not have made this very call for this question, neither natively nor when asked by prompt.
"""

from __future__ import annotations

import argparse
import asyncio
import importlib.metadata
import json
import logging
import platform
import sys
from collections import Counter
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from chaos_brain import ChaosBrain, Rates
from functionchat import AT_ONCE, Case, cases
from langchain_core.messages import AIMessage
from langchain_core.tools import StructuredTool
from rich.console import Console
from rich.table import Table

from clovax_agents import ChatClovaX
from clovax_agents.prebuilt import react_agent
from clovax_agents.simulator import FaultPlan, RuleBrain, SimulatorServer, create_app

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from langchain_core.messages import BaseMessage

    Call = tuple[str, str]
    Maker = Callable[[str, list[StructuredTool]], Any]

SEED: Final = 7
_STEPS: Final = 60
"""Of a graph, after which it has looped for long enough."""
_GATE: Final = 0.99
_PACKAGES: Final = ("langgraph", "langchain", "langchain-core", "langchain-naver")


@dataclass(slots=True)
class Outcome:
    """What came of a run.

    Attributes:
        ran: the calls that were run, in their order.
        end: ``"answer"``, ``"cut off"`` (half a text, shown as if it were whole), ``"silence"``, or an error's name.
        recoveries: how often something was asked again, by kind.
    """

    ran: list[Call] = field(default_factory=list["Call"])
    end: str = ""
    recoveries: Counter[str] = field(default_factory=Counter[str])


def ours(url: str, tools: list[StructuredTool], **settings: Any) -> Any:
    """Make our agent."""
    fixed: Any = {"model": "HCX-005", "api_key": "nv-simulated", "rate_limit": "off", "circuit_breaker": False}
    model = ChatClovaX(base_url=url, **fixed, **settings)
    return react_agent(model=model, tools=tools).compile()


def theirs(url: str, tools: list[StructuredTool]) -> Any:
    """Make LangChain's agent with langchain-naver's model, and the settings without which the service refuses tools."""
    from langchain.agents import create_agent  # noqa: PLC0415  # for this contender alone
    from langchain_naver import ChatClovaX as Theirs  # noqa: PLC0415, TID251  # the same

    settings: Any = {"max_tokens": 1024, "stream_usage": False}
    model: Any = Theirs(model="HCX-005", api_key="nv-simulated", base_url=url, **settings)
    return create_agent(model, tools)


class Contender(NamedTuple):
    """An agent, and which of its runs are streamed: one in so many; 0 for none."""

    make: Maker
    streamed: int


CONTENDERS: Final = {
    "react_agent, every other run streamed": Contender(ours, 2),
    "create_agent + langchain-naver": Contender(theirs, 0),
    "the same, streamed": Contender(theirs, 1),
}


def recording_tool(declared: dict[str, Any], ran: list[Call]) -> StructuredTool:
    """Make a tool of a declaration that notes its calls and answers with its arguments."""
    function = declared["function"]

    async def echo(**arguments: Any) -> dict[str, Any]:
        ran.append((function["name"], json.dumps(arguments, sort_keys=True, ensure_ascii=False)))
        return arguments

    parameters = {"type": "object", "properties": {}, **function.get("parameters", {})}
    return StructuredTool(
        name=function["name"], description=function["description"], args_schema=parameters, coroutine=echo
    )


async def run(case: Case, make: Maker, url: str, *, streamed: bool) -> Outcome:
    """Run one case to its end; nothing that happens in it stops the others."""
    outcome = Outcome()
    graph = make(url, [recording_tool(tool, outcome.ran) for tool in case.tools])
    given: Any = {"messages": [("user", case.utterance)]}
    config: Any = {"recursion_limit": _STEPS}
    try:
        if streamed:
            *_, last = [event async for event in graph.astream(given, config, stream_mode=["messages", "values"])]
            messages = last[1]["messages"]
        else:
            messages = (await graph.ainvoke(given, config))["messages"]
    except Exception as error:  # noqa: BLE001  # whatever it is, it is what the user gets
        outcome.end = type(error).__name__
    else:
        outcome.end = end_of(messages)
        outcome.recoveries = recoveries_in(messages)
    return outcome


def end_of(messages: Sequence[BaseMessage]) -> str:
    """Say how a conversation ended."""
    last = messages[-1]
    if not isinstance(last, AIMessage) or last.tool_calls or last.invalid_tool_calls or not last.text.strip():
        return "silence"
    cut = last.response_metadata.get("finish_reason") == "length" and "recoveries" not in last.response_metadata
    return "cut off" if cut else "answer"


def recoveries_in(messages: Iterable[BaseMessage]) -> Counter[str]:
    """Count what was asked again."""
    found = (message.response_metadata for message in messages if isinstance(message, AIMessage))
    return Counter(entry["kind"] for metadata in found for entry in metadata.get("recoveries", ()))


async def run_all(everything: Sequence[Case], contender: Contender, url: str) -> list[Outcome]:
    """Run all cases, eight at a time."""
    gate = asyncio.Semaphore(AT_ONCE)

    async def one(number: int, case: Case) -> Outcome:
        async with gate:
            streamed = contender.streamed > 0 and number % contender.streamed == 0
            return await run(case, contender.make, url, streamed=streamed)

    return await asyncio.gather(*(one(number, case) for number, case in enumerate(everything)))


def right_calls(everything: Sequence[Case]) -> list[set[Call]]:
    """Return the calls that each question leads to when nothing goes wrong, natively or by prompt."""
    with SimulatorServer(brain=RuleBrain()) as server:
        ways = [Contender(partial(ours, tool_calling=way), 0) for way in ("native", "emulated")]
        native, emulated = (asyncio.run(run_all(everything, way, server.base_url)) for way in ways)
    return [{*one.ran, *other.ran} for one, other in zip(native, emulated, strict=True)]


def chaos(everything: Sequence[Case], contender: Contender, rates: Rates) -> list[Outcome]:
    """Run all cases against a simulator in which everything goes wrong."""
    plan = FaultPlan.parse(f"reset; probability={rates.resets}", seed=SEED)
    with SimulatorServer(app=create_app(brain=ChaosBrain(rates, SEED), faults=plan)) as server:
        return asyncio.run(run_all(everything, contender, server.base_url))


def judged(outcomes: Sequence[Outcome], right: Sequence[set[Call]]) -> dict[str, Any]:
    """Count what is in the table."""
    ends = Counter(outcome.end for outcome in outcomes)
    named = ("answer", "cut off", "silence")
    recovered: Counter[str] = sum((outcome.recoveries for outcome in outcomes), Counter[str]())
    runs = [(call, allowed) for outcome, allowed in zip(outcomes, right, strict=True) for call in outcome.ran]
    return {
        "runs": len(outcomes),
        "answers": ends["answer"],
        "cut_off": ends["cut off"],
        "silence": ends["silence"],
        "errors": {name: count for name, count in ends.most_common() if name not in named},
        "tool_runs": len(runs),
        "wrong_tool_runs": sum(call not in allowed for call, allowed in runs),
        "recoveries": dict(recovered.most_common()),
    }


def shown(row: dict[str, Any]) -> list[str]:
    """Return a row's cells."""
    listed = [", ".join(f"{count} {name}" for name, count in row[key].items()) for key in ("errors", "recoveries")]
    numbers = [row[key] for key in ("runs", "answers", "cut_off", "silence", "wrong_tool_runs", "tool_runs")]
    return [row["name"], *map(str, numbers), *listed]


HEAD: Final = (
    "", "runs", "ended in an answer", "half an answer", "silence", "wrong tool runs", "tool runs", "errors", "recovered"
)  # fmt: skip


def main() -> int:
    """Run every contender, print and save the table; fail if ours is under the gate."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--save", type=Path, help="where to write the figures as JSON")
    options = parser.parse_args()
    logging.getLogger("asyncio").setLevel(logging.CRITICAL)  # clients of others complain when they are thrown away
    everything, rates = list(cases()), Rates()
    right = right_calls(everything)
    rows = [{"name": name, **judged(chaos(everything, who, rates), right)} for name, who in CONTENDERS.items()]
    table = Table(*HEAD)
    for row in rows:
        table.add_row(*shown(row))
    Console(width=200).print("SIMULATED model: CLOVA Studio simulator, rule brain with mistakes", table)
    if options.save:
        about = {
            "kind": "chaos",
            "date": datetime.now(UTC).date().isoformat(),
            "python": platform.python_version(),
            "versions": [f"{name} {importlib.metadata.version(name)}" for name in _PACKAGES],
            "rates": asdict(rates),
        }
        options.save.write_text(json.dumps({**about, "rows": rows}, indent=1, ensure_ascii=False) + "\n")
    mine = rows[0]
    held = mine["answers"] >= _GATE * mine["runs"] and not mine["silence"] and not mine["wrong_tool_runs"]
    return int(not held)


if __name__ == "__main__":
    sys.exit(main())
