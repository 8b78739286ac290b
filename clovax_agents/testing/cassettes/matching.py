"""Which recorded request is the one that is sent now, and in what the closest one differs."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final, cast
from urllib.parse import urlsplit

from clovax_agents.testing.cassettes.bodies import parse_json

if TYPE_CHECKING:
    from collections.abc import Iterator

    from clovax_agents.testing.cassettes.model import RecordedRequest

__all__ = ["differences", "first_lines", "same_request"]

_LONGEST: Final = 120
_MOST_LINES: Final = 20


def same_request(recorded: RecordedRequest, sent: RecordedRequest) -> bool:
    """Say whether two requests are the same: method, address and body, the body as JSON if it is JSON."""
    return _address(recorded) == _address(sent) and _canonical(recorded.body) == _canonical(sent.body)


def differences(recorded: RecordedRequest, sent: RecordedRequest) -> list[str]:
    """Return one line for each field in which two requests differ.

    Example:
        >>> from clovax_agents.testing.cassettes.model import RecordedRequest
        >>> old = RecordedRequest("POST", "https://host/chat", b'{"seed": 1, "messages": [{"content": "hi"}]}')
        >>> new = RecordedRequest("POST", "https://host/chat", b'{"messages": [{"content": "ho"}]}')
        >>> print(*differences(old, new), sep="; ")
        seed: recorded 1, not sent; messages[0].content: recorded "hi", sent "ho"
    """
    return [*_compare(_address(recorded), _address(sent)), *_compare(_leaves(recorded.body), _leaves(sent.body))]


def first_lines(lines: list[str]) -> list[str]:
    """Return so many lines as somebody will read, and how many there are more."""
    more = [f"and {len(lines) - _MOST_LINES} more"] if len(lines) > _MOST_LINES else []
    return [*lines[:_MOST_LINES], *more]


def _address(request: RecordedRequest) -> dict[str, str]:
    parts = urlsplit(request.uri)
    facts = {"method": request.method, "host": f"{parts.scheme}://{parts.netloc}", "path": parts.path}
    return {**facts, "query": parts.query} if parts.query else facts


def _canonical(body: bytes) -> bytes | str:
    """Return the same text for the same JSON, whatever its order; comparing values would take 1 for true."""
    try:
        return json.dumps(parse_json(body), sort_keys=True)
    except ValueError:
        return body


def _compare(recorded: dict[str, str], sent: dict[str, str]) -> list[str]:
    names = [*recorded, *(name for name in sent if name not in recorded)]
    return [_line(name, recorded.get(name), sent.get(name)) for name in names if recorded.get(name) != sent.get(name)]


def _line(name: str, old: str | None, new: str | None) -> str:
    if old is not None and new is not None:
        old, new = _excerpts(old, new)
    before = "not recorded" if old is None else f"recorded {_short(old)}"
    after = "not sent" if new is None else f"sent {_short(new)}"
    return f"{name}: {before}, {after}"


def _excerpts(old: str, new: str) -> tuple[str, str]:
    """Leave the common beginning of two long texts away, where the difference would be cut off otherwise."""
    same = next((i for i, (a, b) in enumerate(zip(old, new, strict=False)) if a != b), min(len(old), len(new)))
    if same < _LONGEST // 2:
        return old, new
    start = same - _LONGEST // 4
    return f"…{old[start:]}", f"…{new[start:]}"


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"


def _leaves(body: bytes) -> dict[str, str]:
    """Return every value of a JSON body by the path that leads to it."""
    try:
        return dict(_walk(parse_json(body), ""))
    except ValueError:
        return {"body": body.decode(errors="replace")} if body else {}


def _walk(value: object, place: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict) and value:
        for name, child in cast("dict[str, object]", value).items():
            yield from _walk(child, f"{place}.{name}" if place else name)
    elif isinstance(value, list) and value:
        for number, child in enumerate(cast("list[object]", value)):
            yield from _walk(child, f"{place}[{number}]")
    else:
        yield place or "body", json.dumps(value, ensure_ascii=False)
