"""What the rules look at: a tool of anybody's, read once."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final, cast

import orjson
from langchain_core.tools import BaseTool

from clovax_agents.errors import ConfigurationError
from clovax_agents.tokens import Estimator, Size
from clovax_agents.tool_schemas import schema_of
from clovax_agents.tooling.collection import own_policy
from clovax_agents.tooling.decorator import tool as make_tool
from clovax_agents.tooling.policy import DEFAULT_POLICY
from clovax_agents.tooling.toolbox import Toolbox
from clovax_agents.wire.schema import accepted_schema

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from clovax_agents.tooling.policy import ToolPolicy

    Tool = BaseTool | Mapping[str, Any] | Callable[..., object]

__all__ = ["Parameter", "Subject", "subjects_of"]

_ESTIMATOR: Final = Estimator()


@dataclass(frozen=True)
class Parameter:
    """One parameter.

    Attributes:
        name: of the parameter.
        raw: its schema as it was written.
        schema: as the service is told of it, references put in place.
    """

    name: str
    raw: Mapping[str, Any]
    schema: Mapping[str, Any]

    @property
    def description(self) -> str:
        """What is said of it; not what the schema's own keywords are told as."""
        return str(self.raw.get("description") or "")


@dataclass(frozen=True)
class Subject:
    """One tool.

    Attributes:
        name: that the model sees.
        description: that the model sees.
        schema: of the arguments, as it was written.
        policy: what may be done with its calls; None where nobody can say, as for a bare schema.
        refusal: why the schema cannot be sent, empty if it can.
    """

    name: str
    description: str
    schema: Mapping[str, Any]
    policy: ToolPolicy | None
    refusal: str = ""
    accepted: Mapping[str, Any] = field(default_factory=dict[str, Any])

    @property
    def has_policy_of_its_own(self) -> bool:
        """Whether somebody has said what may be done with its calls."""
        return self.policy is not None and self.policy is not DEFAULT_POLICY

    @cached_property
    def parameters(self) -> tuple[Parameter, ...]:
        """What the model is to fill in."""
        raw = cast("Mapping[str, Any]", self.schema.get("properties") or {})
        written = cast("Mapping[str, Any]", self.accepted.get("properties") or {})
        return tuple(Parameter(name, _as_schema(raw.get(name)), _as_schema(written[name])) for name in written)

    @cached_property
    def tokens(self) -> int:
        """What its definition adds to every request, estimated."""
        definition = {"name": self.name, "description": self.description, "parameters": dict(self.accepted)}
        return _ESTIMATOR.tokens(Size(0, 0, definitions=len(orjson.dumps(definition, default=str))))


def _as_schema(part: object) -> Mapping[str, Any]:
    return cast("Mapping[str, Any]", part) if isinstance(part, dict) else {}


def subjects_of(tools: Toolbox | Iterable[Tool]) -> Iterator[Subject]:
    """Read tools of any kind: a box, LangChain tools, functions, or definitions as they are sent."""
    for item in tools:
        if isinstance(item, BaseTool):
            yield _of_tool(item, tools.policy(item.name) if isinstance(tools, Toolbox) else own_policy(item))
        elif isinstance(item, dict):
            yield _of_definition(cast("dict[str, Any]", item), None)
        else:
            made = make_tool(cast("Callable[..., object]", item))
            yield _of_tool(made, own_policy(made))


def _of_tool(tool: BaseTool, policy: ToolPolicy) -> Subject:
    try:
        return _of_definition(schema_of(tool), policy)
    except ConfigurationError as error:
        return Subject(tool.name, tool.description, {}, policy, str(error))


def _of_definition(definition: Mapping[str, Any], policy: ToolPolicy | None) -> Subject:
    function = _as_schema(definition.get("function")) or definition
    name, description = str(function.get("name") or ""), str(function.get("description") or "")
    schema = _as_schema(function.get("parameters"))
    try:
        return Subject(name, description, schema, policy, accepted=accepted_schema(schema, name))
    except ConfigurationError as error:
        return Subject(name, description, schema, policy, str(error))
