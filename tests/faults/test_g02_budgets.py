"""G02: no run exceeds a budget by more than the call in flight, and its last answer says which budget ended it."""

import asyncio
import os
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, suppress
from typing import Any, Literal

import pytest
from agentparts import calls
from hypothesis import given, settings
from hypothesis import strategies as st
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, ToolMessage
from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.graph import START, MessagesState, StateGraph
from langgraph.types import Command, interrupt
from scriptedmodel import ScriptedModel

from clovax_agents import ChatClovaX, ToolPolicy, tool
from clovax_agents.budgets import Budget
from clovax_agents.errors import ConfigurationError, InvalidResponseError, RateLimitError
from clovax_agents.prebuilt import react_agent
from clovax_agents.simulator import BrainReply, ChatRequest, Fault, ScriptBrain, ScriptStep, SimulatorServer

Mode = Literal["invoke", "ainvoke", "stream", "astream"]
MODES = pytest.mark.parametrize("mode", ["invoke", "ainvoke", "stream", "astream"])
EXAMPLES = 400 if os.environ.get("CLOVAX_SOAK") else 30
RAN: list[int] = []


@tool(policy=ToolPolicy(effect="read"))
def pay(amount: int) -> str:
    """Pay an amount.

    Args:
        amount: in KRW
    """
    RAN.append(amount)
    return f"paid {amount}"


class _Endless(ScriptBrain):
    """A model that never comes to an end: each answer calls a tool twice."""

    def __init__(self, *first: BrainReply) -> None:
        super().__init__(ScriptStep(reply) for reply in first)
        self.asked = 0
        self._left = len(first)

    def reply(self, request: ChatRequest) -> BrainReply:
        self.asked += 1
        if self.asked <= self._left:
            return super().reply(request)
        return calls(("pay", {"amount": self.asked}), ("pay", {"amount": -self.asked}))


Start = Callable[..., tuple[_Endless, ChatClovaX]]


@pytest.fixture
def endless() -> Iterator[Start]:
    """Start a simulator whose model never ends, and a model that talks to it."""
    with ExitStack() as stack:

        def start(*first: BrainReply, **options: Any) -> tuple[_Endless, ChatClovaX]:
            brain = _Endless(*first)
            server = stack.enter_context(SimulatorServer(brain=brain))
            return brain, ChatClovaX(api_key="nv-test", base_url=server.base_url, **options)

        RAN.clear()
        yield start


async def _messages(mode: Mode, graph: Any, question: Any = "?", **more: Any) -> list[BaseMessage]:
    state = question if isinstance(question, Command) else {"messages": [("user", question)]}
    if mode == "invoke":
        result = await asyncio.to_thread(lambda: graph.invoke(state, **more))
    elif mode == "ainvoke":
        result = await graph.ainvoke(state, **more)
    elif mode == "stream":
        parts = await asyncio.to_thread(lambda: list(graph.stream(state, stream_mode=["messages", "values"], **more)))
        result = [part for kind, part in parts if kind == "values"][-1]
    else:
        found = [part async for part in graph.astream(state, stream_mode=["messages", "values"], **more)]
        result = [part for kind, part in found if kind == "values"][-1]
    return list(result["messages"])


def _check_ended(messages: Sequence[BaseMessage], name: str, scope: str = "run") -> dict[str, Any]:
    """Check that the history is valid and that its end names the budget; return what the run used."""
    last = messages[-1]
    assert isinstance(last, AIMessage)
    assert not last.tool_calls
    assert last.text.startswith("I stopped before I was done, because this ")
    assert (last.response_metadata["budget"]["name"], last.response_metadata["budget"]["scope"]) == (name, scope)
    _check_answered(messages)
    used: dict[str, Any] = last.response_metadata["run_usage"]
    return used


def _check_answered(messages: Sequence[BaseMessage]) -> None:
    """Check that every call has exactly one answer before the model speaks again."""
    waiting: set[str] = set()
    for message in messages:
        if isinstance(message, ToolMessage):
            waiting.remove(message.tool_call_id)
        else:
            assert not waiting
            if isinstance(message, AIMessage):
                waiting = {call["id"] or "" for call in message.tool_calls}
    assert not waiting


