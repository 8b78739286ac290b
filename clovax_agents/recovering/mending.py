"""Calls whose arguments are only written differently are mended, with the original kept; nothing else is: pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from langchain_core.messages.tool import tool_call

from clovax_agents.errors import InvalidArgumentsError
from clovax_agents.execution.calls import is_cut_off, with_unique_ids
from clovax_agents.raw_calls import raw_entries, raw_function
from clovax_agents.recovering.marks import with_metadata
from clovax_agents.recovering.spelling import respelled
from clovax_agents.wire.arguments import parse_arguments, unfenced

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from langchain_core.messages import AIMessage

    from clovax_agents.recovering.settings import Repair

__all__ = ["mended"]

_MENDED: Final = "repairs"


def mended(
    answer: AIMessage, schema_of: Callable[[str], Mapping[str, Any] | None], repairs: frozenset[Repair]
) -> AIMessage:
    """Return an answer whose calls fit their tools where only their spelling did not; the same one if nothing is done.

    What was changed is in ``response_metadata["repairs"]``, each with the original. An answer that was cut off is left
    alone: of half a call, nothing is certain.

    Args:
        answer: of the model.
        schema_of: from the name of a tool to the schema of its arguments; None for a tool that is not there, or whose
            arguments can be written in one way only.
        repairs: what may be mended.
    """
    if not repairs or is_cut_off(answer) or not (answer.tool_calls or answer.invalid_tool_calls):
        return answer
    made, notes = _without_fences(with_unique_ids(answer)) if "fence" in repairs else (answer, [])
    if repairs & {"enum", "list"}:
        made, more = _respelled(made, schema_of, repairs)
        notes = [*notes, *more]
    return with_metadata(made, {_MENDED: notes}) if notes else answer


def _without_fences(answer: AIMessage) -> tuple[AIMessage, list[dict[str, Any]]]:
    """Take arguments out of code fences, where they are strict JSON inside."""
    inside = {call["id"]: text for call in answer.invalid_tool_calls if (text := _inside(call)) is not None}
    if not inside:
        return answer, []
    opened = [call for call in answer.invalid_tool_calls if call["id"] in inside]
    calls: list[Any] = [
        *answer.tool_calls,
        *(
            tool_call(name=call["name"] or "", args=parse_arguments(inside[call["id"]]), id=call["id"])
            for call in opened
        ),
    ]
    changes: dict[str, Any] = {
        "tool_calls": calls,
        "invalid_tool_calls": [call for call in answer.invalid_tool_calls if call["id"] not in inside],
        "additional_kwargs": {**answer.additional_kwargs, **_raw_without(answer, inside)},
    }
    notes = [_note("fence", call, "", call["args"], inside[call["id"]]) for call in opened]
    return answer.model_copy(update=changes), notes


def _inside(call: Any) -> str | None:
    """Return what stands in the fence; None if there is none, or it is no strict JSON, or the call has other flaws."""
    text = call["args"]
    if not call["name"] or not isinstance(text, str) or (found := unfenced(text)) == text or not found.strip():
        return None
    try:
        parse_arguments(found)
    except InvalidArgumentsError:
        return None
    return found


def _raw_without(answer: AIMessage, inside: Mapping[str | None, str]) -> dict[str, Any]:
    """Return the raw calls with what stands in the fences: it is what runs, and what the model reads later."""
    entries = raw_entries(answer)
    if not entries:
        return {}
    opened = [
        {**entry, "function": {**raw_function(entry), "arguments": inside[entry.get("id")]}}
        if entry is not None and entry.get("id") in inside
        else entry
        for entry in entries
    ]
    return {"tool_calls": opened}


def _respelled(
    answer: AIMessage, schema_of: Callable[[str], Mapping[str, Any] | None], repairs: frozenset[Repair]
) -> tuple[AIMessage, list[dict[str, Any]]]:
    """Write values as the schemas of their tools do; the raw calls keep what the model wrote."""
    calls: list[Any] = []
    notes: list[dict[str, Any]] = []
    for call in answer.tool_calls:
        schema = schema_of(call["name"])
        args, changes = (
            (call["args"], [])
            if schema is None
            else respelled(call["args"], schema, enums="enum" in repairs, lists="list" in repairs)
        )
        calls.append({**call, "args": args} if changes else call)
        notes += [_note("list" if isinstance(change.original, list) else "enum", call, *change) for change in changes]
    return (answer.model_copy(update={"tool_calls": calls}), notes) if notes else (answer, notes)


def _note(kind: str, call: Any, place: str, original: object, value: object) -> dict[str, Any]:
    at = {"place": place} if place else {}
    return {"kind": kind, "id": call["id"], "name": call["name"], **at, "original": original, "value": value}
