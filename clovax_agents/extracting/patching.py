"""Edits that a model writes, applied to an object here: what is right stays as it is, byte for byte. Pure."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final, NamedTuple, cast

import jsonpatch
import jsonpointer

from clovax_agents.answers import AnswerForm
from clovax_agents.checking import Checked
from clovax_agents.errors import InvalidArgumentsError
from clovax_agents.execution.narrowing import as_dict, as_list
from clovax_agents.extracting.wording import say

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

__all__ = ["EDIT", "Patched", "edit_form", "edits_of", "patched"]

EDIT: Final = "edit_form"
"""Name of the tool that the model calls with its edits."""
_OPS: Final = ("add", "replace", "remove")
_MOST: Final = 200
"""Edits of one answer that are looked at."""
_QUOTED: Final = 80


class Patched(NamedTuple):
    """What came of edits.

    Attributes:
        value: the object with those that could be applied.
        refused: why the others were not, each in a sentence for the model.
    """

    value: dict[str, Any]
    refused: list[str]


def edit_form() -> AnswerForm:
    """Return the form of edits: those of JSON Patch (RFC 6902) that a correction needs."""
    path = say("Where, as a JSON pointer: /items/0/price; /items/- is behind the last one")
    value = say("The new value, of the type that the form wants there; left out with remove")
    edit = {
        "type": "object",
        "properties": {
            "op": {"type": "string", "enum": list(_OPS)},
            "path": {"type": "string", "description": path},
            "value": {"description": value},
        },
        "required": ["op", "path"],
    }
    schema = {
        "title": EDIT,
        "description": say("Change single places of the form; everything else stays as it is."),
        "type": "object",
        "properties": {"edits": {"type": "array", "items": edit, "description": say("Empty if nothing can be said")}},
        "required": ["edits"],
    }
    return AnswerForm(EDIT, schema, schema, Checked(schema))


def edits_of(arguments: Mapping[str, Any]) -> list[Any] | None:
    """Return the edits of a call; None if they are no list, not even one that was written as a text.

    Example:
        >>> edits_of({"edits": '[{"op": "remove", "path": "/a"}]'})
        [{'op': 'remove', 'path': '/a'}]
    """
    given = arguments.get("edits")
    if isinstance(given, str):
        try:
            given = json.loads(given)
        except (ValueError, RecursionError):
            return None
    return as_list(given)


def patched(value: Mapping[str, Any], edits: Sequence[Any], wrong: Collection[str] | None = None) -> Patched:
    """Apply edits, each by itself.

    Args:
        value: the object, which stays as it is.
        edits: of the model.
        wrong: JSON pointers to what may be changed, with all that is in it; None for everything.

    Example:
        >>> edits = [{"op": "replace", "path": "/n", "value": 5}, {"op": "remove", "path": "/name"}]
        >>> patched({"n": "five", "name": "연필"}, edits, ["/n"]).value
        {'n': 5, 'name': '연필'}
    """
    made, refused = cast("dict[str, Any]", json.loads(json.dumps(value))), list[str]()
    for edit in edits[:_MOST]:
        try:
            made = _applied(made, edit, wrong)
        except InvalidArgumentsError as error:
            refused.append(str(error))
    return Patched(made, refused)


def _applied(value: dict[str, Any], edit: Any, wrong: Collection[str] | None) -> dict[str, Any]:
    parts = as_dict(edit) or {}
    op, path = parts.get("op"), parts.get("path")
    shown = f"{json.dumps(edit, ensure_ascii=False, default=str):.{_QUOTED}}"
    if op not in _OPS or not isinstance(path, str) or (op != "remove" and "value" not in parts):
        raise InvalidArgumentsError(say("{edit}: an edit has op (add, replace, remove), path and value", edit=shown))
    if wrong is not None and not any(_is_within(path, place) for place in wrong):
        raise InvalidArgumentsError(say("{edit}: nothing is wrong there, so it stays", edit=shown))
    try:
        step = {"op": _fitting(value, op, path), "path": path, "value": parts.get("value")}
        found = as_dict(jsonpatch.apply_patch(value, [step]))
    except (jsonpatch.JsonPatchException, jsonpointer.JsonPointerException, TypeError, ValueError) as error:
        raise InvalidArgumentsError(say("{edit}: cannot be applied ({error})", edit=shown, error=error)) from None
    if found is None:
        raise InvalidArgumentsError(say("{edit}: the form as a whole stays an object", edit=shown))
    return found


def _is_within(path: str, place: str) -> bool:
    return path == place or path.startswith(f"{place}/")


def _fitting(value: Any, op: str, path: str) -> str:
    """Return how to replace what is not there yet: as what is added, which models do not tell apart."""
    if op != "replace" or not path:
        return op
    parent, name = jsonpointer.JsonPointer(path).to_last(value)
    return "add" if isinstance(parent, dict) and name not in cast("dict[str, Any]", parent) else op
