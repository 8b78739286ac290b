"""What LangGraph's own serializer has written, read without what is dangerous in it: no import by name, no pickle."""

from __future__ import annotations

from collections import deque
from datetime import date, datetime, time, timedelta, timezone
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from langchain_core.documents import Document
from langgraph.checkpoint.serde.types import _DeltaSnapshot as DeltaSnapshot  # pyright: ignore[reportPrivateUsage]
from langgraph.types import Command, Interrupt, Overwrite, Send, TimeoutPolicy
from ormsgpack import OPT_NON_STR_KEYS

from clovax_agents.checkpoints.kinds import KINDS, read_zone
from clovax_agents.checkpoints.messages import MESSAGE_KINDS
from clovax_agents.checkpoints.unpacking import unpacked
from clovax_agents.errors import CheckpointError

if TYPE_CHECKING:
    from collections.abc import Callable

    from clovax_agents.checkpoints.registry import Registry

__all__ = ["read_stock"]

_METHOD: Final = 3
_DELTA: Final = 7
_ARGUMENTS: Final[dict[int, Callable[[Any, Any], Any]]] = {
    0: lambda make, argument: make(argument),
    1: lambda make, arguments: make(*arguments),
    2: lambda make, named: make(**named),
    4: lambda make, named: make(**named),
    5: lambda make, named: make(**named),
}
"""How a class is called, by the code of the extension."""

_READ: Final[dict[Any, Callable[[Any], Any]]] = {kind.of: kind.read for kind in KINDS}

_REFUSED: Final = {
    "json": "it is older than LangGraph's msgpack format",
    "pickle": "it is a pickle, and reading one may run anything",
}


def _send(node: Any, arg: Any, timeout: Any = None) -> Any:
    return _READ[Send]([node, arg, timeout])


def _command(graph: Any = None, update: Any = None, resume: Any = None, goto: Any = ()) -> Any:
    return _READ[Command]([graph, update, resume, goto])


def _interrupt(value: Any, id: Any = "", response_schema: Any = None, **_: Any) -> Any:  # noqa: A002  # its name there
    return _READ[Interrupt]([value, id, response_schema])


def _overwrite(value: Any, **_: Any) -> Any:
    return _READ[Overwrite](value)


def _policy(run_timeout: Any = None, idle_timeout: Any = None, refresh_on: Any = "auto") -> Any:
    return _READ[TimeoutPolicy]([run_timeout, idle_timeout, refresh_on])


def _document(page_content: Any, metadata: Any = None, id: Any = None, **_: Any) -> Any:  # noqa: A002
    return _READ[Document]([page_content, metadata or {}, id])


def _message_maker(read: Callable[[Any], Any]) -> Callable[..., Any]:
    def make(**fields: Any) -> Any:
        return read(fields)

    return make


_MAKERS: Final[dict[str, Callable[..., Any]]] = {
    "datetime.date": date,
    "datetime.time": time,
    "datetime.timedelta": timedelta,
    "datetime.timezone": timezone,
    "uuid.UUID": UUID,
    "decimal.Decimal": Decimal,
    "builtins.set": set,
    "builtins.frozenset": frozenset,
    "collections.deque": deque,
    "zoneinfo.ZoneInfo": read_zone,
    **{f"{module}.{name}": Path for module in ("pathlib", "pathlib._local") for name in ("Path", "PosixPath")},
    "langchain_core.documents.base.Document": _document,
    "langgraph.types.Send": _send,
    "langgraph.types.Command": _command,
    "langgraph.types.Interrupt": _interrupt,
    "langgraph.types.Overwrite": _overwrite,
    "langgraph.types.TimeoutPolicy": _policy,
    **{
        f"{kind.of.__module__}.{kind.of.__name__}": _message_maker(kind.read)
        for kind in MESSAGE_KINDS
        if "type" in getattr(kind.of, "model_fields", ())
    },
}


def read_stock(tag: str, data: bytes, registry: Registry) -> Any:
    """Return a value that LangGraph's ``JsonPlusSerializer`` has written.

    Args:
        tag: that is stored beside the bytes.
        data: the bytes.
        registry: the user's own classes.

    Raises:
        CheckpointError: it is damaged, in a format that is not read, or holds a class that is not on the list.
    """
    if tag == "null":
        return None
    if tag in {"bytes", "bytearray"}:
        return data if tag == "bytes" else bytearray(data)
    if tag != "msgpack":
        why = _REFUSED.get(tag, "nothing known has written it")
        raise CheckpointError(f"a checkpoint of the format {tag[:40]!r} is not read: {why}")
    return unpacked(data, partial(_made, registry), option=OPT_NON_STR_KEYS)


def _made(registry: Registry, code: int, parts: Any) -> Any:
    if code == _DELTA:
        return DeltaSnapshot(parts)
    module, name, argument, *method = parts
    known = f"{module}.{name}"
    if code == _METHOD and (known, *method) == ("datetime.datetime", "fromisoformat"):
        return datetime.fromisoformat(argument)
    call = _ARGUMENTS.get(code)
    if call is None:
        raise CheckpointError(f"a checkpoint of LangGraph's own serializer holds a {known[:80]}, which is not read")
    make = _MAKERS.get(known)
    return registry.make(known, argument) if make is None else call(make, argument)
