"""The supervisor: agents take over or are given tasks, at once, each with what it may see and do."""

import asyncio
import threading
from typing import Any

import pytest
from langchain_core.messages import AIMessage, HumanMessage, ToolMessage
from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.types import Command
from scriptedmodel import ScriptedModel, asks
from teams import ASKED, check_valid, on_thread, scripted, shape

from clovax_agents import ToolPolicy, tool
from clovax_agents.errors import ConfigurationError
from clovax_agents.handoffs import Agent, handoff_to
from clovax_agents.prebuilt import react_agent, supervisor_agent
from clovax_agents.state import AgentContext

BOTH = asks(("transfer_to_orders", {}), ("transfer_to_delivery", {}))
ORDERS = asks(("transfer_to_orders", {}), key="one")
RAN: list[str] = []


@pytest.fixture(autouse=True)
def _nothing_ran() -> None:
    RAN.clear()


@tool(policy=ToolPolicy(effect="read"))
def get_order(order_id: str) -> str:
    """Look an order up."""
    return f"{order_id}: 결제완료"


@tool(policy=ToolPolicy(approval=True))
def cancel(order_id: str) -> str:
    """Cancel an order."""
    RAN.append(order_id)
    return f"{order_id}: 취소됨"


def _run(graph: Any, given: Any, config: Any = None, *, is_async: bool = False, **more: Any) -> Any:
    return asyncio.run(graph.ainvoke(given, config, **more)) if is_async else graph.invoke(given, config, **more)


WAYS = pytest.mark.parametrize("is_async", [False, True], ids=["sync", "async"])


@WAYS
def test_agents_that_take_over_at_once_run_at_once_and_come_back_in_call_order(is_async: bool) -> None:  # noqa: FBT001
    """Each waits for the other to have begun, and the first in the message ends last; its answer is the first still."""
    begun = threading.Barrier(2, timeout=20)
    ended = threading.Event()

    def orders(_: Any) -> str:
        begun.wait()
        assert ended.wait(20)
        return "주문은 결제완료입니다."

    def delivery(_: Any) -> str:
        begun.wait()
        ended.set()
        return "내일 도착합니다."

    model = scripted(BOTH, AIMessage("결제완료, 내일 도착", id="end"))
    graph = supervisor_agent(agents=[orders, delivery], model=model).compile()
    messages = _run(graph, ASKED, is_async=is_async)["messages"]

    assert shape(messages)[2:] == [
        ("tool", "transfer_to_orders", "handed over to orders"),
        ("tool", "transfer_to_delivery", "handed over to delivery"),
        ("ai", "orders", "주문은 결제완료입니다."),
        ("ai", "delivery", "내일 도착합니다."),
        ("ai", "", "결제완료, 내일 도착"),
    ]


@pytest.mark.parametrize("output", ["last", "full"])
def test_what_each_reads_is_a_history_that_the_service_takes(output: Any) -> None:
    """The supervisor reads answers as results of its calls, agents read no calls but their own, over two turns."""
    model = scripted(BOTH, AIMessage("다 됐습니다", id="e1"), ORDERS, AIMessage("또 됐습니다", id="e2"))
    orders = scripted(
        asks(("get_order", {"order_id": "A-1"}), key="o1"), AIMessage("결제완료", id="o2"), AIMessage("그대로", id="o3")
    )
    delivery = scripted(AIMessage("내일", id="d1"))
    team = {
        "orders": react_agent(model=orders, tools=[get_order], prompt="주문 담당"),
        "delivery": react_agent(model=delivery),
    }
    graph = supervisor_agent(agents=team, model=model, prompt="상담 팀장", output=output).compile(InMemorySaver())
    graph.invoke(ASKED, on_thread())
    state = graph.invoke({"messages": [("user", "지금은?")]}, on_thread())

    for seen in (*model.seen, *orders.seen, *delivery.seen, state["messages"]):
        check_valid(seen)
        assert seen is state["messages"] or seen[-1].type in {"human", "tool"}
    own = [call["name"] for seen in orders.seen for m in seen if isinstance(m, AIMessage) for call in m.tool_calls]
    assert set(own) == {"get_order"}
    assert [message.text for message in model.seen[1][-2:]] == [
        "결제완료"
        if output == "last"
        else '[called get_order({"order_id":"A-1"})]\n[result of get_order]\nA-1: 결제완료\n결제완료',
        "내일",
    ]
    assert [kind for kind, _, _ in shape(orders.seen[-1])].count("tool") == (1 if output == "full" else 0)
    assert ("ai", "delivery", "내일") in shape(orders.seen[-1])


