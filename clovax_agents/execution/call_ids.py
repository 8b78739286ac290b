"""One id for each call of an AI message, whatever the service gave: pure (fault T20)."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from clovax_agents.raw_calls import raw_entries, raw_function

if TYPE_CHECKING:
    from collections.abc import Sequence

    from langchain_core.messages import AIMessage

__all__ = ["ids_in_order", "with_unique_ids"]


def with_unique_ids(message: AIMessage) -> AIMessage:
    """Return the message with an id for each call: the service's, where it is the only one (fault T20).

    The same message gives the same ids each time; one that needs no change is returned as it is.

    Example:
        >>> from langchain_core.messages import AIMessage
        >>> call = {"name": "f", "args": {}, "id": "c1"}
        >>> [made["id"] for made in with_unique_ids(AIMessage("", tool_calls=[call, call])).tool_calls]
        ['c1', 'c1_1']
    """
    ids = [call["id"] for call in message.tool_calls]
    if message.invalid_tool_calls:
        ids.extend(call["id"] for call in message.invalid_tool_calls)
    if all(ids) and len(set(ids)) == len(ids):
        return message
    calls: list[Any] = [*message.tool_calls, *message.invalid_tool_calls]
    raw = raw_entries(message)
    owners = _owners(raw, calls)
    fresh = _fresh(ids, _written(owners, len(calls)))
    valid = len(message.tool_calls)
    changes: dict[str, Any] = {
        "tool_calls": [{**call, "id": new} for call, new in zip(calls[:valid], fresh, strict=False)],
        "invalid_tool_calls": [{**call, "id": new} for call, new in zip(calls[valid:], fresh[valid:], strict=True)],
    }
    if raw:
        named = [
            entry if entry is None or owner is None else {**entry, "id": fresh[owner]}
            for entry, owner in zip(raw, owners, strict=True)
        ]
        changes["additional_kwargs"] = {**message.additional_kwargs, "tool_calls": named}
    return message.model_copy(update=changes)


def ids_in_order(message: AIMessage) -> list[str]:
    """Return the ids of a message's calls as they were written.

    Args:
        message: of `with_unique_ids`.
    """
    ids = [call["id"] or "" for call in message.tool_calls]
    ids += [call["id"] or "" for call in message.invalid_tool_calls]
    if len(ids) > 1 and (raw := raw_entries(message)):
        order = {entry.get("id"): place for place, entry in enumerate(raw) if entry is not None}
        ids.sort(key=lambda key: order.get(key, len(order)))
    return ids


def _owners(raw: Sequence[dict[str, Any] | None], calls: Sequence[Any]) -> list[int | None]:
    """Say which call each raw entry became: ids may repeat, so what it says counts too."""
    free = list(range(len(calls)))
    owners: list[int | None] = []
    for entry in raw:
        key = None if entry is None else entry.get("id") or ""
        alike = [place for place in free if (calls[place]["id"] or "") == key]
        owner = next((place for place in alike if entry and _says(entry, calls[place])), alike[0] if alike else None)
        owners.append(owner)
        if owner is not None:
            free.remove(owner)
    return owners


def _says(entry: dict[str, Any], call: Any) -> bool:
    """Whether an entry names this call's tool with this call's arguments."""
    function = raw_function(entry)
    text = function.get("arguments")
    if function.get("name") != call["name"]:
        return False
    if not isinstance(call["args"], dict):  # a broken call keeps the string
        return bool(text == call["args"])
    try:
        return bool((json.loads(text) if text else {}) == call["args"])
    except (TypeError, ValueError, RecursionError):
        return False


def _written(owners: Sequence[int | None], count: int) -> list[int]:
    """Return the calls' places in the order they were written; those without an entry come last."""
    known = [owner for owner in owners if owner is not None]
    return [*known, *(place for place in range(count) if place not in known)]


def _fresh(ids: Sequence[str | None], written: Sequence[int]) -> list[str]:
    """Give each call without an id, and all but the first under one id, another."""
    taken = {key for key in ids if key}
    made: dict[int, str] = {}
    seen: set[str] = set()
    for position, place in enumerate(written):
        key = ids[place] or ""
        while not key or key in seen:
            wish = f"{ids[place] or 'call'}_{position}"
            key = wish if wish not in taken else f"{wish}_{len(taken)}"
            taken.add(key)
        seen.add(key)
        made[place] = key
    return [made[place] for place in range(len(ids))]
