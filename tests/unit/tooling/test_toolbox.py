"""A Toolbox is an ordered collection of tools that does not change."""

from __future__ import annotations

import pytest
from langchain_core.tools import BaseTool, Tool
from langgraph.prebuilt import ToolNode

from clovax_agents.errors import ConfigurationError, ToolDefinitionError
from clovax_agents.tooling import Toolbox, tool


def first() -> str:
    """Be first."""
    return "1"


@tool
def second() -> str:
    """Be second."""
    return "2"


def third() -> str:
    """Be third."""
    return "3"


class Custom(BaseTool):
    """A tool class of a user."""

    name: str = "second"
    description: str = "Another second."

    def _run(self) -> str:
        return "2b"


def test_functions_become_tools_in_the_given_order() -> None:
    """Plain functions are converted, tools are kept as they are, the order stays."""
    box = Toolbox(first, second)

    assert box.names == ("first", "second")
    assert box.tools[1] is second
    assert [made.name for made in box] == ["first", "second"]
    assert len(box) == 2
    assert repr(box) == "Toolbox(first, second)"


def test_add_returns_a_new_box() -> None:
    """Adding leaves the box as it was, so boxes can be shared."""
    box = Toolbox(first)

    larger = box.add(second, third)

    assert box.names == ("first",)
    assert larger.names == ("first", "second", "third")
    assert larger["first"] is box["first"]


def test_membership_is_by_name_or_by_tool() -> None:
    """``in`` takes a name or the tool object itself."""
    box = Toolbox(second)

    assert "second" in box
    assert second in box
    assert Custom() not in box
    assert "third" not in box
    assert 2 not in box


def test_tools_are_found_by_name() -> None:
    """Indexing takes the name that a model sees."""
    assert Toolbox(first, second)["second"] is second


@pytest.mark.parametrize(("name", "hint"), [("secnd", "did you mean 'second'"), ("날씨", "there are: first, second")])
def test_an_unknown_name_is_a_key_error_that_helps(name: str, hint: str) -> None:
    """The error suggests the nearest name or lists what there is."""
    with pytest.raises(KeyError, match=hint):
        Toolbox(first, second)[name]


def test_two_tools_of_one_name_are_refused_with_both_origins() -> None:
    """The error says where each of the two comes from."""
    with pytest.raises(ConfigurationError, match="two tools are named 'second'") as caught:
        Toolbox(second).add(Custom())

    assert f"{__file__}:" in str(caught.value)
    assert "Custom" in str(caught.value)


def test_the_same_tool_twice_is_refused() -> None:
    """One object given twice is a mistake too."""
    with pytest.raises(ConfigurationError, match="given twice"):
        Toolbox(second, second)


def test_a_function_that_cannot_be_a_tool_is_refused() -> None:
    """Conversion has the decorator's errors."""
    with pytest.raises(ToolDefinitionError):
        Toolbox(lambda: "")


def test_other_tools_of_langchain_are_welcome() -> None:
    """Any BaseTool fits."""
    assert "plain" in Toolbox(Tool(name="plain", description="Does it.", func=str))


def test_the_tools_go_where_a_sequence_of_tools_goes() -> None:
    """LangGraph's ToolNode takes what the box holds."""
    assert set(ToolNode(Toolbox(first, second).tools).tools_by_name) == {"first", "second"}


def test_an_empty_box_is_falsy() -> None:
    """No tools is an honest answer."""
    assert not Toolbox()
    assert Toolbox().tools == ()
