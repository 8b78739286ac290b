"""An agent as a tool: called with a task, and its answer is the result."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from langchain_core.runnables import RunnableConfig  # noqa: TC002  # the tool's hints are read at run time
from pydantic import Field, create_model

from clovax_agents.handoffs.calling import begin_task, task_of
from clovax_agents.handoffs.telling import carried
from clovax_agents.handoffs.wording import tell
from clovax_agents.tooling import ToolPolicy, get_tool_context
from clovax_agents.tooling.function_tool import FunctionTool

if TYPE_CHECKING:
    from langchain_core.tools import BaseTool

    from clovax_agents.handoffs.agents import Agent

__all__ = ["agent_tool"]

_POLICY = ToolPolicy(effect="idempotent", timeout=600, interrupts=True, repeats="share")
"""What an agent does is held by its own tools' policies; run again, it goes on where its checkpoint says."""


def agent_tool(agent: Agent) -> BaseTool:
    """Return the tool; each of its calls gets a task of its own, so that its agent may ask a person.

    Args:
        agent: who is called.
    """

    def run(task: str, config: RunnableConfig) -> str:
        call = begin_task(agent, config)
        return _answer(agent.name, agent.graph.invoke(task_of(task), call.config, **call.options))

    async def arun(task: str, config: RunnableConfig) -> str:
        call = begin_task(agent, config)
        return _answer(agent.name, await agent.graph.ainvoke(task_of(task), call.config, **call.options))

    about = tell("Give the agent {agent} a task and get its answer. It sees nothing but the task. {about}",
                 agent=agent.name, about=agent.description).strip()  # fmt: skip
    task = Field(description=tell("The whole task, with everything that is needed for it"))
    schema: Any = create_model(f"ask_{agent.name}", task=Annotated[str, task])
    return FunctionTool(
        name=f"ask_{agent.name}",
        description=about,
        args_schema=schema,
        func=run,
        coroutine=arun,
        policy=agent.policy or _POLICY,
    )


def _answer(name: str, result: Any) -> str:
    messages: list[Any] = result.get("messages") or []
    get_tool_context().label(*carried(messages))
    text = str(messages[-1].text) if messages else ""
    return text or tell("{agent} gave no answer", agent=name)
