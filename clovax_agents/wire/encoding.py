"""JSON bodies as we send them."""

from __future__ import annotations

import json
import math
from typing import Any, Final, cast

import orjson

from clovax_agents.errors import ConfigurationError

__all__ = ["encoded", "mended"]

_TRACES: Final = (b"null", b"NaN", b"Infinity")
"""What a number that is none has become, if there was one."""


def encoded(body: object) -> bytes:
    """Write the body of a request.

    Half a character (a lone surrogate, as text has it that was cut or read with the wrong encoding) becomes U+FFFD,
    since JSON cannot carry it; an integer of any length keeps all its digits.

    Raises:
        ConfigurationError: something in it is no JSON, such as NaN or an infinite number.
    """
    try:
        written = orjson.dumps(body)
    except TypeError:
        written = _written(body)
    if any(trace in written for trace in _TRACES):
        _check_numbers(body)
    return written


def _written(body: object) -> bytes:
    """Write what the fast encoder refuses."""
    try:
        written = json.dumps(body, ensure_ascii=False, separators=(",", ":"), default=_plain)
    except (TypeError, ValueError, RecursionError) as error:
        reason = f"the messages or tools hold what cannot be sent as JSON: {error}"
        raise ConfigurationError(f"{reason}; write it as text, a number, a list or a dict") from None
    return mended(written).encode()


def _check_numbers(body: object) -> None:
    """Refuse NaN and infinite numbers, which one encoder would write as null and the other as no JSON."""
    items = [body]
    while items:
        item = items.pop()
        if isinstance(item, dict):
            items.extend(cast("dict[str, Any]", item).values())
        elif isinstance(item, list | tuple):
            items.extend(cast("list[object]", item))
        elif isinstance(item, float) and not math.isfinite(item):
            reason = f"the messages or tools hold the number {item}, which cannot be sent as JSON"
            raise ConfigurationError(f"{reason}; write it as text, or leave it out")


def mended(text: str) -> str:
    """Return a text with U+FFFD in the place of each half of a character; two halves in a row are made one again."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _plain(value: object) -> object:
    """Return what orjson makes of an object that Python's encoder does not know, a date for instance."""
    return orjson.loads(orjson.dumps(value))