def test_an_agent_reads_what_others_have_found_for_the_same_message() -> None:
    """In words, behind the user's own: so the user's is the last word, and nobody looks it up again."""
    orders = scripted(AIMessage("주문은 결제완료", id="o1"))
    delivery = scripted(AIMessage("내일", id="d1"))
    model = scripted(
        asks(("get_order", {"order_id": "A-1"}), ("transfer_to_orders", {}), key="m1"),
        asks(("transfer_to_delivery", {}), key="m2"),
        AIMessage("끝", id="m3"),
    )
    team = {"orders": react_agent(model=orders), "delivery": react_agent(model=delivery)}
    supervisor_agent(agents=team, model=model, tools=[get_order]).compile().invoke(ASKED)

    (read,) = delivery.seen[0]
    assert read.text.startswith(ASKED["messages"][0][1])
    assert "[result of get_order]\nA-1: 결제완료" in read.text
    assert "[orders has answered]\n주문은 결제완료" in read.text
    assert "transfer_to" not in read.text


def test_an_answer_is_forwarded_word_for_word() -> None:
    """Without another word of the model; and only if there is one."""
    model = scripted(
        asks(("forward_message", {"from_agent": "orders"}), key="m0"),
        ORDERS,
        asks(("forward_message", {"from_agent": "delivery"}), key="m2"),
        asks(("forward_message", {"from_agent": "orders"}), key="m3"),
    )
    answer = "주문 A-1은\n**결제완료**입니다."
    graph = supervisor_agent(agents={"orders": lambda _: answer}, model=model).compile()
    messages = graph.invoke(ASKED)["messages"]

    assert messages[-1].text == answer
    assert messages[-1].response_metadata["forwarded"] == "orders"
    refused = [message.text for message in messages if getattr(message, "status", "") == "error"]
    assert [text.partition(".")[0] for text in refused] == [
        "Error: nobody has answered in this turn yet, so there is nothing to forward",
        "Error: delivery has not answered in this turn; it can be one of: orders",
    ]
    assert model.replies == []
    check_valid(messages)


@WAYS
def test_an_agent_as_a_tool_sees_its_task_and_nothing_else(is_async: bool) -> None:  # noqa: FBT001
    """Two tasks at once, each answered under its own call."""
    model = scripted(asks(("ask_worker", {"task": "첫째"}), ("ask_worker", {"task": "둘째"})), AIMessage("끝", id="e"))
    seen: list[list[Any]] = []

    async def worker(messages: Any) -> str:
        seen.append(shape(messages))
        return f"{messages[-1].text} 완료"

    agent = Agent(runs=worker, description="일꾼", as_tool=True)
    graph = supervisor_agent(agents=[agent], model=model).compile()
    messages = _run(graph, ASKED, is_async=is_async)["messages"]

    assert sorted(text for ((_, _, text),) in seen) == ["둘째", "첫째"]
    assert [m.text for m in messages if m.type == "tool"] == ["첫째 완료", "둘째 완료"]
    assert sorted(graph.get_graph().nodes) == ["__end__", "__start__", "model", "tools"]


def _cancelling(*orders: str) -> ScriptedModel:
    calls = [("cancel", {"order_id": order}) for order in orders]
    return scripted(asks(*calls, key=f"c-{orders[0]}"), AIMessage(f"{orders[0]} 처리", id=f"e-{orders[0]}"))


@WAYS
@pytest.mark.parametrize("as_tool", [False, True], ids=["taking over", "as tools"])
def test_questions_from_inside_of_two_agents_get_their_own_answers(is_async: bool, as_tool: bool) -> None:  # noqa: FBT001
    """Both ask a person at once; each answer reaches the one that asked, and nothing runs twice."""
    prefix, more = ("ask_", {"task": "취소"}) if as_tool else ("transfer_to_", {})
    model = scripted(asks((f"{prefix}left", dict(more)), (f"{prefix}right", dict(more))), AIMessage("끝", id="e"))
    team = [
        Agent(runs=react_agent(model=_cancelling(order), tools=[cancel]), name=name, as_tool=as_tool)
        for name, order in (("left", "A-1"), ("right", "B-2"))
    ]
    graph = supervisor_agent(agents=team, model=model).compile(InMemorySaver())
    state = _run(graph, ASKED, on_thread(), is_async=is_async)
    asked = {q.value["action_requests"][0]["args"]["order_id"]: q.id for q in state["__interrupt__"]}
    assert set(asked) == {"A-1", "B-2"}
    assert RAN == []

    answers = {asked["A-1"]: {"decisions": [{"type": "approve"}]}, asked["B-2"]: {"decisions": [{"type": "reject"}]}}
    for one in answers.items():  # one after the other, as two people would
        state = _run(graph, Command(resume=dict([one])), on_thread(), is_async=is_async)
    assert RAN == ["A-1"]
    assert state["messages"][-1].text == "끝"
    assert graph.get_state(on_thread()).next == ()
    check_valid(state["messages"])


