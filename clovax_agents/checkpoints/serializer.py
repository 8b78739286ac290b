"""The serializer for LangGraph's checkpointers: strict about what it stores, and quick with messages."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from langgraph.checkpoint.serde.base import SerializerProtocol

from clovax_agents.checkpoints.envelope import Envelope, is_ours
from clovax_agents.checkpoints.packing import Codec
from clovax_agents.checkpoints.registry import Registry
from clovax_agents.checkpoints.stock import read_stock
from clovax_agents.errors import CheckpointError

if TYPE_CHECKING:
    from clovax_agents.checkpoints.registry import Allowed

__all__ = ["MessageSerializer"]


class MessageSerializer(SerializerProtocol):
    """Stores messages and plain data, and nothing else: give it to a checkpointer as ``serde``.

    What is on the list: LangChain's messages and documents, JSON's types, bytes, tuples, sets, dates, decimals, UUIDs,
    paths, and what LangGraph itself stores. Anything else is an error when it is to be stored. Reading makes nothing
    that is not on the list, whatever the bytes are, and notices when they are damaged. What LangGraph's own serializer
    has stored is read, too.

    Args:
        allow: classes of your own that may be stored: Pydantic models, dataclasses, named tuples, enums; or these by
            names of your choice, which stay the same when a class is renamed.
        key: 16 to 64 secret bytes. With them, what is stored is signed, and only what is signed with them is read.

    Raises:
        ConfigurationError: ``allow`` or ``key`` cannot be used.

    Example:
        >>> from langgraph.checkpoint.memory import InMemorySaver
        >>> saver = InMemorySaver(serde=MessageSerializer())
    """

    def __init__(self, *, allow: Allowed = (), key: bytes | None = None) -> None:
        self._registry = Registry(allow)
        self._codec = Codec(self._registry)
        self._signed = key is not None
        self._envelope = Envelope(key)

    def dumps_typed(self, obj: Any) -> tuple[str, bytes]:
        """Return the format's tag and the bytes of a value.

        Raises:
            CheckpointTypeError: the value is, or holds, something that is not on the list.
        """
        return self._envelope.tag, self._envelope.seal(self._codec.pack(obj))

    def loads_typed(self, data: tuple[str, bytes]) -> Any:
        """Return the value that a tag and bytes stand for.

        Raises:
            CheckpointError: they are damaged, forged, of a newer version, or hold what is not on the list.
        """
        tag, stored = data
        if is_ours(tag):
            return self._codec.unpack(self._envelope.open(tag, bytes(stored)))
        if self._signed:
            raise CheckpointError("a checkpoint that nobody has signed; with a key, only signed ones are read")
        return read_stock(tag, bytes(stored), self._registry)
