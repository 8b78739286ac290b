"""Cassettes as YAML: block style, Korean as it is, the same keys in the same order every time."""

from __future__ import annotations

import os
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING, Any, Final, cast

import yaml

from clovax_agents.testing.cassettes.bodies import body_from_fields, fields_of_body
from clovax_agents.testing.cassettes.errors import CassetteFileError
from clovax_agents.testing.cassettes.model import Exchange, Head, Recorded, RecordedRequest, RecordedResponse

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["dump", "load", "load_file", "save_file"]

VERSION: Final = 1
_NOTE: Final = """\
# 자동으로 기록된 HTTP 교환입니다. 고치지 말고 다시 기록하세요: {command}
# Recorded HTTP exchanges. Do not edit: record them again with the command above.
"""
_FOLDED_BREAKS: Final = "\r\x85\u2028\u2029"
"""Line breaks that YAML turns into line feeds unless they are escaped."""
_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class _Dumper(yaml.SafeDumper):
    """Python's own emitter: libyaml's writes emoji as escapes."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:  # noqa: ARG002, FBT001, FBT002
        """Indent lists below their key."""
        super().increase_indent(flow, False)  # noqa: FBT003  # PyYAML passes it by position

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002
        """Write equal values out each time."""
        return True


def _text(dumper: yaml.SafeDumper, value: str) -> yaml.ScalarNode:
    folded = any(character in value for character in _FOLDED_BREAKS)
    style = '"' if folded else "|" if "\n" in value else None
    # types-PyYAML leaves the type of the value open.
    return dumper.represent_scalar("tag:yaml.org,2002:str", value, style=style)  # pyright: ignore[reportUnknownMemberType]


_Dumper.add_representer(str, _text)


def dump(cassette: Recorded) -> str:
    """Write a cassette.

    Raises:
        CassetteFileError: it would not be read back as it is; nobody should replay something else than was recorded.
    """
    document = {
        "recorded_against": cassette.head.recorded_against,
        "recorded_on": cassette.head.recorded_on,
        "test": cassette.head.test,
        "interactions": _fields(cassette),
        "version": VERSION,  # at the end, or the empty line that ends a stream would be the last one of the file
    }
    text = yaml.dump(document, Dumper=_Dumper, allow_unicode=True, sort_keys=False, width=10_000)
    read_back = load(text)
    if read_back.head != cassette.head or _fields(read_back) != document["interactions"]:
        raise CassetteFileError("the exchanges do not survive being written as YAML; please report this")
    return _NOTE.format(command=_command(cassette.head.test)) + text


def _command(test: str) -> str:
    """Return what records it again: it may have been recorded on the command line."""
    return test if test.startswith("clovax record ") else f'pytest "{test}" --clovax-record'


def _fields(cassette: Recorded) -> list[dict[str, object]]:
    return [
        {"request": _request_fields(item.request), "response": _response_fields(item.response)}
        for item in cassette.exchanges
    ]


def _request_fields(request: RecordedRequest) -> dict[str, object]:
    fields: dict[str, object] = {"method": request.method, "uri": request.uri}
    return {**fields, "headers": dict(request.headers), **fields_of_body(request.body)}


def _response_fields(response: RecordedResponse) -> dict[str, object]:
    fields: dict[str, object] = {"status": response.status, "reason": response.reason}
    return {**fields, "headers": dict(response.headers), **fields_of_body(response.body)}


def load(text: str) -> Recorded:
    """Read a cassette.

    Raises:
        CassetteFileError: it is not a cassette of ours.
    """
    try:
        document = yaml.load(text, Loader=_Loader)  # noqa: S506  # both are safe loaders
        exchanges = tuple(_exchange(item) for item in document["interactions"])
        head = Head(str(document["recorded_against"]), _day(document["recorded_on"]), str(document["test"]))
    except (yaml.YAMLError, KeyError, TypeError, ValueError, AttributeError) as error:
        raise CassetteFileError(f"not a cassette of clovax-agents: {type(error).__name__}: {error}") from error
    return Recorded(head, exchanges)


def _exchange(fields: dict[str, dict[str, Any]]) -> Exchange:
    asked, answered = fields["request"], fields["response"]
    return Exchange(
        RecordedRequest(asked["method"], asked["uri"], body_from_fields(asked), _headers(asked)),
        RecordedResponse(answered["status"], answered["reason"], body_from_fields(answered), _headers(answered)),
    )


def _headers(fields: dict[str, Any]) -> dict[str, str]:
    return {str(name): str(value) for name, value in cast("dict[str, object]", fields.get("headers") or {}).items()}


def _day(value: object) -> date:
    return value if isinstance(value, date) else date.fromisoformat(str(value))


def load_file(path: Path) -> Recorded:
    """Read a cassette from a file."""
    return load(path.read_text(encoding="utf-8"))


def save_file(path: Path, cassette: Recorded) -> bool:
    """Write a cassette, whole or not at all; leave the file alone if only the day would change.

    Returns:
        whether the file has changed.
    """
    if path.is_file() and _same_but_for_the_day(path, cassette):
        return False
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f".{path.name}.{os.getpid()}")
    unfinished.write_text(dump(cassette), encoding="utf-8", newline="\n")
    unfinished.replace(path)
    return True


def _same_but_for_the_day(path: Path, cassette: Recorded) -> bool:
    try:
        old = path.read_text(encoding="utf-8")
        head = replace(cassette.head, recorded_on=load(old).head.recorded_on)
    except (CassetteFileError, UnicodeDecodeError):
        return False
    return dump(replace(cassette, head=head)) == old
