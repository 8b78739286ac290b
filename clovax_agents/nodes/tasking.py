"""`task_tool`: gives tasks to sub-agents, which have the files of whoever calls them and nothing else of it."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal, cast

from langchain_core.messages import ToolMessage
from langchain_core.runnables import RunnableConfig
from langchain_core.tools import BaseTool, InjectedToolCallId
from langgraph.prebuilt import InjectedState
from langgraph.types import Command
from pydantic import Field

from clovax_agents.errors import ConfigurationError
from clovax_agents.execution.requests import field_of
from clovax_agents.handoffs.agents import Agent
from clovax_agents.handoffs.calling import begin_task, task_of
from clovax_agents.handoffs.telling import carried
from clovax_agents.handoffs.wording import tell
from clovax_agents.tooling import ToolPolicy, get_tool_context, tool
from clovax_agents.workspace.files import changes_between
from clovax_agents.workspace.wording import say

if TYPE_CHECKING:
    from clovax_agents.tooling.policy import Label

__all__ = ["TASK", "task_tool"]

TASK: Final = "task"
"""What the tool is called."""
_TIMEOUT: Final = 600.0


def task_tool(agents: Mapping[str, Agent]) -> BaseTool:
    """Return the tool; each of its calls gets a task of its own, so that the sub-agent may ask a person.

    Args:
        agents: by their names.

    Raises:
        ConfigurationError: an agent's policy says what a tool of several agents cannot keep.
    """
    policy = _policy(agents)

    def run(
        description: Annotated[
            str,
            Field(
                description=say(
                    "The whole task, with everything that is needed for it, and what the answer is to contain"
                )
            ),
        ],
        subagent_type: str,
        config: RunnableConfig,
        tool_call_id: Annotated[str, InjectedToolCallId],
        state: Annotated[Any, InjectedState] = None,
    ) -> Any:
        agent = agents[subagent_type]
        given, call = _given(agent, description, state), begin_task(agent, config)
        return _answer(agent, given, agent.graph.invoke(given, call.config, **call.options), tool_call_id)

    async def arun(
        description: str,
        subagent_type: str,
        config: RunnableConfig,
        tool_call_id: Annotated[str, InjectedToolCallId],
        state: Annotated[Any, InjectedState] = None,
    ) -> Any:
        agent = agents[subagent_type]
        given, call = _given(agent, description, state), begin_task(agent, config)
        return _answer(agent, given, await agent.graph.ainvoke(given, call.config, **call.options), tool_call_id)

    run.__annotations__["subagent_type"] = _one_of(agents)
    about = say(
        "Give a task to a sub-agent and get its answer. It sees nothing but the task and the files. Call it several "
        "times at once for tasks that do not need each other's results. Sub-agents:\n{agents}",
        agents="\n".join(f"- {agent.name}: {agent.description}" for agent in agents.values()),
    )
    made = tool(name=TASK, description=about, policy=policy)(run)
    made.coroutine = arun
    return made


def _one_of(agents: Mapping[str, Agent]) -> Any:
    """Return the type of their names, which is known only now."""
    names: Any = cast("Any", Literal)[tuple(agents)]
    return Annotated[names, Field(description=say("Name of the sub-agent"))]


def _given(agent: Agent, description: str, state: Any) -> dict[str, Any]:
    """Return what a sub-agent begins with: its task, and the files, if it has a place for them."""
    given = task_of(description)
    has_files = "files" in (getattr(agent.graph, "channels", None) or {})
    return {**given, "files": dict(field_of(state, "files") or {})} if has_files else given


def _answer(agent: Agent, given: Mapping[str, Any], result: Any, call_id: str) -> Command[Any]:
    messages: list[Any] = result.get("messages") or []
    get_tool_context().label(*carried(messages))
    text = (str(messages[-1].text) if messages else "") or tell("{agent} gave no answer", agent=agent.name)
    changes = changes_between(given["files"], result.get("files") or {}) if "files" in given else {}
    if written := [path for path, change in changes.items() if change["content"] is not None]:
        text = say("{answer}\n[files that it has written: {files}]", answer=text, files=", ".join(written))
    update: dict[str, Any] = {"messages": [ToolMessage(text, tool_call_id=call_id, name=TASK)]}
    return Command(update={**update, "files": changes} if changes else update)


def _policy(agents: Mapping[str, Agent]) -> ToolPolicy:
    """Return the policy of the tool; what an agent does is held by the policies of its own tools."""
    given = {name: agent.policy for name, agent in agents.items() if agent.policy is not None}
    if gated := [name for name, policy in given.items() if policy.scopes or policy.visible_when is not None]:
        raise ConfigurationError(
            f"subagent {gated[0]!r}: scopes and visible_when of its policy cannot be held by the tool {TASK!r}, which "
            "is there for all sub-agents. Give them to its own tools, or use Agent(scopes=...)"
        )
    labels: set[Label] = set()
    for policy in given.values():
        labels |= policy.labels

    def asks(arguments: Mapping[str, Any]) -> bool:
        policy = given.get(str(arguments.get("subagent_type")))
        return policy is not None and policy.needs_approval(arguments)

    return ToolPolicy(
        effect="idempotent",
        timeout=max([_TIMEOUT, *(policy.timeout for policy in given.values())]),
        interrupts=True,
        repeats="share",
        approval=asks if any(policy.approval for policy in given.values()) else False,
        labels=frozenset(labels),
    )
