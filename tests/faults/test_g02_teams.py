"""G02 in swarms and routers: all that works in them draws on one budget, and the run ends in words."""

import asyncio
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from agentparts import calls
from langchain_core.messages import AIMessage, BaseMessage
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.types import Command, interrupt
from scriptedmodel import ScriptedModel

from clovax_agents import ChatClovaX, ToolPolicy, tool
from clovax_agents.budgets import Budget
from clovax_agents.errors import ConfigurationError
from clovax_agents.handoffs import handoff_to
from clovax_agents.prebuilt import react_agent, router_agent, supervisor_agent, swarm_agent
from clovax_agents.simulator import BrainReply, ChatRequest, SimulatorServer

WAYS = pytest.mark.parametrize("is_async", [False, True], ids=["sync", "async"])
ASKED: Any = {"messages": [("user", "커피값 계산해 줘")]}
READ = ToolPolicy(effect="read")


@tool(policy=READ)
def pay(amount: int) -> str:
    """Pay an amount.

    Args:
        amount: in KRW
    """
    return f"paid {amount}"


class _Calling:
    """A brain that always calls the first tool there is, each time with something new."""

    def __init__(self) -> None:
        self.asked = 0

    def reply(self, request: ChatRequest) -> BrainReply:
        """Call, or say something where there is nothing to call."""
        self.asked += 1
        if not request.tools:
            return BrainReply("네")
        name = request.tools[0].name
        return calls((name, {"amount": self.asked} if name == "pay" else {}))


Start = Callable[[], tuple[_Calling, ChatClovaX]]


@pytest.fixture
def calling() -> Iterator[Start]:
    """Start a simulator whose model never ends, and a model that talks to it."""
    with ExitStack() as stack:

        def start() -> tuple[_Calling, ChatClovaX]:
            brain = _Calling()
            server = stack.enter_context(SimulatorServer(brain=brain))
            return brain, ChatClovaX(api_key="nv-test", base_url=server.base_url, max_retries=0)

        yield start


def _run(graph: Any, given: Any = None, *, is_async: bool, **more: Any) -> list[BaseMessage]:
    state = ASKED if given is None else given
    found = asyncio.run(graph.ainvoke(state, **more)) if is_async else graph.invoke(state, **more)
    return list(found["messages"])


def _ended(messages: list[BaseMessage], name: str = "model_calls", scope: str = "run") -> dict[str, Any]:
    """Check that the end names the budget; return what the run used."""
    last = messages[-1]
    assert isinstance(last, AIMessage)
    assert last.text.startswith("I stopped before I was done, because this ")
    assert (last.response_metadata["budget"]["name"], last.response_metadata["budget"]["scope"]) == (name, scope)
    used: dict[str, Any] = last.response_metadata["run_usage"]
    return used


def _on(thread: str) -> Any:
    return {"configurable": {"thread_id": thread}}


@WAYS
def test_g02_a_swarm_ends_with_its_budget(is_async: bool, calling: Start) -> None:  # noqa: FBT001
    """In the middle of an agent's work, and when the conversation changes hands."""
    brain, model = calling()
    one = swarm_agent(agents={"payer": react_agent(model=model, tools=[pay])}, budget=Budget(model_calls=3))
    assert _ended(_run(one.compile(), is_async=is_async))["model_calls"] == 3
    assert brain.asked == 3
    brain, model = calling()
    team = {
        "sales": react_agent(model=model, tools=[handoff_to("refunds")]),
        "refunds": react_agent(model=model, tools=[handoff_to("sales")]),
    }
    circle = swarm_agent(agents=team, budget=Budget(model_calls=2)).compile()
    assert _ended(_run(circle, is_async=is_async))["model_calls"] == 2
    assert brain.asked == 2


@WAYS
def test_g02_functions_of_a_swarm_draw_on_its_budget(is_async: bool, calling: Start) -> None:  # noqa: FBT001
    """What they ask of a model counts, and an error of the budget is no error of the run."""
    brain, model = calling()

    def talk(messages: Any) -> Any:
        model.invoke(messages)
        return model.invoke(messages)

    graph = swarm_agent(agents={"talker": talk}, budget=Budget(model_calls=1)).compile()
    assert _ended(_run(graph, is_async=is_async))["model_calls"] == 1
    assert brain.asked == 1


@WAYS
def test_g02_a_swarm_has_a_budget_for_each_conversation(is_async: bool, calling: Start) -> None:  # noqa: FBT001
    """Over runs, and refused where nobody keeps them."""
    brain, model = calling()
    graph = swarm_agent(agents={"talker": react_agent(model=model)}, thread_budget=Budget(model_calls=2))
    kept = graph.compile(InMemorySaver())
    for _ in range(2):
        assert _run(kept, config=_on("one"), is_async=is_async)[-1].text == "네"
    _ended(_run(kept, config=_on("one"), is_async=is_async), scope="thread")
    assert brain.asked == 2
    assert set(kept.invoke(ASKED, _on("two"))) == {"messages", "active_agent", "taint"}
    with pytest.raises(ConfigurationError, match="checkpointer"):
        graph.compile().invoke(ASKED)


@WAYS
def test_g02_the_context_of_a_run_lowers_what_a_team_may_use(is_async: bool, calling: Start) -> None:  # noqa: FBT001
    """Where no budget was built in, too."""
    brain, model = calling()
    agent = react_agent(model=model, tools=[pay])
    for graph in (swarm_agent(agents={"payer": agent}), router_agent(branches={"payer": agent}, classifier=_one)):
        messages = _run(graph.compile(), context={"budget_model_calls": 2}, is_async=is_async)
        assert messages[-1].response_metadata["budget"]["limit"] == 2
    assert brain.asked == 4


