"""Finds the checkpoint to go on from when the last one is damaged."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any, Final

from langgraph.checkpoint.serde.base import SerializerProtocol

from clovax_agents.errors import ConfigurationError

if TYPE_CHECKING:
    from langchain_core.runnables import RunnableConfig
    from langgraph.checkpoint.base import BaseCheckpointSaver, CheckpointTuple

__all__ = ["alast_readable", "last_readable"]

MOST: Final = 100
"""Checkpoints that are looked at, from the last one back."""

_BLANK: Final[dict[str, Any]] = {
    "v": 4,
    "ts": "",
    "id": "",
    "channel_values": {},
    "channel_versions": {},
    "versions_seen": {},
}


def last_readable(
    saver: BaseCheckpointSaver[Any], config: RunnableConfig, *, most: int = MOST
) -> RunnableConfig | None:
    """Return the config of the newest checkpoint that can be read whole; None if there is none.

    ``graph.update_state(found, None, as_node="__copy__")`` makes a copy of it the last one, from which the thread goes
    on as ever: ``graph.invoke(None, config)``, or with the next message.

    Args:
        saver: the graph's checkpointer, with any serializer.
        config: of the thread, as the graph is called with.
        most: checkpoints to look at.

    Raises:
        ConfigurationError: the config names no thread.

    Example:
        >>> from langgraph.checkpoint.memory import InMemorySaver
        >>> last_readable(InMemorySaver(), {"configurable": {"thread_id": "t"}})
    """
    search = _Search(saver, config)
    return next((found.config for found in search.saver.list(search.config, limit=most) if search.is_whole()), None)


async def alast_readable(
    saver: BaseCheckpointSaver[Any], config: RunnableConfig, *, most: int = MOST
) -> RunnableConfig | None:
    """Do what `last_readable` does, for asynchronous checkpointers."""
    search = _Search(saver, config)
    found: CheckpointTuple
    async for found in search.saver.alist(search.config, limit=most):
        if search.is_whole():
            return found.config
    return None


class _Search:
    """A checkpointer that lists what it cannot read, too, and tells it from the rest.

    Args:
        saver: that is copied.
        config: of the thread.
    """

    def __init__(self, saver: BaseCheckpointSaver[Any], config: RunnableConfig) -> None:
        named: dict[str, Any] = config.get("configurable", {})
        if "thread_id" not in named:
            raise ConfigurationError("which thread? give a config with a thread_id: {'configurable': {'thread_id': …}}")
        namespace = named.get("checkpoint_ns", "")
        self.config: RunnableConfig = {"configurable": {"thread_id": named["thread_id"], "checkpoint_ns": namespace}}
        self._serde = _Lenient(saver.serde)
        self.saver: BaseCheckpointSaver[Any] = copy.copy(saver)
        self.saver.serde = self._serde

    def is_whole(self) -> bool:
        """Tell whether all has been read since this was last asked."""
        damaged, self._serde.damaged = self._serde.damaged, False
        return not damaged


class _Lenient(SerializerProtocol):
    """Gives a blank checkpoint for what cannot be read, and remembers that there was such a thing.

    Args:
        inner: that reads.
    """

    def __init__(self, inner: SerializerProtocol) -> None:
        self.damaged = False
        self._inner = inner

    def dumps_typed(self, obj: Any) -> tuple[str, bytes]:
        """Write as the other does: Postgres's checkpointer does it when it reads what is old."""
        return self._inner.dumps_typed(obj)

    def loads_typed(self, data: tuple[str, bytes]) -> Any:
        """Return what is stored, or the blank."""
        try:
            return self._inner.loads_typed(data)
        except Exception:  # noqa: BLE001  # of any serializer and cipher
            self.damaged = True
            return copy.deepcopy(_BLANK)
