"""G01: calls that repeat themselves end within six repeats, and with a clean final answer; polling does not."""

from itertools import count, cycle
from typing import Any

import pytest
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, BaseMessage, ToolMessage
from langchain_core.outputs import ChatGeneration, ChatResult
from pydantic import Field

from clovax_agents import ToolPolicy, tool
from clovax_agents.prebuilt import react_agent
from clovax_agents.recovering import Recovery

RAN: list[str] = []
NUMBERS = count()


class Endless(BaseChatModel):
    """Calls its tools in turn, whatever it is told."""

    calls: Any
    asked: list[list[BaseMessage]] = Field(default_factory=list)

    @property
    def _llm_type(self) -> str:
        return "endless"

    def bind_tools(self, tools: Any, **_: Any) -> Any:
        """Take the tools as they are."""
        del tools
        return self

    def _generate(self, messages: list[BaseMessage], *_: Any, **__: Any) -> ChatResult:
        self.asked.append(list(messages))
        made: Any = [{"name": name, "args": args, "id": "c1"} for name, args in next(self.calls)]
        return ChatResult(generations=[ChatGeneration(message=AIMessage("", tool_calls=made))])


@tool(policy=ToolPolicy(effect="read"))
def look_up(key: str) -> str:
    """Look something up."""
    RAN.append(key)
    return f"nothing about {key}"


@tool(policy=ToolPolicy(effect="read"))
def status(key: str) -> str:
    """Say how far it is."""
    RAN.append(key)
    return f"{next(NUMBERS)} %"


@tool(policy=ToolPolicy(effect="read", polling=True))
def poll(key: str) -> str:
    """Say how far it is, and may be asked again and again."""
    RAN.append(key)
    return "not yet"


@tool
def transfer_to_sales(reason: str) -> str:
    """Hand over to sales."""
    RAN.append("sales")
    return f"sales has {reason}"


@tool
def transfer_to_support(reason: str) -> str:
    """Hand over to support."""
    RAN.append("support")
    return f"support has {reason}"


def _call(name: str, **args: str) -> list[tuple[str, dict[str, str]]]:
    return [(name, args)]


LOOPS: dict[str, tuple[list[Any], int]] = {
    "same-call": ([_call("look_up", key="a")], 5),
    "same-calls-at-once": ([_call("look_up", key="a") + _call("look_up", key="b")], 10),
    "ping-pong": ([_call("look_up", key="a"), _call("look_up", key="b")], 10),
    "three-in-turn": ([_call("look_up", key="a"), _call("look_up", key="b"), _call("look_up", key="c")], 15),
    "hand-off-ping-pong": ([_call("transfer_to_sales", reason="r"), _call("transfer_to_support", reason="r")], 10),
    "results-that-differ": ([_call("status", key="a")], 10),
    "a-name-that-does-not-exist": ([_call("nowhere", key="a")], 0),
    "arguments-that-do-not-fit": ([_call("look_up", kee="a")], 0),
}


@pytest.mark.parametrize("name", LOOPS)
@pytest.mark.parametrize("mode", ["invoke", "ainvoke"])
async def test_g01_a_loop_ends_in_words(name: str, mode: str) -> None:
    """No pattern comes more than six times, or ten where its results differ; every call has its answer."""
    pattern, ran = LOOPS[name]
    RAN.clear()
    model = Endless(calls=cycle(pattern))
    tools = [look_up, status, poll, transfer_to_sales, transfer_to_support]
    graph = react_agent(model=model, tools=tools, max_turns=50).compile()
    asked: Any = {"messages": [("user", "?")]}
    messages = (await graph.ainvoke(asked) if mode == "ainvoke" else graph.invoke(asked))["messages"]
    times = 10 if name == "results-that-differ" else 5
    assert len(RAN) == ran
    assert len(model.asked) == times * len(pattern)
    last = messages[-1]
    assert isinstance(last, AIMessage)
    assert not last.tool_calls
    assert f"{times} times in a row" in last.text
    assert last.response_metadata["recoveries"] == [{"kind": "loop", "step": "stopped"}]
    calls = sum(len(message.tool_calls) for message in messages if isinstance(message, AIMessage))
    assert calls == sum(isinstance(message, ToolMessage) for message in messages)


def test_g01_the_model_is_told_before_it_is_stopped() -> None:
    """From the third time on, in a note that the conversation does not keep."""
    model = Endless(calls=cycle([_call("look_up", key="a")]))
    messages = react_agent(model=model, tools=[look_up]).compile().invoke({"messages": [("user", "?")]})["messages"]
    noted = ["in a row" in asked[0].text for asked in model.asked]
    assert noted == [False, False, False, True, True]
    assert not any("in a row" in message.text for message in messages[:-1])


@pytest.mark.parametrize("off", ["polling", "setting"])
def test_g01_what_may_be_repeated_ends_by_the_limit_of_turns(off: str) -> None:
    """A tool that is asked for a status, or an agent that was told not to look, is stopped by the turns alone."""
    name, more = ("poll", {}) if off == "polling" else ("look_up", {"recovery": Recovery(note_at=None, stop_at=None)})
    model = Endless(calls=cycle([_call(name, key="a")]))
    graph = react_agent(model=model, tools=[poll, look_up], max_turns=12, **more).compile()  # type: ignore[arg-type]
    messages = graph.invoke({"messages": [("user", "?")]})["messages"]
    assert len(model.asked) == 12
    assert "12 model turns" in messages[-1].text


def test_g01_a_new_question_begins_anew() -> None:
    """Asking the same thing twice is the user's right."""
    model = Endless(calls=cycle([_call("look_up", key="a")]))
    graph = react_agent(model=model, tools=[look_up]).compile()
    first = graph.invoke({"messages": [("user", "?")]})["messages"]
    second = graph.invoke({"messages": [*first, ("user", "?")]})["messages"]
    assert len(model.asked) == 10
    assert "5 times" in second[-1].text
