"""G03: an answer of which no call can run goes back to the model at most twice, and never ends in silence."""

from typing import Any, Literal

import pytest
from langchain_core.messages import AIMessage, ToolMessage
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.types import Command
from scriptedmodel import ScriptedModel

from clovax_agents import tool
from clovax_agents.errors import InvalidResponseError
from clovax_agents.prebuilt import react_agent
from clovax_agents.recovering import Recovery
from clovax_agents.replies import to_message
from clovax_agents.tooling import Toolbox
from clovax_agents.tooling.policy import ToolPolicy
from clovax_agents.wire.neutral import RawCall, Reply

RAN: list[int] = []
DONE = AIMessage("done")
START: Any = {"messages": [("user", "?")]}


@tool(policy=ToolPolicy(approval=lambda arguments: arguments["amount"] > 100))
def pay(amount: int) -> str:
    """Pay an amount.

    Args:
        amount: in KRW
    """
    RAN.append(amount)
    return f"paid {amount}"


def _broken(arguments: str = '{"amount": 1') -> AIMessage:
    call: Any = {"name": "pay", "args": arguments, "id": "c1", "error": "not JSON", "type": "invalid_tool_call"}
    return AIMessage("", invalid_tool_calls=[call])


def _cut_behind_a_whole_call() -> AIMessage:
    call: Any = {"name": "pay", "args": {"amount": 1}, "id": "c1"}
    return AIMessage("", tool_calls=[call], response_metadata={"finish_reason": "length"})


def _lax() -> AIMessage:
    """Give what a client makes of '{"amount": 1,}' that repairs JSON."""
    call: Any = {"name": "pay", "args": {"amount": 1}, "id": "c1"}
    raw = {"id": "c1", "type": "function", "function": {"name": "pay", "arguments": '{"amount": 1,}'}}
    return AIMessage("", tool_calls=[call], additional_kwargs={"tool_calls": [raw]})


KINDS: Any = pytest.mark.parametrize("make", [_broken, _cut_behind_a_whole_call, _lax])


def _agent(*replies: AIMessage) -> tuple[ScriptedModel, Any]:
    RAN.clear()
    model = ScriptedModel(replies=list(replies))
    return model, react_agent(model=model, tools=[pay]).compile()


@KINDS
def test_g03_an_unusable_answer_is_answered_call_by_call_and_asked_again(make: Any) -> None:
    """The model reads what was wrong, and its next answer counts."""
    good: Any = [{"name": "pay", "args": {"amount": 2}, "id": "c1"}]
    model, graph = _agent(make(), AIMessage("", tool_calls=good), DONE)
    messages = graph.invoke(START)["messages"]
    assert [message.type for message in messages] == ["human", "ai", "tool", "ai", "tool", "ai"]
    problem = messages[2]
    assert isinstance(problem, ToolMessage)
    assert (problem.status, problem.response_metadata["outcome"], problem.tool_call_id) == ("error", "invalid", "c1")
    assert RAN == [2]
    assert len(model.seen) == 3


@KINDS
def test_g03_after_two_repairs_there_is_one_clear_error(make: Any) -> None:
    """Never a silent empty end, and nothing has run."""
    model, graph = _agent(make(), make(), make(), DONE)
    with pytest.raises(InvalidResponseError, match=r"3 times in a row.*Nothing was run"):
        graph.invoke(START)
    assert RAN == []
    assert len(model.seen) == 3


def test_g03_a_broken_call_beside_a_good_one_is_answered_and_the_good_one_runs() -> None:
    """Each call for itself; that is no failure of the whole answer, so it is not counted as one."""
    good: Any = {"name": "pay", "args": {"amount": 3}, "id": "c0"}
    mixed = [_broken().model_copy(update={"tool_calls": [good], "id": f"m{number}"}) for number in range(4)]
    _, graph = _agent(*mixed, DONE)
    messages = graph.invoke(START)["messages"]
    assert messages[-1].text == "done"
    assert RAN == [3, 3, 3, 3]


