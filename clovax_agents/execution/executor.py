"""`ToolExecutor`: the tools node. All calls of a message run together; each gets exactly one ToolMessage."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from langchain_core.runnables.config import ensure_config
from langgraph.runtime import ServerInfo

from clovax_agents.execution.facts import checked_scopes, run_facts
from clovax_agents.execution.interrupting import is_resumed
from clovax_agents.execution.jobs import Job
from clovax_agents.execution.journal.choosing import choose, open_journal
from clovax_agents.execution.ledger import Ledger
from clovax_agents.execution.plans import plan_of, shared_caps
from clovax_agents.execution.requests import read_request
from clovax_agents.execution.taint import Guard
from clovax_agents.execution.toolnode import CONTAIN, ToolNode, checkpointer_of, runtime_of, wrappers_of
from clovax_agents.execution.turn import DEFAULT_WIDTH
from clovax_agents.execution.visits import Visit
from clovax_agents.execution.wrapping import Wrapped
from clovax_agents.tooling import Toolbox
from clovax_agents.tooling.background import run_in_background
from clovax_agents.tooling.collection import own_policy

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Iterable

    from langchain_core.runnables import RunnableConfig
    from langchain_core.tools import BaseTool

    from clovax_agents.execution.journal.base import Journal
    from clovax_agents.execution.plans import ToolPlan
    from clovax_agents.execution.taint import Untrusted
    from clovax_agents.tooling.policy import ToolPolicy

__all__ = ["ToolExecutor"]


class ToolExecutor(ToolNode):
    """Run the tool calls of the last AI message; use it as a node, wherever a ``ToolNode`` stands.

    Sync tools run in our own threads, async ones on the event loop, others where their policy says. Whatever happens to
    a call, it has one answer, and the others keep theirs. A call that is cut off, malformed, unknown or answered never
    runs; one that a crash interrupted is not run twice if that would do harm.

    Args:
        tools: a `Toolbox`, or tools and functions.
        name: of the node.
        tags: for traces.
        handle_tool_errors: by default every error becomes a message; else as ToolNode reads it.
        messages_key: of the state.
        wrap_tool_call: a function around each call, as ToolNode has it.
        awrap_tool_call: the same for async graphs.
        journal: ``"memory"``, a path, ``"sqlite:///path"``, ``"postgresql://..."`` or a `Journal`; None: as the
            graph's checkpointer needs it.
        untrusted: once untrusted content is in the conversation, a call that sends something out or is to happen once
            needs a person's approval (``"approve"``), is refused (``"refuse"``), or runs (``"allow"``) unless private
            data is there, too.
        scopes: the most that any run of it is granted; None for no limit.
        choosable: names of tools of which a run's context may choose some (``context.tools``); the others are refused.

    Example:
        >>> from clovax_agents import tool
        >>> @tool
        ... def add(a: int, b: int) -> int:
        ...     \"\"\"Add two numbers.\"\"\"
        ...     return a + b
        >>> from langchain_core.messages import AIMessage
        >>> call = {"name": "add", "args": {"a": 1, "b": 2}, "id": "c1"}
        >>> ToolExecutor([add]).invoke([AIMessage("", tool_calls=[call])])[0].content
        '3'
    """

    def __init__(  # noqa: PLR0913  # ToolNode's, and ours
        self,
        tools: Toolbox | Iterable[BaseTool | Callable[..., Any]],
        *,
        name: str = "tools",
        tags: list[str] | None = None,
        handle_tool_errors: Any = CONTAIN,
        messages_key: str = "messages",
        wrap_tool_call: Any = None,
        awrap_tool_call: Any = None,
        journal: str | os.PathLike[str] | Journal | None = None,
        untrusted: Untrusted = "approve",
        scopes: Iterable[str] | None = None,
        choosable: Iterable[str] = (),
    ) -> None:
        """Work out everything that does not change from call to call."""
        box = tools if isinstance(tools, Toolbox) else Toolbox(*tools)
        super().__init__(  # pyright: ignore[reportUnknownMemberType]
            list(box),
            name=name,
            tags=tags,
            handle_tool_errors=handle_tool_errors,
            messages_key=messages_key,
            wrap_tool_call=wrap_tool_call,
            awrap_tool_call=awrap_tool_call,
        )
        caps = shared_caps(box.policy(tool.name) for tool in box)
        self.plans: dict[str, ToolPlan] = {tool.name: plan_of(tool, box.policy(tool.name), caps) for tool in box}
        self.guard: Guard = Guard.of(self.plans, untrusted)
        self.scopes: frozenset[str] | None = checked_scopes(scopes)
        self.choosable: frozenset[str] = frozenset(choosable)
        self._journal = None if journal is None else open_journal(journal)

    def policy_of(self, tool: BaseTool) -> ToolPolicy:
        """Return the policy of a tool, of this node or not."""
        found = self.plans.get(tool.name)
        return found.policy if found is not None and found.tool is tool else own_policy(tool)

    def invoke(self, input: Any, config: RunnableConfig | None = None, **_: Any) -> Any:  # noqa: A002
        """Run the open calls of a state, of a list of messages, or of a list of calls; wait for their answers."""
        return run_in_background(self._run(input, ensure_config(config), is_sync=True))

    async def ainvoke(self, input: Any, config: RunnableConfig | None = None, **_: Any) -> Any:  # noqa: A002
        """Run the open calls of a state, of a list of messages, or of a list of calls."""
        return await self._run(input, config or ensure_config(), is_sync=False)

    async def _run(self, given: Any, config: RunnableConfig, *, is_sync: bool) -> Any:
        request = read_request(self, given, config)
        runtime = runtime_of(config)
        facts = run_facts(config, runtime, self.scopes)
        writer = self._journal or await choose(
            checkpointer_of(config), self, in_server=isinstance(runtime.server_info, ServerInfo)
        )
        ledger = Ledger(writer, facts, always=writer.durable or is_resumed(config))
        visit = Visit(self, request, ledger, config, runtime, is_sync=is_sync)
        jobs = [Job(call, config) for call in request.calls]
        sync, async_ = wrappers_of(self)
        if sync is None and async_ is None:
            await visit.run(jobs, facts.limit or DEFAULT_WIDTH)
        else:
            await Wrapped(visit, sync, async_).run(jobs, facts.limit or DEFAULT_WIDTH)
        return visit.update(jobs)
