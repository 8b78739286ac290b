"""The deep agent: a list of what is to do, files in the state, and sub-agents with contexts of their own."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Final, cast

from clovax_agents.errors import ConfigurationError
from clovax_agents.execution import ToolExecutor
from clovax_agents.handoffs.agents import Agent, read_agents
from clovax_agents.nodes import ModelNode
from clovax_agents.nodes.accounts import Budgets
from clovax_agents.nodes.budgeted import BudgetedModel, Ways
from clovax_agents.nodes.sight import Sight
from clovax_agents.nodes.tasking import TASK, task_tool
from clovax_agents.nodes.workspace import WorkspaceNode
from clovax_agents.prebuilt.react import Schemas, approval_and_ways, assembled
from clovax_agents.prebuilt.team import Team
from clovax_agents.recovering.settings import DEFAULT_RECOVERY
from clovax_agents.tooling import Toolbox
from clovax_agents.workspace.state import DeepInput, DeepOutput, DeepState, FilesState
from clovax_agents.workspace.tools import OWN_TOOLS, file_tools, todo_tool
from clovax_agents.workspace.wording import say

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Iterable

    from langchain_core.language_models import BaseChatModel
    from langchain_core.tools import BaseTool
    from langgraph.graph import StateGraph

    from clovax_agents.budgets import Budget
    from clovax_agents.execution.journal.base import Journal
    from clovax_agents.execution.taint import Untrusted
    from clovax_agents.handoffs.agents import Agents
    from clovax_agents.recovering import Recovery
    from clovax_agents.state import AgentContext

__all__ = ["GENERAL_PURPOSE", "deep_agent", "graph"]

GENERAL_PURPOSE: Final = "general-purpose"
"""Name of the sub-agent that has the same tools."""
_DEEP: Final = Schemas(DeepState, DeepInput, DeepOutput)
_SUB: Final = Schemas(FilesState, DeepInput, DeepInput)
_LEAST_TOKENS: Final = 500


def deep_agent(  # noqa: PLR0913  # all of them by name
    *,
    tools: Toolbox | Iterable[BaseTool | Callable[..., Any]] = (),
    subagents: Agents = (),
    model: BaseChatModel | str | None = None,
    prompt: str | None = None,
    general_purpose: bool = True,
    max_result_tokens: int = 2_000,
    max_turns: int = 50,
    journal: str | os.PathLike[str] | Journal | None = None,
    redact: Callable[[str], str] | None = None,
    untrusted: Untrusted = "approve",
    scopes: Iterable[str] | None = None,
    recovery: Recovery = DEFAULT_RECOVERY,
    budget: Budget | None = None,
    thread_budget: Budget | None = None,
) -> StateGraph[DeepState, AgentContext, DeepInput, DeepOutput]:
    """Build a deep agent; compile it with the checkpointer and the store of your choice.

    Besides its tools it has ``write_todos``, ``ls``, ``read_file``, ``write_file``, ``edit_file``, ``grep`` and, with
    sub-agents, ``task``. What they keep is in the state, as ``todos`` and ``files``.

    Args:
        tools: as in `react_agent`, like all that is not told here.
        subagents: graphs, builders or functions, or `Agent` with a description, by which one is chosen.
        model: of the agent, and of the general-purpose sub-agent.
        prompt: system prompt, in front of how to work.
        general_purpose: have a sub-agent with the same tools, for what would fill this agent's context.
        max_result_tokens: that a tool's result may have; a longer one becomes a file.
        max_turns: how often the model may answer one message of the user.
        journal: of tool calls.
        redact: of what the model says.
        untrusted: what becomes of calls with untrusted content, from sub-agents, too.
        scopes: the most that a run is granted.
        recovery: what to do when the model fails.
        budget: of each run, on which sub-agents draw, too.
        thread_budget: of all runs of a thread together.

    Example:
        >>> agent = deep_agent(subagents={"greeter": lambda messages: "안녕하세요"}).compile(name="deep")
        >>> sorted(agent.get_graph().nodes)
        ['__end__', '__start__', 'model', 'tools']
    """
    if isinstance(max_result_tokens, bool) or max_result_tokens < _LEAST_TOKENS:
        raise ConfigurationError(f"max_result_tokens={max_result_tokens!r} is too little: give {_LEAST_TOKENS} or more")
    box = (tools if isinstance(tools, Toolbox) else Toolbox(*tools)).add(*file_tools())
    loop = partial(
        _loop,
        model=model,
        max_turns=max_turns,
        max_result_tokens=max_result_tokens,
        journal=journal,
        redact=redact,
        untrusted=untrusted,
        scopes=None if scopes is None else list(scopes),
        recovery=recovery,
    )
    general = loop(box, prompt=_sub_prompt(), manual="", schemas=_SUB) if general_purpose else None
    team = _team(subagents, general)
    own = [todo_tool(), *([task_tool(team)] if team else [])]
    made = loop(
        box.add(*own),
        prompt=prompt,
        manual=_manual(has_team=bool(team)),
        schemas=_DEEP,
        budgets=Budgets(budget, thread_budget),
    )
    return cast("StateGraph[DeepState, AgentContext, DeepInput, DeepOutput]", made)  # for type checkers only


def graph() -> StateGraph[DeepState, AgentContext, DeepInput, DeepOutput]:
    """Return one with a calculator and a clock as sub-agents, for a ``langgraph.json`` that names nothing else."""
    from clovax_agents.prebuilt.examples import example_agents  # noqa: PLC0415  # only where an example is asked for
    from clovax_agents.toolkit import calculator  # noqa: PLC0415

    return deep_agent(tools=[calculator], subagents=example_agents())


def _loop(  # noqa: PLR0913  # all of them by name
    box: Toolbox,
    *,
    prompt: str | None,
    manual: str,
    schemas: Schemas,
    model: BaseChatModel | str | None,
    max_turns: int,
    max_result_tokens: int,
    journal: str | os.PathLike[str] | Journal | None,
    redact: Callable[[str], str] | None,
    untrusted: Untrusted,
    scopes: list[str] | None,
    recovery: Recovery,
    budgets: Budgets = Budgets(),  # noqa: B008  # never changed
) -> StateGraph[Any, Any, Any, Any]:
    """Return the graph of a model that calls tools, with files."""
    choosable = [name for name in box.names if name not in {*OWN_TOOLS, TASK}]
    executor = ToolExecutor(box, journal=journal, untrusted=untrusted, scopes=scopes, choosable=choosable)
    approval, ways = approval_and_ways(executor)
    sight = Sight.over(box, executor)
    team = Team.of(model, None, sight=sight, redact=redact, max_turns=max_turns)
    node = ModelNode(
        model=team.given("tools"),
        tools=box,
        prompt=prompt,
        manual=manual,
        max_turns=max_turns,
        sight=sight,
        recovery=recovery,
        **ways,
    )
    asked = BudgetedModel(node, budgets, model=team.models["tools"], ways=Ways(**ways))
    tools = WorkspaceNode(executor, max_result_tokens)
    return assembled(asked, approval, tools, team, prompt, budgets, schemas, choosable=choosable)


def _team(subagents: Agents, general: Any) -> dict[str, Agent]:
    """Return the sub-agents by their names."""
    listed: Any = subagents
    given = list(listed.items() if hasattr(listed, "items") else listed)
    team = read_agents(dict(given) if hasattr(listed, "items") else given) if given else {}
    if general is None or GENERAL_PURPOSE in team:
        return team
    about = say("any task of several steps, with the same tools as you")
    return {GENERAL_PURPOSE: Agent(name=GENERAL_PURPOSE, description=about, runs=general), **team}


def _sub_prompt() -> str:
    return say("Do the task with the tools, and answer with all that was asked for.")


def _manual(*, has_team: bool) -> str:
    """Return how to work."""
    how = say(
        "How to work:\n- For a request of three steps or more, write the list with write_todos first, and bring it up "
        "to date after each step.\n- Keep what you find out in files. Long results of tools are put into files by "
        "themselves: read only the part that you need.\n- When everything is done, answer the user in words."
    )
    team = say(
        "- Give work that needs many calls to a sub-agent with task; several at once if they do not need each other's "
        "results."
    )
    return f"{how}\n{team}" if has_team else how