@MODES
async def test_g02_model_calls_end_at_the_limit(mode: Mode, endless: Start) -> None:
    """Not one more is sent, and calls whose results nobody would read do not run."""
    brain, model = endless()
    messages = await _messages(mode, react_agent(model=model, tools=[pay], budget=Budget(model_calls=3)).compile())
    used = _check_ended(messages, "model_calls")
    assert (brain.asked, used["model_calls"], len(RAN)) == (3, 3, 4)
    assert "has reached its limit of model calls (3)" in messages[-1].text
    assert [message.text for message in messages[-3:-1]] == [
        "Error: not run: this run has reached its limit of model calls (3)"
    ] * 2


@MODES
async def test_g02_of_the_calls_of_one_message_those_run_that_fit(mode: Mode, endless: Start) -> None:
    """In their order; the others are answered, and the run ends."""
    _, model = endless()
    messages = await _messages(mode, react_agent(model=model, tools=[pay], budget=Budget(tool_calls=3)).compile())
    used = _check_ended(messages, "tool_calls")
    assert sorted(RAN) == [-1, 1, 2]
    assert used["tool_calls"] == 3
    by_id = {m.tool_call_id: m for m in messages if isinstance(m, ToolMessage)}
    calling = messages[-4]
    assert isinstance(calling, AIMessage)
    first, second = (by_id[call["id"] or ""] for call in calling.tool_calls)
    assert (first.text, second.status, second.response_metadata["outcome"]) == ("paid 2", "error", "budget")


@MODES
async def test_g02_no_tool_calls_at_all(mode: Mode, endless: Start) -> None:
    """A limit of 0 runs none, and says so."""
    brain, model = endless()
    _check_ended(
        await _messages(mode, react_agent(model=model, tools=[pay], budget=Budget(tool_calls=0)).compile()),
        "tool_calls",
    )
    assert (RAN, brain.asked) == ([], 1)


@MODES
@pytest.mark.parametrize(("name", "limit"), [("tokens", 400), ("cost", 0.6)])
@pytest.mark.soak(every=2)
async def test_g02_tokens_and_cost_are_exceeded_by_the_call_in_flight_at_most(
    mode: Mode, name: str, limit: float, endless: Start
) -> None:
    """Without its last call the run was within its budget; streams, which tell no usage, are estimated."""
    brain, model = endless()
    given: Any = {name: limit}
    graph = react_agent(model=model, tools=[pay], budget=Budget(**given)).compile()
    messages = await _messages(mode, graph)
    used = _check_ended(messages, name)
    total = used["input_tokens"] + used["output_tokens"] if name == "tokens" else used["cost"]
    assert total >= limit
    assert brain.asked == used["model_calls"]
    fewer = react_agent(model=endless()[1], tools=[pay], budget=Budget(model_calls=brain.asked - 1)).compile()
    before = _check_ended(await _messages(mode, fewer), "model_calls")
    total = before["input_tokens"] + before["output_tokens"] if name == "tokens" else before["cost"]
    assert total < limit


@MODES
@pytest.mark.soak(every=2)
async def test_g02_a_model_that_is_silent_is_waited_for_no_longer_than_the_run_may_take(
    mode: Mode, endless: Start
) -> None:
    """The deadline of the run cuts that of the call, attempts and all."""
    silent = BrainReply("nothing", faults=(Fault(kind="black_hole"),))
    _, model = endless(silent)
    began = time.monotonic()
    graph = react_agent(model=model, tools=[pay], budget=Budget(seconds=0.6)).compile()
    used = _check_ended(await _messages(mode, graph), "seconds")
    assert 0.5 < time.monotonic() - began < 5
    assert used["seconds"] >= 0.59


