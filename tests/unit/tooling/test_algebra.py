"""Toolboxes are filtered, prefixed, renamed and put together; what they were made of stays as it was."""

from __future__ import annotations

from typing import Annotated, Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from langchain.agents import create_agent
from langchain_core.messages import AIMessage
from langchain_core.tools import BaseTool, StructuredTool, Tool
from langgraph.prebuilt import InjectedState, ToolNode
from pydantic import PrivateAttr
from scriptedmodel import ScriptedModel, asks
from toolruns import call, outcomes

from clovax_agents import ToolExecutor, ToolPolicy, tool
from clovax_agents.errors import ConfigurationError
from clovax_agents.tooling import Toolbox

NAMES = st.from_regex(r"[A-Za-z0-9_-]{1,20}", fullmatch=True)


@tool(policy=ToolPolicy(effect="read", labels={"private_data"}))
def get_order(order_id: str) -> str:
    """Look up an order."""
    return f"order {order_id}"


@tool(policy=ToolPolicy(labels={"exfiltration"}, scopes={"mail"}))
def send_mail(to: str) -> str:
    """Send a mail."""
    return f"sent to {to}"


@tool(policy=ToolPolicy(effect="idempotent", timeout=7))
async def set_note(text: str) -> str:
    """Keep a note."""
    return f"kept {text}"


def _named(name: str) -> BaseTool:
    return StructuredTool.from_function(lambda: name, name=name, description="Say its first name.")


def _box(*names: str) -> Toolbox:
    return Toolbox(*map(_named, names))


BOX = Toolbox(get_order, send_mail, set_note)


@pytest.mark.parametrize(
    ("options", "kept"),
    [
        ({"names": "get_order"}, ["get_order"]),
        ({"names": ["set_note", "get_order"]}, ["get_order", "set_note"]),
        ({"names": []}, []),
        ({"where": lambda made: made.name.endswith("e")}, ["set_note"]),
        ({"labels": "private_data"}, ["get_order"]),
        ({"labels": {"private_data", "exfiltration"}}, ["get_order", "send_mail"]),
        ({"effect": "once"}, ["send_mail"]),
        ({"effect": ["read", "idempotent"]}, ["get_order", "set_note"]),
        ({"effect": ["read", "once"], "labels": "exfiltration"}, ["send_mail"]),
        ({"names": "get_order", "effect": "once"}, []),
        ({}, ["get_order", "send_mail", "set_note"]),
    ],
    ids=["name", "names", "no-name", "function", "label", "labels", "effect", "effects", "both", "neither", "all"],
)
def test_what_is_filtered_in_is_left_out_by_without(options: dict[str, Any], kept: list[str]) -> None:
    """Every condition has to hold, the order stays, and ``without`` keeps exactly the others."""
    assert list(BOX.filter(**options).names) == kept
    others = [name for name in BOX.names if name not in kept] if options else list(BOX.names)
    assert list(BOX.without(**options).names) == others
    assert BOX.names == ("get_order", "send_mail", "set_note")


@pytest.mark.parametrize("method", ["filter", "without"])
@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"names": "get_ordr"}, "no tool is named 'get_ordr'; did you mean 'get_order'"),
        ({"names": ["get_order", "날씨"]}, "there are: get_order, send_mail, set_note"),
        ({"labels": "secret"}, "labels='secret' does not exist; there are 'private_data'"),
        ({"effect": "write"}, "effect='write' does not exist; there are 'read'"),
        ({"names": lambda made: made}, "where="),
    ],
    ids=["misspelt", "unknown", "label", "effect", "function"],
)
def test_a_condition_that_means_nothing_is_refused(method: str, options: dict[str, Any], told: str) -> None:
    """A misspelt name would leave a dangerous tool in, or a needed one out, without a word."""
    with pytest.raises(ConfigurationError, match=told):
        getattr(BOX, method)(**options)


def test_policies_go_along() -> None:
    """A policy is the tool's whatever its name, whoever gave it."""
    strict = ToolPolicy(approval=True)
    box = Toolbox().add(_named("plain"), policy=strict) + BOX

    made = box.prefix("shop_").rename({"shop_plain": "simple"}).without("shop_send_mail")

    assert made.names == ("simple", "shop_get_order", "shop_set_note")
    assert made.policy("simple") is strict
    assert made.policy("shop_get_order").effect == "read"
    assert made.policy("shop_set_note").timeout == 7
    assert ToolExecutor(made).plans["simple"].policy is strict
    assert box.policy("plain") is strict


