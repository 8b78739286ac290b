"""What a tool's `reconcile` hook is asked, and what it answers: whether a call took effect before a crash."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

__all__ = ["Doubt", "Outcome", "Reconcile"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Doubt:
    """A "once" call that had begun when its process died.

    Attributes:
        tool: its name.
        arguments: those of the call.
        idempotency_key: that the tool had; look it up where the effect would be.
        started_at: Unix time, seconds.
    """

    tool: str
    arguments: Mapping[str, Any]
    idempotency_key: str
    started_at: float


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of it: ``"done"``, with its result; ``"not_done"``: it may run now; or still ``"unknown"``."""

    state: Literal["done", "not_done", "unknown"]
    result: Any = None


Reconcile: TypeAlias = "Callable[[Doubt], Outcome | Awaitable[Outcome]]"
