"""A step of a plan, carried out by an agent: what it reads, and what becomes of what it says."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any, Final, NamedTuple, cast

from langchain_core.messages import AIMessage, HumanMessage, ToolMessage
from langchain_core.runnables import Runnable, RunnableLambda
from langgraph.errors import GraphBubbleUp
from langgraph.runtime import get_runtime

from clovax_agents.conversations import question_of
from clovax_agents.execution.narrowing import as_dict, as_list
from clovax_agents.execution.texts import error_text
from clovax_agents.handoffs.calling import call_of
from clovax_agents.handoffs.telling import carried, marked
from clovax_agents.nodes.budgeted import BudgetedNode
from clovax_agents.nodes.visits import Handed, avisit, visit
from clovax_agents.planning.asking import step_input
from clovax_agents.planning.state import PlanContext
from clovax_agents.planning.wording import say
from clovax_agents.recovering.marks import RECOVERIES
from clovax_agents.routing import model_turns
from clovax_agents.state import AS_BUILT
from clovax_agents.tooling.labels import read_labels

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence

    from langchain_core.messages import BaseMessage
    from langchain_core.runnables import RunnableConfig

    from clovax_agents.handoffs.agents import Agent
    from clovax_agents.nodes.accounts import Budgets
    from clovax_agents.planning.state import PlanStep

__all__ = ["ExecuteNode"]

_READ: Final = "__pregel_read"  # LangGraph exports no name for it
_MOST_KEPT: Final = 20_000
"""Characters of a result that the state keeps."""


class _Asked(NamedTuple):
    """What the agent's graph is called with."""

    given: dict[str, Any]
    options: dict[str, Any]


class ExecuteNode(RunnableLambda[Any, Any]):
    """Carry out the step whose id it is sent.

    It is a RunnableLambda because LangGraph finds the graphs inside of those: for drawings, streams and states.

    Args:
        agent: who does it.
        budgets: of the graph; the agent draws on them, too.
        max_turns: how often the agent's model may answer, beyond which the step has failed.
    """

    def __init__(self, agent: Agent, budgets: Budgets, max_turns: int) -> None:
        """Take the parts."""
        super().__init__(self.invoke, afunc=self.ainvoke, name="step")
        self._visited = BudgetedNode(_Execution(agent, max_turns), budgets)
        self._graph = agent.graph

    @cached_property
    def deps(self) -> list[Runnable[Any, Any]]:
        """The agent's graph."""
        return [self._graph]

    def invoke(self, input: Any, config: RunnableConfig | None = None, **_: Any) -> Any:  # noqa: A002
        """Run the agent."""
        return self._visited.invoke(input, config)

    async def ainvoke(self, input: Any, config: RunnableConfig | None = None, **_: Any) -> Any:  # noqa: A002
        """Run the agent."""
        return await self._visited.ainvoke(input, config)


class _Execution(Runnable[Any, Any]):
    """The step itself."""

    name = "step"

    def __init__(self, agent: Agent, max_turns: int) -> None:
        self._agent = agent
        self._max_turns = max_turns

    def invoke(self, input: Any, config: RunnableConfig | None = None, **_: Any) -> Any:  # noqa: A002
        """Run the agent."""
        return visit(self._steps(input, config), self._run)

    async def ainvoke(self, input: Any, config: RunnableConfig | None = None, **_: Any) -> Any:  # noqa: A002
        """Run the agent."""
        return await avisit(self._steps(input, config), self._arun)

    def _run(self, asked: _Asked, config: RunnableConfig | None) -> Any:
        return self._agent.graph.invoke(asked.given, config, **asked.options)

    async def _arun(self, asked: _Asked, config: RunnableConfig | None) -> Any:
        return await self._agent.graph.ainvoke(asked.given, config, **asked.options)

    def _steps(self, sent: list[str], config: RunnableConfig | None) -> Generator[Handed, Any, dict[str, Any]]:
        state = _state(config)
        plan: list[PlanStep] = state.get("plan") or []
        step = next(step for step in plan if step["id"] == sent[0])
        message = HumanMessage(step_input(question_of(state["messages"]), plan, step))
        labels = carried(state["messages"]) | read_labels(state.get("taint"))
        call = call_of(self._agent, config)
        asked = _Asked({"messages": [marked(message, labels)]}, _options(call.options))
        try:
            found = yield Handed(asked, call.config)
        except GraphBubbleUp:
            raise
        except Exception as error:  # noqa: BLE001  # it is told, and the plan is made anew
            return _update(step, "failed", error_text(error), [])
        return self._ended(step, as_list((as_dict(found) or {}).get("messages")) or [])

    def _ended(self, step: PlanStep, messages: Sequence[BaseMessage]) -> dict[str, Any]:
        text = str(messages[-1].text).strip() if messages else ""
        if self._has_stopped(messages):
            return _update(step, "failed", say("its agent stopped before it was done: {text}", text=text), messages)
        return _update(step, "failed" if not text or _is_refused(messages) else "completed", text, messages)

    def _has_stopped(self, messages: Sequence[BaseMessage]) -> bool:
        """Whether the last message is not the model's, but says why the agent has given up."""
        metadata: dict[str, Any] = messages[-1].response_metadata if messages else {}
        recoveries: list[Any] = metadata.get(RECOVERIES) or []
        return (
            "budget" in metadata
            or model_turns(messages) > self._max_turns
            or any(taken.get("step") == "stopped" for taken in recoveries)
        )


def _is_refused(messages: Sequence[BaseMessage]) -> bool:
    """Whether the last calls before the agent's last words have failed, one of them at least."""
    for message in reversed(messages[:-1]):
        if isinstance(message, AIMessage):
            return False
        if isinstance(message, ToolMessage) and message.status == "error":
            return True
    return False


def _update(step: PlanStep, status: str, text: str, messages: Sequence[BaseMessage]) -> dict[str, Any]:
    change = {step["id"]: {"status": status, "result": text[:_MOST_KEPT]}}
    return {"plan": change, "taint": sorted(carried(messages))}


def _options(options: dict[str, Any]) -> dict[str, Any]:
    """Return the context of an agent, with what the context of the run says of its steps."""
    given: Any = get_runtime().context
    if not isinstance(given, PlanContext):
        return options
    told = {"prompt": given.step_prompt, "model": given.model, "max_tokens": given.max_tokens}
    more = {name: value for name, value in told.items() if value is not None}
    context: Any = options.get("context") or AS_BUILT
    return {**options, "context": context.model_copy(update=more)} if more else options


def _state(config: RunnableConfig | None) -> dict[str, Any]:
    """Return what is needed of the state: a step is sent nothing but its id."""
    read: Any = ((config or {}).get("configurable") or {})[_READ]
    return cast("dict[str, Any]", read(["messages", "taint", "plan"], False))  # noqa: FBT003  # LangGraph's own signature
