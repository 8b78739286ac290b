"""What an extraction is to make: one object of a form, or a list of them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, cast, get_args, get_origin

from langchain_core.utils.pydantic import is_pydantic_v1_subclass
from pydantic import BaseModel, PydanticUserError, create_model
from typing_extensions import is_typeddict

from clovax_agents.answers import AnswerForm
from clovax_agents.errors import ClovaXError, ConfigurationError
from clovax_agents.execution.narrowing import as_dict, as_list
from clovax_agents.extracting.problems import problems_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from clovax_agents.extracting.problems import Problem

__all__ = ["Target"]

_ITEMS: Final = "items"
_DEFINITIONS: Final = ("$defs", "definitions")


@dataclass(frozen=True, slots=True)
class Target:
    """What is to be made.

    Attributes:
        form: of what the model writes, which is always one object.
        several: whether that holds the list that is wanted.
    """

    form: AnswerForm
    several: bool = False

    @classmethod
    def of(cls, schema: Any) -> Target:
        """Read a Pydantic class, a TypedDict or a JSON schema, or a list of one of these.

        Raises:
            ConfigurationError: anything else.

        Example:
            >>> class Order(BaseModel):
            ...     order_id: str
            >>> Target.of(list[Order]).several
            True
        """
        inner = _inner(schema)
        several = inner is not None
        try:
            if _is_form(inner if several else schema):
                return cls(_list_form(inner) if several else AnswerForm.of(schema), several)
        except ClovaXError:
            raise
        except (AttributeError, KeyError, TypeError, ValueError, PydanticUserError) as error:
            raise _no_form(schema, str(error)) from None
        raise _no_form(schema)

    def problems(self, candidate: Mapping[str, Any]) -> list[Problem]:
        """Return what is wrong with an object as the model writes it."""
        return problems_of(self.form.read.misfits(candidate), candidate)

    def shown(self, candidate: Mapping[str, Any] | None) -> Any:
        """Return what the user gets of an object as the model writes it."""
        return candidate.get(_ITEMS, []) if self.several and candidate is not None else candidate

    def opened(self, given: Any) -> dict[str, Any]:
        """Return what the user gave as the model writes it.

        Raises:
            ConfigurationError: it is no such JSON.
        """
        wanted = as_list(given) if self.several else as_dict(given)
        if wanted is None:
            kind = "a list of objects" if self.several else "an object"
            raise ConfigurationError(
                f"existing is a {type(given).__name__}: give {kind} as JSON, for instance order.model_dump(mode='json')"
            )
        try:
            copied = json.loads(json.dumps(wanted, allow_nan=False))
        except (TypeError, ValueError, RecursionError) as error:
            raise ConfigurationError(f"existing is no JSON ({error}): use model_dump(mode='json')") from None
        return {_ITEMS: copied} if self.several else cast("dict[str, Any]", copied)


def _inner(schema: Any) -> Any:
    """Return of what a list is wanted; None if it is no list."""
    if get_origin(schema) is list:
        return get_args(schema)[0]
    known = as_dict(schema)
    return known.get(_ITEMS, {}) if known is not None and known.get("type") == "array" else None


def _is_form(given: Any) -> bool:
    known = as_dict(given)
    if known is not None:
        return bool(known) and known.get("type", "object") == "object"
    kind: Any = given
    if not isinstance(given, type):
        return False
    return issubclass(kind, BaseModel) or is_typeddict(kind) or is_pydantic_v1_subclass(kind)


def _no_form(schema: object, why: str = "") -> ConfigurationError:
    return ConfigurationError(
        f"schema={schema!r:.80} is no form: give a Pydantic class, a TypedDict or a JSON schema for an object, or a "
        f"list of one of these, such as list[Order]{f' ({why})' if why else ''}"
    )


def _list_form(given: Any) -> AnswerForm:
    inner: Any = given
    if isinstance(given, type) and issubclass(given, BaseModel):
        kind: Any = list
        fields: Any = {_ITEMS: (kind[inner], ...)}
        return AnswerForm.of(create_model(f"{inner.__name__}List", **fields))
    schema = {**AnswerForm.of(inner).schema}
    title = schema.get("title") or "answer"
    shared: dict[str, Any] = {name: schema.pop(name) for name in _DEFINITIONS if name in schema}
    return AnswerForm.of(
        {
            "title": f"{title}List",
            "type": "object",
            "properties": {_ITEMS: {"type": "array", "items": schema}},
            "required": [_ITEMS],
            **shared,
        }
    )
