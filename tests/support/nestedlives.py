"""A process that is killed in a tool of an agent within another graph, right behind the tool's effect."""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from decidingmodel import DecidingModel
from langchain_core.messages import AIMessage, BaseMessage, ToolMessage
from langgraph.checkpoint.postgres import PostgresSaver
from langgraph.checkpoint.sqlite import SqliteSaver
from scriptedmodel import asks
from teams import on_thread

from clovax_agents import tool
from clovax_agents.prebuilt import deep_agent, plan_execute_agent, react_agent

ASKED: Any = {"messages": [("user", "A-1001 취소해줘")]}
_PLAN = '{"steps": [{"task": "A-1001 취소", "after": []}]}'


def nested_life(name: str, database: str, effects: str) -> None:
    """Run a graph, or go on with it; the first time that the tool has an effect, the process dies.

    Args:
        name: of the graph.
        database: ``postgresql://...`` or the path of a SQLite file.
        effects: the file to which each effect adds a line, and beside which the answer is written.
    """
    with _saver(database) as saver:
        graph = _graph(name, Path(effects)).compile(saver)
        config = on_thread()
        state = graph.invoke(None if graph.get_state(config).values else ASKED, config)
    Path(f"{effects}.answer").write_text(state["messages"][-1].text, encoding="utf-8")


@contextmanager
def _saver(database: str) -> Iterator[Any]:
    kind: Any = PostgresSaver if database.startswith("postgresql://") else SqliteSaver
    with kind.from_conn_string(database) as saver:
        saver.setup()
        yield saver


def _graph(name: str, effects: Path) -> Any:
    @tool
    def cancel_order(order_id: str) -> str:
        """주문 취소.

        Args:
            order_id: 주문 번호.
        """
        first = not effects.exists()
        with effects.open("a", encoding="utf-8") as file:
            file.write(f"{order_id}\n")
        if first:
            os.kill(os.getpid(), signal.SIGKILL)
        return f"{order_id} 취소됨"

    worker = DecidingModel(decide=_calls("cancel_order", {"order_id": "A-1001"}))
    if name == "plan":
        planner = DecidingModel(decide=lambda _: _PLAN)
        answer = DecidingModel(decide=lambda messages: messages[-1].text)
        return plan_execute_agent(tools=[cancel_order], planner=planner, model=worker, answer=answer, replan="never")
    inner = react_agent(tools=[cancel_order], model=worker)
    chief = DecidingModel(decide=_calls("task", {"description": "취소", "subagent_type": "worker"}))
    return deep_agent(subagents={"worker": inner}, general_purpose=False, model=chief)


def _calls(name: str, arguments: dict[str, Any]) -> Any:
    """Return what a model does that calls a tool once and then repeats what it said."""

    def decide(messages: list[BaseMessage]) -> AIMessage:
        done = [message.text for message in messages if isinstance(message, ToolMessage)]
        return AIMessage(f"결과: {done[-1]}") if done else asks((name, arguments), key=f"call-{name}")

    return decide
