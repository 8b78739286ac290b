"""Which pacer paces what: one for each host, key and model, shared by all model objects of the process."""

from __future__ import annotations

import hashlib
import logging
import os
import threading
from typing import TYPE_CHECKING

from clovax_agents.pacing.pacer import Pacer

if TYPE_CHECKING:
    from collections.abc import Callable

    from clovax_agents.pacing.limits import Limit

__all__ = ["pacer_of"]

_log = logging.getLogger(__name__)
_pacers: dict[tuple[str, str, str], Pacer] = {}
_lock: threading.Lock = threading.Lock()


def pacer_of(host: str, key: str, model: str, limit: Limit, *, make: Callable[[Limit], Pacer] = Pacer) -> Pacer:
    """Return the pacer, made when it is asked for first; where two limits were given for it, the smaller one holds.

    Args:
        host: and port of the service.
        key: whose limit it is; only its hash is kept.
        model: as the service counts it.
        limit: of the key.
        make: of a pacer.

    Example:
        >>> from clovax_agents.pacing import Limit
        >>> one = pacer_of("localhost", "nv-1", "HCX-005", Limit(60, 60_000))
        >>> one is pacer_of("localhost", "nv-1", "HCX-005", Limit(60, 60_000))
        True
    """
    name = (host, hashlib.sha256(key.encode()).hexdigest(), model)
    pacer = _pacers.get(name)
    if pacer is None:
        with _lock:
            pacer = _pacers.setdefault(name, make(limit))
    if pacer.limit != limit and pacer.restrict(limit):
        text = "two rate limits were given for %s at %s; the smaller one holds for both: %s"
        _log.warning(text, model, host, pacer.limit)
    return pacer


def _after_fork() -> None:
    global _lock  # noqa: PLW0603  # the parent's may be held by a thread that the child does not have
    _lock = threading.Lock()
    _pacers.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