@MODES
@pytest.mark.soak(every=2)
async def test_g02_a_tool_is_waited_for_no_longer_than_the_run_may_take(mode: Mode, endless: Start) -> None:
    """Its timeout is cut to what is left; the call is answered, and the model is not asked again."""
    left: list[float] = []
    release = threading.Event()

    @tool(policy=ToolPolicy(effect="read", timeout=60))
    def dig() -> str:
        """Dig."""
        from clovax_agents import get_tool_context  # noqa: PLC0415  # as a tool of a user's would

        left.append(get_tool_context().remaining)
        release.wait(20)
        return "dug"

    brain, model = endless(calls(("dig", {})))
    began = time.monotonic()
    graph = react_agent(model=model, tools=[dig, pay], budget=Budget(seconds=1)).compile()
    messages = await _messages(mode, graph)
    release.set()
    _check_ended(messages, "seconds")
    assert time.monotonic() - began < 10
    assert left[0] <= 1
    assert "did not end within" in messages[-2].text
    assert brain.asked == 1


@MODES
@pytest.mark.soak(every=2)
async def test_g02_attempts_after_a_failure_count(mode: Mode, endless: Start) -> None:
    """The second attempt is the last that the budget allows: the run ends in words, not in the service's error."""
    broken = BrainReply("x", faults=(Fault(kind="error", code="50000"),))
    brain, model = endless(broken, broken, broken, max_retries=2)
    graph = react_agent(model=model, tools=[pay], budget=Budget(model_calls=2)).compile()
    used = _check_ended(await _messages(mode, graph), "model_calls")
    assert (brain.asked, used["model_calls"]) == (2, 2)


async def test_g02_an_error_within_the_budget_stays_an_error(endless: Start) -> None:
    """Budgets hide nothing that they are not the cause of."""
    refused = BrainReply("x", faults=(Fault(kind="error", code="42901"),))
    _, model = endless(refused, max_retries=0, rate_limit="off")
    graph = react_agent(model=model, tools=[pay], budget=Budget(model_calls=9, seconds=30)).compile()
    with pytest.raises(RateLimitError):
        await _messages("ainvoke", graph)


@MODES
async def test_g02_the_answer_that_uses_the_budget_up_is_the_answer(mode: Mode, endless: Start) -> None:
    """Nobody is stopped who is done; what the run cost stands in the answer's metadata."""
    _, model = endless(calls(("pay", {"amount": 5})), BrainReply("5원을 냈습니다."))
    graph = react_agent(model=model, tools=[pay], budget=Budget(model_calls=2, tool_calls=1)).compile()
    last = (await _messages(mode, graph))[-1]
    assert last.text == "5원을 냈습니다."
    used = last.response_metadata["run_usage"]
    assert (used["model_calls"], used["tool_calls"]) == (2, 1)
    assert used["cost"] == pytest.approx(1.25 * used["input_tokens"] / 1000 + 5 * used["output_tokens"] / 1000)


@MODES
async def test_g02_a_result_that_is_the_answer_needs_no_model_call(mode: Mode, endless: Start) -> None:
    """A return_direct tool runs although no model call is left."""

    @tool(return_direct=True)
    def receipt() -> str:
        """Give the receipt."""
        return "RECEIPT 1"

    _, model = endless(calls(("receipt", {})))
    graph = react_agent(model=model, tools=[receipt], budget=Budget(model_calls=1)).compile()
    assert (await _messages(mode, graph))[-1].text == "RECEIPT 1"


@MODES
async def test_g02_agents_inside_of_tools_draw_from_their_callers_budget(mode: Mode, endless: Start) -> None:
    """Two of them side by side cannot use more together than the caller may; what they used is the caller's usage."""
    brain, inner_model = endless()
    inner = react_agent(model=inner_model, tools=[pay]).compile()

    @tool(policy=ToolPolicy(effect="read"))
    async def delegate(task: str) -> str:
        """Have another agent do it."""
        return str((await inner.ainvoke({"messages": [("user", task)]}))["messages"][-1].text)

    @tool(policy=ToolPolicy(effect="read"))
    def delegate_sync(task: str) -> str:
        """Have another agent do it."""
        return str(inner.invoke({"messages": [("user", task)]})["messages"][-1].text)

    outer_brain, model = endless(calls(("delegate", {"task": "a"}), ("delegate_sync", {"task": "b"})))
    outer = react_agent(model=model, tools=[delegate, delegate_sync], budget=Budget(model_calls=7, tool_calls=50))
    messages = await _messages(mode, outer.compile())
    used = _check_ended(messages, "model_calls")
    assert outer_brain.asked == 1
    assert brain.asked == 6
    assert (used["model_calls"], used["tool_calls"]) == (7, len(RAN) + 2)
    assert all("its limit of model calls (7)" in message.text for message in messages if message.type == "tool")


