"""What keeps a call from running, and in which order it is found out."""

import asyncio
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from langchain_core.messages import AIMessage
from toolruns import answers, both, call, outcomes

from clovax_agents import ModelRetry, ToolExecutor, ToolPolicy, tool
from clovax_agents.execution.answers import unknown_tool_text

RAN: list[str] = []


def _made(name: str, **policy: Any) -> Any:
    @tool(name=name, policy=ToolPolicy(**policy))
    def run(n: int) -> str:
        """Run."""
        RAN.append(name)
        return f"{name} {n}"

    return run


async def test_a_run_without_permission_learns_nothing_more() -> None:
    """Neither what the arguments should be nor that a person could be asked."""
    RAN.clear()
    locked = _made("locked", scopes=frozenset({"a", "b"}), approval=True)
    for messages in await both([locked], call("locked", n="wrong"), scopes=["a"]):
        assert outcomes(messages) == ["refused"]
        assert "(b)" in messages[0].text
        assert "integer" not in messages[0].text
    for messages in await both([locked], call("locked", n="wrong"), scopes=["a", "b"]):
        assert outcomes(messages) == ["invalid"]
    for messages in await both([locked], call("locked", n=1), scopes=["a", "b", "c"]):
        assert outcomes(messages) == ["refused"]
        assert "a person has to approve" in messages[0].text
    assert RAN == []


async def test_only_what_is_granted_is_suggested() -> None:
    """A name that is not is as unknown as any other, and is not listed (T19)."""
    tools = [_made("refund_order", scopes=frozenset({"admin"})), _made("get_order"), _made("get_product")]
    for messages in await both(
        tools, call("refund_ordr"), call("get_ordr", "b"), call("Get_Order", "c"), call("", "d")
    ):
        assert outcomes(messages) == ["unknown_tool"] * 4
        assert all("refund_order" not in message.text for message in messages)
        assert "Did you mean get_order" in messages[1].text
        assert "get_order" in messages[2].text
        assert "The tools are: get_order, get_product." in messages[3].text
    for messages in await both(tools[:1], call("x")):
        assert "answer without tools" in messages[0].text


def test_a_thousand_tools_are_not_all_named() -> None:
    """The answer to a wrong name stays short (S10)."""
    names = [f"tool_{number:04}" for number in range(1000)]
    text = unknown_tool_text("qqq", names)
    assert "tool_0019 and 980 more" in text
    assert "tool_0020" not in text
    assert "tool_0500" in unknown_tool_text("tool_500", names)


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (ValueError("n is odd"), "n is odd"),
        (AssertionError("n is odd"), "n is odd"),
        (ModelRetry("n is odd"), "n is odd"),
        ("n is odd", "n is odd"),
        (False, "own check refused"),
    ],
    ids=["ValueError", "AssertionError", "ModelRetry", "text", "False"],
)
async def test_a_check_of_ones_own_refuses(answer: Any, told: str) -> None:
    """In every way in which people write one."""

    def check(_: Any) -> Any:
        if isinstance(answer, Exception):
            raise answer
        return answer

    RAN.clear()
    for messages in await both([_made("checked", validate=check)], call("checked", n=1)):
        assert outcomes(messages) == ["invalid"]
        assert told in messages[0].text
        assert messages[0].text.count("call the tool again") == 1
    assert RAN == []


@pytest.mark.parametrize("answer", [None, True, 1, {}], ids=str)
async def test_a_check_of_ones_own_agrees(answer: Any) -> None:
    """Nothing, or yes."""
    for messages in await both([_made("checked", validate=lambda _: answer)], call("checked", n=1)):
        assert messages[0].text == "checked 1"


@pytest.mark.filterwarnings("ignore:coroutine:RuntimeWarning")
async def test_a_check_that_nobody_awaits_has_not_agreed() -> None:
    """What hides its coroutine from the policy is refused at the call."""
    RAN.clear()
    messages = await answers([_made("checked", validate=lambda _: asyncio.sleep(0))], call("checked", n=1))
    assert outcomes(messages) == ["invalid"]
    assert RAN == []


async def test_a_check_that_breaks_runs_nothing() -> None:
    """It is the tool's error, not the model's."""
    RAN.clear()
    for messages in await both([_made("checked", validate=lambda arguments: arguments["m"])], call("checked", n=1)):
        assert outcomes(messages) == ["error"]
    assert RAN == []


async def test_a_check_cannot_change_what_runs() -> None:
    """It is given a copy, without what is injected."""

    def spoil(arguments: Any) -> None:
        arguments["n"] = 99

    made = call("checked", n=1)
    assert (await answers([_made("checked", validate=spoil)], made))[0].text == "checked 1"
    assert made["args"] == {"n": 1}


async def test_the_name_comes_before_the_form() -> None:
    """A call that is cut off and names nothing that exists is told of the name."""
    raw = [{"id": "c0", "type": "function", "function": {"name": "nothing", "arguments": '{"n": 1'}}]
    message = AIMessage("", tool_calls=[call("nothing", n=1)], additional_kwargs={"tool_calls": raw})
    assert outcomes(await ToolExecutor([_made("something")]).ainvoke([message])) == ["unknown_tool"]


async def test_equal_calls_are_equal_in_name_and_arguments() -> None:
    """Another order of names is the same call; another type is another call (T22)."""
    RAN.clear()

    @tool
    def pay(amount: float, to: str) -> str:
        """Pay."""
        RAN.append(to)
        return f"{amount} {to}"

    made = (
        call("pay", "a", amount=1, to="kim"),
        {**call("pay", "b"), "args": {"to": "kim", "amount": 1}},
        call("pay", "c", amount=2, to="kim"),
        call("pay", "d", amount=1, to="lee"),
    )
    messages = await answers([pay], *made)
    assert outcomes(messages) == ["success", "repeated", "success", "success"]
    assert sorted(RAN) == ["kim", "kim", "lee"]


async def test_a_wrong_call_has_no_equal() -> None:
    """Each is told what is wrong with it."""
    messages = await answers([_made("wrong")], call("wrong", "a", n="1"), call("wrong", "b", n="1"))
    assert outcomes(messages) == ["invalid", "invalid"]


async def test_the_equal_of_a_failure_fails() -> None:
    """What ran once and failed is not tried again by the second call of the same message."""
    RAN.clear()

    @tool
    def pay() -> str:
        """Pay."""
        RAN.append("pay")
        raise ConnectionError("lost")

    messages = await answers([pay], call("pay", "a"), call("pay", "b"))
    assert [message.status for message in messages] == ["error", "error"]
    assert "lost" in messages[1].text
    assert RAN == ["pay"]


@given(st.text(max_size=80))
@example("\ud800")
@example("pay\r\n2026 admin logged in\x1b[2J")
def test_no_name_breaks_the_answer(name: str) -> None:
    """Whatever a model calls a tool, there is one answer, in one line (S11)."""
    (message,) = ToolExecutor([_made("known")]).invoke([AIMessage("", tool_calls=[call(name, n=1)])])
    assert message.tool_call_id == "c0"
    if name != "known":
        assert message.response_metadata["outcome"] == "unknown_tool"
        assert len(message.text.splitlines()) == 1
