"""`News`: what a process has to tell the store that it shares with others. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from clovax_agents.pacing.stores.protocol import Reservation

if TYPE_CHECKING:
    from clovax_agents.pacing.stores.protocol import Exchange
    from clovax_agents.pacing.window import Entry

__all__ = ["News"]

_MOST: Final = 4096
"""What is told is a minute old at most; of what piles up while the store is away, the oldest is no news any more."""


@dataclass(slots=True)
class News:
    """What has changed since the last exchange.

    Attributes:
        changed: tokens of reservations, by name.
        removed: names of those that do not count any more.
        most: whether the ceilings have moved.
    """

    changed: dict[str, float] = field(default_factory=dict[str, float])
    removed: dict[str, None] = field(default_factory=dict[str, None])
    most: bool = False

    def __bool__(self) -> bool:
        return bool(self.changed or self.removed or self.most)

    def change(self, entry: Entry, tokens: float) -> None:
        """Hear of a reservation that holds other tokens; it is none of the store's while it has no name."""
        if entry.name and entry.tokens != tokens:
            self.changed[entry.name] = tokens
            _shorten(self.changed)

    def remove(self, name: str) -> None:
        """Hear of a reservation that does not count."""
        if name:
            self.changed.pop(name, None)
            self.removed[name] = None
            _shorten(self.removed)

    def rows(self) -> tuple[Reservation, ...]:
        """Return what has changed, as the store reads it."""
        return tuple(Reservation(name, tokens) for name, tokens in self.changed.items())

    def told(self, asked: Exchange) -> None:
        """Forget what the store has heard, unless it has changed again meanwhile."""
        for each in asked.changed:
            if self.changed.get(each.name) == each.tokens:
                del self.changed[each.name]
        for name in asked.removed:
            self.removed.pop(name, None)


def _shorten(found: dict[str, float] | dict[str, None]) -> None:
    if len(found) > _MOST:
        del found[next(iter(found))]
