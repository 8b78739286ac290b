"""The ReAct agent against a scripted simulator on loopback: what a user's graph does when things go wrong."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from langchain_core.messages import AIMessage, ToolMessage
from langgraph.checkpoint.memory import InMemorySaver

from clovax_agents import ChatClovaX, tool
from clovax_agents.errors import ConfigurationError, InvalidResponseError, UnsupportedFunctionError
from clovax_agents.prebuilt import react_agent, supervisor_agent
from clovax_agents.recovering import Recovery
from clovax_agents.simulator import BrainReply, ChatRequest, Fault, ScriptBrain, ScriptStep, SimulatorServer, ToolCall

Ask = Callable[..., Any]
PAID: list[int] = []


@tool
def pay(amount: int) -> str:
    """Pay an amount.

    Args:
        amount: in KRW
    """
    PAID.append(amount)
    return f"paid {amount}"


@tool(return_direct=True)
def receipt() -> str:
    """Give the receipt, word for word."""
    return "RECEIPT 1"


class _Recorder(ScriptBrain):
    """A script that remembers what it was asked."""

    def __init__(self, replies: list[BrainReply]) -> None:
        super().__init__(ScriptStep(reply) for reply in replies)
        self.seen: list[ChatRequest] = []

    def reply(self, request: ChatRequest) -> BrainReply:
        self.seen.append(request)
        return super().reply(request)


@pytest.fixture
def scripted() -> Iterator[Callable[..., tuple[_Recorder, ChatClovaX]]]:
    """Start a simulator that gives the replies, and a model that talks to it."""
    with ExitStack() as stack:

        def start(*replies: BrainReply, **options: Any) -> tuple[_Recorder, ChatClovaX]:
            brain = _Recorder(list(replies))
            server = stack.enter_context(SimulatorServer(brain=brain))
            return brain, ChatClovaX(api_key="nv-test", base_url=server.base_url, max_retries=0, **options)

        PAID.clear()
        yield start


async def _run(mode: str, model: Any, **more: Any) -> list[Any]:
    """Run one question the plain, the async or the streaming way; return the messages."""
    graph = react_agent(model=model, tools=[pay, receipt], **more).compile()
    state: Any = {"messages": [{"role": "user", "content": "결제해줘"}]}
    if mode == "invoke":
        return list(graph.invoke(state)["messages"])
    if mode == "ainvoke":
        return list((await graph.ainvoke(state))["messages"])
    events = [event async for event in graph.astream(state, stream_mode=["messages", "values"])]
    return list([event for kind, event in events if kind == "values"][-1]["messages"])


MODES = pytest.mark.parametrize("mode", ["invoke", "ainvoke", "stream"])


@MODES
async def test_tools_of_one_message_run_and_the_model_answers(mode: str, scripted: Ask) -> None:
    """Human, call, results in order, answer."""
    calls = (ToolCall("pay", {"amount": 1}), ToolCall("pay", {"amount": 2}))
    brain, model = scripted(BrainReply(tool_calls=calls), BrainReply("3원을 냈습니다."))
    messages = await _run(mode, model)
    assert [type(message).__name__ for message in messages] == [
        "HumanMessage", "AIMessage", "ToolMessage", "ToolMessage", "AIMessage",
    ]  # fmt: skip
    assert [message.content for message in messages[2:]] == ["paid 1", "paid 2", "3원을 냈습니다."]
    assert sorted(PAID) == [1, 2]
    brain.assert_finished()


@MODES
async def test_a_call_that_was_cut_off_never_runs_and_is_asked_for_again(mode: str, scripted: Ask) -> None:
    """The payment of 100,000 that was cut to 1,000 is not made; the whole one is (promise 3)."""
    cut = BrainReply(tool_calls=(ToolCall("pay", '{"amount": 1000'),), finish_reason="length")
    brain, model = scripted(cut, BrainReply(tool_calls=(ToolCall("pay", {"amount": 100_000}),)), BrainReply("완료"))
    messages = await _run(mode, model)
    assert PAID == [100_000]
    assert [request.cap for request in brain.seen] == [1024, 2048, 1024]
    assert messages[-1].content == "완료"
    assert "cut off" in messages[2].content


@MODES
async def test_calls_that_stay_unusable_end_in_one_clear_error(mode: str, scripted: Ask) -> None:
    """Two repairs, then an error: never a silent empty end, never a run (fault G03)."""
    broken = BrainReply(tool_calls=(ToolCall("pay", '{"amount": 1,}'),))
    brain, model = scripted(broken, broken, broken)
    with pytest.raises(InvalidResponseError, match="3 times in a row"):
        await _run(mode, model)
    assert PAID == []
    assert len(brain.seen) == 3


async def test_a_stream_that_breaks_off_runs_nothing(scripted: Ask) -> None:
    """A stream that ends without finish reason is an error, and half a call stays half a call (fault H14)."""
    call = BrainReply(tool_calls=(ToolCall("pay", {"amount": 7}),), faults=(Fault(kind="end", at_event=4),))
    _, model = scripted(call, BrainReply("완료"))
    with pytest.raises(RuntimeError, match="finish reason"):
        await _run("stream", model)
    assert PAID == []


@MODES
async def test_a_direct_result_is_the_answer(mode: str, scripted: Ask) -> None:
    """After a return_direct tool the model is not asked again."""
    brain, model = scripted(BrainReply(tool_calls=(ToolCall("receipt"),)))
    assert (await _run(mode, model))[-1].content == "RECEIPT 1"
    assert len(brain.seen) == 1


@MODES
async def test_an_endless_loop_is_stopped_and_says_so(mode: str, scripted: Ask) -> None:
    """A model that never comes to an answer is asked no more than allowed (fault G01)."""
    brain, model = scripted(*[BrainReply(tool_calls=(ToolCall("pay", {"amount": n}),)) for n in range(9)])
    messages = await _run(mode, model, max_turns=4)
    assert len(brain.seen) == 4
    assert "Stopped after 4 model turns" in messages[-1].content
    assert isinstance(messages[-1], AIMessage)


async def test_an_invented_tool_name_is_a_typed_error_where_nothing_is_tried(scripted: Ask) -> None:
    """The service throws the whole answer away (40009); the error says so."""
    brain, model = scripted(BrainReply(tool_calls=(ToolCall("refund", {}),)))
    with pytest.raises(UnsupportedFunctionError, match="once") as caught:
        await _run("ainvoke", model, recovery=Recovery.off())
    assert caught.value.facts.code == "40009"
    assert len(brain.seen) == 1


async def test_context_sets_prompt_cap_and_model_for_one_run(scripted: Ask) -> None:
    """The graph's context is one more door, and the floor holds there too (promise 2)."""
    brain, model = scripted(BrainReply("네"), BrainReply("네"))
    graph = react_agent(model=model, tools=[pay], prompt="기본").compile()
    state: Any = {"messages": [("user", "안녕")]}
    await graph.ainvoke(state, context={"prompt": "짧게", "max_tokens": 2000, "model": "HCX-007"})
    with pytest.warns(UserWarning, match="max_tokens=33 was raised"):
        await graph.ainvoke(state, context={"max_tokens": 33})
    first, second = brain.seen
    assert (first.messages[0].text, first.cap, first.model) == ("짧게", 2000, "HCX-007")
    assert (second.messages[0].text, second.cap, second.model) == ("기본", 1024, "HCX-005")


