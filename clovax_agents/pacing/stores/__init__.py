"""Where processes that use one key share what they have reserved: an SQLite file of one host, or a Redis server."""

from __future__ import annotations

from clovax_agents.pacing.stores.choosing import open_store
from clovax_agents.pacing.stores.protocol import Answer, Exchange, Reservation, Store

__all__ = ["Answer", "Exchange", "Reservation", "Store", "open_store"]
