"""Values of an enumeration that are only written differently: another case, width, quotes, or the label; pure."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from clovax_agents.execution.narrowing import as_dict, as_list

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

__all__ = ["Change", "names_values", "respelled"]

_QUOTES: Final = "\"'`“”‘’„‚«»‹›「」『』〈〉《》"  # noqa: RUF001  # these very characters
_LISTED: Final = ("enumNames", "x-enumNames", "x-enum-labels", "x-enum-varnames")
"""Keywords with a label for each value: a list in the order of the values, or an object by value."""
_DEEPEST: Final = 64


class Change(NamedTuple):
    """A value that was written differently.

    Attributes:
        place: of the value, such as ``"filter.color"`` or ``"sizes.0"``.
        original: as the model wrote it.
        value: as the schema has it.
    """

    place: str
    original: object
    value: object


def respelled(
    value: Any, schema: Mapping[str, Any], *, enums: bool = True, lists: bool = False
) -> tuple[Any, list[Change]]:
    """Return arguments with the values as their schema spells them, and what was changed; the given ones stay.

    Only where exactly one value of the enumeration can be meant. Labels are the ``title`` beside a ``const``, and lists
    such as ``enumNames`` and ``x-enum-labels``.

    Args:
        value: the arguments.
        schema: of the arguments.
        enums: mend values of enumerations.
        lists: take the text out of a list of one text where a text is wanted.

    Example:
        >>> respelled({"size": "“Large”"}, {"properties": {"size": {"enum": ["small", "large"]}}})[0]
        {'size': 'large'}
    """
    walk = _Walk(schema, enums=enums, lists=lists)
    return walk.mended(value, schema, (), 0), walk.changes


def names_values(schema: Any) -> bool:
    """Tell whether a schema names values anywhere: where it does not, none can be spelled otherwise.

    Example:
        >>> names_values({"properties": {"size": {"enum": ["small"]}}}), names_values({"type": "string"})
        (True, False)
    """
    if (parts := as_dict(schema)) is not None:
        return "enum" in parts or "const" in parts or any(map(names_values, parts.values()))
    return any(map(names_values, as_list(schema) or ()))


class _Walk:
    def __init__(self, root: Mapping[str, Any], *, enums: bool, lists: bool) -> None:
        self._root, self._enums, self._lists = root, enums, lists
        self.changes: list[Change] = []

    def mended(self, value: Any, schema: Any, place: tuple[str, ...], depth: int) -> Any:
        """Return a value as the schema at its place has it."""
        branches = [*self._branches(schema, set())]
        if depth > _DEEPEST or not branches:
            return value
        if (parts := as_dict(value)) is not None:
            return {
                name: self.mended(part, _property(branches, name), (*place, name), depth + 1)
                for name, part in parts.items()
            }
        if (items := as_list(value)) is not None and self._single(items, branches) is None:
            inner = _any_of([branch["items"] for branch in branches if "items" in branch])
            return [self.mended(item, inner, (*place, str(n)), depth + 1) for n, item in enumerate(items)]
        text = value if items is None else self._single(items, branches)
        found = _meant(text, branches) if self._enums and isinstance(text, str) else text
        if found is not value:
            self.changes.append(Change(".".join(place), value, found))
        return found

    def _single(self, items: list[Any], branches: list[Mapping[str, Any]]) -> str | None:
        """Return the one text of a list where only a text will do."""
        wanted = self._lists and all(_takes_text(branch) for branch in branches)
        return items[0] if wanted and len(items) == 1 and isinstance(items[0], str) else None

    def _branches(self, schema: Any, followed: set[str]) -> Iterator[Mapping[str, Any]]:
        """Give a schema's alternatives, each reference followed once; nothing where it says nothing."""
        known = as_dict(schema)
        if known is None:
            return
        if "$ref" in known:
            reference = str(known["$ref"])
            if reference not in followed:
                followed.add(reference)
                yield from self._branches(self._referred(reference), followed)
            return
        inner = [part for name in ("anyOf", "oneOf", "allOf") for part in as_list(known.get(name)) or []]
        if known.keys() & {"type", "enum", "const", "properties", "items", "additionalProperties"} or not inner:
            yield known
        for part in inner:
            yield from self._branches(part, followed)

    def _referred(self, reference: str) -> Any:
        found: Any = self._root if reference.startswith("#") else None
        for step in reference.removeprefix("#").strip("/").split("/"):
            found = (as_dict(found) or {}).get(step.replace("~1", "/").replace("~0", "~"))
        return found


def _property(branches: list[Mapping[str, Any]], name: str) -> Any:
    known = [as_dict(branch.get("properties")) or {} for branch in branches]
    found = [properties[name] for properties in known if name in properties]
    return _any_of(found or [branch["additionalProperties"] for branch in branches if "additionalProperties" in branch])


def _any_of(schemas: list[Any]) -> Any:
    """Return what holds where any of these may: a value that one of them means otherwise is not certain."""
    return schemas[0] if len(schemas) == 1 else {"anyOf": schemas}


def _takes_text(branch: Mapping[str, Any]) -> bool:
    values = _values(branch)
    return branch.get("type") == "string" or (bool(values) and all(isinstance(value, str) for value in values))


def _values(branch: Mapping[str, Any]) -> list[Any]:
    return [branch["const"]] if "const" in branch else as_list(branch.get("enum")) or []


def _meant(text: str, branches: list[Mapping[str, Any]]) -> str:
    """Return the one value that a text can mean; the text itself if it is right already, or nothing is certain."""
    free = any(branch.get("type") == "string" and not _values(branch) for branch in branches)
    values = [value for branch in branches for value in _values(branch)]
    if free or text in values or not (plain := _plain(text)):
        return text
    meant = {value for value in values if isinstance(value, str) and _plain(value) == plain}
    meant |= {value for branch in branches for label, value in _labels(branch) if _plain(label) == plain}
    return meant.pop() if len(meant) == 1 else text


def _labels(branch: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Give each label with its value."""
    values = _values(branch)
    if "const" in branch and isinstance(branch.get("title"), str):
        yield branch["title"], branch["const"]
    for name in _LISTED:
        given = branch.get(name)
        pairs = (as_dict(given) or {}).items() if as_dict(given) else zip(values, as_list(given) or [], strict=False)
        for value, label in pairs:
            if value in values and isinstance(value, str) and isinstance(label, str):
                yield label, value


def _plain(text: str) -> str:
    """Return a text without what spelling adds: case, width, blanks, and quotes around it."""
    folded = "".join(unicodedata.normalize("NFKC", text).casefold().split())
    return unicodedata.normalize("NFKC", folded.strip(_QUOTES))
