"""What is killed: a run of a graph whose one message calls eight tools, each with an effect that can be counted."""

import os
import signal
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any, Literal

from langchain.agents import create_agent
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, HumanMessage, ToolMessage
from langchain_core.outputs import ChatGeneration, ChatResult
from langgraph.checkpoint.postgres import PostgresSaver
from langgraph.checkpoint.sqlite import SqliteSaver
from langgraph.graph import START, MessagesState, StateGraph
from langgraph.prebuilt import ToolNode, tools_condition

from clovax_agents import tool
from clovax_agents.checkpoints import MessageSerializer
from clovax_agents.execution import ToolExecutor
from clovax_agents.execution.journal.postgres import PostgresJournal
from clovax_agents.execution.journal.sqlite import SqliteJournal
from clovax_agents.prebuilt import react_agent
from clovax_agents.tooling.context import get_tool_context

Contender = Literal["ToolNode", "create_agent", "ToolExecutor", "react_agent"]
Fault = Literal[
    "before_claim",
    "after_claim",
    "before_effect",
    "after_effect",
    "before_end",
    "after_end",
    "before_writes",
    "before_checkpoint",
    "during_checkpoint",
    "after_checkpoint",
]
CALLS = 8
VICTIM = 3
"""The call at which named faults strike."""
_SPAN = 0.02


@dataclass(frozen=True, kw_only=True)
class Life:
    """One process of a run.

    Attributes:
        contender: which graph.
        database: ``postgresql://...`` or the path of a SQLite file.
        thread: of the conversation.
        effects: the file to which each effect adds a line.
        answers: the file for what the run came to, written if it ends.
        fault: where it kills itself.
        seed: of how long the tools take.
        strict: whether checkpoints are stored by our serializer.
    """

    contender: Contender
    database: str
    thread: str
    effects: Path
    answers: Path
    fault: Fault | None = None
    seed: int = 0
    strict: bool = False


def live(life: Life, ready: Any = None) -> None:
    """Begin the run, or resume it, and write down its answers.

    Args:
        life: which.
        ready: a connection that is told when the graph starts.
    """
    with _saver(life) as saver:
        graph: Any = _graph(life).compile(checkpointer=saver)
        config = {"configurable": {"thread_id": life.thread}}
        begun = bool(graph.get_state(config).values)
        if ready is not None:
            ready.send("ready")
        state = graph.invoke(None if begun else {"messages": [("user", "go")]}, config, durability="sync")
        # whole or not at all: that the file is there says that the run is over
        whole = life.answers.with_suffix(".whole")
        whole.unlink(missing_ok=True)
        _write(whole, "".join(f"{line}\n" for line in map(_described, _answers(state["messages"]))))
        whole.replace(life.answers)


def die() -> None:
    """Be killed, as by kill -9."""
    os.kill(os.getpid(), signal.SIGKILL)
    time.sleep(60)  # the signal is on its way


class Canned(BaseChatModel):
    """Calls the tools once, then ends."""

    _llm_type = "canned"

    def bind_tools(self, tools: Any, **_: Any) -> Any:  # noqa: ARG002
        """Know the tools already."""
        return self

    def _generate(self, messages: Any, stop: Any = None, run_manager: Any = None, **_: Any) -> ChatResult:  # noqa: ARG002
        if isinstance(messages[-1], HumanMessage):
            wanted: Any = [{"name": "effect", "args": {"number": n}, "id": f"call_{n}"} for n in range(CALLS)]
            message = AIMessage("", id="m1", tool_calls=wanted, response_metadata={"finish_reason": "tool_calls"})
        else:
            message = AIMessage("over", id="m2", response_metadata={"finish_reason": "stop"})
        return ChatResult(generations=[ChatGeneration(message=message)])


class FaultyJournal:
    """A journal in whose use the process dies.

    Args:
        inner: the real one.
        fault: where.
    """

    durable = True

    def __init__(self, inner: Any, fault: Fault | None) -> None:
        self._inner = inner
        self._fault = fault

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    def begin(self, claims: Sequence[Any]) -> Any:
        """Claim, and die before or after."""
        if self._fault == "before_claim":
            die()
        standings = self._inner.begin(claims)
        if self._fault == "after_claim":
            die()
        return standings

    def end(self, calls: Sequence[Any]) -> None:
        """Note the ends, and die before or after."""
        if self._fault == "before_end":
            die()
        self._inner.end(calls)
        if self._fault == "after_end":
            die()


def _answers(messages: Sequence[Any]) -> list[ToolMessage]:
    return [message for message in messages if isinstance(message, ToolMessage)]


