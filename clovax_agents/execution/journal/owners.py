"""Who runs a call, and whether it still lives: a process is told from another that has its number by its start."""

from __future__ import annotations

import os
import socket
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Final
from weakref import WeakValueDictionary

from clovax_agents.execution.journal.forks import PerProcess

if TYPE_CHECKING:
    from collections.abc import Callable

    from clovax_agents.execution.journal.rules import Row

__all__ = ["LEASE", "Owner"]

LEASE: Final = 30.0
"""Seconds for which an owner on another host counts as alive after it was last heard of."""

_GONE: Final = "gone"
_living: WeakValueDictionary[str, Owner] = WeakValueDictionary()


class Owner:
    """A journal object of this process, as owner of the calls that it was asked for.

    Args:
        host: tells the name of this host; processes of another one are judged by their lease.
        started: tells when a process began, in any text; ``"gone"`` if there is none.
    """

    def __init__(self, host: Callable[[], str] | None = None, started: Callable[[int], str] | None = None) -> None:
        self._here = host or _host
        self._started = started or _process_start
        self._token = os.urandom(8).hex()
        self._names = PerProcess(partial(_named, self._here, self._started, self._token))
        _living[self._token] = self

    @property
    def name(self) -> str:
        """As it stands in a row; another one in a forked child."""
        return self._names.get()

    def lives(self, row: Row, now: float) -> bool:
        """Tell whether the owner of a row is alive; of other hosts only the lease is known."""
        if row.owner == self.name:
            return True
        host, pid, started, token = (*row.owner.split("|"), "", "", "")[:4]
        if host != self._here() or started == "?" or not pid.isdecimal():
            return row.lease_until > now
        if int(pid) == os.getpid():
            return token in _living and started == self.name.split("|")[2]
        return self._started(int(pid)) == started


def _named(here: Callable[[], str], started: Callable[[int], str], token: str) -> str:
    pid = os.getpid()
    return f"{here()}|{pid}|{started(pid)}|{token}"


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


def _process_start(pid: int) -> str:
    """Return when a process began, as the system counts; ``"gone"`` if there is none, ``"?"`` if nobody can tell."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
    except OSError:
        return _without_proc(pid)
    return _GONE if fields[0] in {"Z", "X"} else fields[19]


def _without_proc(pid: int) -> str:
    """Only tell whether there is such a process; where even that cannot be asked, the lease has to do."""
    if os.name != "posix":
        return "?"  # os.kill would end it
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return _GONE
    except OSError:
        return "there"
    return "there"
