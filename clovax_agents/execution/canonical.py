"""Arguments as one text that is the same wherever it is made, and the hash that approvals and journals go by."""

from __future__ import annotations

import json
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from clovax_agents.errors import InvalidArgumentsError
from clovax_agents.execution.wording import say

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["arguments_hash", "canonical"]


def canonical(arguments: Mapping[str, Any]) -> bytes:
    """Return arguments as JSON with sorted keys, without spaces, in UTF-8.

    Raises:
        InvalidArgumentsError: they are not JSON: NaN, half a character, an object of Python's.

    Example:
        >>> canonical({"b": [1, 2.0], "a": "서울"}).decode()
        '{"a":"서울","b":[1,2.0]}'
    """
    try:
        text = json.dumps(arguments, sort_keys=True, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
        return text.encode()
    except (TypeError, ValueError, RecursionError) as error:
        raise InvalidArgumentsError(say("the arguments are not JSON: {error}", error=error)) from None


def arguments_hash(arguments: Mapping[str, Any]) -> str:
    """Return the SHA-256 of the arguments in their canonical form, as 64 hexadecimal digits.

    Example:
        >>> arguments_hash({"a": 1, "b": 2}) == arguments_hash({"b": 2, "a": 1})
        True
    """
    return sha256(canonical(arguments)).hexdigest()