async def test_g02_a_model_that_a_tool_asks_itself_counts_too(endless: Start) -> None:
    """Whatever the tools of a run ask of ChatClovaX is the run's."""
    _, other = endless(BrainReply("요약"), BrainReply("요약"))

    @tool(policy=ToolPolicy(effect="read"))
    async def summarise(text: str) -> str:
        """Summarise a text."""
        return (await other.ainvoke(text)).text + other.invoke(text).text

    _, model = endless(calls(("summarise", {"text": "긴 글"})), BrainReply("끝"))
    graph = react_agent(model=model, tools=[summarise], budget=Budget(model_calls=9)).compile()
    last = (await _messages("ainvoke", graph))[-1]
    assert last.response_metadata["run_usage"]["model_calls"] == 4


@MODES
async def test_g02_a_thread_has_a_budget_of_its_own(mode: Mode, endless: Start) -> None:
    """Runs that are each within theirs use up the thread's; another thread is not concerned."""
    brain, model = endless(*[BrainReply("네")] * 3)
    graph = react_agent(
        model=model, tools=[pay], budget=Budget(model_calls=2), thread_budget=Budget(model_calls=3)
    ).compile(checkpointer=InMemorySaver())
    config: Any = {"configurable": {"thread_id": "one"}}
    for _ in range(3):
        assert (await _messages(mode, graph, config=config))[-1].text == "네"
    _check_ended(await _messages(mode, graph, config=config), "model_calls", "thread")
    assert brain.asked == 3
    _check_ended(await _messages(mode, graph, config={"configurable": {"thread_id": "two"}}), "model_calls", "run")
    assert brain.asked == 5


@MODES
async def test_g02_a_budget_of_a_thread_that_nobody_keeps_is_refused(mode: Mode, endless: Start) -> None:
    """Without a checkpointer, or inside of a graph that begins its agents anew: before anything is sent."""
    brain, model = endless()
    agent = react_agent(model=model, tools=[pay], thread_budget=Budget(model_calls=3))
    with pytest.raises(ConfigurationError, match=r"compile\(checkpointer="):
        await _messages(mode, agent.compile())
    around = StateGraph(MessagesState).add_node("agent", agent.compile()).add_edge(START, "agent")
    config: Any = {"configurable": {"thread_id": "one"}}
    with pytest.raises(ConfigurationError, match="graph around it"):
        await _messages(mode, around.compile(checkpointer=InMemorySaver()), config=config)
    assert brain.asked == 0


@MODES
async def test_g02_an_agent_that_keeps_its_thread_inside_of_another_graph_has_its_budget(
    mode: Mode, endless: Start
) -> None:
    """Compiled with a checkpointer of its own, it counts all runs there, too."""
    brain, model = endless(*[BrainReply("네")] * 3)
    agent = react_agent(model=model, thread_budget=Budget(model_calls=2)).compile(checkpointer=True)
    around = StateGraph(MessagesState).add_node("agent", agent).add_edge(START, "agent")
    graph, config = around.compile(checkpointer=InMemorySaver()), {"configurable": {"thread_id": "one"}}
    for _ in range(2):
        assert (await _messages(mode, graph, config=config))[-1].text == "네"
    assert (await _messages(mode, graph, config=config))[-1].response_metadata["budget"]["scope"] == "thread"
    assert brain.asked == 2


