"""How the simulator is set up while it is recorded, so that recording again changes nothing."""

from __future__ import annotations

import zlib
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Final

from clovax_agents.simulator import Switches

if TYPE_CHECKING:
    from clovax_agents.testing.loopback import SimulatorOptions

__all__ = ["KST", "steady"]

KST: Final = timezone(timedelta(hours=9))
_MOMENT: Final = datetime(2026, 3, 2, 9, tzinfo=KST).timestamp()
"""What the simulator takes for now."""


def steady(test: str) -> SimulatorOptions:
    """Return the options of the simulator: a clock that stands still, and ids of this test's own.

    Args:
        test: node id, or whatever else tells one recording from another.

    Example:
        >>> steady("a")["clock"]() == steady("b")["clock"]()
        True
    """
    return {"clock": lambda: _MOMENT, "switches": Switches(id_seed=zlib.crc32(test.encode()))}
