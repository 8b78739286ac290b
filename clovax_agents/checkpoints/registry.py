"""Classes of the user's own that checkpoints may hold: Pydantic models, dataclasses, named tuples and enums."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import Field, fields, is_dataclass
from enum import Enum
from functools import partial
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from pydantic import BaseModel, RootModel, ValidationError

from clovax_agents.checkpoints.kinds import Kind
from clovax_agents.errors import CheckpointError, ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

__all__ = ["REGISTERED", "Allowed", "Registry"]

REGISTERED: Final = 40
"""The code of all registered classes, whose names are in the bytes."""

Allowed: TypeAlias = "Iterable[type[Any]] | Mapping[str, type[Any]]"
"""Classes, or classes by the names under which they are stored."""

_Ways: TypeAlias = "tuple[Callable[[Any], Any], Callable[[Any], Any]]"


class Registry:
    """Knows the classes that the user allows, by the names that are stored.

    Args:
        allowed: the classes. Given as a mapping, several names may lead to one class, of which the first is written:
            that is how what was stored before a class was renamed can be read.

    Raises:
        ConfigurationError: what is given is no class of these kinds, or two have one name.
    """

    def __init__(self, allowed: Allowed = ()) -> None:
        named = _named(allowed)
        self._ways: dict[str, _Ways] = {}
        self._by_class: dict[str, str] = {}
        self.kinds: dict[type[Any], Kind] = {}
        for name, kind in named:
            ways = _ways(kind)
            if name in self._ways:
                raise ConfigurationError(f"two classes are to be stored as {name!r}: give allow={{name: class}}")
            self._ways[name] = ways
            self._by_class.setdefault(f"{kind.__module__}.{kind.__name__}", name)
            if kind not in self.kinds:
                self.kinds[kind] = Kind(kind, REGISTERED, _writer(name, ways[0]), self.read)

    def read(self, stored: Any) -> Any:
        """Return the object that was stored.

        Raises:
            CheckpointError: its class is not registered, or does not accept it any more.
        """
        name, parts = stored
        return self.make(name, parts)

    def make(self, name: Any, parts: Any) -> Any:
        """Return an object of a class.

        Args:
            name: under which the class is stored, or its module and name, as LangGraph's own serializer stores it.
            parts: what the object consists of.

        Raises:
            CheckpointError: as `read` does.
        """
        if name not in self._ways:
            name = self._by_class.get(name, name)
        if name not in self._ways:
            shown = "".join(letter if letter.isprintable() else "?" for letter in str(name)[:80])
            raise CheckpointError(
                f"the checkpoint holds a {shown}, which is not registered: "
                "MessageSerializer(allow=[...]) with this class, if you trust it"
            )
        try:
            return self._ways[name][1](parts)
        except ValidationError as error:
            where = sorted({".".join(map(str, found["loc"])) or "whole" for found in error.errors(include_input=False)})
            raise CheckpointError(f"what was stored as {name} does not fit the class any more: {where[:8]}") from None
        except Exception as error:
            raise CheckpointError(f"what was stored as {name} does not fit the class any more: {error!r}") from error


def _named(allowed: Any) -> list[tuple[str, Any]]:
    if isinstance(allowed, Mapping):
        given: dict[str, Any] = {**allowed}
        return list(given.items())
    if isinstance(allowed, type | str):
        raise ConfigurationError(f"allow={allowed!r} cannot be stored in checkpoints: give a list of classes")
    kinds: list[Any] = list(allowed)
    return [(f"{getattr(kind, '__module__', '')}.{getattr(kind, '__qualname__', '')}", kind) for kind in kinds]


def _writer(name: str, write: Callable[[Any], Any]) -> Callable[[Any], list[Any]]:
    return lambda value: [name, write(value)]


def _ways(kind: Any) -> _Ways:
    """Return how objects of a class become plain data, and objects again."""
    given = kind  # as it is, whatever type checkers make of it below
    bases: tuple[type[Any], ...] = kind.__mro__ if isinstance(kind, type) else ()
    if Enum in bases:
        return (lambda value: value.value), given
    if BaseModel in bases:
        return _model_ways(given)
    if bases and is_dataclass(kind):
        return _dataclass_ways(given)
    if tuple in bases and hasattr(given, "_fields"):
        return list, partial(_made_of_parts, given)
    raise ConfigurationError(
        f"{kind!r} cannot be stored in checkpoints: allow= takes Pydantic models, dataclasses, named tuples and enums"
    )


def _made_of_parts(kind: Any, parts: Any) -> Any:
    return kind(**parts) if isinstance(parts, dict) else kind(*parts)


def _model_ways(kind: type[BaseModel]) -> _Ways:
    if issubclass(kind, RootModel):
        return (lambda value: value.root), kind.model_validate

    def write(value: BaseModel) -> dict[str, Any]:
        return {**vars(value), **(value.__pydantic_extra__ or {})}

    def read(parts: Any) -> BaseModel:
        return kind.model_validate(parts, by_name=True, by_alias=False)

    return write, read


def _dataclass_ways(kind: type[Any]) -> _Ways:
    all_: tuple[Field[Any], ...] = fields(kind)
    if any("InitVar" in str(annotation) for annotation in getattr(kind, "__annotations__", {}).values()):
        raise ConfigurationError(f"{kind.__name__} cannot be stored in checkpoints: an InitVar is not kept by it")
    given = frozenset(field.name for field in all_ if field.init)
    names = frozenset(field.name for field in all_)

    def write(value: Any) -> dict[str, Any]:
        return {field.name: getattr(value, field.name) for field in all_}

    def read(parts: Any) -> Any:
        if not names.issuperset(parts):
            raise TypeError(f"it has no field {min(set(parts) - names)}")
        made = kind(**{name: part for name, part in parts.items() if name in given})
        for name in parts.keys() - given:
            object.__setattr__(made, name, parts[name])
        return made

    return write, read