@MODES
@pytest.mark.parametrize("kind", ["approval", "interrupt", "several"])
@pytest.mark.soak(every=2)
async def test_g02_a_resumed_run_goes_on_with_its_budget(mode: Mode, kind: str, endless: Start) -> None:
    """What was used before the person answered still counts; the next question begins anew."""

    def alter(amount: int) -> str:
        """Change an amount."""
        RAN.append(amount)
        return str(amount if kind == "approval" else interrupt("sure?"))

    policy = ToolPolicy(approval=True) if kind == "approval" else ToolPolicy(interrupts=True)
    wanted = [("alter", {"amount": 1})] * (2 if kind == "several" else 1)
    _, model = endless(calls(("pay", {"amount": 1})), calls(*wanted))
    saver = InMemorySaver()
    budget = Budget(model_calls=3, tool_calls=9)

    def graph() -> Any:
        return react_agent(model=model, tools=[pay, tool(policy=policy)(alter)], budget=budget).compile(
            checkpointer=saver
        )

    config: Any = {"configurable": {"thread_id": kind}}
    await _messages(mode, graph(), config=config)
    asked = graph().get_state(config).interrupts
    assert len(asked) == len(wanted)
    answer: Any = {"decisions": [{"type": "approve"}]} if kind == "approval" else "yes"
    messages = await _messages(mode, graph(), Command(resume={one.id: answer for one in asked}), config=config)
    used = _check_ended(messages, "model_calls")
    assert (used["model_calls"], used["tool_calls"]) == (3, 1 + len(wanted))
    again = await _messages(mode, graph(), config=config)
    assert _check_ended(again, "model_calls")["model_calls"] == 3
    assert graph().get_state(config).values["spent"]["thread"]["model_calls"] == 6


async def test_g02_a_call_for_which_there_is_no_room_is_not_put_before_a_person(endless: Start) -> None:
    """Only the call that can run is asked about."""

    @tool(policy=ToolPolicy(approval=True))
    def buy(item: str) -> str:
        """Buy something."""
        return f"bought {item}"

    _, model = endless(calls(("buy", {"item": "a"}), ("buy", {"item": "b"})))
    graph = react_agent(model=model, tools=[buy], budget=Budget(tool_calls=1)).compile(checkpointer=InMemorySaver())
    config: Any = {"configurable": {"thread_id": "t"}}
    result = await graph.ainvoke({"messages": [("user", "?")]}, config)
    (question,) = result["__interrupt__"]
    assert [request["args"] for request in question.value["action_requests"]] == [{"item": "a"}]
    answer: Any = Command(resume={"decisions": [{"type": "approve"}]})
    messages = (await graph.ainvoke(answer, config))["messages"]
    _check_ended(messages, "tool_calls")
    assert "bought a" in [message.text for message in messages]


@MODES
async def test_g02_the_context_of_a_run_lowers_its_budget_and_never_raises_it(mode: Mode, endless: Start) -> None:
    """Whoever runs an agent may be stricter than who built it."""
    brain, model = endless()
    graph = react_agent(model=model, tools=[pay], budget=Budget(model_calls=3)).compile()
    _check_ended(await _messages(mode, graph, context={"budget_model_calls": 99}), "model_calls")
    assert brain.asked == 3
    _check_ended(await _messages(mode, graph, context={"budget_model_calls": 1}), "model_calls")
    assert brain.asked == 4
    _check_ended(await _messages(mode, graph, context={"budget_tool_calls": 1}), "tool_calls")
    bare = react_agent(model=model, tools=[pay]).compile()
    _check_ended(await _messages(mode, bare, context={"budget_cost": 0.2}), "cost")


async def test_g02_a_message_that_a_tool_adds_begins_no_new_run(endless: Start) -> None:
    """A tool that puts words into the user's mouth gains nothing by it."""

    @tool(policy=ToolPolicy(effect="read"))
    def show(amount: int) -> Any:
        """Show something."""
        from clovax_agents import get_tool_context  # noqa: PLC0415  # as a tool of a user's would

        done = ToolMessage("shown", tool_call_id=get_tool_context().tool_call_id)
        return Command(update={"messages": [done, HumanMessage(f"picture {amount}")]})

    brain, model = endless(*[calls(("show", {"amount": n})) for n in range(9)])
    graph = react_agent(model=model, tools=[show], budget=Budget(model_calls=4)).compile()
    _check_ended(await _messages("ainvoke", graph), "model_calls")
    assert brain.asked == 4


