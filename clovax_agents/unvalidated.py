"""Message chunks without Pydantic's checks: their fields come from our own decoders and have the right types already.

A chunk is a copy of a checked pattern with other fields. ``CLOVAX_FAST_PATHS=0`` has every chunk checked.
"""

from __future__ import annotations

import os
from functools import cache
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

    from pydantic import BaseModel

    M = TypeVar("M", bound=BaseModel)

__all__ = ["allowed", "maker"]


@cache
def allowed() -> bool:
    """Tell whether short ways may be taken: the environment is asked once, as a look at it costs a call dearly."""
    return os.environ.get("CLOVAX_FAST_PATHS") != "0"


def maker(kind: type[M], **fields: Any) -> Callable[..., M]:
    """Return what makes objects of a class from the fields named here, unchecked.

    Args:
        kind: a Pydantic class without private attributes.
        **fields: values that make a valid object. All others have their defaults; lists and dictionaries are new.
    """
    pattern = kind(**fields)
    names = frozenset(pattern.__pydantic_fields_set__)
    fields = vars(pattern)  # in the order of the class
    lists = [name for name, value in fields.items() if isinstance(value, list)]
    dicts = [name for name, value in fields.items() if isinstance(value, dict)]
    extra, private = pattern.__pydantic_extra__, pattern.__pydantic_private__
    put: Callable[[Any, str, Any], None] = object.__setattr__

    def make(**values: Any) -> M:
        made: M = kind.__new__(kind)
        state = fields.copy()
        for name in lists:
            state[name] = []
        for name in dicts:
            state[name] = {}
        state.update(values)
        put(made, "__dict__", state)
        put(made, "__pydantic_fields_set__", set(names))
        put(made, "__pydantic_extra__", extra)
        put(made, "__pydantic_private__", private)
        return made

    return make
