"""What ``tool`` makes of a function, seen by LangChain, LangGraph and an IDE."""

from __future__ import annotations

import inspect
import subprocess
import sys
from typing import Any

import pytest
from langchain_core.messages import AIMessage, ToolMessage
from langchain_core.tools import BaseTool, StructuredTool
from langchain_core.utils.function_calling import convert_to_openai_tool
from langgraph.graph import MessagesState, StateGraph
from langgraph.prebuilt import ToolNode
from pydantic import BaseModel, Field

from clovax_agents.tooling import tool


@tool
def add(a: int, b: int = 1) -> int:
    """Add two numbers.

    Args:
        a: The first one.
        b: The second one.
    """
    return a + b


@tool
async def shout(text: str) -> str:
    """Say it loudly."""
    return text.upper()


class Given(BaseModel):
    """A schema written by hand."""

    city: str = Field(description="도시 이름")


def run_node(made: BaseTool, args: dict[str, Any]) -> ToolMessage:
    """Run one call through LangGraph's own tool node inside a graph."""
    graph = StateGraph(MessagesState).add_node("tools", ToolNode([made])).add_edge("__start__", "tools").compile()
    call = {"name": made.name, "args": args, "id": "call_1", "type": "tool_call"}
    answer = graph.invoke({"messages": [AIMessage("", tool_calls=[call])]})["messages"][-1]
    assert isinstance(answer, ToolMessage)
    return answer


def test_the_bare_form_makes_a_structured_tool_around_the_function() -> None:
    """A decorated sync function is a StructuredTool whose func is the function itself."""
    assert isinstance(add, StructuredTool)
    assert (add.name, add.description, add.coroutine) == ("add", "Add two numbers.", None)
    assert add.invoke({"a": 2, "b": 3}) == 5


def test_an_async_function_becomes_the_coroutine() -> None:
    """A decorated async function has no func, only a coroutine."""
    assert shout.func is None
    assert inspect.iscoroutinefunction(shout.coroutine)


def test_options_override_what_the_function_says() -> None:
    """Name, description and the other keyword options end up on the tool."""

    @tool(name="weather", description="  Weather.  ", return_direct=True)
    def 날씨(city: str) -> str:  # noqa: N802, PLC2401
        """설명."""
        return city

    assert (날씨.name, 날씨.description, 날씨.return_direct) == ("weather", "Weather.", True)


def test_empty_parentheses_mean_the_same_as_none() -> None:
    """``@tool()`` works like ``@tool``."""

    @tool()
    def ping() -> str:
        """Answer."""
        return "pong"

    assert ping.name == "ping"
    assert ping.invoke({}) == "pong"


def test_content_and_artifact_are_kept_apart() -> None:
    """With content_and_artifact the model sees the first value and the message carries the second."""

    @tool(response_format="content_and_artifact")
    def report() -> tuple[str, dict[str, int]]:
        """Make a report."""
        return "short", {"rows": 3}

    message = run_node(report, {})

    assert (message.content, message.artifact) == ("short", {"rows": 3})


def test_function_metadata_is_kept_for_ides() -> None:
    """The function's docstring, module and name can be read off the tool, and unwrap finds the function."""
    assert (add.__doc__ or "").startswith("Add two numbers.\n\n")
    assert add.__module__ == __name__
    assert inspect.unwrap(add) is add.func  # type: ignore[arg-type]
    assert vars(add)["__name__"] == "add"


def test_a_copy_is_equal_and_keeps_the_metadata() -> None:
    """model_copy, which LangChain uses, keeps what the decorator added."""
    copy = add.model_copy()

    assert copy == add
    assert vars(copy)["__wrapped__"] is add.func


def test_a_given_model_replaces_the_schema() -> None:
    """args_schema is used as it stands, and the function gets the validated values."""

    @tool(args_schema=Given)
    def weather(city):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
        """Look up the weather."""
        return f"{city}: 맑음"

    assert weather.args_schema is Given
    assert weather.invoke({"city": "서울"}) == "서울: 맑음"


def test_a_given_json_schema_replaces_the_schema() -> None:
    """args_schema may be a JSON Schema, whose description serves when there is no docstring."""
    schema = {"type": "object", "description": "Echo it.", "properties": {"text": {"type": "string"}}}

    @tool(args_schema=schema)
    def echo(**values: str) -> str:
        return values["text"]

    assert echo.description == "Echo it."
    assert echo.invoke({"text": "네"}) == "네"


def test_a_model_docstring_describes_the_tool_when_the_function_has_none() -> None:
    """The schema's own docstring is the last resort for the description."""

    @tool(args_schema=Given)
    def weather(city: str) -> str:
        return city

    assert weather.description == "A schema written by hand."


def test_a_bound_method_can_be_a_tool() -> None:
    """tool(instance.method) leaves self out."""

    class Shop:
        def greet(self, name: str) -> str:
            """Greet somebody."""
            return f"{type(self).__name__} greets {name}"

    made = tool(Shop().greet)

    assert set(made.args) == {"name"}
    assert made.invoke({"name": "지우"}) == "Shop greets 지우"


def test_the_tool_node_runs_it() -> None:
    """LangGraph's ToolNode takes the tool unchanged."""
    assert run_node(add, {"a": 40, "b": 2}).content == "42"


def test_the_tool_node_reports_an_argument_that_does_not_exist() -> None:
    """An argument that the function does not have is told to the model instead of being dropped."""
    message = run_node(add, {"a": 1, "dry_run": True})

    assert message.status == "error"
    assert "dry_run" in message.content


def test_binding_shows_the_model_names_types_and_descriptions() -> None:
    """What bind_tools sends has the description per parameter and no internals."""
    function = convert_to_openai_tool(add)["function"]

    assert function["description"] == "Add two numbers."
    assert function["parameters"]["properties"]["a"] == {"type": "integer", "description": "The first one."}
    assert function["parameters"]["required"] == ["a"]


def test_importing_tooling_leaves_langgraph_alone() -> None:
    """Import clovax_agents.tooling does not import langgraph."""
    code = "import sys, clovax_agents.tooling; print([m for m in sys.modules if m.startswith('langgraph.')])"

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)  # noqa: S603

    assert done.stdout.strip() == "[]"


def test_the_public_names_are_these() -> None:
    """The package exports what its documentation names, sorted."""
    import clovax_agents.tooling as package  # noqa: PLC0415

    assert package.__all__ == sorted(package.__all__)
    assert {"Toolbox", "tool", "ToolPolicy", "get_tool_context"} <= set(package.__all__)
    assert all(hasattr(package, name) for name in package.__all__)


@pytest.mark.parametrize("name", ["a", "A-b_9", "x" * 64])
def test_every_allowed_name_is_taken(name: str) -> None:
    """Names of 1 to 64 letters, digits, hyphens and underscores are fine."""
    assert tool(name=name, description="Anything.")(lambda: "").name == name


def test_a_very_long_description_is_fine() -> None:
    """A description of more than 1,024 characters is kept whole."""
    assert len(tool(name="long", description="가" * 3000)(lambda: "").description) == 3000
