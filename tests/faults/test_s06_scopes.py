"""S06: what may be done is what the run, the agent and the tool all say; a sub-agent gets no more than its caller."""

import multiprocessing
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import ExitStack
from typing import Any

import pytest
import subagents
from langchain_core.messages import AIMessage, HumanMessage, ToolMessage
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.graph import START, MessagesState, StateGraph
from langgraph.types import Command
from scriptedmodel import ScriptedModel, asks

from clovax_agents import ToolExecutor, ToolPolicy, get_tool_context, tool
from clovax_agents.errors import ConfigurationError
from clovax_agents.execution.facts import run_facts
from clovax_agents.prebuilt import react_agent
from clovax_agents.state import AgentContext
from clovax_agents.tooling.labels import labelled, labels_of

READ = ToolPolicy(effect="read", scopes={"orders:read"})
ALL = ["orders:read", "orders:write", "admin"]


@tool(policy=READ)
def list_orders() -> str:
    """List orders."""
    return "O-1"


@tool(policy=ToolPolicy(effect="idempotent", scopes={"orders:write"}))
def change_order() -> str:
    """Change an order."""
    return "changed"


@tool(policy=ToolPolicy(effect="read"))
def clock() -> str:
    """Tell the time."""
    return "12:00"


TOOLS = [list_orders, change_order, clock]
BOTH = asks(("list_orders", {}), ("change_order", {}), ("clock", {}))


class _Seeing(ScriptedModel):
    """Remembers what it was shown."""

    shown: list[list[str]] = []  # noqa: RUF012  # a field of Pydantic's

    def bind_tools(self, tools: Any, **more: Any) -> Any:
        self.shown.append([found.name for found in tools])
        return super().bind_tools(tools, **more)


def _model(*replies: AIMessage) -> _Seeing:
    return _Seeing(replies=[*replies], shown=[])


def _ran(messages: Any) -> list[str]:
    """Return the names of the tools that ran."""
    return [m.name or "" for m in messages if isinstance(m, ToolMessage) and m.status == "success"]


GRANTS: list[tuple[str, Any, Any, Any, list[str]]] = [
    # id, the run's configuration, its context, the agent's limit, which tools may be used
    ("nothing is granted", None, None, None, ["clock"]),
    ("by the configuration", ALL, None, None, ["list_orders", "change_order", "clock"]),
    ("by the context", None, ALL, None, ["list_orders", "change_order", "clock"]),
    ("a part", ["orders:read"], None, None, ["list_orders", "clock"]),
    ("the agent has less", ALL, None, ["orders:read"], ["list_orders", "clock"]),
    ("the agent grants nothing", None, None, ALL, ["clock"]),
    ("the agent has nothing", ALL, None, [], ["clock"]),
    ("what only one of two grants", ["orders:read"], ["orders:write", "orders:read"], None, ["list_orders", "clock"]),
    ("an empty context is a context", ALL, [], None, ["clock"]),
]


@pytest.mark.parametrize(("given", "context", "limit", "usable"), [g[1:] for g in GRANTS], ids=[g[0] for g in GRANTS])
async def test_s06_what_may_be_used_is_what_all_grant(given: Any, context: Any, limit: Any, usable: Any) -> None:
    """The model is shown just these, and if it calls the others all the same they do not run."""
    for is_sync in (True, False):
        model = _model(BOTH, AIMessage("end"))
        agent: Any = react_agent(model=model, tools=TOOLS, scopes=limit).compile()
        config: Any = {"configurable": {} if given is None else {"scopes": given}}
        options: Any = {} if context is None else {"context": AgentContext(scopes=context)}
        start: Any = {"messages": [("user", "?")]}
        state = agent.invoke(start, config, **options) if is_sync else await agent.ainvoke(start, config, **options)
        assert _ran(state["messages"]) == usable
        assert model.shown == [usable]


