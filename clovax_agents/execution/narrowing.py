"""Values of unknown kind as what they are, in types that checkers follow."""

from __future__ import annotations

from typing import Any

__all__ = ["as_dict", "as_list"]


def as_dict(value: object) -> dict[str, Any] | None:
    """Return a value that is a dict; None for any other.

    Example:
        >>> as_dict({"a": 1}), as_dict([1])
        ({'a': 1}, None)
    """
    given: Any = value
    parts: dict[str, Any] = given
    return parts if isinstance(value, dict) else None


def as_list(value: object) -> list[Any] | None:
    """Return a value that is a list; None for any other.

    Example:
        >>> as_list([1]), as_list("ab")
        ([1], None)
    """
    given: Any = value
    items: list[Any] = given
    return items if isinstance(value, list) else None
