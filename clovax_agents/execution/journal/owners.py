"""Who runs a call, and whether it still lives: a process is told from another that has its number by its start."""

from __future__ import annotations

import os
import socket
from functools import cache
from pathlib import Path
from typing import Final, Protocol

__all__ = ["LEASE", "Lives", "Owner", "this_owner"]

LEASE: Final = 30.0
"""Seconds for which an owner on another host counts as alive after it was last heard of."""


class Lives(Protocol):
    """Tells whether the owner of a row is alive."""

    def __call__(self, owner: str, lease_until: float, now: float, /) -> bool:
        """Tell whether it is."""
        ...


class Owner:
    """The owner that this process is, by host, number and start; a journal adds its own token."""

    def __init__(self, token: str) -> None:
        self._token = token
        self._names: dict[int, str] = {}

    @property
    def name(self) -> str:
        """As it stands in a row; another one in a forked child."""
        pid = os.getpid()
        if pid not in self._names:
            self._names[pid] = f"{_host()}|{pid}|{_started(pid)}|{self._token}"
        return self._names[pid]

    @staticmethod
    def lives(owner: str, lease_until: float, now: float) -> bool:
        """Tell whether the owner of a row is alive; of other hosts only the lease is known."""
        host, pid, started, _ = owner.split("|")
        if host != _host():
            return lease_until > now and host != "nobody"
        return _started(int(pid)) == started


def this_owner() -> Owner:
    """Return the owner that this process is."""
    return Owner(os.urandom(4).hex())


@cache
def _host() -> str:
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    except OSError:
        boot = "?"
    return f"{socket.gethostname()}/{boot}/{_pid_space()}".replace("|", "_")


def _pid_space() -> str:
    try:
        return str(Path("/proc/self/ns/pid").readlink())  # containers of one host may have the same numbers and names
    except OSError:
        return "?"


def _started(pid: int) -> str:
    """Return when a process began, as the system counts; ``"gone"`` if there is none."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
    except FileNotFoundError:
        return _started_elsewhere(pid)
    except OSError:
        return "gone"
    return "gone" if fields[0] in {"Z", "X"} else fields[19]


def _started_elsewhere(pid: int) -> str:
    """On systems without /proc: only whether there is such a process."""
    if Path("/proc/self").exists():
        return "gone"
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return "gone"
    except OSError:
        pass
    return "there"
