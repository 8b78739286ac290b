"""Values as msgpack and back, with nothing but the kinds that are on the list; no bytes make anything else."""

from __future__ import annotations

import struct
import sys
from typing import TYPE_CHECKING, Any, Final, cast

import ormsgpack
from ormsgpack import Ext, packb

from clovax_agents.checkpoints.kinds import ALIKE, KINDS, Kind, Pairs, Surrogates
from clovax_agents.checkpoints.messages import MESSAGE_KINDS, Batch
from clovax_agents.checkpoints.registry import REGISTERED, Registry
from clovax_agents.checkpoints.unpacking import DEEPEST, unpacked
from clovax_agents.errors import CheckpointError, CheckpointTypeError

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Codec"]

_EXT: Final = 0xC9
_HEAD: Final = struct.Struct(">BIb")
"""Of an extension of up to 4 GiB: what it is, its length, its code."""

_FEW: Final = 64
_LEVELS: Final = 2
"""A checkpoint holds channel_values, which hold messages."""

_OPTIONS: Final = (
    ormsgpack.OPT_PASSTHROUGH_BIG_INT
    | ormsgpack.OPT_PASSTHROUGH_DATACLASS
    | ormsgpack.OPT_PASSTHROUGH_DATETIME
    | ormsgpack.OPT_PASSTHROUGH_ENUM
    | ormsgpack.OPT_PASSTHROUGH_SUBCLASS
    | ormsgpack.OPT_PASSTHROUGH_TUPLE
    | ormsgpack.OPT_PASSTHROUGH_UUID
)
_BASE: Final[dict[type[Any], Kind]] = {kind.of: kind for kind in (*KINDS, *MESSAGE_KINDS)}


class Codec:
    """Packs and unpacks values.

    Args:
        registry: the user's own classes.
    """

    def __init__(self, registry: Registry) -> None:
        self._kinds = {**registry.kinds, **_BASE}
        self._readers: dict[int, Callable[[Any], Any]] = {kind.code: kind.read for kind in _BASE.values()}
        self._readers[REGISTERED] = registry.read

    def pack(self, value: Any) -> tuple[bytes, ...]:
        """Return a value as bytes, in parts that belong in a row.

        Raises:
            CheckpointTypeError: it is, or holds, something that is not on the list.
        """
        quick = _Packing(self._kinds)
        try:
            return quick.pack(value)
        except (TypeError, RecursionError) as error:
            # msgpack has no keys but texts, and no half characters: a second, slower look wraps them
            if quick.error is not None:
                raise quick.error from error
        careful = _Packing(self._kinds, wrap=_wrapped)
        try:
            return careful.pack(value)
        except RecursionError as error:
            raise CheckpointTypeError(_TOO_DEEP) from error
        except TypeError as error:
            text = _TOO_DEEP if "ecursion" in str(error) else f"{_CANNOT}: {error}"  # msgpack's own limit
            raise careful.error or CheckpointTypeError(text) from error

    def unpack(self, data: bytes | memoryview) -> Any:
        """Return the value that was packed.

        Raises:
            CheckpointError: the bytes hold something else.
        """
        return unpacked(data, self._made)

    def _made(self, code: int, parts: Any) -> Any:
        read = self._readers.get(code)
        if read is None:
            raise CheckpointError(f"a checkpoint holds a value of the unknown kind {code}: a newer version wrote it")
        return read(parts)


_CANNOT: Final = "a value cannot be stored in a checkpoint"
_TOO_DEEP: Final = f"{_CANNOT}: it is nested too deep, or holds itself"


class _Packing:
    """One value on its way into bytes.

    Args:
        kinds: that may be stored, by class.
        wrap: makes of containers and texts what msgpack can hold; None: they are that already.
    """

    def __init__(self, kinds: dict[type[Any], Kind], wrap: Callable[[Any], Any] | None = None) -> None:
        self.error: CheckpointTypeError | None = None
        self._kinds = kinds
        self._wrap = wrap
        self._depth = 0

    def pack(self, value: Any) -> tuple[bytes, ...]:
        """Return the value as bytes; those of a whole history are not copied to get a head."""
        prepared = self._prepared(value)
        if type(prepared) is Batch:
            packed = self._packed(self._kinds[Batch], prepared)
            return _HEAD.pack(_EXT, len(packed), self._kinds[Batch].code), packed
        return (packb(prepared, self._hook, _OPTIONS),)

    def _prepared(self, value: Any) -> Any:
        value = _batched(value)
        return value if self._wrap is None else self._wrap(value)

    def _hook(self, value: object) -> Any:
        kind = self._kinds.get(type(value))
        if kind is None:
            return self._alike(value)
        return Ext(kind.code, self._packed(kind, value))

    def _packed(self, kind: Kind, value: object) -> bytes:
        self._depth += 1
        if self._depth > DEEPEST:
            raise self._refusal(_TOO_DEEP)
        try:
            written = kind.write(value)
        except CheckpointTypeError as error:
            self.error = self.error or error
            raise
        except Exception as error:
            raise self._refusal(f"{_CANNOT}: {error}") from error
        packed = packb(self._prepared(written), self._hook, _OPTIONS)
        self._depth -= 1
        return packed

    def _alike(self, value: object) -> Any:
        kind = type(value)
        if (plain := ALIKE.get(kind)) is not None:
            return self._prepared(plain(value))
        if isinstance(value, BaseException):
            # as LangGraph's own serializer does: the error of a task is stored to be shown
            return self._prepared(repr(value))
        if (number := _number(value)) is not None:
            return number
        raise self._refusal(
            f"a {kind.__module__}.{kind.__qualname__} cannot be stored in a checkpoint: "
            "turn it into texts, numbers, lists and dicts, or, if it is a Pydantic model, a dataclass, a named tuple "
            f"or an enum, register it: MessageSerializer(allow=[{kind.__qualname__}])"
        )

    def _refusal(self, text: str) -> CheckpointTypeError:
        """Return an error, and keep it: msgpack replaces what its hooks raise."""
        self.error = self.error or CheckpointTypeError(text)
        return self.error


def _number(value: object) -> float | None:
    """Return a number of numpy's as Python's; None if it is none."""
    numpy: Any = sys.modules.get("numpy")
    if numpy is None or not isinstance(value, numpy.generic):
        return None
    plain: Any = cast("Any", value).item()
    return plain if type(plain) in {bool, int, float} else None


def _batched(value: Any, levels: int = _LEVELS) -> Any:
    """Return a value with its lists of messages as batches, where histories are: not far down, in small containers."""
    given: object = value
    kind = type(given)
    if kind is list:
        if (batch := Batch.of(value)) is not None:
            return batch
        if levels and len(value) <= _FEW and not {dict, list}.isdisjoint(map(type, value)):
            return [_batched(item, levels - 1) for item in value]
    elif kind is dict and levels and len(value) <= _FEW and not {dict, list}.isdisjoint(map(type, value.values())):
        return {key: _batched(item, levels - 1) for key, item in value.items()}
    return value


def _wrapped(value: Any) -> Any:
    """Return a value with what msgpack cannot hold wrapped, down to the next value of the list."""
    given: object = value
    kind = type(given)
    if kind is str:
        return value if _is_whole(value) else Surrogates(value)
    if kind is list:
        return [_wrapped(item) for item in value]
    if kind is dict:
        if all(type(key) is str and _is_whole(key) for key in value):
            return {key: _wrapped(item) for key, item in value.items()}
        return Pairs(value)
    return value


def _is_whole(text: str) -> bool:
    if text.isascii():
        return True
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
