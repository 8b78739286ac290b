"""Parameters that LangGraph fills stay out of the model's sight and get their values."""

from __future__ import annotations

from typing import Annotated, Any

import pytest
from langchain_core.messages import AIMessage, AnyMessage, ToolMessage
from langchain_core.runnables import RunnableConfig
from langchain_core.tools import BaseTool, InjectedToolArg, InjectedToolCallId
from langgraph.graph import MessagesState, StateGraph
from langgraph.prebuilt import InjectedState, InjectedStore, ToolNode, ToolRuntime
from langgraph.store.base import BaseStore
from langgraph.store.memory import InMemoryStore

from clovax_agents.tooling import tool


class State(MessagesState):
    """A state with a field of its own."""

    user: str


@tool
def everything(  # noqa: D417
    text: str,
    state: Annotated[dict[str, Any], InjectedState],
    user: Annotated[str, InjectedState("user")],
    store: Annotated[BaseStore, InjectedStore()],
    call: Annotated[str, InjectedToolCallId],
    tools_runtime: ToolRuntime,
    settings: RunnableConfig,
) -> str:
    """Tell what is there.

    Args:
        text: 글.
        state: 모델에게는 보이지 않습니다.
    """
    store.put(("seen",), "text", {"text": text})
    thread = settings["configurable"]["thread_id"]
    return f"{text} {len(state['messages'])} {user} {call} {tools_runtime.tool_call_id} {thread}"


@tool
async def later(text: str, runtime: ToolRuntime[None, State]) -> str:
    """Tell what is there."""
    return f"{text} {runtime.state['user']}"


@tool
def only_runtime(runtime: ToolRuntime) -> str:
    """Tell what is there."""
    return str(runtime.tool_call_id)


@tool
def optional_state(mood: Annotated[str, InjectedState("mood")] = "calm") -> str:
    """Tell what is there."""
    return mood


def build(made: BaseTool, store: BaseStore | None = None) -> Any:
    """A graph that runs the tool's calls."""
    graph = StateGraph(State).add_node("tools", ToolNode([made])).add_edge("__start__", "tools")
    return graph.compile(store=store)


def asked(made: BaseTool, **args: Any) -> dict[str, Any]:
    """A state in which the model has asked for the tool."""
    call = {"name": made.name, "args": args, "id": "call_7", "type": "tool_call"}
    messages: list[AnyMessage] = [AIMessage("", tool_calls=[call])]
    return {"messages": messages, "user": "지우"}


def answer(result: dict[str, Any]) -> ToolMessage:
    """The tool's answer in a graph's result."""
    message = result["messages"][-1]
    assert isinstance(message, ToolMessage)
    return message


def test_the_model_sees_only_its_own_parameters() -> None:
    """Injected parameters are neither in the call schema nor in the JSON Schema."""
    assert set(everything.args) == {"text"}
    assert set(everything.get_input_jsonschema()["properties"]) == {"text"}
    assert only_runtime.args == {}


def test_every_kind_of_injection_arrives() -> None:
    """State, field, store, call id, runtime and configuration reach the function through ToolNode."""
    store = InMemoryStore()

    result = build(everything, store).invoke(asked(everything, text="안녕"), {"configurable": {"thread_id": "t1"}})

    assert answer(result).content == "안녕 1 지우 call_7 call_7 t1"
    item = store.get(("seen",), "text")
    assert item is not None
    assert item.value == {"text": "안녕"}


async def test_a_parametrised_runtime_arrives_in_an_async_tool() -> None:
    """ToolRuntime[Context, State] is recognised like the plain one."""
    result = await build(later).ainvoke(asked(later, text="네"))

    assert answer(result).content == "네 지우"


def test_a_tool_may_have_nothing_but_a_runtime() -> None:
    """A tool without arguments of its own still gets what is injected."""
    assert answer(build(only_runtime).invoke(asked(only_runtime))).content == "call_7"


def test_a_missing_state_field_leaves_the_default() -> None:
    """An injected parameter with a default may be absent from the state."""
    assert answer(build(optional_state).invoke(asked(optional_state))).content == "calm"


def test_a_model_cannot_forge_an_injected_value() -> None:
    """A value that the model writes for an injected parameter is not used."""
    result = build(optional_state).invoke(asked(optional_state, mood="angry"))

    assert "angry" not in answer(result).content


def test_injected_state_reaches_the_function_uncopied() -> None:
    """Validation hands injected objects through as they are, whatever they are."""
    treasure = object()

    @tool
    def take(thing: Annotated[Any, InjectedToolArg]) -> bool:
        """Take it."""
        return thing is treasure

    assert take.invoke({"thing": treasure}) is True


def test_a_call_id_needs_a_call() -> None:
    """Without a tool call there is no id to inject, and LangChain says so."""

    @tool
    def who(call: Annotated[str, InjectedToolCallId]) -> str:
        """Tell."""
        return call

    with pytest.raises(ValueError, match="full model ToolCall"):
        who.invoke({})
