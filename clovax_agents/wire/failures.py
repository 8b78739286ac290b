"""Error bodies of both APIs turned into our errors (docs/wire.md, sections 1.5 and 4)."""

from __future__ import annotations

import re
from dataclasses import replace
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final, NamedTuple, cast
from urllib.parse import urlsplit

import orjson

from clovax_agents.errors import (
    AuthenticationError,
    CallFacts,
    ContextLengthError,
    InvalidResponseError,
    RateLimitError,
    RequestError,
    ServerError,
    UnsupportedFunctionError,
)
from clovax_agents.wire.hints import retry_after
from clovax_agents.wire.quoting import quoted, shortened

if TYPE_CHECKING:
    from collections.abc import Mapping

    from clovax_agents.errors import ServiceError

__all__ = ["body_error", "coded_error", "event_error", "http_error", "retry_after"]

_SUCCESS: Final = "20000"
_GOOD: Final = re.compile("0+|2[0-9]{2}|20000|ok|success", re.IGNORECASE)
"""Codes by which somebody else says that all is well."""
_CODE: Final = re.compile("[2-6][0-9]{4}|[45][0-9]{2}")
"""A code of CLOVA's, or HTTP's own of a failure; other numbers are a gateway's, and say nothing here."""


class _Rule(NamedTuple):
    """What a code means, where the message has a word in it (in lower case), and how often it is worth another try."""

    prefix: str
    kind: type[ServiceError]
    word: str = ""
    retries: int | None = None


_RULES: Final = (
    _Rule("40003", RequestError, "image limit"),
    _Rule("40003", ContextLengthError),
    _Rule("40009", RequestError, "input format"),
    _Rule("40009", UnsupportedFunctionError),
    _Rule("40063", ServerError, "download failed"),
    _Rule("40063", ServerError, "processing error"),
    _Rule("401", AuthenticationError),
    _Rule("403", AuthenticationError),
    _Rule("408", ServerError),
    _Rule("42400", RequestError, retries=1),
    _Rule("429", RateLimitError),
    _Rule("501", ServerError, retries=0),
    _Rule("64429", RateLimitError),
    _Rule("64000", ServerError),
    _Rule("64424", ServerError),
    _Rule("64500", ServerError),
    _Rule("65002", ServerError),
    _Rule("400", ContextLengthError, "maximum context length"),
    _Rule("2", InvalidResponseError, retries=0),
    _Rule("3", RequestError),
    _Rule("4", RequestError),
    _Rule("5", ServerError),
    _Rule("6", RequestError),
    _Rule("", ServerError),
)
_WORDS: Final[tuple[tuple[str, str], ...]] = (
    ("context_length", "40003"),
    ("rate_limit", "429"),
    ("invalid_api_key", "401"),
    ("authentication", "401"),
    ("not_found", "404"),
    ("invalid_request", "400"),
)
"""Codes in words, as OpenAI and those who copy it write them, and what CLOVA or HTTP would say."""
_ADVICE: Final = (
    ("40080", "is model= written as on docs/model.md, and open to this key?"),
    ("401", "is the key in CLOVASTUDIO_API_KEY or api_key= one of CLOVA Studio, and still valid?"),
    ("403", "is this key allowed to use the model?"),
)
_REDIRECTED: Final = (
    "redirected {whereto}; redirects are never followed, since the key would go along: is base_url right, and does a "
    "proxy answer in place of the service?"
)
_NO_ANSWERS: Final = (
    ("2", "a success without an answer: is base_url right, and does a proxy answer in place of the service?"),
    ("3", _REDIRECTED),
    ("407", "the proxy wants a name and a password: proxy='http://name:password@host:port'"),
)


def body_error(payload: Mapping[str, Any], status: int | None = None) -> ServiceError | None:
    """Return the error that a JSON body describes, in either envelope; None if it describes none."""
    found = _envelope(payload)
    return None if found is None else _error(found, status)


