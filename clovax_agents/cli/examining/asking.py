"""The service, asked: one cheap request to each model, and its clock."""

from __future__ import annotations

import os
import time
from email.utils import parsedate_to_datetime
from http.client import HTTPException
from typing import TYPE_CHECKING, Any, Final
from urllib.error import HTTPError
from urllib.request import Request, urlopen

from clovax_agents.capabilities import DEFAULT_BASE_URL, model_card
from clovax_agents.chat_models import ChatClovaX
from clovax_agents.cli.examining.findings import Finding, Level
from clovax_agents.cli.examining.service import MODELS_ASKED
from clovax_agents.cli.examining.wording import say
from clovax_agents.errors import (
    AuthenticationError,
    CertificateError,
    ClovaXError,
    ConfigurationError,
    ConnectionFailedError,
    RateLimitError,
    RequestError,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["check_online"]

_PATIENCE: Final = 30.0
_SKEW: Final = 30.0
"""Seconds that the clocks may differ."""


def check_online() -> Iterator[Finding]:
    """Ask each model for a word, which costs less than a won, and compare the clocks."""
    for name in MODELS_ASKED:
        yield _asked(name)
    yield _clock()


def _asked(name: str) -> Finding:
    began, check = time.monotonic(), f"model:{name}"
    efforts: dict[str, Any] = {"reasoning_effort": "none"} if model_card(name).thinking else {}
    try:
        model = ChatClovaX(model=name, max_tokens=16, max_retries=0, timeout=_PATIENCE, **efforts)
        model.invoke("안녕")
    except ClovaXError as error:
        level, todo = _cause(error)
        return Finding(check, level, say("{name} does not answer: {error}", name=name, error=error), todo)
    seconds = time.monotonic() - began
    return Finding(check, "ok", say("{name} answers, in {seconds:.1f} s", name=name, seconds=seconds))


def _cause(error: ClovaXError) -> tuple[Level, str]:
    if isinstance(error, AuthenticationError | ConfigurationError):
        return "error", say("check the key, and that it may use this model")
    if isinstance(error, RateLimitError):
        return "warning", say("wait a minute, or ask for a higher limit")
    if isinstance(error, CertificateError):
        return "error", say("a proxy may be in between: install its certificate")
    if isinstance(error, ConnectionFailedError):
        return "error", say("check the network, the proxy and CLOVASTUDIO_API_BASE_URL")
    if isinstance(error, RequestError):
        return "error", say("this key or address does not offer it: use another model")
    return "warning", say("try again later")


def _clock() -> Finding:
    url = os.environ.get("CLOVASTUDIO_API_BASE_URL") or DEFAULT_BASE_URL
    moment = _moment_at(url)
    if moment is None:
        return Finding("clock", "note", say("the service does not tell its time"))
    skew = time.time() - moment
    if abs(skew) > _SKEW:
        told = say("the clock of this machine differs from the service's by {seconds:.0f} s", seconds=skew)
        return Finding(
            "clock", "warning", told, say("set the clock, for instance with NTP: certificates and limits count on it")
        )
    return Finding("clock", "ok", say("the clock is right"))


def _moment_at(url: str) -> float | None:
    if not url.startswith(("http://", "https://")):
        return None
    request = Request(url, method="HEAD")  # noqa: S310  # it is checked
    try:
        with urlopen(request, timeout=_PATIENCE) as answer:  # noqa: S310
            told = answer.headers.get("date")
    except HTTPError as error:  # an answer like any other
        told = error.headers.get("date")
    except (OSError, HTTPException, ValueError):
        return None
    try:
        return parsedate_to_datetime(told).timestamp() if told else None
    except ValueError:
        return None
