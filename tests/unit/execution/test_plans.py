"""What is worked out about a tool before its first call: where it runs, under which caps, and what cannot work."""

from concurrent.futures import ThreadPoolExecutor
from typing import Annotated, Any

import pytest
from langchain_core.runnables import RunnableConfig
from langchain_core.tools import InjectedToolCallId, StructuredTool
from langgraph.prebuilt import InjectedState, InjectedStore
from placetools import add, aslow
from toolruns import both, call, outcomes

from clovax_agents import Toolbox, ToolExecutor, ToolPolicy, tool
from clovax_agents.errors import ClovaXError, ConfigurationError
from clovax_agents.execution.plans import plan_of, shared_caps

READ = ToolPolicy(effect="read")


def _plain(n: int) -> str:
    """Answer."""
    return str(n)


async def _aplain(n: int) -> str:
    return f"async {n}"


both_ways = StructuredTool.from_function(func=_plain, coroutine=_aplain, name="both_ways", description="Answer.")


@pytest.mark.parametrize(
    ("made", "policy", "places"),
    [
        (add, READ, ("thread", "thread")),
        (aslow, READ, ("inline", "inline")),
        (both_ways, READ, ("thread", "inline")),
        (both_ways, ToolPolicy(runs_in="thread"), ("thread", "thread")),
        (aslow, ToolPolicy(runs_in="thread"), ("thread", "thread")),
        (add, ToolPolicy(runs_in="process"), ("process", "process")),
        (aslow, ToolPolicy(runs_in="process"), ("process", "process")),
    ],
    ids=range(7),
)
def test_a_tool_runs_where_it_harms_nobody(made: Any, policy: ToolPolicy, places: tuple[str, str]) -> None:
    """Async tools on the loop, sync ones in threads, others where they are told to."""
    plan = plan_of(made, policy, {})
    assert (plan.sync.place, plan.async_.place) == places


async def test_a_tool_with_two_functions_takes_the_one_that_fits() -> None:
    """The sync one in graphs that are run by invoke, the async one by ainvoke."""
    sync, async_ = await both([both_ways], call("both_ways", n=1))
    assert (sync[0].text, async_[0].text) == ("1", "async 1")


def test_what_needs_the_graph_does_not_leave_it() -> None:
    """A store or a configuration cannot be sent to another process; that is told when the graph is built."""

    def stored(n: int, store: Annotated[Any, InjectedStore()]) -> str:
        """Look."""
        return f"{n} {store}"

    def configured(n: int, config: RunnableConfig) -> str:
        """Look."""
        return f"{n} {config}"

    with ThreadPoolExecutor(1) as pool:
        for place in ("process", pool):
            policy: Any = ToolPolicy(effect="read", runs_in=place)
            for function in (stored, configured):
                with pytest.raises(ConfigurationError, match="runs_in"):
                    ToolExecutor([tool(policy=policy)(function)])


def test_a_function_that_no_other_process_finds_is_refused() -> None:
    """A lambda or a function inside another one has no name there."""

    def inner(n: int) -> str:
        """Answer."""
        return str(n)

    with pytest.raises(ClovaXError, match="cannot be sent to another process"):
        ToolExecutor([tool(policy=ToolPolicy(runs_in="process"))(inner)])


def test_a_foreign_sync_tool_does_not_run_inline() -> None:
    """Whoever gives it the policy."""
    foreign = StructuredTool.from_function(func=_plain, name="foreign", description="Answer.")
    with pytest.raises(ConfigurationError, match="would block the event loop"):
        ToolExecutor(Toolbox().add(foreign, policy=ToolPolicy(runs_in="inline")))


def test_a_cache_and_injected_values_exclude_each_other() -> None:
    """What a cache does not see must not matter."""

    def look(n: int, state: Annotated[Any, InjectedState]) -> str:
        """Look."""
        return f"{n} {state}"

    with pytest.raises(ConfigurationError, match="depends on state"):
        ToolExecutor([tool(policy=ToolPolicy(effect="read", cache_ttl=1))(look)])


def test_tools_of_a_group_share_the_smallest_cap() -> None:
    """One that names no number belongs to it all the same."""
    policies = [
        ToolPolicy(group="db", concurrency=4),
        ToolPolicy(group="db", concurrency=2),
        ToolPolicy(group="db"),
        ToolPolicy(concurrency=1),
    ]
    caps = shared_caps(policies)
    assert caps == {"db": 2}
    named = [plan_of(add, policy, caps).async_.caps[0] for policy in policies]
    assert [(cap.name, cap.most) for cap in named] == [("db", 2)] * 3 + [("tool:add", 1)]


def test_a_tool_ends_the_turn_if_anybody_says_so() -> None:
    """The policy comes before the tool."""
    direct = tool(return_direct=True)(_plain)
    assert plan_of(direct, ToolPolicy(), {}).return_direct
    assert not plan_of(direct, ToolPolicy(return_direct=False), {}).return_direct
    assert plan_of(add, ToolPolicy(return_direct=True), {}).return_direct
    assert tool(policy=ToolPolicy(return_direct=True))(_plain).return_direct


async def test_what_langchain_would_do_is_done() -> None:
    """A tool that overrides LangChain's own steps, or handles its errors itself, keeps them."""

    class Shouting(StructuredTool):
        """Changes what it returns."""

        async def ainvoke(self, *args: Any, **more: Any) -> Any:
            message = await super().ainvoke(*args, **more)
            return message.model_copy(update={"content": message.content.upper()})

        def invoke(self, *args: Any, **more: Any) -> Any:
            message = super().invoke(*args, **more)
            return message.model_copy(update={"content": message.content.upper()})

    def fail(n: int) -> str:
        from langchain_core.tools import ToolException  # noqa: PLC0415  # for this test alone

        raise ToolException(f"no {n}")

    def say(n: int) -> str:
        return f"number {n}"

    shouting = Shouting.from_function(func=say, name="shouting", description="Shout.")
    handling = StructuredTool.from_function(
        func=fail, name="handling", description="Fail.", handle_tool_error=lambda error: f"handled {error}"
    )
    assert not plan_of(shouting, READ, {}).direct
    assert not plan_of(handling, READ, {}).direct
    assert plan_of(both_ways, READ, {}).direct
    for messages in await both([shouting, handling], call("shouting", n=1), call("handling", "c1", n=2)):
        assert [message.text for message in messages] == ["NUMBER 1", "handled no 2"]


async def test_the_id_of_a_call_reaches_who_asks_for_it() -> None:
    """A model cannot give another."""

    @tool
    def mine(n: int, key: Annotated[str, InjectedToolCallId]) -> str:
        """Say."""
        return f"{n} {key}"

    for messages in await both([mine], call("mine", "a", n=1, key="forged"), call("mine", "b", n=2)):
        assert outcomes(messages) == ["success", "success"]
        assert [message.text for message in messages] == ["1 a", "2 b"]
