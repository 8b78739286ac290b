"""What a tool's policy may ask about the run that wants to see it: `RunView`."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

__all__ = ["RunView"]


@dataclass(frozen=True, slots=True, kw_only=True)
class RunView:
    """A run, as ``ToolPolicy(visible_when=...)`` sees it: before each turn of the model, and again before each call.

    Attributes:
        scopes: what the run is granted.
        context: what was given as ``context=``; None if nothing was.
        state: of the graph: a dict as a rule, a list of messages in graphs that are one.
        user: who is logged in at the server; None elsewhere.
        thread_id: of the conversation; None without a checkpointer.

    Example:
        >>> RunView(scopes=frozenset({"orders:write"}), context={"plan": "pro"}).context["plan"]
        'pro'
    """

    scopes: frozenset[str] = field(default_factory=frozenset[str])
    context: Any = None
    state: Any = None
    user: str | None = None
    thread_id: str | None = None