async def test_g02_a_cost_without_a_price_is_an_error_before_anything_is_sent(endless: Start) -> None:
    """A limit that cannot be kept is not pretended."""
    brain, _ = endless()
    model = ScriptedModel(replies=[AIMessage("never")])
    graph = react_agent(model=model, tools=[pay], budget=Budget(cost=5)).compile()
    with pytest.raises(ConfigurationError, match="price"):
        await _messages("ainvoke", graph)
    assert brain.asked == 0
    assert model.seen == []


async def test_g02_korean_users_read_korean(endless: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    """The last answer and the answers to calls are in the language of the conversation."""
    monkeypatch.setenv("CLOVAX_LANG", "ko")
    _, model = endless()
    messages = await _messages("ainvoke", react_agent(model=model, tools=[pay], budget=Budget(model_calls=1)).compile())
    assert messages[-1].text == "이번 실행의 모델 호출 한도(1번)를 다 썼습니다. 그래서 끝내지 못하고 멈췄습니다."
    assert messages[-2].text.startswith("오류: 실행하지 않았습니다.")


async def test_g02_a_foreign_model_that_hangs_is_given_up_in_async_graphs() -> None:
    """Whose client knows nothing of deadlines; calls are counted by LangChain's callbacks."""

    class Hanging(ScriptedModel):
        async def _agenerate(self, *_: Any, **__: Any) -> Any:
            await asyncio.Event().wait()

    graph = react_agent(model=Hanging(replies=[]), tools=[pay], budget=Budget(seconds=0.3)).compile()
    began = time.monotonic()
    used = _check_ended(await _messages("ainvoke", graph), "seconds")
    assert time.monotonic() - began < 5
    assert used["model_calls"] == 1


_REPLIES = st.lists(
    st.one_of(
        st.just("answer"),
        st.lists(st.sampled_from(["pay", "nobody", "broken"]), min_size=1, max_size=4),
    ),
    min_size=12,
    max_size=12,
)


def _reply(number: int, said: str | list[str]) -> AIMessage:
    usage: Any = None if number % 3 == 0 else {"input_tokens": 20, "output_tokens": 10, "total_tokens": 30}
    if isinstance(said, str):
        return AIMessage("done", id=f"m{number}", usage_metadata=usage)
    made: list[Any] = []
    broken: list[Any] = []
    for place, name in enumerate(said):
        call = {"name": "pay", "args": {"amount": place}, "id": f"c{number}-{place}"}
        if name == "broken":
            broken.append({**call, "args": '{"amount"', "error": None, "type": "invalid_tool_call"})
        else:
            made.append({**call, "name": name})
    return AIMessage("", id=f"m{number}", tool_calls=made, invalid_tool_calls=broken, usage_metadata=usage)


@settings(max_examples=EXAMPLES, deadline=None)
@given(
    replies=_REPLIES,
    budget=st.builds(
        Budget,
        model_calls=st.integers(1, 8),
        tool_calls=st.none() | st.integers(0, 6),
        tokens=st.none() | st.integers(1, 300),
    ),
    is_async=st.booleans(),
)
def test_g02_whatever_the_model_does_no_budget_is_exceeded_by_more_than_a_call(
    replies: list[str | list[str]], budget: Budget, *, is_async: bool
) -> None:
    """Calls are never exceeded; tokens by less than the last call's; there is a last word, and the history is valid."""
    RAN.clear()
    model = ScriptedModel(replies=[_reply(number, said) for number, said in enumerate(replies)])
    graph = react_agent(model=model, tools=[pay], budget=budget, max_turns=20).compile(checkpointer=InMemorySaver())
    config: RunnableConfig = {"configurable": {"thread_id": "t"}}
    start: Any = {"messages": [("user", "?")]}
    result: Any = {}
    with suppress(InvalidResponseError):  # calls that cannot run, again and again: G03
        result = asyncio.run(graph.ainvoke(start, config)) if is_async else graph.invoke(start, config)
    assert len(model.seen) <= (budget.model_calls or 0)
    if not result:
        return
    used = graph.get_state(config).values["spent"]["used"]
    assert len(model.seen) == used["model_calls"] <= (budget.model_calls or 0)
    assert len(RAN) <= used["tool_calls"] <= (99 if budget.tool_calls is None else budget.tool_calls)
    last = result["messages"][-1]
    assert isinstance(last, AIMessage)
    assert last.text
    assert not last.tool_calls
    known = [message for message in result["messages"] if not getattr(message, "invalid_tool_calls", None)]
    if len(known) == len(result["messages"]):
        _check_answered(result["messages"])
    assert (last.text == "done") != ("budget" in last.response_metadata)


async def test_g02_a_tool_that_hands_over_to_another_graph_takes_no_counters_along(endless: Start) -> None:
    """The graph outside has no place for them, and gets its agent's messages as ever."""

    @tool(policy=ToolPolicy(effect="read"))
    def hand_over() -> Any:
        """Hand over."""
        from clovax_agents import get_tool_context  # noqa: PLC0415  # as a tool of a user's would

        done = ToolMessage("handed over", tool_call_id=get_tool_context().tool_call_id)
        return Command(graph=Command.PARENT, goto="other", update={"messages": [done]})

    _, model = endless(calls(("hand_over", {})))
    agent = react_agent(model=model, tools=[hand_over], budget=Budget(model_calls=5)).compile()
    outside = StateGraph(MessagesState)
    outside.add_node("agent", agent, destinations=("other",))
    outside.add_node("other", lambda _: {"messages": [AIMessage("the other one")]})
    outside.add_edge(START, "agent")
    found = await outside.compile().ainvoke({"messages": [HumanMessage("?")]})
    assert found["messages"][-1].text == "the other one"


async def test_g02_an_old_refusal_ends_no_new_run(endless: Start) -> None:
    """A run that broke off right behind a refusal leaves it in the history; the next question is asked all the same."""
    _, model = endless(BrainReply("네"))
    over = {"name": "tool_calls", "scope": "run", "limit": 1, "used": 1}
    refused = ToolMessage(
        "Error", tool_call_id="c0", status="error", response_metadata={"outcome": "budget", "budget": over}
    )
    call: Any = {"name": "pay", "args": {"amount": 1}, "id": "c0"}
    history = [HumanMessage("?"), AIMessage("", tool_calls=[call]), refused, HumanMessage("다시")]
    graph = react_agent(model=model, tools=[pay], budget=Budget(tool_calls=1)).compile()
    assert (await graph.ainvoke({"messages": history}))["messages"][-1].text == "네"


@MODES
@pytest.mark.soak(every=2)
async def test_g02_a_wait_for_room_ends_with_the_time_of_the_run(mode: Mode, endless: Start) -> None:
    """The second request would fit into the rate limit a minute later; the run has a second."""
    brain, model = endless(rate_limit=f"1/{60_000 + len(mode)}")
    graph = react_agent(model=model, tools=[pay], budget=Budget(seconds=1)).compile()
    began = time.monotonic()
    _check_ended(await _messages(mode, graph), "seconds")
    assert time.monotonic() - began < 10
    assert brain.asked == 1


@MODES
@pytest.mark.parametrize(
    "flawed",
    [calls(("nobody", {})), BrainReply("가나다라 " * 3000), BrainReply("")],
    ids=["unknown tool", "cut off", "empty"],
)
@pytest.mark.soak(every=3)
async def test_g02_recoveries_count(mode: Mode, flawed: BrainReply, endless: Start) -> None:
    """Asking again after a flaw is asking: there is no room for the second time, and the run ends in words."""
    brain, model = endless(flawed, flawed, flawed, flawed)
    graph = react_agent(model=model, tools=[pay], budget=Budget(model_calls=2)).compile()
    used = _check_ended(await _messages(mode, graph), "model_calls")
    assert (brain.asked, used["model_calls"]) == (2, 2)
