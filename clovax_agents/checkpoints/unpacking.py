"""Bytes as a value: whatever goes wrong is one error, and what is nested too deep is not followed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from ormsgpack import unpackb

from clovax_agents.errors import CheckpointError

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["DEEPEST", "unpacked"]

DEEPEST: Final = 100
"""Values of the list within each other, as messages in a Send in a Command: three."""


def unpacked(data: bytes | memoryview, make: Callable[[int, Any], Any], *, option: int = 0) -> Any:
    """Return the value that the bytes hold.

    Args:
        data: msgpack.
        make: makes a value of a code and what it consists of.
        option: of ormsgpack.

    Raises:
        CheckpointError: they hold something else, or nothing whole.
    """
    unpacking = _Unpacking(make, option)
    try:
        return unpacking.unpack(data)
    except (ValueError, RecursionError) as error:
        raise unpacking.error or CheckpointError("a checkpoint is damaged: it is no whole msgpack") from error


class _Unpacking:
    """One value on its way out of bytes.

    Args:
        make: see `unpacked`.
        option: see `unpacked`.
    """

    def __init__(self, make: Callable[[int, Any], Any], option: int) -> None:
        self.error: CheckpointError | None = None
        self._make = make
        self._option = option
        self._depth = 0

    def unpack(self, data: bytes | memoryview) -> Any:
        """Return what the bytes hold."""
        return unpackb(data, ext_hook=self._hook, option=self._option)

    def _hook(self, code: int, data: bytes) -> Any:
        """Return one value; its errors are kept, because msgpack replaces them."""
        self._depth += 1
        try:
            value = self._make(code, self._parts(data))
        except CheckpointError as error:
            self.error = self.error or error
            raise
        except Exception as error:
            text = f"a checkpoint holds a value of kind {code} that cannot be read ({type(error).__name__})"
            self.error = self.error or CheckpointError(text)
            raise self.error from error
        self._depth -= 1
        return value

    def _parts(self, data: bytes) -> Any:
        if self._depth > DEEPEST:
            raise CheckpointError("a checkpoint is nested deeper than any that was written")
        return self.unpack(data)