def test_what_has_been_done_is_not_done_again_when_another_agent_is_answered() -> None:
    """One agent acts, its peer asks a person: the answer goes on with the peer alone."""
    model = scripted(asks(("transfer_to_acting", {}), ("transfer_to_asking", {})), AIMessage("끝", id="e"))

    def acting(_: Any) -> str:
        RAN.append("acted")
        return "했습니다"

    asking = react_agent(model=_cancelling("A-1"), tools=[cancel])
    graph = supervisor_agent(agents={"acting": acting, "asking": asking}, model=model).compile(InMemorySaver())
    graph.invoke(ASKED, on_thread())
    graph.invoke(Command(resume={"decisions": [{"type": "approve"}]}), on_thread())
    assert RAN == ["acted", "A-1"]


def test_supervisors_supervise_supervisors() -> None:
    """What comes back says which team it is from; each reads only what it may call."""
    inner_model = scripted(ORDERS, AIMessage("팀의 답", id="i1"))
    inner = supervisor_agent(agents={"orders": lambda _: "주문의 답"}, model=inner_model, output="full")
    outer_model = scripted(asks(("transfer_to_team", {}), key="x"), AIMessage("끝", id="e1"), AIMessage("또", id="e2"))
    graph = supervisor_agent(agents={"team": inner}, model=outer_model, output="full").compile(InMemorySaver())
    graph.invoke(ASKED, on_thread())
    state = graph.invoke({"messages": [("user", "고마워")]}, on_thread())

    assert ("ai", "orders", "주문의 답") in shape(state["messages"])
    assert ("ai", "team", "팀의 답") in shape(state["messages"])
    for seen in (*inner_model.seen, *outer_model.seen):
        check_valid(seen)
    names = {c["name"] for seen in outer_model.seen for m in seen if isinstance(m, AIMessage) for c in m.tool_calls}
    assert names == {"transfer_to_team"}
    assert outer_model.seen[1][-1].text.endswith("팀의 답")
    assert "team" in str(graph.get_graph(xray=True).to_json())


@tool(policy=ToolPolicy(scopes={"orders:write"}, effect="read"))
def write_order() -> str:
    """Write."""
    RAN.append("written")
    return "written"


@pytest.mark.parametrize("by", ["context", "configurable"])
@pytest.mark.parametrize("as_tool", [False, True], ids=["taking over", "as a tool"])
@pytest.mark.parametrize(
    ("granted", "most", "runs"),
    [
        (["orders:write"], None, True),
        (["orders:write", "more"], {"orders:write"}, True),
        (["orders:write"], {"orders:read"}, False),
        (["orders:write"], set(), False),
        (["orders:read"], {"orders:write"}, False),
        ([], {"orders:write"}, False),
    ],
    ids=["all of the run's", "its share", "another share", "none", "not the run's", "nothing granted"],
)
def test_an_agent_has_no_more_scopes_than_the_run_and_its_own(
    by: str,
    granted: list[str],
    most: Any,
    runs: bool,  # noqa: FBT001
    as_tool: bool,  # noqa: FBT001
) -> None:
    """Whichever way they were granted; none of its own is not the same as all."""
    call = ("ask_writer", {"task": "써"}) if as_tool else ("transfer_to_writer", {})
    writer = react_agent(
        model=scripted(asks(("write_order", {}), key="w"), AIMessage("끝", id="w2")), tools=[write_order]
    )
    team = [Agent(runs=writer, name="writer", scopes=most, as_tool=as_tool)]
    graph = supervisor_agent(agents=team, model=scripted(asks(call), AIMessage("끝", id="e"))).compile()
    if by == "context":
        graph.invoke(ASKED, context=AgentContext(scopes=granted))
    else:
        graph.invoke(ASKED, {"configurable": {"scopes": granted}})
    assert bool(RAN) == runs


