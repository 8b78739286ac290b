"""Error bodies of both APIs turned into our errors (docs/wire.md, sections 1.5 and 4)."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any, Final, cast

import orjson

from clovax_agents.errors import (
    AuthenticationError,
    CallFacts,
    ContextLengthError,
    RateLimitError,
    RequestError,
    ServerError,
    UnsupportedFunctionError,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from clovax_agents.errors import ServiceError

__all__ = ["body_error", "http_error", "retry_after"]

_SUCCESS: Final = "20000"
_PREFIXES: Final[tuple[tuple[str, type[ServiceError]], ...]] = (
    ("40003", ContextLengthError),
    ("40009", UnsupportedFunctionError),
    ("401", AuthenticationError),
    ("403", AuthenticationError),
    ("408", ServerError),
    ("429", RateLimitError),
    ("64429", RateLimitError),
    ("64000", ServerError),
    ("64424", ServerError),
    ("64500", ServerError),
    ("65002", ServerError),
    ("6", RequestError),
    ("4", RequestError),
    ("5", ServerError),
)
_ADVICE: Final = (
    ("40080", "is model= written as on docs/model.md, and open to this key?"),
    ("401", "is the key in CLOVASTUDIO_API_KEY or api_key= one of CLOVA Studio, and still valid?"),
    ("403", "is this key allowed to use the model?"),
)
_RESET_HEADERS: Final = ("x-ratelimit-reset-requests", "x-ratelimit-reset-tokens")
_UNITS: Final = {"": 1.0, "ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}
_STEP: Final = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h|)")
_DURATION: Final = re.compile(rf"(?:{_STEP.pattern})+")


def body_error(payload: Mapping[str, Any], status: int | None = None) -> ServiceError | None:
    """Return the error that a JSON body describes, in either envelope; None if it describes none."""
    code, message = _envelope(payload)
    if code is None or code == _SUCCESS:
        return None
    kind = _classify(code or str(status or 500))  # an error without a code is still an error
    advice = next((f": {advice}" for prefix, advice in _ADVICE if code.startswith(prefix)), "")
    return kind((message or "the service gave no reason") + advice, CallFacts(code=code or None, status=status))


def http_error(status: int, headers: Mapping[str, str], body: bytes) -> ServiceError:
    """Return the error for an answer with a failing status. An HTML body is quoted, 200 characters at most."""
    error = _parsed(status, body)
    if error is None:
        snippet = " ".join(body[:800].decode("utf-8", "replace").split())[:200]
        error = _classify(str(status))(f"HTTP {status}: {snippet or 'empty body'}", CallFacts(status=status))
    error.facts = replace(error.facts, retry_after=retry_after(headers))
    return error


def _parsed(status: int, body: bytes) -> ServiceError | None:
    try:
        payload = orjson.loads(body)
    except orjson.JSONDecodeError:
        return None
    return body_error(cast("dict[str, Any]", payload), status) if isinstance(payload, dict) else None


def _envelope(payload: Mapping[str, Any]) -> tuple[str | None, str]:
    """Return code and message; the code is None if no error is described, and empty if the error has none."""
    for name, default in (("error", ""), ("status", None)):
        found: object = payload.get(name)
        if isinstance(found, dict):
            body = cast("dict[str, object]", found)
            code = body.get("code") or default
            return (None if code is None else str(code)), str(body.get("message") or "")
    return None, ""


def _classify(code: str) -> type[ServiceError]:
    return next((kind for prefix, kind in _PREFIXES if code.startswith(prefix)), ServerError)


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Return the seconds to wait that the headers ask for: the longest of all hints, None without one."""
    hints = [_duration(headers.get(name, "")) for name in (*_RESET_HEADERS, "retry-after")]
    hints += [_duration(headers.get("retry-after-ms", "") + "ms"), _until(headers)]
    return max((hint for hint in hints if hint is not None), default=None)


def _duration(text: str) -> float | None:
    """Read ``6s``, ``2.5s``, ``250ms``, ``1m30s`` or a bare number of seconds."""
    text = text.strip().lower()
    if not _DURATION.fullmatch(text):
        return None
    return sum(float(number) * _UNITS[unit] for number, unit in _STEP.findall(text))


def _until(headers: Mapping[str, str]) -> float | None:
    """Read a date, against the server's own clock where it shows one: ours may be wrong."""
    then, now = _date(headers.get("retry-after", "")), _date(headers.get("date", ""))
    return None if then is None else max((then - (now or datetime.now(UTC))).total_seconds(), 0.0)


def _date(text: str) -> datetime | None:
    try:
        date = parsedate_to_datetime(text)
    except ValueError:
        return None
    return date if date.tzinfo else date.replace(tzinfo=UTC)
