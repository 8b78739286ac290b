"""Settings under the names that langchain-naver and langchain-openai give them: taken over, or refused in a sentence.

A program that changes its import keeps its arguments. What the service lacks is refused as soon as it asks for
something; a value that asks for nothing (``n=1``, ``logprobs=False``) is let through.
"""

from __future__ import annotations

from dataclasses import replace
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, Final, cast

from clovax_agents.client.policy import Deadlines
from clovax_agents.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

__all__ = ["REFUSED", "RENAMED", "adopted", "patience"]

RENAMED: Final = {
    "max_completion_tokens": "max_tokens",
    "model_name": "model",
    "naver_api_base": "base_url",
    "openai_proxy": "proxy",
    "request_timeout": "timeout",
    "stop_sequences": "stop",
}
"""Other names of our settings."""

_OWN_CLIENTS: Final = "the OpenAI SDK is not used here: pass http_client and http_async_client, both of httpx"
_RESPONSES: Final = "CLOVA Studio has no Responses API, only chat completions: leave it away"
_PENALTY: Final = "the service has no such penalty: use repetition_penalty, above 0 to 2"
_OF_OPENAI: Final = "langchain-naver ignores it, and what is OpenAI's does not belong here: pass "
REFUSED: Final[Mapping[str, str]] = {
    "async_client": _OWN_CLIENTS,
    "audio": "the service has no audio: leave it away",
    "client": _OWN_CLIENTS,
    "context_management": _RESPONSES,
    "default_query": "the service takes no query parameters: leave it away",
    "extra_headers": "pass default_headers to the constructor",
    "frequency_penalty": _PENALTY,
    "http_socket_options": "pass an http_client whose transport has these options",
    "include": _RESPONSES,
    "include_response_headers": "headers are not kept; response_metadata holds what the service says of the answer",
    "logit_bias": "the service cannot weigh single tokens: leave it away",
    "logprobs": "the service gives no log probabilities: leave it away",
    "modalities": "the service writes text only: leave it away",
    "n": "the service writes one answer: use batch() for several",
    "openai_api_base": f"{_OF_OPENAI}base_url",
    "openai_api_key": f"{_OF_OPENAI}api_key",
    "openai_organization": "the service has no organizations; an API key belongs to one account",
    "presence_penalty": _PENALTY,
    "prompt_cache_options": "the service has no prompt cache: leave it away",
    "root_async_client": _OWN_CLIENTS,
    "root_client": _OWN_CLIENTS,
    "service_tier": "the service has no tiers; the kind of the app decides on the limits",
    "store": "the service stores no answers: leave it away",
    "stream_options": "the service has no such option: with api='native', streams tell their usage anyway",
    "tiktoken_model_name": "tokens are not counted with tiktoken, which does not know HyperCLOVA X: leave it away",
    "top_logprobs": "the service gives no log probabilities: leave it away",
    "truncation": _RESPONSES,
    "use_previous_response_id": _RESPONSES,
    "use_responses_api": _RESPONSES,
    "user": "the service takes no name of the end user: leave it away",
    "verbosity": "the service cannot be told how much to write: say it in the system message",
}
"""What the service, or this client, does not have, and what to do instead."""

_ASKS_FOR_NOTHING: Final[Mapping[str, object]] = {"n": 1, "modalities": ["text"]}
_WITHOUT_EFFECT: Final = frozenset({"stream_usage"})
"""Accepted and not needed: usage is always told where the service tells it."""
_TRANSLATED: Final = frozenset({"stream_chunk_timeout"})
"""Not settings here, but part of one."""
_NESTED: Final = ("model_kwargs", "extra_body")
_SECRET: Final = frozenset({"extra_headers", "openai_api_key"})
"""Values that no error shows."""


