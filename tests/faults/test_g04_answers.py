"""G04: an answer that says nothing, is refused, filtered or cut off comes to a typed outcome, never to silence."""

from collections.abc import Callable
from typing import Any

import pytest
from langchain_core.messages import AIMessage
from scriptedmodel import ScriptedModel

from clovax_agents import tool
from clovax_agents.errors import EmptyAnswerError, InvalidResponseError, RefusedAnswerError
from clovax_agents.prebuilt import react_agent
from clovax_agents.recovering import Recovery

START: Any = {"messages": [("user", "?")]}


@tool
def look_up(key: str) -> str:
    """Look something up."""
    return key


def _said(text: Any = "", reason: str | None = "stop", **more: Any) -> AIMessage:
    return AIMessage(text, response_metadata={"finish_reason": reason} if reason else {}, additional_kwargs=more)


SILENT: dict[str, tuple[AIMessage, type[Exception]]] = {
    "empty": (_said(), EmptyAnswerError),
    "blank": (_said(" \n\t"), EmptyAnswerError),
    "no-finish-reason": (_said(reason=None), EmptyAnswerError),
    "no-blocks": (_said([]), EmptyAnswerError),
    "only-thinking": (_said(thinking_content="음"), EmptyAnswerError),
    "thinking-cut-off": (_said(reason="length", thinking_content="음"), EmptyAnswerError),
    "cut-off-to-nothing": (_said(reason="length"), EmptyAnswerError),
    "refusal": (_said(refusal="I cannot help with that"), RefusedAnswerError),
    "filtered-to-nothing": (_said(reason="content_filter"), RefusedAnswerError),
    "filtered-in-the-middle": (_said("그 약은", reason="content_filter"), RefusedAnswerError),
}
MODES = pytest.mark.parametrize("mode", ["invoke", "ainvoke"])


async def _run(mode: str, graph: Any) -> list[Any]:
    return list((await graph.ainvoke(START) if mode == "ainvoke" else graph.invoke(START))["messages"])


@MODES
@pytest.mark.parametrize("name", SILENT)
async def test_g04_silence_is_asked_about_and_then_a_typed_error(name: str, mode: str) -> None:
    """A good second answer is the answer; a second silence is an error that says what may help."""
    silent, kind = SILENT[name]
    graph = react_agent(model=ScriptedModel(replies=[silent, _said("답")]), tools=[look_up]).compile()
    messages = await _run(mode, graph)
    assert [message.text for message in messages] == ["?", "답"]
    model = ScriptedModel(replies=[silent] * 9)
    with pytest.raises(kind) as caught:
        await _run(mode, react_agent(model=model, tools=[look_up]).compile())
    assert type(caught.value) is kind
    assert isinstance(caught.value, InvalidResponseError)
    assert isinstance(caught.value, RuntimeError), "LangGraph's server would hide its text"
    assert "times in a row" in str(caught.value)
    assert len(model.seen) <= 3


@MODES
async def test_g04_silence_after_tools_is_no_end_either(mode: str) -> None:
    """The usual place for it: the results are there, and the model says nothing of them."""
    call: Any = {"name": "look_up", "args": {"key": "a"}, "id": "c1"}
    model = ScriptedModel(replies=[AIMessage("", tool_calls=[call]), _said(), _said("a입니다")])
    messages = await _run(mode, react_agent(model=model, tools=[look_up]).compile())
    assert [message.type for message in messages] == ["human", "ai", "tool", "ai"]
    assert messages[-1].text == "a입니다"


@pytest.mark.parametrize("recovery", [Recovery(), Recovery.off()], ids=["on", "off"])
@MODES
async def test_g04_a_text_that_stays_cut_off_is_kept_and_says_so(mode: str, recovery: Recovery) -> None:
    """Programs see that it is not whole."""
    model = ScriptedModel(replies=[_said("가나", "length"), _said("가나다", "length"), _said("가", "length")])
    messages = await _run(mode, react_agent(model=model, tools=[look_up], recovery=recovery).compile())
    assert messages[-1].text == ("가나" if recovery == Recovery.off() else "가나다")
    assert messages[-1].response_metadata["recoveries"][-1] == {"kind": "truncated", "step": "kept"}


@pytest.mark.parametrize("name", SILENT)
async def test_g04_nothing_is_asked_twice_where_that_is_turned_off_and_it_is_typed_all_the_same(name: str) -> None:
    """Off means fewer calls, not silence."""
    silent, kind = SILENT[name]
    model = ScriptedModel(replies=[silent])
    build: Callable[..., Any] = react_agent
    with pytest.raises(kind, match="once"):
        build(model=model, tools=[look_up], recovery=Recovery.off()).compile().invoke(START)
