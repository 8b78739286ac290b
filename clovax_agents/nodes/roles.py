"""The models that call tools and that write the answer, where they are two: each sees and says what is its own."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final, cast

from langchain_core.messages import AIMessage
from langchain_core.runnables import Runnable
from langgraph.constants import TAG_NOSTREAM
from langgraph.types import Command

from clovax_agents.budgets.accounts import current_account
from clovax_agents.execution.narrowing import as_dict
from clovax_agents.nodes.visits import Handed, avisit, visit
from clovax_agents.notes import STEPS, asked_message, step_of, viewed
from clovax_agents.routing import model_turns

if TYPE_CHECKING:
    from collections.abc import Generator

    from langchain_core.runnables import RunnableConfig

    from clovax_agents.state import AgentState

__all__ = ["RoleNode"]

_END: Final = "__end__"


class RoleNode(Runnable["AgentState", "Command[Any]"]):
    """A model's node that is shown what other roles have noted, and whose answer tells what they have cost.

    Args:
        node: the model's.
        answered_by: the node that writes the answer instead; None if this one does.
        max_turns: how often the model may answer before it is stopped, which no other model is to talk over.
    """

    def __init__(self, node: Runnable[Any, Any], *, answered_by: str | None, max_turns: int) -> None:
        """Stand in for the node."""
        self.name: str | None = node.name
        self._node = node
        self._answered_by = answered_by
        self._max_turns = max_turns

    def invoke(self, input: AgentState, config: RunnableConfig | None = None, **_: Any) -> Command[Any]:  # noqa: A002
        """Take one turn."""
        return cast("Command[Any]", visit(self._steps(input, config), self._node.invoke))

    async def ainvoke(self, input: AgentState, config: RunnableConfig | None = None, **_: Any) -> Command[Any]:  # noqa: A002
        """Take one turn."""
        return cast("Command[Any]", await avisit(self._steps(input, config), self._node.ainvoke))

    def _steps(self, state: AgentState, config: RunnableConfig | None) -> Generator[Handed, Any, Any]:
        given: Any = {**state, "messages": viewed(state["messages"], state.get("notes") or {})}
        quiet: Any = config
        if self._answered_by is not None:  # what it says is no answer yet
            quiet = {**(config or {}), "tags": [*((config or {}).get("tags") or ()), TAG_NOSTREAM]}
        found = yield Handed(given, quiet)
        update = as_dict(getattr(found, "update", None))
        added: list[Any] = (update or {}).get("messages") or []
        if update is None or not added or not isinstance(reply := added[-1], AIMessage):
            return found
        if self._answered_by is not None and found.goto == _END and self._is_draft(state, reply):
            return _handed_on(state, update, reply, self._answered_by)
        return replace(found, update={**update, "messages": [*added[:-1], _told(state, reply)]})

    def _is_draft(self, state: AgentState, reply: AIMessage) -> bool:
        """Whether another model is to write the answer: not if this one was stopped, or nothing more may be asked."""
        if model_turns(state["messages"]) >= self._max_turns or _is_ending(reply):
            return False
        account = current_account()
        return account is None or account.exceeded() is None


def _is_ending(reply: AIMessage) -> bool:
    """Whether a reply says why there is no other: in the agent's own words, or marked as one without tools."""
    metadata: dict[str, Any] = reply.response_metadata
    recoveries: list[dict[str, Any]] = metadata.get("recoveries") or []
    return bool(metadata.get("no_tool_ran")) or any(taken.get("step") == "stopped" for taken in recoveries)


def _handed_on(state: AgentState, update: dict[str, Any], draft: AIMessage, goto: str) -> Command[Any]:
    """Leave the draft out of the conversation, and keep what it cost."""
    message = asked_message(state["messages"])
    note = {STEPS: [step_of("tools", draft)]}
    kept = [*update["messages"][:-1]]
    more = {"notes": {message.id or "": note}} if message is not None else {}
    return Command(update={**update, "messages": kept, **more}, goto=goto)


def _told(state: AgentState, reply: AIMessage) -> AIMessage:
    """Return a reply with the steps that led to it and are not told yet, and with what was thought in them."""
    message = asked_message(state["messages"])
    note: dict[str, Any] = (state.get("notes") or {}).get(message.id or "" if message else "") or {}
    all_steps: list[dict[str, Any]] = note.get(STEPS) or []
    told = sum(len(before.response_metadata.get(STEPS) or ()) for before in _of_this_turn(state))
    steps = all_steps[told:]
    if not steps:
        return reply
    extras = dict(reply.additional_kwargs)
    if not told and note.get("thinking"):
        extras["thinking_content"] = "\n\n".join(filter(None, [note["thinking"], extras.get("thinking_content")]))
    metadata: dict[str, Any] = {**cast("dict[str, Any]", reply.response_metadata), STEPS: steps}
    return reply.model_copy(update={"additional_kwargs": extras, "response_metadata": metadata})


def _of_this_turn(state: AgentState) -> list[AIMessage]:
    messages = state["messages"]
    asked = asked_message(messages)
    begin = messages.index(asked) if asked is not None else 0
    return [message for message in messages[begin:] if isinstance(message, AIMessage)]
