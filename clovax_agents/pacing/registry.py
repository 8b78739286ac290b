"""Which pacer paces what: one for each host, key and model, shared by all model objects of the process."""

from __future__ import annotations

import hashlib
import logging
import os
import threading
from typing import TYPE_CHECKING

from clovax_agents.pacing.pacer import Pacer

if TYPE_CHECKING:
    from clovax_agents.pacing.limits import Limit

__all__ = ["check_store", "pacer_of"]

_log = logging.getLogger(__name__)
_pacers: dict[tuple[str, ...], Pacer] = {}
_lock: threading.Lock = threading.Lock()


def pacer_of(
    host: str,
    key: str,
    model: str,
    limit: Limit,
    *,
    store: str = "",
    certain: bool = True,
    unknown: bool = False,
) -> Pacer:
    """Return the pacer, made when it is asked for first.

    A limit that was set holds instead of one that was assumed; of two that were set, the smaller one.

    Args:
        host: and port of the service.
        key: whose limit it is; only its hash is kept.
        model: as the service counts it.
        limit: of the key.
        store: URL of what is shared with other processes; by default nothing is.
        certain: as of `Pacer`.
        unknown: as of `Pacer`.

    Raises:
        ConfigurationError: a store that cannot be.

    Example:
        >>> from clovax_agents.pacing import Limit
        >>> one = pacer_of("localhost", "nv-1", "HCX-005", Limit(60, 60_000))
        >>> one is pacer_of("localhost", "nv-1", "HCX-005", Limit(60, 60_000))
        True
    """
    names = (host, hashlib.sha256(key.encode()).hexdigest(), model, store)
    pacer = _pacers.get(names)
    if pacer is None:
        with _lock:
            pacer = _pacers.get(names) or _made(names, limit, certain=certain, unknown=unknown)
            _pacers[names] = pacer
    if (pacer.limit != limit or certain != pacer.certain) and pacer.restrict(limit, certain=certain):
        text = "two rate limits were given for %s at %s; the smaller one holds for both: %s"
        _log.warning(text, model, host, pacer.limit)
    return pacer


def _made(names: tuple[str, ...], limit: Limit, *, certain: bool, unknown: bool) -> Pacer:
    *shared, store = names
    if not store:
        return Pacer(limit, certain=certain, unknown=unknown)
    from clovax_agents.pacing.shared import SharedPacer  # noqa: PLC0415  # most processes share nothing
    from clovax_agents.pacing.stores import open_store  # noqa: PLC0415

    window = hashlib.sha256("\n".join(shared).encode()).hexdigest()
    return SharedPacer(limit, store=open_store(store), window=window, certain=certain, unknown=unknown)


def check_store(url: str) -> None:
    """Refuse a store that cannot be.

    Raises:
        ConfigurationError: it is none, or an extra is missing.
    """
    if url:
        from clovax_agents.pacing.stores import open_store  # noqa: PLC0415  # most processes share nothing

        open_store(url)


def _after_fork() -> None:
    global _lock  # noqa: PLW0603  # the parent's may be held by a thread that the child does not have
    _lock = threading.Lock()
    _pacers.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
