"""What is around the bytes of a value: the version of the format, and a checksum or a signature; pure."""

from __future__ import annotations

import re
import zlib
from hashlib import blake2b
from hmac import compare_digest
from typing import TYPE_CHECKING, Final

from clovax_agents.errors import CheckpointError, ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

__all__ = ["FORMAT", "Envelope", "is_ours"]

FORMAT: Final = 1
"""The version that is written; every version up to it can be read."""

_TAG: Final = re.compile(r"clovax/([1-9]\d{0,8})(/signed)?")
_PREFIX: Final = "clovax/"
_CHECKSUM: Final = 4
_SIGNATURE: Final = 16
_SHORTEST_KEY: Final = 16
_LONGEST_KEY: Final = 64


def is_ours(tag: str) -> bool:
    """Tell whether the tag of stored bytes says that we have written them."""
    return tag.startswith(_PREFIX)


class Envelope:
    """Seals bytes, so that damage is noticed, and with a key, that somebody else has written them.

    Args:
        key: of the signature, 16 to 64 bytes; None for a checksum, which guards against accidents only.

    Raises:
        ConfigurationError: the key is too short or too long.
    """

    def __init__(self, key: bytes | None = None) -> None:
        why = _misfit(key)
        if why is not None:
            raise ConfigurationError(f"{why} cannot sign checkpoints: give {_SHORTEST_KEY} to {_LONGEST_KEY} bytes")
        self._key = key
        self.tag: Final = f"{_PREFIX}{FORMAT}" + ("" if key is None else "/signed")
        self._size = _CHECKSUM if key is None else _SIGNATURE

    def seal(self, parts: Sequence[bytes]) -> bytes:
        """Return the parts in a row, and their checksum or signature behind them; copied once."""
        return b"".join((*parts, self._mark(self.tag, parts)))

    def open(self, tag: str, data: bytes) -> memoryview:
        """Return what was sealed, without copying it.

        Args:
            tag: that is stored beside the bytes.
            data: the bytes.

        Raises:
            CheckpointError: it is damaged, of a newer version, or not signed with this key.
        """
        self._check(tag)
        body = memoryview(data)[: -self._size]
        if len(data) < self._size or not compare_digest(data[-self._size :], self._mark(tag, (body,))):
            raise CheckpointError(
                "a checkpoint is damaged: its bytes do not have their checksum; go on from an earlier one, "
                "which last_readable() finds"
                if self._key is None
                else "a checkpoint is damaged, or was not signed with this key; go on from an earlier one, "
                "which last_readable() finds"
            )
        return body

    def _check(self, tag: str) -> None:
        found = _TAG.fullmatch(tag)
        if found is None:
            raise CheckpointError(f"a checkpoint of the unknown format {tag[:40]!r}")
        if int(found[1]) > FORMAT:
            raise CheckpointError(
                f"a checkpoint of format {found[1]}; this version of clovax-agents reads up to {FORMAT}: upgrade it"
            )
        if bool(found[2]) != (self._key is not None):
            raise CheckpointError(
                "a signed checkpoint: give the serializer the key that it was signed with"
                if found[2]
                else "a checkpoint that nobody has signed; with a key, only signed ones are read"
            )

    def _mark(self, tag: str, parts: Iterable[bytes | memoryview]) -> bytes:
        if self._key is None:
            checksum = 0
            for part in parts:
                checksum = zlib.crc32(part, checksum)
            return checksum.to_bytes(_CHECKSUM, "big")
        # the tag goes in, so that what one version has signed is not read as another's
        signature = blake2b(digest_size=_SIGNATURE, key=self._key, person=tag.encode())
        for part in parts:
            signature.update(part)
        return signature.digest()


def _misfit(key: object) -> str | None:
    """Return what a key is that cannot be one; None if it can, or if there is none."""
    if key is None or (isinstance(key, bytes) and _SHORTEST_KEY <= len(key) <= _LONGEST_KEY):
        return None
    return f"a key of {len(key)} bytes" if isinstance(key, bytes) else f"a {type(key).__name__} as key"