def test_s06_a_run_that_is_resumed_with_more_does_not_show_an_old_choice() -> None:
    """The next run of the thread is shown what that run may use."""
    model = _model(AIMessage("a"), AIMessage("b"), AIMessage("c"))
    agent: Any = react_agent(model=model, tools=TOOLS).compile(checkpointer=InMemorySaver())
    for scopes in ([], ["orders:read"], []):
        agent.invoke({"messages": [("user", "?")]}, {"configurable": {"thread_id": "t", "scopes": scopes}})
    assert model.shown == [["clock"], ["list_orders", "clock"]]


def test_s06_where_nothing_may_be_used_the_model_has_no_tools() -> None:
    """It is asked without any, and answers."""
    model = _model(AIMessage("end"))
    state: Any = react_agent(model=model, tools=[list_orders]).compile().invoke({"messages": [("user", "?")]})
    assert (state["messages"][-1].text, model.shown) == ("end", [])


@pytest.mark.parametrize("widening", ["configurable", "context", "bound", "nothing"])
@pytest.mark.parametrize("declared", [["orders:read"], []])
async def test_s06_a_sub_agent_in_a_tool_has_what_the_tool_declares_at_most(widening: str, declared: Any) -> None:
    """Whatever its own configuration, its own context or the one it is bound to claims."""
    inner_model = _model(*[BOTH, AIMessage("inner")] * 2)
    inner: Any = react_agent(model=inner_model, tools=TOOLS).compile()
    ran: list[Any] = []
    options: Any = {
        "configurable": {"config": {"configurable": {"scopes": ALL}}},
        "context": {"context": {"scopes": ALL}},
    }
    bound = inner.with_config(configurable={"scopes": ALL}) if widening == "bound" else inner

    @tool(policy=ToolPolicy(effect="read", scopes=declared))
    def delegate() -> str:
        """Ask the other agent."""
        state = bound.invoke({"messages": [("user", "?")]}, **options.get(widening, {}))
        ran.append(_ran(state["messages"]))
        return "done"

    @tool(policy=ToolPolicy(effect="read", scopes=declared))
    async def delegate_async() -> str:
        """Ask the other agent."""
        state = await bound.ainvoke({"messages": [("user", "?")]}, **options.get(widening, {}))
        ran.append(_ran(state["messages"]))
        return "done"

    executor = ToolExecutor([delegate, delegate_async])
    call = asks(("delegate", {}), ("delegate_async", {}))
    answers = await executor.ainvoke([call], {"configurable": {"scopes": ALL}, "max_concurrency": 1})
    assert [answer.text for answer in answers] == ["done", "done"]
    assert ran == [["list_orders", "clock"] if declared else ["clock"]] * 2


async def test_s06_a_sub_agent_of_a_sub_agent_can_only_have_less() -> None:
    """Three levels down; each can lose scopes, none can win any."""
    found: list[list[str]] = []

    @tool(policy=ToolPolicy(effect="read", scopes=ALL))
    async def greedy() -> str:
        """Ask for everything."""
        return "had everything"

    @tool(policy=ToolPolicy(effect="read", scopes={"orders:read", "admin"}))
    async def middle() -> str:
        """Ask the greedy one."""
        found.append(sorted(get_tool_context().scopes))
        (answer,) = await ToolExecutor([greedy]).ainvoke([asks(("greedy", {}))], {"configurable": {"scopes": ALL}})
        return str(answer.text)

    @tool(policy=ToolPolicy(effect="read", scopes=ALL))
    async def top() -> str:
        """Ask the middle one."""
        found.append(sorted(get_tool_context().scopes))
        (answer,) = await ToolExecutor([middle]).ainvoke([asks(("middle", {}))])
        return str(answer.text)

    (answer,) = await ToolExecutor([top]).ainvoke([asks(("top", {}))], {"configurable": {"scopes": ALL}})
    assert found == [sorted(ALL), ["admin", "orders:read"]]
    assert "no permission to use greedy (orders:write)" in answer.text


