"""Pydantic classes read strictly, wherever they are nested and whatever their own setting leaves open (fault T18)."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Final, cast

from pydantic_core import PydanticCustomError, SchemaValidator

from clovax_agents.execution.narrowing import as_dict, as_list

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from pydantic import BaseModel

__all__ = ["strict_reader"]

_STRICT: Final = {"strict": True, "extra_fields_behavior": "forbid", "allow_inf_nan": False}
_OBJECTS: Final = frozenset({"model", "dataclass", "typed-dict"})
_NO_SCHEMAS: Final = frozenset({"cls", "config", "default", "expected", "members", "metadata", "serialization"})
_SCALARS: Final = (str, int, float)


def strict_reader(model: type[BaseModel]) -> Callable[[bytes | str], BaseModel]:
    """Return what makes an instance of a class out of a JSON text.

    Strict is what the class and those inside of it do not set themselves: ``Field(strict=False)`` takes ``"5"`` for 5,
    ``extra="allow"`` takes more. Where Python says that ``True`` equals 1, in enumerations and literals, JSON does not.

    Example:
        >>> from pydantic import BaseModel
        >>> class Order(BaseModel):
        ...     number: int
        >>> strict_reader(Order)('{"number": 5}')
        Order(number=5)
    """
    model.model_rebuild()  # one whose types were not there yet has no schema
    schema = _strict(model.__pydantic_core_schema__)
    make: Any = SchemaValidator
    try:
        # Else it would take the validators that the nested classes have already.
        reader: Callable[[bytes | str], BaseModel] = make(schema, _STRICT, _use_prebuilt=False).validate_json
    except TypeError:  # a Pydantic that has no such switch: strict about types, at least
        return partial(model.model_validate_json, strict=True)
    return reader


def _strict(part: Any) -> Any:
    """Return a core schema in which each object is strict, unless it says otherwise."""
    if isinstance(part, list | tuple):
        parts = [_strict(item) for item in cast("Sequence[Any]", part)]
        return tuple(parts) if isinstance(part, tuple) else parts
    schema = as_dict(part)
    if schema is None:
        return part
    kind = schema.get("type")
    skipped = _NO_SCHEMAS if isinstance(kind, str) else frozenset[str]()  # else its keys are names of fields
    made = {key: value if key in skipped else _strict(value) for key, value in schema.items()}
    if kind in _OBJECTS:
        made["config"] = {**_STRICT, **schema.get("config", {})}
    elif kind == "literal":
        return _exact(made, [getattr(item, "value", item) for item in schema["expected"]])
    elif kind == "enum" and "missing" not in schema:
        return _exact(made, [item.value for item in schema["members"]])
    return made


def _exact(schema: dict[str, Any], values: list[Any]) -> dict[str, Any]:
    """Let only values pass that are of the type of what they equal."""
    texts_only = all(isinstance(value, str) for value in values)
    if texts_only or not all(value is None or isinstance(value, _SCALARS) for value in values):
        return schema
    expected = ", ".join(map(repr, values))

    def check(value: Any) -> Any:
        if any(_is_same(value, allowed) for allowed in values):
            return value
        raise PydanticCustomError("literal_error", "Input should be {expected}", {"expected": expected})

    # What was checked need not be an instance of the enumeration, as it would have to be for Python.
    return {
        "type": "function-before",
        "function": {"type": "no-info", "function": check},
        "schema": {**schema, "strict": False},
    }


def _is_same(value: Any, allowed: Any) -> bool:
    if as_list(value) is not None or as_dict(value) is not None or value != allowed:
        return False
    return isinstance(value, bool) == isinstance(allowed, bool) and not (
        isinstance(value, float) and isinstance(allowed, int)
    )
