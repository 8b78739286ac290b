"""Every public call of tooling as a user writes it; type-checked, never run."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, assert_type

from langchain_core.tools import BaseTool, StructuredTool
from pydantic import BaseModel

from clovax_agents.tooling import Toolbox, tool


class Arguments(BaseModel):
    """A schema of one's own."""

    city: str


@tool
def bare(city: str) -> str:
    """Look it up."""
    return city


@tool
async def bare_async(city: str) -> str:
    """Look it up."""
    return city


@tool(
    name="look-up",
    description="Look it up.",
    args_schema=Arguments,
    return_direct=True,
    response_format="content_and_artifact",
)
def full(city: str) -> tuple[str, dict[str, Any]]:
    """Look it up."""
    return city, {}


@tool(args_schema={"type": "object", "properties": {}})
async def from_json_schema() -> str:
    """Look it up."""
    return ""


assert_type(bare, StructuredTool)
assert_type(bare_async, StructuredTool)
assert_type(full, StructuredTool)
assert_type(from_json_schema, StructuredTool)
assert_type(tool(), Callable[[Callable[..., object]], StructuredTool])


def plain(city: str) -> str:
    """Look it up."""
    return city


box = Toolbox(bare, plain)
assert_type(box.add(full), Toolbox)
assert_type(Toolbox.from_path("../tools"), Toolbox)
assert_type(Toolbox.from_path(Path("tools"), pattern="*.py"), Toolbox)
assert_type(box["bare"], BaseTool)
assert_type(box.names, tuple[str, ...])
assert_type(box.tools, tuple[BaseTool, ...])
assert_type("bare" in box, bool)
assert_type(len(box), int)
as_sequence: Sequence[BaseTool] = box.tools
for each in box:
    assert_type(each, BaseTool)