def adopted(
    settings: Mapping[str, Any], known: Collection[str], owner: str = "ChatClovaX", *, extra: bool = False
) -> dict[str, Any]:
    """Return settings under our own names.

    Args:
        settings: as the user gave them.
        known: names that are settings here.
        owner: of the settings, for error messages.
        extra: whether names that nobody knows are kept, as a subclass may have it.

    Raises:
        ConfigurationError: one is given twice, is not known, or is for something that the service does not have.
    """
    found: dict[str, Any] = {}
    names: dict[str, str] = {}
    for name, own, value in _flat(settings, known):
        if name in REFUSED and own not in known:
            _refuse(name, value)
        elif own in known or own in _TRANSLATED:
            if own in found and value is None:  # how others say that something is not set
                continue
            if found.get(own) not in (None, value):
                raise ConfigurationError(f"{own} is given twice, as {names[own]} and as {name}: give it once")
            found[own], names[own] = value, name
        elif extra:
            found[name] = value
        elif name not in _WITHOUT_EFFECT:
            raise ConfigurationError(_unknown(name, known, owner))
    return _translated(found)


def _flat(settings: Mapping[str, Any], known: Collection[str]) -> list[tuple[str, str, Any]]:
    """Return the name as it was given, our own name, and the value of each."""
    pairs = [(name, value) for name, value in settings.items() if name not in _NESTED]
    for name in _NESTED:
        pairs += _mapping(name, settings.get(name) or {}).items()
    efforts = {"reasoning_effort", "reasoning"} - set(known)
    return [
        (name, "thinking", {"effort": _effort(name, value)})
        if name in efforts
        else (name, RENAMED.get(name, name), value)
        for name, value in pairs
        if _given(name, value)
    ]


def _given(name: str, value: object) -> bool:
    """Tell whether a setting is one at all: None is how the others say that something is not set."""
    return value is not None or not (name in RENAMED or name in {"reasoning", "reasoning_effort"})


def _mapping(name: str, value: object) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise ConfigurationError(f"{name} takes a dictionary, not {value!r}")
    return cast("dict[str, Any]", value)


def _effort(name: str, value: object) -> object:
    return value if name == "reasoning_effort" else _mapping(name, value).get("effort")


def _translated(found: dict[str, Any]) -> dict[str, Any]:
    """Turn values that have another form elsewhere into ours."""
    if chunk := found.pop("stream_chunk_timeout", None):  # 0 and None turn it off elsewhere; here the usual one holds
        total = patience(found.get("timeout"))
        limits = total if isinstance(total, Deadlines) else Deadlines(total)
        found["timeout"] = replace(limits, idle=chunk)
    elif "timeout" in found:
        found["timeout"] = patience(found["timeout"])
    if isinstance(found.get("stop"), str):
        found["stop"] = [found["stop"]]
    if "max_retries" in found and found["max_retries"] is None:
        del found["max_retries"]
    return found


def patience(timeout: Any) -> float | Deadlines | None:
    """Read a timeout: seconds in all, `Deadlines`, or what httpx takes (its four numbers, or connect and read).

    httpx's read timeout is one between two pieces; here it bounds the first content and the silence behind it, and an
    answer that comes as a whole.
    """
    if timeout is None or isinstance(timeout, int | float | Deadlines):
        return timeout
    if isinstance(timeout, tuple):
        connect, read = (*cast("tuple[float | None, ...]", timeout), None)[:2]
    elif hasattr(timeout, "connect") and hasattr(timeout, "read"):
        connect, read = timeout.connect, timeout.read
    elif isinstance(timeout, dict):
        return Deadlines(**cast("dict[str, float]", timeout))
    else:
        raise ConfigurationError(f"timeout takes seconds, or Deadlines(total=...), not {timeout!r}")
    usual = Deadlines()
    return Deadlines(None, connect or usual.connect, read or usual.first_token, read or usual.idle, read or None)


def _refuse(name: str, value: object) -> None:
    asks = bool(value) or (name == "n" and value is not None)
    if asks and value != _ASKS_FOR_NOTHING.get(name, ...):
        shown = name if name in _SECRET else f"{name}={value!r}"
        raise ConfigurationError(f"{shown} does not work with CLOVA Studio: {REFUSED[name]}")


def _unknown(name: str, known: Collection[str], owner: str) -> str:
    near = get_close_matches(name, [*known, *(other for other, own in RENAMED.items() if own in known)], n=1)
    hint = f"did you mean {near[0]}?" if near else f"it takes {', '.join(sorted(known))}"
    return f"{owner} does not take {name}; {hint}"