def coded_error(payload: Mapping[str, Any]) -> ServiceError | None:
    """Return the error that a JSON object describes with a code; None if it may be anything else."""
    error = body_error(payload)
    code = error.facts.code if error else None
    return error if code and not _GOOD.fullmatch(code) else None


def event_error(data: str) -> ServiceError:
    """Return the error that an event named ``error`` describes, in an envelope, without one, or in bare words."""
    payload = _object(data) or {}
    said = f"the service broke off: {quoted(data) or 'it gave no reason'}"
    return body_error(payload) or _error({"message": said, **payload}, None)


def http_error(status: int, headers: Mapping[str, str], body: bytes) -> ServiceError:
    """Return the error for an answer with a failing status. An HTML body is quoted, 200 characters at most.

    A wait that the headers ask for counts where a limit was reached or the service is away; other failures of the
    service are waited out only as long as ``Retry-After`` says.
    """
    payload = _object(body)
    error = (None if payload is None else body_error(payload, status)) or _bare(status, headers, body)
    limited = isinstance(error, RateLimitError) or status == HTTPStatus.SERVICE_UNAVAILABLE
    if limited or status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        error.facts = replace(error.facts, retry_after=retry_after(headers, resets=limited))
    return error


def _bare(status: int, headers: Mapping[str, str], body: bytes) -> ServiceError:
    """Return the error for an answer that says nothing but its status, or says it in HTML."""
    rule = _rule(str(status), "")
    text = next((text for prefix, text in _NO_ANSWERS if str(status).startswith(prefix)), "")
    said = text.format(whereto=_whereto(headers)) or quoted(body) or "empty body"
    return rule.kind(f"HTTP {status}: {said}", CallFacts(status=status, retries=rule.retries))


def _whereto(headers: Mapping[str, str]) -> str:
    """Name the host of a redirect, and no more of the address, which may hold a secret."""
    try:
        host = urlsplit(headers.get("location", "")).hostname
    except ValueError:
        host = None
    return f"to {shortened(host, 100)}" if host else "elsewhere"


def _object(body: bytes | str) -> dict[str, Any] | None:
    try:
        payload: object = orjson.loads(body)
    except orjson.JSONDecodeError:
        return None
    return cast("dict[str, Any]", payload) if isinstance(payload, dict) else None


def _envelope(payload: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """Return what describes an error, if one is described: one without a code is still an error, an empty one none."""
    error, status = payload.get("error"), payload.get("status")
    if isinstance(error, dict):
        described = cast("dict[str, Any]", error)
        if any(value is not None for value in described.values()):
            return described
    elif error:
        return {"message": error}
    if payload.get("object") == "error":  # as vLLM breaks off a stream
        return payload
    found = cast("dict[str, Any]", status) if isinstance(status, dict) else {}
    return None if found.get("code") is None or str(found["code"]) == _SUCCESS else found


def _error(found: Mapping[str, Any], status: int | None) -> ServiceError:
    code, message = str(found.get("code") or ""), str(found.get("message") or "")
    rule = _rule(_number(code or str(found.get("type") or ""), status), message)
    advice = next((f": {advice}" for prefix, advice in _ADVICE if code.startswith(prefix)), "")
    facts = CallFacts(code=code or None, status=status, retries=rule.retries)
    return rule.kind((message or "the service gave no reason") + advice, facts)


def _number(code: str, status: int | None) -> str:
    """Return the digits that an error is told by: its code, or else its status, or else what its word stands for."""
    if _CODE.fullmatch(code):
        return code
    said = next((number for word, number in _WORDS if word in code.lower()), "")
    if status in (None, HTTPStatus.OK):
        return said or "500"
    return said if said == "40003" and status == HTTPStatus.BAD_REQUEST else str(status)


def _rule(code: str, message: str) -> _Rule:
    said = message.lower()
    return next(rule for rule in _RULES if code.startswith(rule.prefix) and rule.word in said)
