"""What a running tool can ask about its own call: `get_tool_context`."""

from __future__ import annotations

import time
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final
from uuid import uuid4

if TYPE_CHECKING:
    from collections.abc import Callable

    from clovax_agents.tooling.policy import Label

__all__ = ["CURRENT", "ToolContext", "get_tool_context"]


def _fresh() -> str:
    return uuid4().hex


def _no_labels() -> set[Label]:
    return set()  # `set[Label]` as a factory takes ten times as long


@dataclass(slots=True, kw_only=True)
class ToolContext:
    """The call that is running.

    Attributes:
        tool_call_id: id of the call.
        tool: name of the tool.
        attempt: 1 for the first.
        deadline: on ``time.monotonic()``'s clock; infinity if there is none.
        depth: how many tools this call runs inside of.
        scopes: what agents that it starts may do at most: what its policy declares.
        around: the call that this one runs inside of; None if there is none, or if it is in another process.
        carried: what was seen inside of it; its result carries that. See `label`.
    """

    tool_call_id: str = ""
    tool: str = ""
    attempt: int = 1
    deadline: float = float("inf")
    depth: int = 0
    scopes: frozenset[str] = frozenset()
    carried: set[Label] = field(default_factory=_no_labels)
    around: ToolContext | None = field(default=None, repr=False)
    writer: Callable[[Any], None] | None = field(default=None, repr=False)
    make_key: Callable[[], str] = field(default=_fresh, repr=False)
    see: Callable[[], frozenset[Label]] = field(default=frozenset, repr=False)
    _key: str = field(default="", repr=False)

    @property
    def idempotency_key(self) -> str:
        """The same for every attempt and every resume of this call, and for no other: hand it to whoever takes one."""
        if not self._key:
            self._key = self.make_key()
        return self._key

    @property
    def taint(self) -> frozenset[Label]:
        """What the conversation carried when the call was made; agents that it starts carry that, too."""
        return self.see()

    @property
    def remaining(self) -> float:
        """Seconds until the timeout."""
        return max(self.deadline - time.monotonic(), 0.0)

    def label(self, *labels: Label) -> None:
        """Say what the result of this very call carries, for a tool whose results do not always do.

        Args:
            *labels: ``"untrusted_input"``, ``"private_data"``.

        Raises:
            ConfigurationError: a result cannot carry such a label.
        """
        from clovax_agents.tooling.labels import checked_labels  # noqa: PLC0415  # LangChain's tools, not for workers

        self.carried.update(checked_labels(labels))

    def progress(self, value: Any) -> None:
        """Tell whoever streams the graph (``stream_mode="custom"``) how far the tool is; anything that is JSON."""
        if self.writer is not None:
            event = {"type": "tool_progress", "tool": self.tool, "tool_call_id": self.tool_call_id, "value": value}
            self.writer(event)


CURRENT: Final[ContextVar[ToolContext | None]] = ContextVar("clovax_tool_context", default=None)


def get_tool_context() -> ToolContext:
    """Return the context of the running call, as ``get_runtime`` does for nodes.

    Outside of a `ToolExecutor`, in ``create_agent`` or a plain ``invoke``, there is one too, with a key of its own.

    Example:
        >>> len(get_tool_context().idempotency_key)
        32
    """
    return CURRENT.get() or ToolContext()
