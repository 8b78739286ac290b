"""How an agent inside of another graph is called: with no more than its share of what the run is granted."""

from __future__ import annotations

from dataclasses import fields, is_dataclass, replace
from typing import TYPE_CHECKING, Any, Final, NamedTuple, cast

from langchain_core.messages import HumanMessage
from pydantic import BaseModel

from clovax_agents.execution.facts import run_facts
from clovax_agents.execution.narrowing import as_dict
from clovax_agents.execution.toolnode import runtime_of
from clovax_agents.forms import base_form
from clovax_agents.state import AgentContext
from clovax_agents.tooling.context import CURRENT

if TYPE_CHECKING:
    from collections.abc import Collection

    from langchain_core.runnables import RunnableConfig

    from clovax_agents.handoffs.agents import Agent

__all__ = ["Call", "begin_task", "call_of", "task_of"]

_SCOPES: Final = "scopes"
_OWN: Final = frozenset({"prompt", "model", "max_tokens", "tools"})
"""What a context says about the graph's own model; an agent in it has a prompt, a model and tools of its own."""


class Call(NamedTuple):
    """What an agent's graph is called with, besides its input.

    Attributes:
        config: of the run, with the agent's scopes.
        options: its context, if it has one.
    """

    config: RunnableConfig
    options: dict[str, Any]


def call_of(agent: Agent, config: RunnableConfig | None) -> Call:
    """Return how an agent is called; nothing is ever granted to it that the run is not.

    Args:
        agent: who is called.
        config: of the node or the tool that calls it.
    """
    given = config or {}
    runtime = runtime_of(given)
    granted = run_facts(given, runtime).granted
    scopes = sorted(granted if agent.scopes is None else granted & agent.scopes)
    configurable = {**(given.get("configurable") or {}), _SCOPES: scopes}
    # A run named as its node would be taken for the node by LangGraph's streams, and its messages for the node's.
    called = {**given, "configurable": configurable, "run_name": f"{agent.name} agent"}
    context = _context(agent.graph, runtime.context, scopes)
    return Call(cast("RunnableConfig", called), {} if context is None else {"context": context})


def begin_task(agent: Agent, config: RunnableConfig) -> Call:
    """Return how an agent is called from inside of the tool that stands for it.

    That tool declares no scopes, since a run need not have them to call it; what its agent may do is said here.

    Args:
        agent: who is called.
        config: of the tool.
    """
    inner = CURRENT.get()
    token = CURRENT.set(None if inner is None else inner.around)
    try:
        call = call_of(agent, config)
    finally:
        CURRENT.reset(token)
    if inner is not None:
        inner.scopes = frozenset((call.config.get("configurable") or {})[_SCOPES])
    return call


def task_of(task: str) -> dict[str, Any]:
    """Return the input of an agent that is called with a task."""
    return {"messages": [HumanMessage(task)]}


def _context(graph: Any, given: Any, scopes: Collection[str]) -> Any:
    """Return a context of the kind that the agent's graph knows, with these scopes.

    What is meant for the model of the graph around it is left out: the agent has its own.
    """
    if given is None and not scopes:
        return None
    schema: Any = getattr(graph, "context_schema", None)
    if _has_scopes(schema) and not isinstance(given, base_form(schema)):
        kept = {**(as_dict(given) or {}), _SCOPES: list(scopes)}
        return schema(**{name: value for name, value in kept.items() if name not in _OWN})
    return _narrowed(AgentContext() if given is None else given, scopes)


def _has_scopes(schema: Any) -> bool:
    return isinstance(schema, type) and issubclass(schema, BaseModel) and _SCOPES in schema.model_fields


def _narrowed(given: Any, scopes: Collection[str]) -> Any:
    parts = as_dict(given)
    if parts is not None:
        return {**{key: value for key, value in parts.items() if key not in _OWN}, _SCOPES: list(scopes)}
    if isinstance(given, BaseModel):
        known = type(given).model_fields
        update = {name: None for name in _OWN if name in known} | ({_SCOPES: list(scopes)} if _SCOPES in known else {})
        return given.model_copy(update=update)
    if is_dataclass(given) and any(field.name == _SCOPES for field in fields(given)):
        return replace(cast("Any", given), scopes=list(scopes))
    return given
