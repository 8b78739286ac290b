"""The calls of an AI message as the service wrote them, where that was kept; other clients' forms are passed over."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from langchain_core.messages import AIMessage

__all__ = ["raw_entries", "raw_function", "raw_strings"]


def raw_entries(message: AIMessage) -> list[dict[str, Any] | None]:
    """Return what stands in ``additional_kwargs["tool_calls"]``, with None for what is no entry, whoever wrote it."""
    found: object = message.additional_kwargs.get("tool_calls")
    if not isinstance(found, list):
        return []
    return [_dict(entry) for entry in cast("list[object]", found)]


def raw_strings(message: AIMessage) -> dict[str | None, str]:
    """Return the arguments as they were written, by the call's id, in the order they were written.

    Example:
        >>> from langchain_core.messages import AIMessage
        >>> entry = {"id": "c1", "type": "function", "function": {"name": "f", "arguments": "{}"}}
        >>> raw_strings(AIMessage("", additional_kwargs={"tool_calls": [entry, "no entry"]}))
        {'c1': '{}'}
    """
    strings: dict[str | None, str] = {}
    for entry in raw_entries(message):
        text = None if entry is None else raw_function(entry).get("arguments")
        if entry is not None and isinstance(text, str):
            strings[entry.get("id")] = text
    return strings


def raw_function(entry: dict[str, Any]) -> dict[str, Any]:
    """Return the part of an entry that holds name and arguments; an empty dict where there is none."""
    return _dict(entry.get("function")) or {}


def _dict(value: object) -> dict[str, Any] | None:
    return cast("dict[str, Any]", value) if isinstance(value, dict) else None
