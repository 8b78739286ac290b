"""An agent whose payment needs approval, in processes that are killed: each life opens the same checkpoints."""

import multiprocessing
import os
import signal
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from langchain_core.messages import AIMessage, HumanMessage, ToolMessage
from langgraph.types import Command
from scriptedmodel import ScriptedModel, asks

from clovax_agents import ToolPolicy, tool
from clovax_agents.checkpoints import open_checkpointer
from clovax_agents.prebuilt import react_agent

THREAD: Any = {"configurable": {"thread_id": "t"}}
_PATIENCE = 90.0


@dataclass(frozen=True, kw_only=True)
class Life:
    """One process.

    Attributes:
        url: of the checkpointer.
        folder: for what the lives leave behind.
        does: begins the run, or answers the question.
        dies: when it kills itself; None: it ends.
    """

    url: str
    folder: Path
    does: Literal["begin", "approve", "go_on"]
    dies: Literal["waiting", "after_effect"] | None = None


def live(life: Life) -> int:
    """Live it in a process of its own, and return how that ended: -9 if it was killed."""
    process = multiprocessing.get_context("spawn").Process(target=_lived, args=(life,), daemon=True)
    process.start()
    process.join(_PATIENCE)
    if process.is_alive():
        process.kill()
        raise AssertionError("a life hangs")
    return process.exitcode or 0


def _lived(life: Life) -> None:
    with open_checkpointer(life.url) as saver:
        graph = _agent(life).compile(checkpointer=saver)
        given: Any = {
            "begin": {"messages": [HumanMessage("pay", id="q")]},
            "approve": Command(resume={"decisions": [{"type": "approve"}]}),
            "go_on": None,
        }
        state = graph.invoke(given[life.does], THREAD, durability="sync")
        if life.dies == "waiting":
            _die()
        answers = [message.text for message in state["messages"] if isinstance(message, ToolMessage)]
        (life.folder / "answers").write_text("\n".join([*answers, state["messages"][-1].text]))


def _agent(life: Life) -> Any:
    @tool(policy=ToolPolicy(approval=True))
    def pay(amount: int) -> str:
        """Pay an amount.

        Args:
            amount: in KRW
        """
        with (life.folder / "effects").open("a") as effects:
            effects.write(f"pay {amount}\n")
        if life.dies == "after_effect":
            _die()
        return f"paid {amount}"

    done = AIMessage("done", id="m2")
    replies = [asks(("pay", {"amount": 5})), done] if life.does == "begin" else [done]
    return react_agent(model=ScriptedModel(replies=replies), tools=[pay])


def _die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)
    time.sleep(60)  # the signal is on its way
