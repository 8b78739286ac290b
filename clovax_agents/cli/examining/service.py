"""The service: key, address and limits, from the settings alone; nothing is sent."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Final

from pydantic import SecretStr

from clovax_agents.chat_models import ChatClovaX
from clovax_agents.cli.examining.findings import Finding
from clovax_agents.cli.examining.wording import say
from clovax_agents.deployments import DEPLOYMENTS, deployment_of
from clovax_agents.errors import ConfigurationError
from clovax_agents.pacing.limits import TEST_LIMITS, Limit

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["MODELS_ASKED", "check_service"]

MODELS_ASKED: Final = ("HCX-007", "HCX-005", "HCX-DASH-002")
_KEY, _LIMIT, _URL = "CLOVASTUDIO_API_KEY", "CLOVAX_RATE_LIMIT", "CLOVASTUDIO_API_BASE_URL"
_FORM: Final = re.compile(r"nv-[!-~]+")
_OTHERS: Final = 0o077


def check_service() -> Iterator[Finding]:
    """Look at the key, the address and the limits."""
    yield _key(os.environ.get(_KEY, ""))
    yield from _secret_file(Path(".env"))
    yield _address(os.environ.get(_URL, ""))
    yield _limits(os.environ.get(_LIMIT, ""))
    if os.environ.get("LANGSMITH_TRACING", "").lower() == "true" and not os.environ.get("LANGSMITH_API_KEY"):
        todo = say("set LANGSMITH_API_KEY, or take LANGSMITH_TRACING away")
        yield Finding("tracing", "warning", say("LANGSMITH_TRACING is on, and there is no LANGSMITH_API_KEY"), todo)


def _key(key: str) -> Finding:
    if not key:
        told = say("{name} is not set: everything runs on the simulator", name=_KEY)
        return Finding("key", "note", told, say("to talk to HyperCLOVA X, set it in .env or in the environment"))
    if key != key.strip() or not _FORM.fullmatch(key):
        told = say("{name} does not have the form of a key of CLOVA Studio, nv-...", name=_KEY)
        return Finding("key", "error", told, say("copy it again, without quotes, spaces or line ends"))
    return Finding("key", "ok", say("{name} is set, and has the form of a key", name=_KEY))


def _secret_file(path: Path) -> Iterator[Finding]:
    if os.name == "posix" and path.is_file() and _KEY in path.read_text(encoding="utf-8", errors="replace"):
        if path.stat().st_mode & _OTHERS:
            told = say("{path} can be read by other users of this machine", path=path)
            yield Finding("key-file", "warning", told, say("run: chmod 600 {path}", path=path))
        ignore = Path(".gitignore")
        if Path(".git").exists() and not (ignore.is_file() and ".env" in ignore.read_text("utf-8").split()):
            told = say("{path} holds the key, and git does not ignore it", path=path)
            yield Finding("key-file", "error", told, say("add the line .env to .gitignore"))


def _address(url: str) -> Finding:
    try:
        model = ChatClovaX(api_key=SecretStr("nv-not-sent"), base_url=url or None)
    except ConfigurationError as error:
        return Finding("endpoint", "error", str(error), say("correct {name}, or take it away", name=_URL))
    place = deployment_of(None, url or None)
    return Finding("endpoint", "ok", say("{url} ({kind})", url=model.base_url, kind=place.profile))


def _limits(setting: str) -> Finding:
    try:
        Limit.of(setting) if setting else None
        paced = DEPLOYMENTS[deployment_of(None, os.environ.get(_URL) or None).profile].paced
    except ConfigurationError as error:
        return Finding("limits", "error", str(error), say("correct {name}, or take it away", name=_LIMIT))
    if setting:
        return Finding("limits", "ok", say("{name}={setting}", name=_LIMIT, setting=setting))
    if not paced:
        return Finding("limits", "ok", say("no documented limits hold at this address, and none are assumed"))
    assumed = ", ".join(f"{name} {_shown(TEST_LIMITS[name])}" for name in MODELS_ASKED)
    told = say("the documented limits of test keys are assumed: {assumed} a minute", assumed=assumed)
    todo = say("if the key has others, say so: {name}=REQUESTS/TOKENS", name=_LIMIT)
    return Finding("limits", "note", told, todo)


def _shown(limit: Limit) -> str:
    return f"{limit.requests}/{limit.tokens}"
