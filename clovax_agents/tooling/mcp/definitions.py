"""A tool as an MCP server defines it, with the hash that it is known by."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Final

from clovax_agents.errors import ConfigurationError
from clovax_agents.tooling.mcp.texts import has_hidden, revealed, visible, visible_schema
from clovax_agents.tooling.sizes import shown, size_problem
from clovax_agents.wire.schema import accepted_schema

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mcp.types import Tool

__all__ = ["Definition", "as_name", "definition_of"]

_TURNED: Final = re.compile(r"[./: ]")
"""What names of MCP tools may have and those of models may not."""


@dataclass(frozen=True, kw_only=True)
class Definition:
    """A tool as its server lists it.

    Attributes:
        server: our name of the server.
        name: on the server.
        description: as the server writes it.
        schema: of the arguments, as the server writes it.
        title: for people; used where there is no description.
        read_only: the server says that it changes nothing; nobody has checked that.
        idempotent: the server says that a second run changes nothing more.
        problem: why no model can be told of it; it matters only if somebody wants it.
    """

    server: str
    name: str
    description: str
    schema: Mapping[str, Any]
    title: str = ""
    read_only: bool = False
    idempotent: bool = False
    problem: str | None = None

    @cached_property
    def digest(self) -> str:
        """SHA-256 of name, description and schema, as JSON with sorted keys and without spaces."""
        return sha256(self.canonical.encode()).hexdigest()

    @property
    def canonical(self) -> str:
        """What is hashed."""
        parts = {"name": self.name, "description": self.description, "inputSchema": self.schema}
        return json.dumps(parts, sort_keys=True, separators=(",", ":"), ensure_ascii=True)

    @property
    def origin(self) -> str:
        """Where it comes from, in the words of an error message."""
        return f"the MCP server {shown(self.server)}"

    @property
    def text(self) -> str:
        """What the model reads: nothing that a person would not see."""
        written = visible(self.description).strip() or visible(self.title).strip()
        return written or f"{self.name} of {self.server}"

    @property
    def arguments(self) -> dict[str, Any]:
        """The schema that the model reads and arguments are checked against.

        Raises:
            ConfigurationError: CLOVA Studio cannot be told it, or its names hide something.
        """
        schema: dict[str, Any] = visible_schema(self.schema)
        where = f"{self.name} of {self.server}"
        if hidden := next((text for text in _strings(schema) if has_hidden(text.replace("\r", ""))), None):
            raise ConfigurationError(
                f"the schema of {shown(where)} hides characters in a name or a value ({revealed(hidden)[:80]}); leave "
                "the tool out with only="
            )
        accepted_schema(schema, where)
        return {"type": "object", "properties": {}, **schema}


def as_name(name: str) -> str:
    """Return a name in characters that models take, as far as one character can stand for another.

    Example:
        >>> as_name("github.search/code")
        'github_search_code'
    """
    return _TURNED.sub("_", name)


def definition_of(server: str, tool: Tool) -> Definition:
    """Return what a server lists, whatever it is: one bad tool is no reason not to use the others."""
    description, hints = tool.description or "", tool.annotations
    problem = size_problem(description, tool.inputSchema)
    if has_hidden(tool.name) or not tool.name:
        problem = f"has no name, or one with characters that nobody would see ({revealed(tool.name)[:80]})"
    return Definition(
        server=server,
        name=tool.name,
        description=description,
        schema=tool.inputSchema,
        title=tool.title or "",
        read_only=hints is not None and hints.readOnlyHint is True,
        idempotent=hints is not None and hints.idempotentHint is True,
        problem=problem,
    )


def _strings(part: Any) -> list[str]:
    """Return all names and texts of a schema."""
    found: list[str] = []
    open_: list[Any] = [part]
    while open_:
        value = open_.pop()
        if isinstance(value, str):
            found.append(value)
        elif isinstance(value, dict):
            open_ += [*value, *value.values()]  # pyright: ignore[reportUnknownArgumentType]
        elif isinstance(value, list):
            open_ += value
    return found
