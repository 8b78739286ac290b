"""G03: an answer of which no call can run goes back to the model at most twice, and never ends in silence."""

from typing import Any

import pytest
from langchain_core.messages import AIMessage, ToolMessage
from scriptedmodel import ScriptedModel

from clovax_agents import tool
from clovax_agents.errors import InvalidResponseError
from clovax_agents.prebuilt import react_agent
from clovax_agents.tooling.policy import ToolPolicy

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