@pytest.mark.parametrize("where", ["configurable", "context"])
def test_s06_a_subgraph_as_a_node_cannot_take_more_than_the_run_has(where: str) -> None:
    """What the run says holds, and the agent's own limit takes from it; what the node is bound to adds nothing."""
    model = _model(BOTH, AIMessage("end"))
    agent: Any = react_agent(model=model, tools=TOOLS, scopes=["orders:read", "orders:write"]).compile()
    graph: Any = StateGraph(MessagesState, context_schema=AgentContext)
    graph.add_node("agent", agent.with_config(configurable={"scopes": ALL}))
    graph.add_edge(START, "agent")
    given: Any = {"context": AgentContext(scopes=["orders:read", "admin"])}
    if where == "configurable":
        given = {"config": {"configurable": {"scopes": ["orders:read", "admin"]}}}
    state = graph.compile().invoke({"messages": [("user", "?")]}, **given)
    assert _ran(state["messages"]) == ["list_orders", "clock"]


def test_s06_what_the_server_permits_is_the_most() -> None:
    """Permissions of whoever is logged in bound what is asked for, and inside of tools, too."""
    config = {"configurable": {"scopes": ALL, "langgraph_auth_permissions": ["orders:read"]}}
    assert run_facts(config, None).granted == {"orders:read"}
    assert run_facts(config, None, frozenset({"admin"})).granted == frozenset()
    with pytest.raises(ConfigurationError, match="one text"):
        run_facts({"configurable": {"scopes": "admin"}}, None)


def test_s06_nobody_is_asked_about_what_the_agent_may_not_do() -> None:
    """A call beyond the agent's scopes is refused without troubling a person."""

    @tool(policy=ToolPolicy(approval=True, scopes={"admin"}))
    def reset() -> str:
        """Reset everything."""
        raise AssertionError

    model = _model(asks(("reset", {})), AIMessage("end"))
    agent: Any = react_agent(model=model, tools=[reset], scopes=["orders:read"]).compile(checkpointer=InMemorySaver())
    config: Any = {"configurable": {"thread_id": "t", "scopes": ["admin"]}}
    state = agent.invoke({"messages": [("user", "?")]}, config)
    while "__interrupt__" in state:
        assert not state["__interrupt__"][0].value["action_requests"]
        state = agent.invoke(Command(resume={"decisions": []}), config)
    assert "no permission" in state["messages"][-2].text


# Elsewhere


@pytest.fixture(params=["thread", "process", "threads", "processes"])
def elsewhere(request: pytest.FixtureRequest) -> Iterator[ToolExecutor]:
    """Give tools that run agents in another place: ours, or an executor of the user's."""
    with ExitStack() as stack:
        place: Any = request.param
        if place == "threads":
            place = stack.enter_context(ThreadPoolExecutor(1))
        elif place == "processes":
            place = stack.enter_context(ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")))
        policy = ToolPolicy(effect="read", runs_in=place, timeout=60, scopes={"orders:read"})
        yield ToolExecutor([tool(subagents.act, policy=policy), tool(subagents.read, policy=policy)])


@pytest.mark.soak(every=4)
async def test_s06_agents_elsewhere_are_bound_like_all_others(elsewhere: ToolExecutor) -> None:
    """Scopes and taint go with the call, into threads and processes."""
    config: Any = {"configurable": {"scopes": ALL}}
    (answer,) = await elsewhere.ainvoke([asks(("act", {}))], config)
    assert answer.text == "send success, rule error, ['orders:read']"
    history = [labelled(HumanMessage("x"), "untrusted_input"), asks(("act", {}))]
    (answer,) = await elsewhere.ainvoke(history, config)
    assert answer.text == "send error, rule error, ['orders:read']"


@pytest.mark.soak(every=3)
async def test_s06_what_was_read_elsewhere_comes_back_with_the_result(elsewhere: ToolExecutor) -> None:
    """Also with the text of an error."""
    config: Any = {"configurable": {"scopes": ALL}}
    for fails in (False, True):
        (answer,) = await elsewhere.ainvoke([asks(("read", {"fails": fails}))], config)
        assert "read_page success" in answer.text
        assert (answer.status, labels_of(answer)) == ("error" if fails else "success", {"untrusted_input"})
