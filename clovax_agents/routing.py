"""Where to go next: pure functions from messages to the name of a node, with their targets declared in their types."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from langchain_core.messages import AIMessage, HumanMessage

from clovax_agents.execution.calls import last_turn, open_calls

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from langchain_core.messages import BaseMessage

__all__ = ["AfterModel", "AfterTools", "model_turns", "route_after_model", "route_after_tools"]

AfterModel = Literal["tools", "__end__"]
AfterTools = Literal["model", "__end__"]


def route_after_model(messages: Sequence[BaseMessage]) -> AfterModel:
    """Go to the tools while a call is unanswered, even one that must not run: it needs its answer. Else end."""
    return "tools" if open_calls(messages) else "__end__"


def route_after_tools(messages: Sequence[BaseMessage], return_direct: Collection[str]) -> AfterTools:
    """Go back to the model, unless a tool whose result is the final answer has succeeded."""
    _, answers = last_turn(messages)
    done = any(answer.name in return_direct and answer.status == "success" for answer in answers)
    return "__end__" if done else "model"


def model_turns(messages: Sequence[BaseMessage]) -> int:
    """Return how often the model has answered since the user last spoke."""
    turns = 0
    for message in reversed(messages):
        if isinstance(message, HumanMessage):
            break
        turns += isinstance(message, AIMessage)
    return turns
