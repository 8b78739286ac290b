"""Settings as users give them: secrets are hidden at once, values checked, and what is wrong is an error of ours."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import contextmanager
from functools import lru_cache
from typing import TYPE_CHECKING, Annotated, Any, Final, cast

from pydantic import BaseModel, SecretStr, TypeAdapter, ValidationError

from clovax_agents.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Collection, Generator

__all__ = ["checked", "hidden", "our_errors"]

_SECRETS: Final = frozenset({"api_key", "openai_api_key", "openai_proxy", "proxy"})
_SECRET_HEADERS: Final = frozenset({"default_headers", "extra_headers"})
_LONGEST: Final = 80


def hidden(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Return settings whose secrets show themselves nowhere, not even among the variables of a traceback.

    Example:
        >>> hidden({"api_key": "nv-..."})
        {'api_key': SecretStr('**********')}
    """
    return {name: _hidden(name, value) for name, value in settings.items()}


def _hidden(name: str, value: Any) -> Any:
    if name in _SECRETS and isinstance(value, str):
        return SecretStr(value)
    if name in _SECRET_HEADERS and isinstance(value, Mapping):
        headers = cast("Mapping[str, object]", value)
        return {key: SecretStr(text) if isinstance(text, str) else text for key, text in headers.items()}
    return value


@contextmanager
def our_errors() -> Generator[None]:
    """Turn Pydantic's complaints about settings into one of ours, which names them all and shows no secret.

    Raises:
        ConfigurationError: there were some.
    """
    try:
        yield
    except ValidationError as error:
        texts = [
            _text(str(found["loc"][0]), found["input"], found["msg"]) if found["loc"] else found["msg"]
            for found in error.errors()
        ]
        raise ConfigurationError("; ".join(dict.fromkeys(texts))) from None


def _text(name: str, value: object, message: str) -> str:
    shown = name if name in _SECRETS | _SECRET_HEADERS else f"{name}={value!r}"[:_LONGEST]
    return f"{shown} cannot be: {message[:1].lower()}{message[1:]}"


def checked(model: type[BaseModel], given: Mapping[str, Any], skipped: Collection[str] = ()) -> dict[str, Any]:
    """Return the settings of a call, as far as they are fields of a model, in the form and range of these fields.

    Args:
        model: whose fields they are.
        given: with the call.
        skipped: names that mean something else in a call, whatever fields a subclass has.

    Raises:
        ConfigurationError: a value that the field would not take.
    """
    return {name: value if name in skipped else _checked(model, name, value) for name, value in given.items()}


def _checked(model: type[BaseModel], name: str, value: object) -> object:
    if value is None or name not in model.model_fields:
        return value
    try:
        return _adapter(model, name).validate_python(value)
    except ValidationError as error:
        raise ConfigurationError(_text(name, value, error.errors()[0]["msg"])) from None


@lru_cache(maxsize=256)
def _adapter(model: type[BaseModel], name: str) -> TypeAdapter[Any]:
    field: Any = model.model_fields[name]
    hint: Any = Annotated[(field.annotation, *field.metadata)] if field.metadata else field.annotation
    return TypeAdapter(hint)
