"""Who may still ask what: one window for each account, kind of key and model."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from operator import itemgetter
from typing import TYPE_CHECKING, Final, Literal, NamedTuple, Self

from clovax_agents.errors import ConfigurationError
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
"""Keys that are made up must not fill the memory; beyond that, the window goes that was unused for longest."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """The limits of a simulator by model; ``"*"`` stands for every model without a row of its own.

    Attributes:
        test: for test keys.
        service: for service keys.
        window: how a minute is counted; the service's way is unconfirmed (docs/wire.md, W5-20).

    Raises:
        ConfigurationError: a window that does not exist.

    Example:
        >>> Limits.of({"HCX-007": Limit(3, None)}).test["HCX-007"].requests
        3
    """

    test: Mapping[str, Limit] = field(default_factory=lambda: TEST_LIMITS)
    service: Mapping[str, Limit] = field(default_factory=lambda: SERVICE_LIMITS)
    window: WindowKind = "sliding"

    def __post_init__(self) -> None:
        if self.window not in _WINDOWS:
            raise ConfigurationError(f"{self.window!r} is not a window: use {', '.join(_WINDOWS)}")

    @classmethod
    def of(cls, limits: Mapping[str, Limit], *, window: WindowKind = "sliding") -> Self:
        """Use the same limits for both kinds of key, and none for models that are not named."""
        return cls(test=limits, service=limits, window=window)


class Usage(NamedTuple):
    """How full one window is: the requests and tokens that count now, of how many."""

    account: str
    kind: str
    model: str
    requests: int
    tokens: int
    limit: Limit


class Limiter:
    """Counts the calls of all keys, each against the limits of its account, kind and model; threads may share it.

    Keys of one account that have limits of their own are counted apart from its other keys.

    Args:
        limits: by kind of key and model.
        clock: gives seconds since 1970.

    Example:
        >>> limiter = Limiter(Limits.of({"*": Limit(1, None)}), clock=lambda: 0.0)
        >>> [limiter.admit(account="a", kind="test", model="HCX-007", tokens=9).admitted for _ in range(2)]
        [True, False]
    """

    def __init__(self, limits: Limits, clock: Callable[[], float]) -> None:
        self._limits = limits
        self._clock = clock
        self._windows: dict[tuple[str, str, str, Limit], Window] = {}
        """The ones that were asked last come last."""
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
        table = self._limits.test if kind == "test" else self._limits.service
        limit = _limit(model, own or {}) or _limit(model, table) or UNLIMITED
        with self._lock:
            return self._window(account, kind, model, limit).admit(self._clock(), tokens)

    def usage(self) -> list[Usage]:
        """Return how full the windows are that were used, by account, kind and model."""
        with self._lock:
            now = self._clock()
            rows = [
                Usage(account, kind, model, *window.used(now), limit)
                for (account, kind, model, limit), window in self._windows.items()
            ]
        return sorted(rows, key=itemgetter(0, 1, 2))

    def _window(self, account: str, kind: str, model: str, limit: Limit) -> Window:
        names = (account, kind, model, limit)
        window = self._windows.pop(names, None) or _WINDOWS[self._limits.window](limit)
        if len(self._windows) >= _MOST_WINDOWS:
            del self._windows[next(iter(self._windows))]
        self._windows[names] = window
        return window


def _limit(model: str, limits: Mapping[str, Limit]) -> Limit | None:
    return limits.get(model) or limits.get("*")
