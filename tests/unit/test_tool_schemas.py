"""What a tool is turned into when it is bound."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from langchain_core.tools import StructuredTool, tool
from pydantic import BaseModel

from clovax_agents import ChatClovaX, tool_schemas
from clovax_agents.errors import ConfigurationError
from clovax_agents.tool_schemas import schema_of
from clovax_agents.wire.schema import accepted_schema

if TYPE_CHECKING:
    from collections.abc import Callable


class Node(BaseModel):
    """A folder with folders in it."""

    name: str
    inner: list[Node] = []


class Disk(BaseModel):
    """Write a disk."""

    root: Node


class Pair(BaseModel):
    """Two of a kind, and no recursion."""

    one: Plain
    two: Plain


class Plain(BaseModel):
    """A name."""

    name: str


class Shelf(BaseModel):
    """Things by their number."""

    items: dict[str, Plain]


def write(root: Node) -> str:
    """Write a folder."""
    return root.name


@tool
def write_as_tool(root: Node) -> str:
    """Write a folder."""
    return root.name


TOOLS: dict[str, Any] = {
    "class": Node,
    "nested class": Disk,
    "function": write,
    "tool": write_as_tool,
    "tool with a dict": StructuredTool(name="write", description="Write.", args_schema=Disk.model_json_schema()),
    "dict": {"type": "function", "function": {"name": "w", "description": "w", "parameters": Disk.model_json_schema()}},
}
WAYS: dict[str, Callable[[ChatClovaX, Any], object]] = {
    "bind_tools": lambda chat, given: chat.bind_tools([given]).invoke("저장해 줘"),
    "emulated": lambda chat, given: chat.bind_tools([given], tool_calling="emulated").invoke("저장해 줘"),
}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("kind", TOOLS)
def test_a_tool_that_refers_to_itself_is_refused(kind: str, way: str) -> None:
    """LangChain would write ``{}``, anything, in place of the recursion."""
    chat = ChatClovaX(api_key="nv-test", base_url="http://127.0.0.1:9/v1/openai", max_retries=0)
    with pytest.raises(ConfigurationError, match="refers to itself"):
        WAYS[way](chat, TOOLS[kind])


def test_a_class_that_is_used_twice_is_no_recursion() -> None:
    """It is put in both places."""
    bound: Any = ChatClovaX(api_key="nv-test").bind_tools([Pair])
    properties = bound.kwargs["tools"][0]["function"]["parameters"]["properties"]
    assert properties["one"]["properties"] == properties["two"]["properties"] == {"name": {"type": "string"}}


@pytest.mark.parametrize("method", ["json_schema", "function_calling"])
def test_an_answer_that_refers_to_itself_is_refused(method: Any) -> None:
    """Before anything is sent, with what to do."""
    chat = ChatClovaX(api_key="nv-test", base_url="http://127.0.0.1:9/v1/openai", max_retries=0)
    model = chat.with_structured_output(Node, method=method)
    with pytest.raises(ConfigurationError, match=r"schema of 'Node' refers to itself .*limit the depth"):
        model.invoke("폴더를 그려 줘")


def test_a_schema_that_is_a_reference_keeps_its_parameters() -> None:
    """LangChain alone would send none."""
    schema = {"$ref": "#/$defs/Find", "$defs": {"Find": {**Plain.model_json_schema(), "description": "Find."}}}
    bound: Any = ChatClovaX(api_key="nv-test").bind_tools([schema])
    function = bound.kwargs["tools"][0]["function"]
    assert function["name"] == "Find"
    assert list(function["parameters"]["properties"]) == ["name"]


def test_the_values_of_a_dictionary_are_told_without_references() -> None:
    """The definitions are not sent."""
    schema = Shelf.model_json_schema()
    written = accepted_schema(schema, "Shelf")["properties"]["items"]
    assert "$ref" not in written["description"]
    assert '"name"' in written["description"]
    assert schema == Shelf.model_json_schema()


def test_a_tool_is_read_once_until_it_changes() -> None:
    """Binding it again costs nothing; a new description is seen."""

    @tool
    def weather(city: str) -> str:
        """날씨를 알려줍니다."""
        return city

    first = schema_of(weather)
    assert schema_of(weather) is first
    weather.description = "다른 설명"
    assert schema_of(weather)["function"]["description"] == "다른 설명"


def test_schemas_of_tools_that_are_gone_are_forgotten() -> None:
    """A program that makes tools for each request does not grow."""

    def made(number: int) -> Callable[[str], str]:
        def act(text: str) -> str:
            """Do something."""
            return text * number

        return act

    before = len(tool_schemas._known)
    for number in range(50):
        schema_of(made(number))
    assert len(tool_schemas._known) <= before + 1
