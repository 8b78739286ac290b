"""The framing of native events: id, event and data without spaces (docs/wire.md, section 2.3)."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

from clovax_agents.simulator.json_types import dumps

if TYPE_CHECKING:
    import random

    from clovax_agents.simulator.json_types import JsonObject
    from clovax_agents.simulator.switches import Switches

__all__ = ["EventWriter", "fresh_uuid"]


def fresh_uuid(rng: random.Random) -> uuid.UUID:
    """Draw a UUID from a generator that may be seeded, so that recordings repeat."""
    return uuid.UUID(int=rng.getrandbits(128), version=4)


class EventWriter:
    """Writes events, each with an id of its own."""

    def __init__(self, rng: random.Random, switches: Switches) -> None:
        self._rng = rng
        self._signal_id = switches.signal_id

    def event(self, name: str, data: JsonObject) -> str:
        """Return one event."""
        return self.raw(name, dumps(data))

    def raw(self, name: str, data: str) -> str:
        """Return one event whose data is JSON already."""
        return f"id:{fresh_uuid(self._rng)}\nevent:{name}\ndata:{data}\n\n"

    def done(self) -> str:
        """Return the closing signal; whether it has an id is a switch (docs/wire.md, W2.3-19)."""
        text = 'event:signal\ndata:{"data":"[DONE]"}\n\n'
        return f"id:{fresh_uuid(self._rng)}\n{text}" if self._signal_id else text
