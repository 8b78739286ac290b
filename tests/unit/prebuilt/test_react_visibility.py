"""What the ReAct agent shows its model: only tools that the run may see, and no other call runs."""

from __future__ import annotations

from typing import Any

import pytest
from langchain_core.messages import AIMessage, ToolMessage
from langgraph.checkpoint.memory import InMemorySaver
from pydantic import Field
from scriptedmodel import ScriptedModel, asks
from toolruns import answers, both, call, outcomes

from clovax_agents import ToolExecutor, ToolPolicy, tool
from clovax_agents.prebuilt import react_agent
from clovax_agents.tooling import RunView, Toolbox, ToolSearch

RAN: list[str] = []


class Watched(ScriptedModel):
    """A model that remembers which tools it was bound to, each time."""

    bound: list[list[str]] = Field(default_factory=list)

    def bind_tools(self, tools: Any, **_: Any) -> Any:
        """Remember their names."""
        self.bound.append([made.name for made in tools])
        return self


def _tool(name: str, **policy: Any) -> Any:
    @tool(name=name, policy=ToolPolicy(**policy))
    def run() -> str:
        """Run."""
        RAN.append(name)
        return name

    return run


def _many_messages(run: RunView) -> bool:
    return len(run.state["messages"]) > 2


def _box() -> Toolbox:
    return Toolbox(
        _tool("free"),
        _tool("scoped", scopes={"admin"}),
        _tool("later", visible_when=_many_messages),
        _tool("asked", scopes={"admin"}, approval=True),
    )


async def _run(mode: str, model: Any, context: Any = None, **more: Any) -> list[Any]:
    RAN.clear()
    graph: Any = react_agent(model=model, tools=_box(), **more).compile(checkpointer=InMemorySaver())
    start: Any = {"messages": [("user", "go")]}
    run: Any = {"configurable": {"thread_id": "t"}}
    if mode == "invoke":
        return list(graph.invoke(start, run, context=context)["messages"])
    return list((await graph.ainvoke(start, run, context=context))["messages"])


MODES = pytest.mark.parametrize("mode", ["invoke", "ainvoke"])


@MODES
async def test_the_model_is_shown_what_the_run_may_see(mode: str) -> None:
    """Without scopes neither scoped tools nor, at first, the later one; with them everything in its time."""
    model = Watched(replies=[asks(("free", {})), AIMessage("done")])
    await _run(mode, model)
    assert model.bound == [["free"], ["free", "later"]]

    model = Watched(replies=[asks(("scoped", {})), AIMessage("done")])
    await _run(mode, model, {"scopes": ["admin"]})
    assert model.bound == [["free", "scoped", "asked"], ["free", "scoped", "later", "asked"]]
    assert RAN == ["scoped"]


@MODES
async def test_a_hidden_tool_that_is_called_anyway_is_refused(mode: str) -> None:
    """By scope and by predicate; nobody is asked to approve what would not run."""
    model = Watched(replies=[asks(("scoped", {}), ("asked", {}), ("fre", {})), AIMessage("done")])
    messages = await _run(mode, model)
    results = [message for message in messages if isinstance(message, ToolMessage)]
    assert outcomes(results) == ["refused", "refused", "unknown_tool"]
    assert "Did you mean free?" in results[2].text
    assert RAN == []


async def test_predicates_are_kept_without_an_agent() -> None:
    """A ToolExecutor of one's own refuses, too, and suggests only what may be seen."""
    tools = [_tool("refund", visible_when=lambda run: run.user == "boss"), _tool("refuse_politely")]
    for messages in await both(tools, call("refund", "a"), call("refnd", "b")):
        assert outcomes(messages) == ["refused", "unknown_tool"]
        assert "not available in this run" in messages[0].text
        assert "refund" not in messages[1].text
    for messages in await both(tools, call("refund"), langgraph_auth_user_id="boss"):
        assert messages[0].text == "refund"


async def test_the_refusal_is_said_in_korean(monkeypatch: pytest.MonkeyPatch) -> None:
    """For models that are spoken to in Korean."""
    monkeypatch.setenv("CLOVAX_LANG", "ko")
    messages = await answers([_tool("refund", visible_when=lambda _: False)], call("refund"))
    assert "쓸 수 없습니다" in messages[0].text


async def test_a_wrapper_is_no_way_around() -> None:
    """A call that a wrapper turns into another is checked as what it has become."""
    hidden = _tool("hidden", visible_when=lambda _: False)

    async def wrap(request: Any, execute: Any) -> Any:
        return await execute(request.override(tool=hidden, tool_call={**request.tool_call, "name": "hidden"}))

    RAN.clear()
    executor = ToolExecutor([_tool("free"), hidden], awrap_tool_call=wrap)
    assert outcomes(await answers(executor, call("free"))) == ["refused"]
    assert RAN == []


async def test_tools_without_conditions_are_bound_once() -> None:
    """However many turns there are, and whatever the run."""
    model = Watched(replies=[asks(("a", {})), asks(("a", {}), key="m2"), AIMessage("done"), AIMessage("again")])
    graph: Any = react_agent(model=model, tools=[_tool("a"), _tool("b")]).compile()
    await graph.ainvoke({"messages": [("user", "go")]})
    await graph.ainvoke({"messages": [("user", "go")]}, context={"scopes": ["x"]})
    assert model.bound == [["a", "b"]]


async def test_each_set_of_visible_tools_is_bound_once() -> None:
    """A run that sees the same as one before it binds nothing."""
    model = Watched(replies=[AIMessage("1"), AIMessage("2"), AIMessage("3"), AIMessage("4")])
    graph: Any = react_agent(model=model, tools=_box()).compile()
    for scopes in ([], ["admin"], ["admin", "other"], ["other"]):
        await graph.ainvoke({"messages": [("user", "go")]}, context={"scopes": scopes})
    assert model.bound == [["free"], ["free", "scoped", "asked"]]


async def test_a_run_that_may_see_nothing_asks_a_model_without_tools() -> None:
    """An empty list of tools is a request that services refuse."""
    model = Watched(replies=[AIMessage("done")])
    graph: Any = react_agent(model=model, tools=[_tool("scoped", scopes={"admin"})]).compile()
    await graph.ainvoke({"messages": [("user", "go")]})
    assert model.bound == []


@MODES
async def test_a_search_finds_only_what_the_run_may_see(mode: str) -> None:
    """Neither the node's own search nor the model's brings a hidden tool up; with the scope, both do."""
    box = Toolbox(*[_tool(f"unrelated_{number}") for number in range(6)], _tool("refund_money", scopes={"admin"}))
    for scopes, is_seen in (([], False), (["admin"], True)):
        model = Watched(replies=[asks(("search_tools", {"query": "refund money"})), AIMessage("done")])
        graph: Any = react_agent(model=model, tools=box, tool_search=ToolSearch(k=3)).compile()
        start: Any = {"messages": [("user", "refund money")]}
        if mode == "invoke":
            messages = graph.invoke(start, context={"scopes": scopes})["messages"]
        else:
            messages = (await graph.ainvoke(start, context={"scopes": scopes}))["messages"]
        assert ("refund_money" in messages[2].text) is is_seen
        assert [("refund_money" in names) for names in model.bound] == [is_seen] * len(model.bound)
