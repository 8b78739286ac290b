"""One question through the graph: begun, or gone on with where a process was killed, or only looked up."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, cast

from langchain_core.messages import AIMessage, HumanMessage

from clovax_agents.budgets import Budget, RunUsage
from clovax_agents.budgets.accounts import ACCOUNT, Account
from clovax_agents.budgets.usage import usage_of
from clovax_agents.execution.narrowing import as_dict, as_list

if TYPE_CHECKING:
    from collections.abc import Sequence

    from langchain_core.messages import BaseMessage
    from langgraph.pregel import Pregel
    from langgraph.types import StateSnapshot

    from clovax_agents.cli.batching.ledger import Entry, Status
    from clovax_agents.cli.batching.questions import Question

__all__ = ["Asking", "Outcome"]

_MARK: Final = "clovax_question"
"""In the metadata of its checkpoints, so that they tell which question of a thread they belong to."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a question came to.

    Attributes:
        status: how it stands.
        told: what is to be told beside it.
        usage: of all its attempts.
    """

    status: Status
    told: dict[str, Any]
    usage: RunUsage


class Asking:
    """Asks a graph.

    Args:
        graph: with a checkpointer.
    """

    def __init__(self, graph: Pregel[Any, Any, Any, Any]) -> None:
        self._graph = graph

    async def ask(self, question: Question, before: Entry | None) -> Outcome:
        """Ask a question, unless it was asked; return what it came to.

        Args:
            question: to ask.
            before: how it stood when it was last looked at; None for a new one.
        """
        account = Account(Budget())
        token = ACCOUNT.set(account)
        try:
            state = await self._run(question, before)
        finally:
            ACCOUNT.reset(token)
        kept = (before.usage if before else RunUsage()) + account.used
        # what was used by an attempt that was killed is told by its messages alone
        usage = max(kept, usage_of(_since_asked(state)), key=lambda used: used.tokens)
        return _outcome(state, usage, self._graph.output_channels)

    async def _run(self, question: Question, before: Entry | None) -> StateSnapshot:
        config: Any = {"configurable": {"thread_id": question.thread}, "metadata": {_MARK: question.id}}
        state = await self._graph.aget_state(config)
        begun = (state.metadata or {}).get(_MARK) == question.id or (before and before.status == "needs_person")
        # by its tasks, and not by `next`, which leaves out a step whose writes are stored and whose end is not
        if begun and (state.interrupts or not state.tasks):
            return state
        given: Any = None if begun else {"messages": list(question.messages)}
        # each step is on the disk before the next one begins, or a killed process would do it again
        invoke: Any = cast("Any", self._graph).ainvoke  # whose type LangGraph leaves in part unknown
        await invoke(given, config, durability="sync")
        return await self._graph.aget_state(config)


def _outcome(state: StateSnapshot, usage: RunUsage, outputs: str | Sequence[str]) -> Outcome:
    if state.interrupts or state.tasks:  # those of a graph that is compiled to halt before a node ask nothing
        return Outcome("needs_person", {"asks": [asked.value for asked in state.interrupts]}, usage)
    values = as_dict(state.values) or {}
    answers = [message for message in _messages(state) if isinstance(message, AIMessage)]
    told: dict[str, Any] = {"answer": answers[-1].text} if answers else {}
    names = [outputs] if isinstance(outputs, str) else outputs
    others = {name: values[name] for name in names if name != "messages" and values.get(name) not in (None, [], {})}
    return Outcome("answered", told | ({"output": others} if others else {}), usage)


def _messages(state: StateSnapshot) -> list[BaseMessage]:
    return as_list((as_dict(state.values) or {}).get("messages")) or []


def _since_asked(state: StateSnapshot) -> list[BaseMessage]:
    messages = _messages(state)
    asked = [number for number, message in enumerate(messages) if isinstance(message, HumanMessage)]
    return messages[asked[-1] :] if asked else messages
