"""Teams of agents against the strict simulator, over real HTTP: what is sent is what CLOVA Studio takes."""

from typing import Any

import pytest
from langgraph.checkpoint.memory import InMemorySaver
from teams import on_thread, shape

from clovax_agents import ToolPolicy, tool
from clovax_agents.handoffs import Agent, handoff_to
from clovax_agents.prebuilt import react_agent, router_agent, supervisor_agent, swarm_agent
from clovax_agents.routers import RouterContext
from clovax_agents.simulator import BrainError, BrainReply, ScriptStep, ToolCall
from clovax_agents.simulator.brains.script import ScriptMatch
from clovax_agents.testing.plugin import StartScript


@tool(policy=ToolPolicy(effect="read"))
def get_order(order_id: str) -> str:
    """주문을 조회합니다.

    Args:
        order_id: 주문 번호
    """
    return f"{order_id}: 결제완료"


LOOK_UP_AND_HAND_OVER = (ToolCall("get_order", {"order_id": "A-1"}), ToolCall("transfer_to_refunds", {}))


def _step(reply: BrainReply | str, **match: Any) -> ScriptStep:
    return ScriptStep(BrainReply(reply) if isinstance(reply, str) else reply, match=ScriptMatch(**match))


def _calls(*names: str, **arguments: Any) -> BrainReply:
    return BrainReply(tool_calls=tuple(ToolCall(name, arguments) for name in names))


def _specialists() -> list[Agent]:
    return [
        Agent(name="orders", description="주문 조회", runs=react_agent(tools=[get_order], prompt="주문 담당")),
        Agent(name="delivery", description="배송 조회", runs=react_agent(prompt="배송 담당")),
    ]


@pytest.mark.parametrize("output", ["last", "full"])
async def test_a_supervisor_and_its_agents_send_what_the_service_takes(clovax_script: StartScript, output: Any) -> None:
    """Two agents at once, over two turns, streamed: no request is refused, and tokens of all come through."""
    simulator = clovax_script(
        [
            _step(_calls("transfer_to_orders", "transfer_to_delivery"), system="팀장", turn=1, last_role="user"),
            _step(_calls("get_order", order_id="A-1"), system="주문", last_role="user"),
            _step("A-1은 결제완료입니다", system="주문", last_role="tool"),
            _step("배송은 내일입니다", system="배송", last_role="user"),
            _step("결제완료이고 내일 도착합니다", system="팀장", turn=1, last_role="tool"),
            _step("천만에요", system="팀장", turn=2),
        ]
    )
    graph = supervisor_agent(agents=_specialists(), prompt="상담 팀장", output=output).compile(InMemorySaver())
    given: Any = {"messages": [("user", "주문과 배송을 알려줘")]}
    pieces = [event async for event in graph.astream(given, on_thread(), stream_mode="messages", subgraphs=True)]
    state: Any = await graph.ainvoke({"messages": [("user", "고마워")]}, on_thread())

    assert state["messages"][-1].text == "천만에요"
    inside = {namespace[0].partition(":")[0] for namespace, _ in pieces if namespace}
    assert inside == {"orders", "delivery"}
    assert {request.status for request in simulator.requests} == {200}
    assert len(simulator.requests) == 6


async def test_a_swarm_sends_what_the_service_takes(clovax_script: StartScript) -> None:
    """There and back again, with a result on the way."""
    simulator = clovax_script(
        [
            _step(
                BrainReply(
                    tool_calls=(ToolCall("get_order", {"order_id": "A-1"}), ToolCall("transfer_to_refunds", {}))
                ),
                system="판매",
            ),
            _step(_calls("transfer_to_sales"), system="환불", contains="결제완료"),
            _step("판매 담당이 답합니다", system="판매"),
            _step("여전히 판매 담당입니다", system="판매", turn=2),
        ]
    )
    sales = react_agent(tools=[get_order, handoff_to("refunds", "환불")], prompt="판매 담당")
    refunds = react_agent(tools=[handoff_to("sales", "판매")], prompt="환불 담당")
    graph = swarm_agent(agents={"sales": sales, "refunds": refunds}).compile(InMemorySaver())
    await graph.ainvoke({"messages": [("user", "A-1 환불?")]}, on_thread())
    state: Any = await graph.ainvoke({"messages": [("user", "누구세요?")]}, on_thread())
    assert state["messages"][-1].text == "여전히 판매 담당입니다"
    assert {request.status for request in simulator.requests} == {200}


def test_a_router_sends_what_the_service_takes(clovax_script: StartScript) -> None:
    """Choice, merge and rubric, each by the model that the run names; results are those of calls."""
    simulator = clovax_script(
        [
            _step(_calls("ask_delivery", "ask_orders"), model="HCX-005", tool="ask_orders"),
            _step("A-1은 결제완료", system="주문"),
            _step("내일", system="배송"),
            _step("긴 답입니다", model="HCX-007", tool_choice="none", last_role="tool"),
            _step(_calls("Verdict", passes=False, problem="길어요"), model="HCX-DASH-002", contains="짧게"),
            _step("짧은 답", model="HCX-007", contains="길어요"),
            _step(_calls("Verdict", passes=True, problem=""), model="HCX-DASH-002"),
        ]
    )
    graph = router_agent(branches=_specialists(), model="HCX-005", check="짧게 답한다").compile()
    context = RouterContext(classifier="HCX-005", model="HCX-007")
    config: Any = {"max_concurrency": 1}
    state = graph.invoke({"messages": [("user", "A-1 내역과 배송")]}, config, context=context)
    assert shape(state["messages"])[1:] == [("ai", "", "짧은 답")]
    assert {request.status for request in simulator.requests} == {200}


INVENTED = BrainReply(error=BrainError(400, "40009", "Unsupported function"))


def test_a_classifier_that_calls_somebody_who_is_not_there_is_told_who_is(clovax_script: StartScript) -> None:
    """The service answers 40009 then; the second time the model reads the names, and the stream says so."""
    simulator = clovax_script(
        [
            _step(INVENTED, tool="ask_orders"),
            _step(_calls("ask_orders"), system="ask_orders, ask_delivery"),
            _step("A-1은 결제완료", system="주문"),
        ]
    )
    graph = router_agent(branches=_specialists()).compile()
    asked: Any = {"messages": [("user", "A-1 내역")]}
    events = list(graph.stream(asked, stream_mode=["custom", "values"]))
    assert ("custom", {"type": "recovery", "kind": "unknown_tool", "step": "hint"}) in events
    assert shape(events[-1][1]["messages"])[1:] == [("ai", "orders", "A-1은 결제완료")]  # type: ignore[index]
    assert [request.status for request in simulator.requests] == [400, 200, 200]


def test_a_classifier_that_does_so_again_has_chosen_nobody(clovax_script: StartScript) -> None:
    """The user is told what there is."""
    clovax_script([_step(INVENTED, tool="ask_orders"), _step(INVENTED, tool="ask_orders")])
    graph = router_agent(branches=_specialists()).compile()
    state = graph.invoke({"messages": [("user", "세금계산서 발행")]})
    assert "- delivery: 배송 조회" in state["messages"][-1].text