def test_names_may_be_swapped() -> None:
    """All new names count at once."""
    box = _box("a", "b").rename({"a": "b", "b": "a"})
    assert [made.invoke({}) for made in box] == ["a", "b"]
    assert box.names == ("b", "a")


def test_a_description_may_be_another() -> None:
    """The model reads the new text; the tool that was given keeps its own."""
    box = BOX.rename({"get_order": "find_order"}, descriptions={"find_order": "Find one.", "set_note": "Note."})
    assert [made.description for made in box] == ["Find one.", "Send a mail.", "Note."]
    assert BOX["set_note"].description == "Keep a note."
    assert box["send_mail"] is send_mail


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda box: box.rename({"get_ordr": "x"}), "did you mean 'get_order'"),
        (lambda box: box.rename({"get_order": "주문 조회"}), "a name has 1 to 64 characters"),
        (lambda box: box.rename({"get_order": "a" * 65}), "a name has 1 to 64 characters"),
        (lambda box: box.rename({"get_order": 7}), "cannot be renamed to '7'"),
        (lambda box: box.rename(lambda _: "same"), "two tools are named 'same'"),
        (lambda box: box.rename({"get_order": "send_mail"}), "two tools are named 'send_mail'"),
        (lambda box: box.rename(["x"]), "a mapping or a function"),
        (lambda box: box.rename({}, descriptions={"get_ordr": "x"}), "descriptions are under the new names"),
        (lambda box: box.prefix("shop."), "'shop.get_order'"),
        (lambda box: box.combine([get_order]), "combine takes Toolboxes, not list"),
    ],
    ids=["unknown", "korean", "long", "number", "all-one", "taken", "list", "description", "dot", "no-box"],
)
def test_what_cannot_be_named_is_refused(change: Any, told: str) -> None:
    """With what to do instead."""
    with pytest.raises(ConfigurationError, match=told):
        change(BOX)


def test_a_clash_names_both_origins_and_the_way_out() -> None:
    """At build time, never at the first call (T21)."""

    @tool(name="send_mail")
    def other(to: str) -> str:
        """Send another mail."""
        return to

    with pytest.raises(ConfigurationError, match="two tools are named 'send_mail'") as caught:
        BOX.combine(Toolbox(other))
    assert str(caught.value).count(f"{__file__}:") == 2
    assert "box.prefix('shop_')" in str(caught.value)
    assert (BOX + Toolbox(other).prefix("office_")).names[-1] == "office_send_mail"


def test_a_box_adds_to_boxes_only() -> None:
    """Tools are added by name of the method, so that a policy can be given."""
    with pytest.raises(TypeError):
        BOX + send_mail
    assert sum([_box("a"), _box("b")], Toolbox()).names == ("a", "b")


boxes = st.lists(NAMES, unique=True, max_size=4).map(lambda names: _box(*names))


@given(boxes, boxes, boxes)
def test_combining_is_associative(one: Toolbox, two: Toolbox, three: Toolbox) -> None:
    """However boxes are put together, they hold the same tools in the same order, or clash."""
    together = [*one.names, *two.names, *three.names]
    if len(set(together)) < len(together):
        with pytest.raises(ConfigurationError, match="two tools are named"):
            (one + two) + three
        with pytest.raises(ConfigurationError, match="two tools are named"):
            one + (two + three)
        return
    first, second = (one + two) + three, one + (two + three)
    assert first.names == second.names == one.combine(two, three).names == tuple(together)
    assert first.tools == second.tools


@given(st.lists(NAMES, unique=True, max_size=5), NAMES, NAMES)
def test_prefixes_add_up_and_come_off(names: list[str], inner: str, outer: str) -> None:
    """Two prefixes are one; a rename that takes them off gives the old names; the originals never change."""
    box = _box(*names)
    made = box.prefix(inner).prefix(outer)
    assert made.names == box.prefix(outer + inner).names == tuple(f"{outer}{inner}{name}" for name in names)
    assert made.rename(lambda name: name.removeprefix(outer + inner)).names == box.names
    assert [each.name for each in box] == names
    assert [each.invoke({}) for each in made] == names