def test_a_prompt_for_the_run_is_the_supervisors_alone() -> None:
    """What is set for its model does not reach the models of its agents."""
    orders = scripted(AIMessage("결제완료", id="o"))
    model = scripted(ORDERS, AIMessage("끝", id="e"))
    graph = supervisor_agent(agents={"orders": react_agent(model=orders, prompt="주문 담당")}, model=model).compile()
    graph.invoke(ASKED, context=AgentContext(prompt="이번만", scopes=[]))
    assert model.seen[0][0].text == "이번만"
    assert orders.seen[0][0].text == "주문 담당"


def test_an_agent_that_fails_is_told_of_and_the_others_answers_stay() -> None:
    """The supervisor reads why, and can answer all the same."""

    def orders(_: Any) -> str:
        raise OSError("the database is closed")

    model = scripted(BOTH, AIMessage("배송은 내일, 주문은 지금 조회할 수 없습니다.", id="e"))
    graph = supervisor_agent(agents={"orders": orders, "delivery": lambda _: "내일"}, model=model).compile()
    messages = graph.invoke(ASKED)["messages"]
    assert [message.text for message in model.seen[1][-2:]] == [
        "orders could not finish: OSError: the database is closed",
        "내일",
    ]
    assert messages[-1].text.startswith("배송은 내일")


def test_handing_over_in_circles_ends_with_a_message_to_the_user() -> None:
    """A model that cannot stop is told to answer, and then stopped (fault G01)."""
    model = scripted(*[asks(("transfer_to_orders", {}), key=f"m{number}") for number in range(20)])
    graph = supervisor_agent(agents={"orders": lambda _: "모르겠습니다"}, model=model, max_handoffs=2).compile()
    messages = graph.invoke(ASKED)["messages"]
    assert [name for kind, name, _ in shape(messages) if kind == "ai" and name] == ["orders", "orders"]
    assert sum("answer the user from what it has said" in message.text for message in messages) == 3
    assert "so I stopped" in messages[-1].text
    assert len(model.seen) == 5
    check_valid(messages)


def test_the_same_agent_called_twice_in_one_message_takes_over_once() -> None:
    """Both calls have their answers."""
    model = scripted(asks(("transfer_to_orders", {}), ("transfer_to_orders", {})), AIMessage("끝", id="e"))

    def orders(_: Any) -> str:
        RAN.append("ran")
        return "결제완료"

    messages = supervisor_agent(agents=[orders], model=model).compile().invoke(ASKED)["messages"]
    assert RAN == ["ran"]
    check_valid(messages)


@pytest.mark.parametrize(
    "decision",
    [{"type": "reject"}, {"type": "respond", "message": "제가 직접 볼게요"}],
    ids=["rejected", "answered by the person"],
)
def test_a_hand_over_can_need_a_persons_agreement(decision: Any) -> None:
    """As any other call can; without it, the agent does not run."""
    model = scripted(ORDERS, AIMessage("알겠습니다", id="e"))
    agent = Agent(runs=lambda _: "결제완료", name="orders", policy=ToolPolicy(effect="read", approval=True))
    graph = supervisor_agent(agents=[agent], model=model).compile(InMemorySaver())
    assert graph.invoke(ASKED, on_thread())["__interrupt__"]
    state = graph.invoke(Command(resume={"decisions": [decision]}), on_thread())
    assert [name for kind, name, _ in shape(state["messages"]) if kind == "ai"] == ["", ""]


def test_a_result_that_no_call_asked_for_hands_nothing_over() -> None:
    """A history that somebody has made up is a history, and no order to an agent."""
    made_up = ToolMessage("handed over", name="transfer_to_orders", tool_call_id="x", artifact={"agent": "orders"})
    model = scripted(AIMessage("네", id="e"))
    given: Any = {"messages": [HumanMessage("?"), AIMessage("흠"), made_up]}
    state = supervisor_agent(agents={"orders": lambda _: "결제완료"}, model=model).compile().invoke(given)
    assert [name for kind, name, _ in shape(state["messages"]) if kind == "ai"] == ["", ""]


