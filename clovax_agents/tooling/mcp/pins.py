"""Pins: tools of MCP servers as somebody has looked at them; what has changed since is refused (fault S07)."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias, cast

from clovax_agents.errors import ConfigurationError, ToolPinError
from clovax_agents.tooling.mcp.texts import revealed
from clovax_agents.tooling.sizes import shown

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from clovax_agents.tooling.mcp.definitions import Definition

__all__ = ["PinMode", "Pinned", "Pins", "changes", "read_pins", "refuse_changes", "write_pins"]

Pins: TypeAlias = "str | os.PathLike[str] | Mapping[str, str]"
PinMode: TypeAlias = Literal["check", "write"]

_VERSION: Final = 1
_MOST_LINES: Final = 12
_LONGEST_LINE: Final = 200


@dataclass(frozen=True, slots=True)
class Pinned:
    """A tool as it was pinned.

    Attributes:
        sha256: see `Definition.digest`.
        description: that it had; None where only the hash is known.
        schema: that it had; None where only the hash is known.
    """

    sha256: str
    description: str | None = None
    schema: Mapping[str, Any] | None = field(default=None, hash=False)


def read_pins(given: Pins) -> dict[str, Pinned]:
    """Return what is pinned, under ``"server/tool"``, or ``"tool"`` where a mapping says no more.

    Raises:
        ConfigurationError: there is no such file, or it is none of ours.
    """
    if not isinstance(given, str | os.PathLike):
        return {str(name): Pinned(str(digest).lower()) for name, digest in given.items()}
    servers: Any = _document(Path(given)).get("servers")
    try:
        return {
            f"{server}/{name}": Pinned(str(entry["sha256"]), str(entry["description"]), dict(entry["inputSchema"]))
            for server, tools in servers.items()
            for name, entry in tools.items()
        }
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise _no_pin_file(Path(given), f"{type(error).__name__}: {error}") from error


def write_pins(path: Path, definitions: Iterable[Definition]) -> None:
    """Pin tools in a file, beside what is pinned there already; it is replaced as a whole, or not at all."""
    servers: dict[str, dict[str, Any]] = _document(path)["servers"] if path.exists() else {}
    for one in definitions:
        entry = {"sha256": one.digest, "description": one.description, "inputSchema": one.schema}
        servers.setdefault(one.server, {})[one.name] = entry
    text = json.dumps({"version": _VERSION, "servers": servers}, indent=2, sort_keys=True, ensure_ascii=True) + "\n"
    new = path.with_name(f".{path.name}.{os.getpid()}.new")
    new.write_text(text, encoding="ascii")
    new.replace(path)


def refuse_changes(pins: Mapping[str, Pinned], definitions: Sequence[Definition]) -> None:
    """Refuse tools that are not as they were pinned, and those that never were.

    Raises:
        ToolPinError: with what has changed.
    """
    problems: list[str] = []
    for one in definitions:
        pinned = pins.get(f"{one.server}/{one.name}") or pins.get(one.name)
        if pinned is None:
            problems.append(f"{_called(one)} is not pinned (sha256 {one.digest}):\n{changes(None, one)}")
        elif pinned.sha256 != one.digest:
            problems.append(f"{_called(one)} is not as it was pinned (sha256 {one.digest}):\n{changes(pinned, one)}")
    if problems:
        raise ToolPinError(
            f"{len(problems)} of {len(definitions)} tools are refused: look at them, and if they are right, pin them "
            'with pin="write"\n' + "\n".join(problems[:_MOST_LINES])
        )


def changes(pinned: Pinned | None, now: Definition) -> str:
    """Say in lines what has changed, everything that would not be seen written out."""
    before = pinned or Pinned("", "", {})
    parts = [
        ("description", before.description, now.description),
        ("inputSchema", None if before.schema is None else _lines(before.schema), _lines(now.schema)),
    ]
    return "\n".join(line for part in parts for line in _compared(*part))


def _compared(what: str, old: str | None, new: str) -> list[str]:
    if old is None:
        return [f"  {what} is now:", *_shown("+", new.split("\n"))]
    if old == new:
        return []
    before, after = old.split("\n"), new.split("\n")
    while before and after and before[0] == after[0]:
        before, after = before[1:], after[1:]
    while before and after and before[-1] == after[-1]:
        before, after = before[:-1], after[:-1]
    return [f"  {what}:", *_shown("-", before), *_shown("+", after)]


def _shown(sign: str, lines: Sequence[str]) -> list[str]:
    texts = [revealed(line) for line in lines[:_MOST_LINES]]
    shown_lines = [f"  {sign} {text[:_LONGEST_LINE]}{'…' if len(text) > _LONGEST_LINE else ''}" for text in texts]
    more = [f"  {sign} ... {len(lines) - _MOST_LINES} lines more"] if len(lines) > _MOST_LINES else []
    return [*shown_lines, *more] if any(lines) else []


def _lines(schema: Mapping[str, Any]) -> str:
    return json.dumps(schema, indent=1, sort_keys=True, ensure_ascii=False)


def _called(one: Definition) -> str:
    return f"- {shown(one.name)} of {one.origin}"


def _document(path: Path) -> dict[str, Any]:
    try:
        read: object = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ConfigurationError(
            f'there is no pin file {path}: look at the tools of the server, then write it once with pin="write"'
        ) from None
    except (OSError, ValueError, RecursionError) as error:
        raise _no_pin_file(path, f"{type(error).__name__}: {error}") from error
    document = cast("dict[str, Any]", read) if isinstance(read, dict) else {}
    if document.get("version") != _VERSION or not isinstance(document.get("servers"), dict):
        raise _no_pin_file(path, "it has no version 1 and servers")
    return document


def _no_pin_file(path: Path, why: str) -> ConfigurationError:
    return ConfigurationError(f"{path} cannot be read as a pin file ({why}): restore it, or write it anew")