@given(st.lists(NAMES, unique=True, min_size=1, max_size=5), st.data())
def test_filter_and_without_divide_a_box(names: list[str], data: st.DataObject) -> None:
    """What the one keeps the other leaves out; together they are the box."""
    box = _box(*names)
    some = data.draw(st.sets(st.sampled_from(names)))
    assert {*box.filter(some).names} == some
    assert {*box.without(some).names} == {*names} - some
    new = data.draw(NAMES)
    assume(new not in names)
    assert box.rename({names[0]: new}).filter(new).tools[0].invoke({}) == names[0]


class Counting(BaseTool):
    """A tool class of a user's, with a state of its own."""

    name: str = "count"
    description: str = "Count."
    _seen: list[int] = PrivateAttr(default_factory=list[int])

    def _run(self, n: int) -> str:
        self._seen.append(n)
        return f"{len(self._seen)} counted"


@tool
def whose(state: Annotated[dict[str, Any], InjectedState]) -> str:
    """Say how many messages there are."""
    return f"{len(state['messages'])} messages"


def _every_kind() -> Toolbox:
    """Return renamed tools of every kind that LangChain has."""
    kinds = (
        get_order,
        set_note,
        whose,
        Counting(),
        Tool(name="shout", description="Shout.", func=str.upper),
        StructuredTool(
            name="raw",
            description="Take a schema.",
            args_schema={"type": "object", "properties": {"n": {"type": "integer"}}},
            func=lambda n: f"raw {n}",
        ),
    )
    return Toolbox(*kinds).prefix("my_").rename({"my_count": "counter"})


CALLS = (
    call("my_get_order", "a", order_id="O-1"),
    call("my_set_note", "b", text="milk"),
    call("my_whose", "c"),
    call("counter", "d", n=1),
    call("my_shout", "e", __arg1="hi"),
    call("my_raw", "f", n=5),
)
RESULTS = ["order O-1", "kept milk", "messages", "1 counted", "HI", "raw 5"]


@pytest.mark.parametrize("kind", ["executor", "node"])
@pytest.mark.parametrize("mode", ["invoke", "ainvoke"])
async def test_renamed_tools_run_in_every_node(kind: str, mode: str) -> None:
    """In ours and in LangGraph's, sync and async."""
    box = _every_kind()
    node: Any = ToolExecutor(box) if kind == "executor" else ToolNode(box.tools)
    graph = _graph_of(node)
    given_: Any = {"messages": [AIMessage("", tool_calls=list(CALLS), id="m1")]}
    state = graph.invoke(given_) if mode == "invoke" else await graph.ainvoke(given_)
    texts = [message.text for message in state["messages"][1:]]
    assert all(result in text for result, text in zip(RESULTS, texts, strict=True)), texts
    assert outcomes(state["messages"][1:]) == ["success"] * len(CALLS)


def _graph_of(node: Any) -> Any:
    from langgraph.graph import MessagesState, StateGraph  # noqa: PLC0415

    graph: Any = StateGraph(MessagesState)
    return graph.add_node("tools", node).set_entry_point("tools").compile()


@pytest.mark.parametrize("mode", ["invoke", "ainvoke"])
async def test_renamed_tools_run_in_create_agent(mode: str) -> None:
    """LangChain's agent calls them by their new names."""
    model = ScriptedModel(replies=[asks(*[(made["name"], made["args"]) for made in CALLS]), AIMessage("done")])
    agent: Any = create_agent(model, list(_every_kind()))
    start: Any = {"messages": [("user", "do it")]}
    state = agent.invoke(start) if mode == "invoke" else await agent.ainvoke(start)
    texts = [message.text for message in state["messages"][2:-1]]
    assert all(result in text for result, text in zip(RESULTS, texts, strict=True)), texts


def test_a_name_that_a_class_insists_on_cannot_be_changed() -> None:
    """It is said at once, not found out by a model that calls the wrong name."""

    class Fixed(Counting):
        def __getattribute__(self, name: str) -> Any:
            return "fixed" if name == "name" else super().__getattribute__(name)

    with pytest.raises(ConfigurationError, match="its class says what it is called"):
        Toolbox(Fixed()).prefix("my_")