async def test_every_call_has_its_answer_in_the_thread_and_the_next_turn_works(scripted: Ask) -> None:
    """With a checkpointer, a second question continues the same thread."""
    brain, model = scripted(
        BrainReply(tool_calls=(ToolCall("pay", {"amount": 5}),)), BrainReply("5원"), BrainReply("아까 5원을 냈어요")
    )
    graph = react_agent(model=model, tools=[pay]).compile(checkpointer=InMemorySaver())
    config: Any = {"configurable": {"thread_id": "t"}}
    await graph.ainvoke({"messages": [("user", "5원 결제해줘")]}, config)
    result = await graph.ainvoke({"messages": [("user", "얼마 냈지?")]}, config)
    assert result["messages"][-1].content == "아까 5원을 냈어요"
    assert [message.role for message in brain.seen[-1].messages] == ["user", "assistant", "tool", "assistant", "user"]


def test_the_drawing_shows_both_ways_out_of_each_node() -> None:
    """Targets are declared, so the picture is right without running anything, and no key is needed."""
    drawing = react_agent(tools=[pay]).compile(name="react").get_graph()
    edges = {(edge.source, edge.target) for edge in drawing.edges if "approval" not in (edge.source, edge.target)}
    assert edges == {
        ("__start__", "model"), ("model", "tools"), ("model", "__end__"), ("tools", "model"), ("tools", "__end__"),
    }  # fmt: skip


def test_tool_messages_are_plain(scripted: Ask) -> None:
    """What ends in the state are LangChain's own classes, so any checkpointer can store it."""
    _, model = scripted(BrainReply(tool_calls=(ToolCall("pay", {"amount": 1}),)), BrainReply("끝"))
    graph = react_agent(model=model, tools=[pay]).compile()
    state: Any = {"messages": [("user", "1원")]}
    *_, last = graph.stream(state, stream_mode=["messages", "values"])
    kinds = [type(message) for message in last[1]["messages"]]
    assert kinds[1:] == [AIMessage, ToolMessage, AIMessage]


@pytest.mark.parametrize(
    "wrong",
    [
        {"budget": {"model_calls": 3}},
        {"thread_budget": 5},
        {"recovery": None},
        {"recovery": Recovery},
        {"max_turns": 0},
        {"max_turns": 2.5},
        {"models": "HCX-007"},
        {"models": []},
    ],
    ids=str,
)
def test_what_is_no_setting_is_refused_where_the_agent_is_built(wrong: dict[str, Any]) -> None:
    """And not in the middle of its first run, or never."""
    with pytest.raises(ConfigurationError, match=f"{next(iter(wrong))}="):
        react_agent(tools=[pay], **wrong)
    if "models" not in wrong:
        with pytest.raises(ConfigurationError, match=f"{next(iter(wrong))}="):
            supervisor_agent(agents={"paying": react_agent()}, **wrong)