def _described(answer: ToolMessage) -> str:
    outcome = answer.response_metadata.get("outcome", answer.status)
    return f"{answer.tool_call_id.removeprefix('call_')} {outcome} {answer.text!r}"


def _write(path: Path, text: str) -> None:
    """Add to a file in one write, and to the disk."""
    handle = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    try:
        os.write(handle, text.encode())
        os.fsync(handle)
    finally:
        os.close(handle)


def _graph(life: Life) -> Any:
    seeded = Random(life.seed)  # noqa: S311
    pauses = [(seeded.uniform(0, _SPAN), seeded.uniform(0, _SPAN)) for _ in range(CALLS)]

    @tool
    def effect(number: int) -> str:
        """Do something that must not be done twice."""
        time.sleep(pauses[number][0])
        if life.fault == "before_effect" and number == VICTIM:
            die()
        _write(life.effects, f"{number} {get_tool_context().idempotency_key}\n")
        if life.fault == "after_effect" and number == VICTIM:
            die()
        time.sleep(pauses[number][1])
        return f"did {number}"

    match life.contender:
        case "ToolNode":
            return _plain(ToolNode([effect]))
        case "create_agent":
            return _Compiled(lambda checkpointer: create_agent(Canned(), [effect], checkpointer=checkpointer))
        case "ToolExecutor":
            return _plain(ToolExecutor([effect], journal=_journal(life)))
        case "react_agent":
            return react_agent(model=Canned(), tools=[effect], journal=_journal(life))


def _journal(life: Life) -> Any:
    """Return a journal that strikes, else None: the executor then finds its own, as for a user."""
    if life.fault not in {"before_claim", "after_claim", "before_end", "after_end"}:
        return None
    inner: Any = PostgresJournal(life.database) if _is_postgres(life) else SqliteJournal(life.database)
    return FaultyJournal(inner, life.fault)


class _Compiled:
    """Gives ``create_agent``, which compiles at once, the shape of the others."""

    def __init__(self, make: Any) -> None:
        self._make = make

    def compile(self, *, checkpointer: Any) -> Any:
        return self._make(checkpointer)


def _plain(tools: Any) -> Any:
    def model(state: MessagesState) -> Any:
        return {"messages": [Canned().invoke(state["messages"])]}

    graph: Any = StateGraph(MessagesState)
    graph.add_node("model", model)
    graph.add_node("tools", tools)
    graph.add_edge(START, "model")
    graph.add_conditional_edges("model", tools_condition)
    graph.add_edge("tools", "model")
    return graph


class _Dying:
    """Makes a saver die around what it writes down of the tools' answers; its other half is LangGraph's saver."""

    fault: Fault | None = None
    _armed = False

    def put_writes(self, config: Any, writes: Any, *others: Any, **named: Any) -> None:
        if self.fault == "before_writes" and _has_answers(value for _, value in writes):
            die()
        super().put_writes(config, writes, *others, **named)  # type: ignore[misc]

    def put(self, config: Any, checkpoint: Any, *others: Any, **named: Any) -> Any:
        is_it = _has_answers([checkpoint["channel_values"].get("messages")])
        if self.fault == "before_checkpoint" and is_it:
            die()
        self._armed = self.fault == "during_checkpoint" and is_it
        put: Any = super().put(config, checkpoint, *others, **named)  # type: ignore[misc]
        if self.fault == "after_checkpoint" and is_it:
            die()
        return put


class _DyingSqlite(_Dying, SqliteSaver):
    @contextmanager
    def cursor(self, transaction: bool = True) -> Iterator[Any]:  # noqa: FBT001, FBT002  # as it is there
        with super().cursor(transaction) as found:
            yield found
            if self._armed:  # written, but not committed
                die()


class _DyingPostgres(_Dying, PostgresSaver):
    @contextmanager
    def _cursor(self, **options: Any) -> Iterator[Any]:
        with super()._cursor(**options) as found:
            yield found
            if self._armed:  # sent, but maybe not all of it done
                die()


def _has_answers(values: Any) -> bool:
    return any(isinstance(value, list) and value and isinstance(value[-1], ToolMessage) for value in values)


@contextmanager
def _saver(life: Life) -> Iterator[Any]:
    kind: Any = _DyingPostgres if _is_postgres(life) else _DyingSqlite
    with kind.from_conn_string(life.database) as saver:
        saver.fault = life.fault
        if life.strict:
            saver.serde = MessageSerializer()
        saver.setup()
        yield saver


def _is_postgres(life: Life) -> bool:
    return life.database.startswith("postgresql://")
