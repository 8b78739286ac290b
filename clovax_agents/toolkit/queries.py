"""The arguments of tools that take one query, described in the language that models are spoken to in."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field, create_model

__all__ = ["query_schema"]


def query_schema(title: str, description: str) -> type[BaseModel]:
    """Return the schema of a tool whose only argument is the text ``query``.

    Args:
        title: of the schema.
        description: of the argument, for the model.

    Example:
        >>> query_schema("Search", "What to look for")(query="환불").model_dump()
        {'query': '환불'}
    """
    return create_model(
        title,
        __config__=ConfigDict(extra="forbid"),
        query=(str, Field(description=description, min_length=1, max_length=2_000)),
    )
