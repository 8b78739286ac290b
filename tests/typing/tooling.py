"""Every public call of tooling as a user writes it; type-checked, never run."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, assert_type

from langchain_core.tools import BaseTool, StructuredTool
from pydantic import BaseModel

from clovax_agents import (
    Doubt,
    ModelRetry,
    Outcome,
    Rate,
    ToolContext,
    ToolExecutor,
    ToolFailed,
    ToolPolicy,
    get_tool_context,
)
from clovax_agents.tooling import Toolbox, ToolMatch, ToolSearch, tool


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


def found(doubt: Doubt) -> Outcome:
    """Say what became of it."""
    return Outcome("done", doubt.arguments["city"]) if doubt.idempotency_key else Outcome("unknown")


async def found_later(doubt: Doubt) -> Outcome:
    """Ask somebody."""
    return Outcome("not_done" if doubt.started_at else "unknown")


def allowed(arguments: Mapping[str, Any]) -> None:
    """Refuse some."""
    if not arguments["city"]:
        raise ValueError("no city")


def expensive(arguments: Mapping[str, Any]) -> bool:
    """Ask a person about some."""
    return bool(arguments["city"])


policy = ToolPolicy(
    effect="once",
    timeout=5,
    runs_in="thread",
    concurrency=2,
    group="db",
    rate_limit="10/min",
    approval=expensive,
    scopes=frozenset({"orders:write"}),
    max_result_tokens=500,
    redact=str.upper,
    validate=allowed,
    repeats="refuse",
    reconcile=found,
)
assert_type(ToolPolicy(effect="read", rate_limit=Rate(1, 2.0), reconcile=found_later).rate, Rate | None)
assert_type(box.add(full, policy=policy), Toolbox)
assert_type(box.policy("bare"), ToolPolicy)
assert_type(box.search("날씨", k=4), list[ToolMatch])
assert_type(ToolSearch(k=4, always=["bare"]).k, int)


@tool(policy=policy)
def with_policy(city: str) -> str:
    """Look it up."""
    context = get_tool_context()
    assert_type(context, ToolContext)
    assert_type(context.idempotency_key, str)
    assert_type(context.remaining, float)
    context.progress({"city": city})
    if not city:
        raise ModelRetry("give a city")
    raise ToolFailed("closed")


assert_type(with_policy, StructuredTool)
executor = ToolExecutor(box, journal="memory")
assert_type(executor.policy_of(with_policy), ToolPolicy)
ToolExecutor([bare, plain], name="work", handle_tool_errors=False, journal=Path("journal.sqlite"))
