"""How large a tool may be: its name, its description and its schema are read by the model at every turn (fault S10)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from clovax_agents.errors import ConfigurationError

if TYPE_CHECKING:
    from langchain_core.tools import BaseTool

__all__ = ["MOST_CHARACTERS", "MOST_DEPTH", "MOST_PARTS", "check_size", "is_name", "shown", "size_problem"]

MOST_CHARACTERS: Final = 20_000
"""Of a description."""
MOST_DEPTH: Final = 128
"""Objects and lists in one another, of a schema: 64 levels of properties. Python's own limit is not far above."""
MOST_PARTS: Final = 20_000
_MOST_SCHEMA_CHARACTERS: Final = 200_000
_LONGEST_NAME: Final = 128
_LONGEST_SHOWN: Final = 64
_NAME: Final = re.compile(r"[A-Za-z0-9_-]{1,64}")


def is_name(name: object) -> bool:
    """Whether a name is one that every model takes.

    Example:
        >>> is_name("get_order"), is_name("주문")
        (True, False)
    """
    return isinstance(name, str) and _NAME.fullmatch(name) is not None


def shown(name: object) -> str:
    """Return a name as it stands in an error: quoted, its control characters written out, and not too long."""
    text = name if isinstance(name, str) else str(name)
    return repr(text if len(text) <= _LONGEST_SHOWN else text[: _LONGEST_SHOWN - 1] + "…")


def check_size(tool: BaseTool) -> None:
    """Refuse a tool that no model could be told of at every turn; takes no longer than reading it once.

    Raises:
        ConfigurationError: with what is too large, how large it is and how large it may be.
    """
    if len(tool.name) > _LONGEST_NAME:
        raise ConfigurationError(
            f"the tool {shown(tool.name)} has a name of {len(tool.name):,} characters, and {_LONGEST_NAME} is the most"
        )
    schema: Any = tool.args_schema
    written: dict[str, Any] = schema if isinstance(schema, dict) else {}  # pyright: ignore[reportUnknownVariableType]
    problem = size_problem(tool.description, written)
    if problem is not None:
        raise ConfigurationError(f"the tool {shown(tool.name)} {problem}")


def size_problem(description: str, schema: dict[str, Any]) -> str | None:
    """Return what is too large about a tool, as the rest of a sentence; None if nothing is.

    Example:
        >>> size_problem("Look up an order.", {"type": "object"}) is None
        True
    """
    if len(description) > MOST_CHARACTERS:
        return (
            f"has a description of {len(description):,} characters, which the model would read at every turn: "
            f"{MOST_CHARACTERS:,} is the most. Shorten it"
        )
    return _schema_problem(schema)


def _schema_problem(schema: dict[str, Any]) -> str | None:
    """Walk level by level: Python's own stack would end before a schema that was made to be deep."""
    level: list[Any] = [schema]
    parts = characters = 0
    for _ in range(MOST_DEPTH):
        below: list[Any] = []
        for part in level:
            parts += len(part)
            for value in _values(part):
                characters += len(value) if isinstance(value, str) else 0
                if isinstance(value, dict | list):
                    below.append(value)
            if parts > MOST_PARTS or characters > _MOST_SCHEMA_CHARACTERS:
                return (
                    f"has a schema of more than {MOST_PARTS:,} parts or {_MOST_SCHEMA_CHARACTERS:,} characters, which "
                    "the model would read at every turn. Make it smaller"
                )
        if not below:
            return None
        level = below
    return f"has a schema that is nested deeper than {MOST_DEPTH} levels. Flatten it, or take the inner part as text"


def _values(part: Any) -> list[Any]:
    """Return names and values of an object, items of a list."""
    return [*part, *part.values()] if isinstance(part, dict) else part  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType]
