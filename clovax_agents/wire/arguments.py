"""Strict JSON for the arguments of a tool call: what is not exactly right is refused, never repaired."""

from __future__ import annotations

import json
import math
import re
from collections import Counter
from typing import Final, NoReturn, Union, cast

from clovax_agents.errors import InvalidArgumentsError
from clovax_agents.wire.wording import say

__all__ = ["MAX_ARGUMENT_BYTES", "MAX_ARGUMENT_DEPTH", "parse_arguments", "unfenced"]

MAX_ARGUMENT_BYTES: Final = 256 * 1024
MAX_ARGUMENT_DEPTH: Final = 64
_TOO_DEEP: Final = "the arguments are nested deeper than {most} levels"
_FENCE: Final = "```"
_OPENING: Final = re.compile(r"```[a-zA-Z]*\s*")
Json = Union["dict[str, Json]", "list[Json]", str, int, float, bool, None]


def parse_arguments(raw: str) -> dict[str, object]:
    """Parse the arguments of a tool call.

    An empty string is what models write for a tool without parameters, and means no arguments. Refused are: anything
    but one JSON object, NaN, Infinity and numbers too large for a float, duplicate keys, lone surrogates, more than 64
    levels, more than 256 KiB, integers of more than 4,300 digits.

    Raises:
        InvalidArgumentsError: with the reason, in words that a model can act on.

    Example:
        >>> parse_arguments('{"city": "서울"}')
        {'city': '서울'}
    """
    if not raw.strip():
        return {}
    if len(raw.encode("utf-8", "surrogatepass")) > MAX_ARGUMENT_BYTES:
        raise InvalidArgumentsError(say("the arguments are larger than {most} bytes", most=MAX_ARGUMENT_BYTES))
    value = _load(raw)
    if not isinstance(value, dict):
        raise InvalidArgumentsError(say("the arguments must be one JSON object, not {kind}", kind=_kind(value)))
    if raw.count("{") + raw.count("[") > MAX_ARGUMENT_DEPTH and _depth(value) > MAX_ARGUMENT_DEPTH:
        raise InvalidArgumentsError(say(_TOO_DEEP, most=MAX_ARGUMENT_DEPTH))
    return cast("dict[str, object]", value)


def _load(raw: str) -> Json:
    try:
        value: Json = json.loads(raw, object_pairs_hook=_unique, parse_constant=_no_constant, parse_float=_float)
        json.dumps(value, ensure_ascii=False).encode()
    except json.JSONDecodeError as error:
        raise InvalidArgumentsError(say("the arguments are not valid JSON: {error}", error=error)) from None
    except RecursionError:
        raise InvalidArgumentsError(say(_TOO_DEEP, most=MAX_ARGUMENT_DEPTH)) from None
    except UnicodeEncodeError:
        raise InvalidArgumentsError(say("the arguments contain half a character (a lone surrogate)")) from None
    except InvalidArgumentsError:
        raise
    except ValueError as error:  # an integer with more digits than Python converts
        text = "the arguments contain a number that is too long: {error}"
        raise InvalidArgumentsError(say(text, error=error)) from None
    return value


def _unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
    result = dict(pairs)
    if len(result) < len(pairs):
        repeated, _ = Counter(key for key, _ in pairs).most_common(1)[0]
        raise InvalidArgumentsError(say("the arguments name {name} twice", name=repr(repeated)))
    return result


def _float(text: str) -> float:
    number = float(text)
    if math.isinf(number):
        flaw = "the arguments contain {value}, which is too large for a number"
        raise InvalidArgumentsError(say(flaw, value=text[:40]))
    return number


def _no_constant(name: str) -> NoReturn:
    raise InvalidArgumentsError(say("the arguments contain {value}, which is not JSON", value=name))


def _kind(value: object) -> str:
    names = (
        (list, say("an array")),
        (str, say("a string")),
        (bool, say("a boolean")),
        (type(None), say("null")),
    )
    return next((name for kind, name in names if isinstance(value, kind)), say("a number"))


def _depth(value: Json) -> int:
    depth, level = 0, [value]
    while any(isinstance(item, dict | list) for item in level):
        depth += 1
        level = [child for item in level for child in _children(item)]
    return depth


def _children(value: Json) -> list[Json]:
    if isinstance(value, dict):
        return list(value.values())
    return value if isinstance(value, list) else []


def unfenced(text: str) -> str:
    r"""Return what stands in a code fence if the text is nothing else: models like to put JSON into one.

    Example:
        >>> unfenced('```json\n{"a": 1}\n```')
        '{"a": 1}'
    """
    opening, _, rest = text.strip().partition("\n")
    if not rest.endswith(_FENCE) or not _OPENING.fullmatch(opening):
        return text
    return rest.removesuffix(_FENCE).strip()
