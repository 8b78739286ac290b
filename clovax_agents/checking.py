"""Objects of a model's, checked strictly: against a JSON schema, or by making an instance of a Pydantic class."""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, NamedTuple, NoReturn

from pydantic import BaseModel, ValidationError

from clovax_agents.errors import ConfigurationError, InvalidArgumentsError
from clovax_agents.wire.schema import accepted_schema
from clovax_agents.wire.schema_reading import rewritten, with_nulls

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Checked", "Instance", "InstanceOfV1", "Misfit"]

_MOST_ERRORS: Final = 5
_DRAFTS: Final = frozenset(
    {f"http://json-schema.org/draft-0{number}/schema" for number in (4, 6, 7)}
    | {f"https://json-schema.org/draft/{year}/schema" for year in ("2019-09", "2020-12")}
)


class Misfit(NamedTuple):
    """Something in an object that does not fit.

    Attributes:
        place: where, from the outside in.
        message: what is wrong there, as the library that checked it says.
        kind: what is wrong: Pydantic's type of error, or the keyword of JSON Schema.
        values: of which the kind speaks.
    """

    place: list[Any]
    message: str
    kind: str = ""
    values: dict[str, Any] = {}  # noqa: RUF012  # never changed


@dataclass(slots=True)
class Checked:
    """Checks objects against a JSON schema, formats included; it is read when the first one comes.

    Example:
        >>> Checked({"required": ["n"]})({"n": 1})
        {'n': 1}
    """

    schema: Mapping[str, Any]
    _validator: Any = None

    def __call__(self, value: Mapping[str, Any]) -> dict[str, Any]:
        """Return the object; what is wrong with it is an `InvalidArgumentsError`."""
        if found := self.misfits(value):
            raise InvalidArgumentsError(_listed(found))
        return dict(value)

    def misfits(self, value: Mapping[str, Any]) -> list[Misfit]:
        """Return all that does not fit."""
        self._validator = self._validator or _validator(self.schema)
        return [
            Misfit(error.instance_path, error.message, error.kind.name, error.kind.as_dict())
            for error in self._validator.iter_errors(value)
        ]

    def __reduce__(self) -> tuple[type[Checked], tuple[Mapping[str, Any]]]:
        return Checked, (self.schema,)


@dataclass(frozen=True, slots=True)
class Instance:
    """Makes instances of a Pydantic class."""

    source: type[BaseModel]

    def __call__(self, value: Mapping[str, Any]) -> BaseModel:
        """Return the instance; what does not fit is an `InvalidArgumentsError`."""
        try:
            return self._made(value)
        except ValidationError as error:
            raise InvalidArgumentsError(_listed(_misfits_of(error))) from None

    def misfits(self, value: Mapping[str, Any]) -> list[Misfit]:
        """Return all that does not fit."""
        try:
            self._made(value)
        except ValidationError as error:
            return _misfits_of(error)
        return []

    def _made(self, value: Mapping[str, Any]) -> BaseModel:
        # As JSON, so that a date may be a text, and a 5 is no "5".
        return self.source.model_validate_json(json.dumps(value), strict=True)


@dataclass(frozen=True, slots=True)
class InstanceOfV1:
    """Makes instances of a class of Pydantic's first version."""

    source: Any
    check: Checked

    def __call__(self, value: Mapping[str, Any]) -> object:
        """Return the instance; what does not fit is an `InvalidArgumentsError`."""
        return self.source.parse_obj(self.check(value))

    def misfits(self, value: Mapping[str, Any]) -> list[Misfit]:
        """Return all that does not fit the schema, or else what the class itself says."""
        if found := self.check.misfits(value):
            return found
        try:
            self.source.parse_obj(value)
        except ValueError as error:  # a ValidationError of Pydantic's first version
            entries: Any = error
            return [Misfit([*entry["loc"]], entry["msg"], entry["type"]) for entry in entries.errors()]
        return []


def _validator(schema: Mapping[str, Any]) -> Any:
    """Return the validator of a schema: of the draft that it names, of an older one, or of what is sent of it."""
    import jsonschema_rs  # noqa: PLC0415  # only who checks a schema pays for the import

    wanted: list[str] = []

    def refuse(uri: str) -> NoReturn:  # the library would fetch it, and nothing else could run meanwhile
        wanted.append(uri)
        raise ValueError(uri)

    kinds = (jsonschema_rs.validator_for, jsonschema_rs.Draft7Validator, jsonschema_rs.Draft4Validator)
    for kind in kinds:
        with suppress(ValueError):  # not a schema of this draft
            return kind(rewritten(with_nulls(schema), _as_read), validate_formats=True, retriever=refuse)
        if wanted:
            raise ConfigurationError(f"a schema refers to another document ({wanted[0]}): put that schema in place")
    return jsonschema_rs.validator_for(accepted_schema(schema, "answer"), validate_formats=True, retriever=refuse)


def _as_read(part: dict[str, Any]) -> dict[str, Any]:
    """Return a part of a schema as the library reads it right.

    A draft that it does not know would be looked for as an address. And of several names that are required beside a
    schema for other properties it forgets to ask (0.44); on their own it asks for them.
    """
    names = part.get("required")
    if isinstance(names, list) and isinstance(part.get("additionalProperties"), dict):
        part = {**part, "allOf": [*part.get("allOf", ()), {"required": names}]}
    draft = str(part.get("$schema", "")).rstrip("#")
    return part if draft in _DRAFTS else {key: value for key, value in part.items() if key != "$schema"}


def _misfits_of(error: ValidationError) -> list[Misfit]:
    entries = error.errors(include_url=False, include_input=False)
    return [Misfit([*entry["loc"]], entry["msg"], entry["type"], entry.get("ctx") or {}) for entry in entries]


def _listed(found: list[Misfit]) -> str:
    lines = [f"{'.'.join(map(str, each.place)) or 'the answer'}: {each.message}" for each in found[:_MOST_ERRORS]]
    more = [f"and {len(found) - _MOST_ERRORS} more"] if len(found) > _MOST_ERRORS else []
    return "; ".join([*lines, *more])
