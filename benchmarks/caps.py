"""What planned caps save: questions a minute within a test key's limits, for 100 FunctionChat utterances.

Each question is asked of an agent whose tools model and answer model are two, so that there are requests with tools,
which need a cap of 1,024, and requests without. The simulator's limiter charges input and cap as the service does; its
answers are shorter than a real model's. Run it with `make bench-caps`.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import platform
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from functionchat import Case, cases, echo_tool
from rich.console import Console
from rich.table import Table

from clovax_agents import ChatClovaX
from clovax_agents.prebuilt import react_agent
from clovax_agents.simulator import BrainReply, ChatRequest, RuleBrain, SimulatorServer

LIMIT: Final = (60, 60_000)
"""Requests and tokens a minute of a test key."""
LIST: Final = "4_random"
CONTENDERS: Final[dict[str, dict[str, Any]]] = {
    "max_tokens=4096": {"max_tokens": 4096},
    "default": {},
    "plan_caps=True": {"plan_caps": True},
}


@dataclass(frozen=True, slots=True)
class Asked:
    """One request, as the limiter sees it."""

    tokens: int
    cap: int
    tools: bool


class Recorder(RuleBrain):
    """The simulator's rule brain, which notes what it is asked."""

    def __init__(self) -> None:
        """Begin with nothing."""
        super().__init__()
        self.asked: list[Asked] = []

    def reply(self, request: ChatRequest) -> BrainReply:
        """Answer, and note."""
        self.asked.append(Asked(request.prompt_tokens, request.cap, bool(request.tools)))
        return super().reply(request)


async def measured(name: str, options: dict[str, Any], questions: list[Case]) -> dict[str, Any]:
    """Ask all questions, one after the other, and work out what the limits would allow."""
    brain, cut = Recorder(), 0
    with SimulatorServer(brain=brain) as server:
        more: dict[str, Any] = {"api_key": "nv-bench", "base_url": server.base_url, "rate_limit": "off", **options}
        models: Any = {"tools": ChatClovaX(model="HCX-005", **more), "answer": ChatClovaX(model="HCX-005", **more)}
        for case in questions:
            graph = react_agent(models=models, tools=[echo_tool(tool) for tool in case.tools]).compile()
            state = await graph.ainvoke({"messages": [("user", case.utterance)]})
            cut += sum(message.response_metadata.get("finish_reason") == "length" for message in state["messages"])
    return {"name": name, "cut": cut, **_figures(brain.asked, len(questions))}


def _figures(asked: list[Asked], questions: int) -> dict[str, float]:
    charged = sum(one.tokens + one.cap for one in asked) / len(asked)
    rate = min(LIMIT[0], LIMIT[1] / charged)
    without = [one.cap for one in asked if not one.tools]
    return {
        "charged": charged,
        "cap_without_tools": sum(without) / len(without),
        "requests": rate,
        "questions": rate * questions / len(asked),
    }


def table(rows: list[dict[str, Any]]) -> Table:
    """Show the rows."""
    shown = Table("", "charged per request", "cap without tools", "requests/min", "questions/min", "cut off")
    for row in rows:
        figures = [f"{row[key]:,.1f}" for key in ("charged", "cap_without_tools", "requests", "questions")]
        shown.add_row(row["name"], *figures, str(row["cut"]))
    return shown


def main() -> None:
    """Measure, print, and save if asked to."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--save", type=Path, help="where to write the figures as JSON")
    options = parser.parse_args()
    questions = [case for case in cases() if case.kind == LIST]
    rows = [asyncio.run(measured(name, more, questions)) for name, more in CONTENDERS.items()]
    Console().print(table(rows))
    if options.save:
        about = {"kind": "caps", "date": f"{datetime.now(UTC):%Y-%m-%d}", "python": platform.python_version()}
        figures = {**about, "runs": len(questions), "rows": rows}
        options.save.write_text(json.dumps(figures, indent=1, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
