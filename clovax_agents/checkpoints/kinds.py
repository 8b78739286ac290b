"""Which classes checkpoints may hold, but for messages: how each becomes plainer data, and a value again.

A code belongs to its class for ever: checkpoints of years ago have it.
"""

from __future__ import annotations

import re
from collections import Counter, OrderedDict, defaultdict, deque
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, timezone, tzinfo
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple, cast
from uuid import UUID
from zoneinfo import ZoneInfo

from langchain_core.documents import Document
from langchain_core.messages.base import TextAccessor
from langchain_core.runnables.utils import AddableDict
from langgraph.checkpoint.serde.types import _DeltaSnapshot as DeltaSnapshot  # pyright: ignore[reportPrivateUsage]
from langgraph.types import Command, Interrupt, Overwrite, Send, TimeoutPolicy
from pydantic_core import TzInfo

from clovax_agents.errors import CheckpointTypeError

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["ALIKE", "KINDS", "Kind", "Pairs", "Surrogates", "read_zone"]


@dataclass(frozen=True, slots=True)
class Kind:
    """A class that checkpoints may hold.

    Attributes:
        of: the class itself, no subclass of it.
        code: in the bytes.
        write: returns what the value consists of.
        read: makes the value of this again; what does not fit is an error of any class.
    """

    of: type[Any]
    code: int
    write: Callable[[Any], Any]
    read: Callable[[Any], Any]


class Pairs(NamedTuple):
    """A dict with keys that msgpack does not know as keys."""

    value: dict[Any, Any]


class Surrogates(NamedTuple):
    """A text with half characters, as models write them into JSON: UTF-8 has no bytes for it."""

    value: str


ALIKE: Final[dict[type[Any], Callable[[Any], Any]]] = {
    TextAccessor: str,
    AddableDict: dict,
    OrderedDict: dict,
    defaultdict: dict,
    Counter: dict,
}
"""Classes whose values are stored, and come back, as the plain ones that they are equal to."""

_ZONE: Final = re.compile(r"[A-Za-z0-9_+-]+(/[A-Za-z0-9_+-]+)*")


def _zone(value: tzinfo | None) -> tzinfo | None:
    """Return a time zone that can be stored; those of Pydantic are fixed offsets."""
    return timezone(cast("timedelta", value.utcoffset(None))) if isinstance(value, TzInfo) else value


def _written_moment(value: datetime | time) -> list[Any]:
    # the text has neither the name of the zone nor which of two equal hours it is
    return [value.replace(tzinfo=None).isoformat(), value.fold, _zone(value.tzinfo)]


def _read_datetime(parts: Any) -> datetime:
    text, fold, zone = parts
    return datetime.fromisoformat(text).replace(fold=fold, tzinfo=zone)


def _read_time(parts: Any) -> time:
    text, fold, zone = parts
    return time.fromisoformat(text).replace(fold=fold, tzinfo=zone)


def _written_timezone(value: timezone) -> list[Any]:
    return list(cast("Any", value).__getinitargs__())  # the offset, and the name if one was given


def read_zone(name: Any) -> ZoneInfo:
    """Return a time zone by its name, which cannot lead to any other file."""
    if not _ZONE.fullmatch(name):
        raise ValueError("not the name of a time zone")
    return ZoneInfo(name)


def _written_zone(value: ZoneInfo) -> str:
    if value.key is None:  # pyright: ignore[reportUnnecessaryComparison]  # one made from a file
        raise CheckpointTypeError("a ZoneInfo without a name cannot be stored: make it with ZoneInfo(name)")
    return value.key


def _written_int(value: int) -> bytes:
    return value.to_bytes(value.bit_length() // 8 + 1, "big", signed=True)


def _read_deque(parts: Any) -> deque[Any]:
    items, longest = parts
    return deque(items, longest)


def _read_pairs(pairs: Any) -> dict[Any, Any]:
    return {key: value for key, value in pairs}  # noqa: C416  # dict() would take texts of two characters


def _read_send(parts: Any) -> Send:
    node, arg, timeout = parts
    return Send(_text(node), arg, timeout=timeout)


def _read_command(parts: Any) -> Any:
    graph, update, resume, goto = parts
    # LangGraph compares it by identity
    graph = Command.PARENT if graph == Command.PARENT else graph
    command: Any = Command
    return command(graph=graph, update=update, resume=resume, goto=goto)


def _written_interrupt(value: Any) -> list[Any]:
    if isinstance(value.response_schema, type):
        raise CheckpointTypeError("an Interrupt with a class as response_schema: give it the JSON Schema of the class")
    return [value.value, value.id, value.response_schema]


def _read_interrupt(parts: Any) -> Any:
    value, id_, schema = parts
    made: Any = Interrupt
    return made(value, _text(id_), response_schema=schema)


def _read_policy(parts: Any) -> TimeoutPolicy:
    run, idle, refresh_on = parts
    return TimeoutPolicy(run_timeout=run, idle_timeout=idle, refresh_on=refresh_on)


def _read_document(parts: Any) -> Document:
    text, metadata, id_ = parts
    return Document(page_content=text, metadata=metadata, id=id_)


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError("not a text")
    return value


KINDS: Final[tuple[Kind, ...]] = (
    Kind(tuple, 0, list, tuple),
    Kind(set, 1, list, set),
    Kind(frozenset, 2, list, frozenset),
    Kind(deque, 3, lambda value: [list(value), value.maxlen], _read_deque),
    Kind(Pairs, 4, lambda value: [[key, item] for key, item in value.value.items()], _read_pairs),
    Kind(
        Surrogates,
        5,
        lambda value: value.value.encode("utf-8", "surrogatepass"),
        lambda data: data.decode("utf-8", "surrogatepass"),
    ),
    Kind(int, 6, _written_int, lambda data: int.from_bytes(data, "big", signed=True)),
    Kind(datetime, 10, _written_moment, _read_datetime),
    Kind(date, 11, date.isoformat, date.fromisoformat),
    Kind(time, 12, _written_moment, _read_time),
    Kind(
        timedelta,
        13,
        lambda value: [value.days, value.seconds, value.microseconds],
        lambda parts: timedelta(days=parts[0], seconds=parts[1], microseconds=parts[2]),
    ),
    Kind(timezone, 14, _written_timezone, lambda parts: timezone(*parts)),
    Kind(ZoneInfo, 15, _written_zone, read_zone),
    Kind(Decimal, 16, str, lambda text: Decimal(_text(text))),
    Kind(UUID, 17, lambda value: value.bytes, lambda data: UUID(bytes=data)),
    Kind(type(Path()), 18, str, lambda text: Path(_text(text))),
    Kind(Send, 20, lambda value: [value.node, value.arg, value.timeout], _read_send),
    Kind(Command, 21, lambda value: [value.graph, value.update, value.resume, value.goto], _read_command),
    Kind(Interrupt, 22, _written_interrupt, _read_interrupt),
    Kind(Overwrite, 23, lambda value: value.value, Overwrite),
    Kind(TimeoutPolicy, 24, lambda value: [value.run_timeout, value.idle_timeout, value.refresh_on], _read_policy),
    Kind(DeltaSnapshot, 25, lambda value: value.value, DeltaSnapshot),
    Kind(Document, 30, lambda value: [value.page_content, value.metadata, value.id], _read_document),
)
"""Code 40 is for registered classes, 49 to 79 are for messages."""