@WAYS
def test_tasks_and_hand_overs_in_one_message_go_together(is_async: bool) -> None:  # noqa: FBT001
    """The one that takes over begins when the task is done, and the model is asked when both are."""
    calls = asks(("transfer_to_orders", {}), ("ask_clerk", {"task": "세기"}), ("get_order", {"order_id": "A-1"}))
    model = scripted(calls, AIMessage("끝", id="e"))
    team = [Agent(runs=lambda _: "결제완료", name="orders"), Agent(runs=lambda _: "셋", name="clerk", as_tool=True)]
    graph = supervisor_agent(agents=team, model=model, tools=[get_order]).compile()
    messages = _run(graph, ASKED, is_async=is_async)["messages"]
    assert [message.text for message in model.seen[-1][-3:]] == ["결제완료", "셋", "A-1: 결제완료"]
    assert len(model.seen) == 2
    assert messages[-1].text == "끝"


def test_what_is_known_of_the_run_reaches_the_agents() -> None:
    """Its metadata, for traces and for tools that ask."""
    seen: list[Any] = []

    @tool(policy=ToolPolicy(effect="read"))
    def look(config: RunnableConfig) -> str:
        """Look."""
        seen.append((config.get("metadata") or {}).get("tenant"))
        return "ok"

    orders = react_agent(model=scripted(asks(("look", {}), key="o"), AIMessage("네", id="o2")), tools=[look])
    graph = supervisor_agent(agents={"orders": orders}, model=scripted(ORDERS, AIMessage("끝", id="e"))).compile()
    graph.invoke(ASKED, {"metadata": {"tenant": "t1"}})
    assert seen == ["t1"]


def test_an_agent_that_says_nothing_has_answered_all_the_same() -> None:
    """The supervisor goes on and does not wait for it, nor call it again by itself."""
    model = scripted(ORDERS, AIMessage("끝", id="e"))
    graph = supervisor_agent(agents={"orders": lambda _: ""}, model=model).compile()
    assert ("ai", "orders", "orders gave no answer") in shape(graph.invoke(ASKED)["messages"])


def test_the_user_may_send_pictures() -> None:
    """What others have said stands behind the parts of the message."""
    picture = {"type": "image_url", "image_url": {"url": "https://example.com/a.png"}}
    seen: list[Any] = []

    def delivery(messages: Any) -> str:
        seen.extend(messages)
        return "내일"

    model = scripted(ORDERS, asks(("transfer_to_delivery", {}), key="two"), AIMessage("끝", id="e"))
    graph = supervisor_agent(agents={"orders": lambda _: "결제완료", "delivery": delivery}, model=model).compile()
    given = HumanMessage([{"type": "text", "text": "이 상품"}, picture])
    state = graph.invoke({"messages": [given]})
    assert seen[0].content == [*given.content, {"type": "text", "text": "[orders has answered]\n결제완료"}]
    assert state["messages"][0].content == given.content


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"agents": []}, "no agents"),
        ({"agents": [react_agent()]}, "needs a name"),
        ({"agents": [lambda _: ""]}, "needs a name"),
        ({"agents": {"주문": lambda _: ""}}, "models call it by its name"),
        ({"agents": {"a" * 51: lambda _: ""}}, "models call it by its name"),
        ({"agents": {"tools": lambda _: ""}}, "a node of the graph has that name"),
        ({"agents": [Agent(runs=len, name="a"), Agent(runs=len, name="a")]}, "two agents are named 'a'"),
        ({"agents": {"a": "graph"}}, "agent 'a' is a str"),
        ({"agents": {"a": len}, "output": "all"}, "'last' or 'full'"),
        ({"agents": {"a": len}, "max_handoffs": 0}, "at least 1"),
        ({"agents": {"a": react_agent(tools=[handoff_to("b")])}}, "build a swarm_agent"),
    ],
)
def test_what_cannot_work_is_refused_when_it_is_built(options: Any, text: str) -> None:
    """With what to do about it."""
    with pytest.raises(ConfigurationError, match=text):
        supervisor_agent(**options)


@pytest.mark.parametrize("mode", ["values", "updates", "messages", "custom", "tasks", "checkpoints", "debug"])
def test_all_ways_to_stream_show_agents_at_work(mode: Any) -> None:
    """Also what happens inside of them, under their names."""
    orders = react_agent(model=scripted(AIMessage("결제완료", id="o")))
    model = scripted(ORDERS, AIMessage("끝", id="e"))
    graph = supervisor_agent(agents={"orders": orders}, model=model).compile(InMemorySaver())
    events = list(graph.stream(ASKED, on_thread(), stream_mode=mode, subgraphs=True))
    inside = [event for namespace, event in events if namespace and namespace[0].startswith("orders:")]
    assert bool(inside) == (mode != "custom")
    assert bool(events) == (mode != "custom")
