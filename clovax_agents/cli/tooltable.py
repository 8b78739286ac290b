"""Tools as a list: what they do to the world, who has to agree, what they take, where they are."""

from __future__ import annotations

import inspect
import os
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Literal

from rich.markup import escape
from rich.padding import Padding

from clovax_agents.cli.wording import say
from clovax_agents.execution.narrowing import as_dict
from clovax_agents.tooling.collection import own_policy

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from langchain_core.tools import BaseTool
    from rich.console import Console

    from clovax_agents.tooling import Toolbox, ToolPolicy

__all__ = ["ListedTool", "listed", "print_tools", "tools_in"]

Approval = Literal["always", "depends", "never"]


@dataclass(frozen=True, slots=True)
class ListedTool:
    """A tool as it is listed.

    Attributes:
        name: of the tool.
        agent: of a graph that has it; empty for the graph itself.
        effect: of a call.
        approval: whether a person has to agree.
        arguments: names with their types; a ``?`` for those that may be left out.
        where: file and line of its function; empty if nobody knows.
        labels: of its policy.
        scopes: that a run needs.
        description: that the model reads.
    """

    name: str
    agent: str
    effect: str
    approval: Approval
    arguments: dict[str, str]
    where: str
    labels: list[str]
    scopes: list[str]
    description: str

    def as_dict(self) -> dict[str, Any]:
        """Return it as JSON has it."""
        return asdict(self)


def tools_in(graph: Any, agent: str = "") -> list[ListedTool]:
    """Return the tools of a graph and of the agents in it."""
    found: list[ListedTool] = []
    for node in graph.nodes.values():
        holder = getattr(node, "bound", None)
        plans = as_dict(getattr(holder, "plans", None)) or {}
        tools = as_dict(getattr(holder, "tools_by_name", None)) or {}
        policies: dict[str, ToolPolicy] = {name: plan.policy for name, plan in plans.items()}
        found += [_listed(made, policies.get(name), agent) for name, made in tools.items()]
    for name, inner in graph.get_subgraphs():
        found += tools_in(inner, f"{agent}/{name}".strip("/"))
    return found


def listed(box: Toolbox) -> list[ListedTool]:
    """Return the tools of a box."""
    return [_listed(made, box.policy(made.name), "") for made in box]


def print_tools(tools: Iterable[ListedTool], console: Console) -> None:
    """Print tools, each in a few lines: a table would have no room for arguments at 80 columns."""
    agent = ""
    words = {"always": say("approval: always"), "depends": say("approval: depends"), "never": ""}
    for one in tools:
        if one.agent != agent:
            agent = one.agent
            console.print(f"\n[dim]{escape(agent)}[/]")
        colour = {"read": "green", "idempotent": "yellow"}.get(one.effect, "red")
        approval = f" [magenta]{words[one.approval]}[/]" if words[one.approval] else ""
        marks = "".join(f" [dim]{escape(mark)}[/]" for mark in (*one.labels, *one.scopes))
        head = f"[bold]{escape(one.name)}[/] [{colour}]{one.effect}[/]{approval}{marks} [dim]{escape(one.where)}[/]"
        console.print(head, soft_wrap=True)
        if arguments := ", ".join(f"{name}: {kind}" for name, kind in one.arguments.items()):
            console.print(Padding(escape(arguments), (0, 0, 0, 4)))


def _listed(made: BaseTool, policy: ToolPolicy | None, agent: str) -> ListedTool:
    known = policy or own_policy(made)
    return ListedTool(
        name=made.name,
        agent=agent,
        effect=known.effect,
        approval="depends" if callable(known.approval) else "always" if known.approval else "never",
        arguments=_arguments(made),
        where=_where(made),
        labels=sorted(known.labels),
        scopes=sorted(known.scopes),
        description=made.description,
    )


def _arguments(made: BaseTool) -> dict[str, str]:
    schema: Any = made.tool_call_schema
    found: dict[str, Any] = as_dict(schema) or schema.model_json_schema()
    needed = found.get("required") or ()
    parts: dict[str, Any] = found.get("properties") or {}
    known: dict[str, Any] = found.get("$defs") or {}
    return {name if name in needed else f"{name}?": _kind(part, known) for name, part in parts.items()}


def _kind(part: Mapping[str, Any], known: Mapping[str, Any]) -> str:
    """Say in a word what a value is."""
    if choices := part.get("enum"):
        return "|".join(str(choice) for choice in choices if choice is not None)
    if reference := part.get("$ref"):
        return _kind(known.get(str(reference).rpartition("/")[2], {"type": "object"}), known)
    if variants := part.get("anyOf"):
        kinds = dict.fromkeys(_kind(one, known) for one in variants)
        return "|".join(kind for kind in kinds if kind != "null")
    if part.get("type") == "array":
        return f"{_kind(part.get('items') or {}, known)}[]"
    return str(part.get("type") or "any")


def _where(made: BaseTool) -> str:
    function: Any = getattr(made, "func", None) or getattr(made, "coroutine", None)
    if function is None:
        return type(made).__module__
    try:
        function = inspect.unwrap(function)
        file, (_, line) = inspect.getsourcefile(function) or "", inspect.getsourcelines(function)
    except (OSError, TypeError):
        return str(getattr(function, "__module__", ""))
    near = os.path.relpath(file)
    return f"{function.__module__ if near.startswith('..') else near}:{line}"