def test_g03_nobody_is_asked_to_approve_a_call_that_is_broken() -> None:
    """The approval of half a call would be worth nothing."""
    _, graph = _agent(_broken('{"amount": 500'), DONE)
    result = graph.invoke(START)
    assert "__interrupt__" not in result
    assert result["messages"][-1].text == "done"


@tool
def refund(reason: Literal["broken", "late"], amount: int) -> str:
    """Pay back.

    Args:
        reason: why
        amount: in KRW
    """
    RAN.append(amount)
    return f"refunded {amount}, {reason}"


def _raw(arguments: str) -> AIMessage:
    """Give what our client makes of a call with these raw arguments."""
    return to_message(Reply(calls=[RawCall("c1", "refund", arguments)], finish_reason="tool_calls"))


CORPUS = {
    "fence": ('```json\n{"reason": "late", "amount": 1}\n```', True),
    "fence-without-language": ('```\n{"reason": "late", "amount": 1}\n```', True),
    "case": ('{"reason": "Late", "amount": 1}', True),
    "quotes": ('{"reason": "\\"late\\"", "amount": 1}', True),
    "full-width": ('{"reason": "ｌａｔｅ", "amount": 1}', True),
    "translated": ('{"reason": "늦음", "amount": 1}', False),
    "list-for-a-text": ('{"reason": ["late"], "amount": 1}', False),
    "text-for-a-number": ('{"reason": "late", "amount": "1"}', False),
    "fence-in-prose": ('여기: ```json\n{"reason": "late", "amount": 1}\n```', False),
    "fence-with-a-comma": ('```json\n{"reason": "late", "amount": 1,}\n```', False),
    "fence-cut-off": ('```json\n{"reason": "late", "amount": 1', False),
    "another-number-in-a-fence": ('```json\n{"reason": "late", "amount": 1e999}\n```', False),
}


@pytest.mark.parametrize("name", CORPUS)
def test_g03_what_is_only_dressed_up_runs_and_everything_else_goes_back(name: str) -> None:
    """With the original in the metadata; what goes back lists the values that there are."""
    text, runs = CORPUS[name]
    RAN.clear()
    model = ScriptedModel(replies=[_raw(text), DONE])
    messages = react_agent(model=model, tools=[refund]).compile().invoke(START)["messages"]
    assert ([1] if runs else []) == RAN
    answer = messages[2]
    assert isinstance(answer, ToolMessage)
    assert answer.text == ("refunded 1, late" if runs else answer.text)
    assert answer.status == ("success" if runs else "error")
    assert ("repairs" in messages[1].response_metadata) is runs
    if name == "translated":
        assert "'broken'" in answer.text
        assert "'late'" in answer.text


def test_g03_nothing_is_mended_where_that_is_turned_off() -> None:
    """Then the model corrects its spelling itself."""
    RAN.clear()
    model = ScriptedModel(replies=[_raw('{"reason": "Late", "amount": 1}'), DONE])
    react_agent(model=model, tools=[refund], recovery=Recovery(repairs=frozenset())).compile().invoke(START)
    assert RAN == []


def test_g03_a_person_approves_what_is_going_to_run() -> None:
    """The question shows the mended arguments, and those run."""
    RAN.clear()
    guarded = Toolbox().add(refund, policy=ToolPolicy(approval=True))
    model = ScriptedModel(replies=[_raw('{"reason": "Late", "amount": 7}'), DONE])
    graph = react_agent(model=model, tools=guarded).compile(checkpointer=InMemorySaver())
    thread: Any = {"configurable": {"thread_id": "t"}}
    asked = graph.invoke(START, thread)["__interrupt__"][0].value["action_requests"]
    assert [request["args"] for request in asked] == [{"reason": "late", "amount": 7}]
    graph.invoke(Command(resume={"decisions": [{"type": "approve"}]}), thread)
    assert RAN == [7]
