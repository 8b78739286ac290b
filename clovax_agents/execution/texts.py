"""Texts of tools made fit to be read: by a model, in a log, on a terminal; secrets and control characters taken out."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final, cast

from pydantic import ValidationError

from clovax_agents.errors import ClovaXError, ModelRetry, ToolFailed
from clovax_agents.execution.misfits import misfits
from clovax_agents.execution.wording import say

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["clean", "error_text", "masked", "one_line", "redacted"]

_LONGEST_ERROR: Final = 2_000
_LONGEST_NAME: Final = 64
_READ: Final = 20_000
WITHHELD: Final = "[withheld: the redaction of this tool failed]"
_ESCAPES: Final = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|[@-Z\\-_])")
_CONTROLS: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
_UNBROKEN: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")
_SURROGATES: Final = re.compile(r"[\ud800-\udfff]")
_MASK: Final = "***"
_NAMED: Final = (
    r"\b((?:[a-z0-9]{1,30}[_-]){0,4}(?:api[_-]?key|apikey|secret|password|passwd|pwd|token|authorization)"
    r"[\"']?\s{0,3}[:=]\s{0,3})"
)
"""What a secret is called, up to where it begins."""
_SECRETS: Final = (
    (re.compile(r"(?i)(\b[a-z][a-z0-9+.-]{1,20}://[^/\s:@]{0,200}:)[^\s/]{1,500}(?=@)"), r"\1" + _MASK),
    (re.compile(r"(?i)(\bhttps?://)[^/\s:@]{12,200}(?=@)"), r"\1" + _MASK),
    (re.compile(r"(?i)\b((?:bearer|basic)\s+)[A-Za-z0-9._~+/=-]{6,}"), r"\1" + _MASK),
    (re.compile(rf"(?i){_NAMED}(\"(?:[^\"\\]|\\.){{1,500}}\"?|'(?:[^'\\]|\\.){{1,500}}'?)"), r"\1" + _MASK),
    (re.compile(rf"(?i){_NAMED}(?!bearer\b|basic\b|[\"'])[^\s\"',;&}}]{{3,500}}"), r"\1" + _MASK),
    (re.compile(r"\b(?:nv|sk|pk|ghp|gho|xox[a-z])[-_][A-Za-z0-9_-]{12,}"), _MASK),
    (re.compile(r"\b(?:AKIA|ASIA)[A-Z0-9]{16}\b"), _MASK),
    (re.compile(r"\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}(?:\.[A-Za-z0-9_-]*)?"), _MASK),
    (re.compile(r"(-----BEGIN [A-Z ]{0,30}PRIVATE KEY-----)(?:(?!-----END)[^\0])*"), r"\1" + _MASK),
)


def clean(text: str) -> str:
    r"""Return a text without escape sequences, control characters and half characters; lines and tabs stay.

    Example:
        >>> clean("red \x1b[31malert\x1b[0m\x00 \ud800")
        'red alert \ufffd'
    """
    if text.isprintable():
        return text
    text = _ESCAPES.sub("", text) if "\x1b" in text else text
    return _SURROGATES.sub("\ufffd", _CONTROLS.sub("", text))


def one_line(name: str) -> str:
    r"""Return a name as it may stand in a log or an error: short, and in one line (fault S11).

    Example:
        >>> one_line("pay\r\n2026 admin logged in")
        'pay 2026 admin logged in'
    """
    plain = _SURROGATES.sub("\ufffd", _UNBROKEN.sub(" ", _ESCAPES.sub("", name)))
    return plain if len(plain) <= _LONGEST_NAME else plain[: _LONGEST_NAME - 1] + "…"


def masked(text: str) -> str:
    """Return a text in which what looks like a password or a key is not to be read.

    Example:
        >>> masked("connect to postgresql://shop:hunter2@db failed, api_key=abc123")
        'connect to postgresql://shop:***@db failed, api_key=***'
    """
    for pattern, instead in _SECRETS:
        text = pattern.sub(instead, text)
    return text


def redacted(text: str, redact: Callable[[str], str] | None) -> str:
    """Return a text as the tool's policy lets it be seen; if that fails, nothing of it."""
    if redact is None:
        return text
    try:
        return str(redact(text))
    except Exception:  # noqa: BLE001  # whatever it is: rather nothing than too much
        return say(WITHHELD)


def error_text(error: BaseException, redact: Callable[[str], str] | None = None) -> str:
    """Say what went wrong, without a traceback, for a model: what it can do, where the tool says so.

    Args:
        error: that the tool raised, or that we did on its behalf.
        redact: of the tool's policy.
    """
    text = "; ".join(dict.fromkeys(_leaves(error, 0)))
    text = masked(redacted(clean(text[:_READ]), redact))
    text = text if len(text) <= _LONGEST_ERROR else text[: _LONGEST_ERROR - 1] + "…"
    if isinstance(error, ModelRetry):
        return say("{text}. Correct the arguments and call the tool again", text=text)
    return say("{text}. Do not call it again for this request", text=text) if isinstance(error, ToolFailed) else text


def _leaves(error: BaseException, depth: int) -> Iterator[str]:
    """Say each error of a group of errors."""
    if isinstance(error, BaseExceptionGroup) and depth < 5:  # noqa: PLR2004
        for part in cast("BaseExceptionGroup[BaseException]", error).exceptions[:10]:
            yield from _leaves(part, depth + 1)
    else:
        yield _said(error)


def _said(error: Any) -> str:
    if isinstance(error, ValidationError):
        return misfits(error, whole=say("value"), most=8)
    try:
        text = str(error)
    except BaseException:  # noqa: BLE001  # an exception whose text is an exception, and were it SystemExit
        text = ""
    kind = type(error).__name__
    if isinstance(error, ClovaXError) and text:
        return text
    if not text:
        return kind
    plain = isinstance(error, RuntimeError | ValueError) and type(error) in {RuntimeError, ValueError}
    return text if plain else f"{kind}: {text}"