def _both(messages: Any) -> list[str]:
    """Choose two branches."""
    del messages
    return ["payer", "other"]


def _one(messages: Any) -> str:
    """Choose one branch."""
    del messages
    return "payer"


@WAYS
def test_g02_branches_side_by_side_share_a_routers_budget(is_async: bool, calling: Start) -> None:  # noqa: FBT001
    """However they come to it, not one request more is sent; nothing is left to make one answer of theirs."""
    brain, model = calling()
    branches = {name: react_agent(model=model, tools=[pay]) for name in ("payer", "other")}
    graph = router_agent(branches=branches, model=model, classifier=_both, budget=Budget(model_calls=5)).compile()
    assert _ended(_run(graph, is_async=is_async))["model_calls"] == 5
    assert brain.asked == 5


@WAYS
def test_g02_a_single_branch_says_what_ended_it(is_async: bool, calling: Start) -> None:  # noqa: FBT001
    """Its answer is the router's, for people and for programs; the model that chose counts as well."""
    brain, model = calling()
    agent = react_agent(model=model, tools=[pay])
    graph = router_agent(branches={"payer": agent}, model=model, classifier=model, budget=Budget(model_calls=3))
    assert _ended(_run(graph.compile(), is_async=is_async))["model_calls"] == 3
    assert brain.asked == 3
    asking = router_agent(branches={"payer": model.invoke}, classifier=model, budget=Budget(model_calls=1))
    last = _run(asking.compile(), is_async=is_async)[-1]
    assert "the budget of the run is used up" in last.text
    assert last.response_metadata["budget"]["name"] == "model_calls"


@WAYS
def test_g02_an_answer_that_uses_a_routers_budget_up_is_the_answer(is_async: bool, calling: Start) -> None:  # noqa: FBT001
    """Nobody is stopped who is done; a check for which nothing is left ends the run."""
    brain, model = calling()
    options: Any = {"branches": {"payer": react_agent(model=model)}, "classifier": _one, "model": model}
    graph = router_agent(**options, budget=Budget(model_calls=1)).compile()
    assert _run(graph, is_async=is_async)[-1].text == "네"
    checked = router_agent(**options, check="Is it polite?", budget=Budget(model_calls=1)).compile()
    assert _ended(_run(checked, is_async=is_async))["model_calls"] == 1
    assert brain.asked == 2


@WAYS
def test_g02_models_of_others_count_in_routers(is_async: bool) -> None:  # noqa: FBT001
    """By LangChain's callbacks, as everywhere."""
    results = {"payer": lambda messages: "하나", "other": lambda messages: "둘"}  # noqa: ARG005
    merger = ScriptedModel(replies=[AIMessage("하나와 둘")])
    options: Any = {"branches": results, "model": merger, "classifier": _both}
    messages = _run(router_agent(**options, budget=Budget(model_calls=1)).compile(), is_async=is_async)
    assert messages[-1].text == "하나와 둘"
    assert messages[-1].response_metadata["run_usage"]["model_calls"] == 1


@WAYS
@pytest.mark.parametrize("kind", ["swarm", "router"])
def test_g02_a_team_that_waited_for_a_person_goes_on_with_its_budget(
    is_async: bool,  # noqa: FBT001
    kind: str,
    calling: Start,
) -> None:
    """What was used before counts, and the next question begins anew."""

    @tool(policy=ToolPolicy(interrupts=True))
    def ask(amount: int = 1) -> str:
        """Ask a person."""
        return str(interrupt(f"{amount}?"))

    brain, model = calling()
    agent = react_agent(model=model, tools=[ask, pay])
    budget = Budget(model_calls=2)
    graph: Any = (
        swarm_agent(agents={"payer": agent}, budget=budget)
        if kind == "swarm"
        else router_agent(branches={"payer": agent}, classifier=_one, budget=budget)
    ).compile(InMemorySaver())
    _run(graph, config=_on(kind), is_async=is_async)
    _run(graph, Command(resume="yes"), config=_on(kind), is_async=is_async)
    last = _run(graph, Command(resume="yes"), config=_on(kind), is_async=is_async)[-1]
    assert last.response_metadata["budget"]["name"] == "model_calls"
    assert brain.asked == 2
    _run(graph, config=_on(kind), is_async=is_async)
    assert brain.asked == 3


@pytest.mark.parametrize("kind", ["swarm", "router", "supervisor"])
@pytest.mark.soak(every=3)
async def test_g02_an_agent_that_knows_nothing_of_budgets_is_waited_for_no_longer_than_the_run_may_take(
    kind: str, calling: Start
) -> None:
    """Whatever it is waiting for; what the others have said is not lost for it."""
    _, model = calling()

    async def waits(messages: Any) -> str:
        await asyncio.sleep(60)
        return str(messages)

    budget = Budget(seconds=2)
    team: Any = {"payer": waits}
    if kind == "swarm":
        graph: Any = swarm_agent(agents=team, budget=budget)
    elif kind == "router":
        graph = router_agent(branches=team, classifier=_one, budget=budget)
    else:
        graph = supervisor_agent(agents=team, model=model, budget=budget)
    began = time.monotonic()
    last = (await graph.compile().ainvoke(ASKED))["messages"][-1]
    assert time.monotonic() - began < 30
    assert last.response_metadata["budget"]["name"] == "seconds"
