"""Who may still ask what: one window for each account, kind of key and model."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Literal, NamedTuple, Self

from clovax_agents.simulator.limits.table import SERVICE_LIMITS, TEST_LIMITS, UNLIMITED, Limit
from clovax_agents.simulator.limits.windows import FixedWindow, SlidingWindow, TokenBucket

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from clovax_agents.simulator.limits.windows import Verdict, Window

__all__ = ["Limiter", "Limits", "Usage", "WindowKind"]

WindowKind = Literal["sliding", "fixed", "bucket"]
_WINDOWS: Final[dict[WindowKind, type[SlidingWindow | FixedWindow | TokenBucket]]] = {
    "sliding": SlidingWindow,
    "fixed": FixedWindow,
    "bucket": TokenBucket,
}
_MOST_WINDOWS: Final = 10_000
"""Keys that are made up must not fill the memory."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """The limits of a simulator by model; ``"*"`` stands for every model without a row of its own.

    Attributes:
        test: for test keys.
        service: for service keys.
        window: how a minute is counted.

    Example:
        >>> Limits.of({"HCX-007": Limit(3, None)}).test["HCX-007"].requests
        3
    """

    test: Mapping[str, Limit] = field(default_factory=lambda: TEST_LIMITS)
    service: Mapping[str, Limit] = field(default_factory=lambda: SERVICE_LIMITS)
    window: WindowKind = "sliding"

    @classmethod
    def of(cls, limits: Mapping[str, Limit], *, window: WindowKind = "sliding") -> Self:
        """Use the same limits for both kinds of key, and none for models that are not named."""
        return cls(test=limits, service=limits, window=window)


class Usage(NamedTuple):
    """How full one window is."""

    account: str
    kind: str
    model: str
    requests: int
    tokens: int
    limit: Limit


class Limiter:
    """Counts the calls of all keys, each against the limits of its account, kind and model."""

    def __init__(self, limits: Limits, clock: Callable[[], float]) -> None:
        """Start with nothing counted; ``clock`` gives seconds."""
        self._limits = limits
        self._clock = clock
        self._windows: dict[tuple[str, str, str], tuple[Limit, Window]] = {}
        self._lock = threading.Lock()

    def admit(
        self,
        *,
        account: str,
        kind: Literal["test", "service"],
        model: str,
        tokens: int,
        own: Mapping[str, Limit] | None = None,
    ) -> Verdict:
        """Count a request if there is room for it.

        Args:
            account: whose limits they are; all its keys of one kind share them.
            kind: of key.
            model: the base model, where a tuned one was called.
            tokens: of the input and of the requested cap.
            own: limits of this key, which win over the table.
        """
        with self._lock:
            _, window = self._window(account, kind, model, own)
            return window.admit(self._clock(), tokens)

    def usage(self) -> list[Usage]:
        """Return how full the windows are that were used."""
        with self._lock:
            now = self._clock()
            return [Usage(*names, *window.used(now), limit) for names, (limit, window) in self._windows.items()]

    def _window(
        self, account: str, kind: Literal["test", "service"], model: str, own: Mapping[str, Limit] | None
    ) -> tuple[Limit, Window]:
        names = (account, kind, model)
        if names not in self._windows:
            limit = _limit(model, own) or _limit(model, getattr(self._limits, kind)) or UNLIMITED
            if len(self._windows) >= _MOST_WINDOWS:
                self._windows.pop(next(iter(self._windows)))
            self._windows[names] = (limit, _WINDOWS[self._limits.window](limit))
        return self._windows[names]


def _limit(model: str, limits: Mapping[str, Limit] | None) -> Limit | None:
    table = limits or {}
    return table.get(model) or table.get("*")
