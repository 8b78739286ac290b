"""Nothing leaves while a test runs that may not: connections and name look-ups are refused for the whole process.

The interpreter's audit events are used, not patches of the socket module: nobody can hold on to an unpatched function.
"""

from __future__ import annotations

import socket
import sys
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, cast

if TYPE_CHECKING:
    from collections.abc import Collection, Generator

__all__ = ["NetworkBlockedError", "blocked_network"]

_NAMES: Final = {"socket.getaddrinfo": 0, "socket.gethostbyname": 0, "socket.gethostbyaddr": 0, "socket.getnameinfo": 0}
"""Events of name look-ups, and which of their arguments is the host."""
_SENDS: Final = frozenset({"socket.connect", "socket.sendto", "socket.sendmsg"})
_LOOPBACK: Final = frozenset({"", "localhost", "::1", "::", "0.0.0.0", "None"})  # noqa: S104  # connecting there stays here
_LOOPBACK_NETS: Final = ("127.", "::ffff:127.")


class NetworkBlockedError(RuntimeError):
    """Something tried to reach the network from a test that may not."""


@dataclass(frozen=True, slots=True)
class _Rule:
    """What may be reached.

    Attributes:
        reason: why nothing else may, and what to do.
        loopback: this machine may.
        hosts: these may, too.
        addresses: of these hosts, as they turn up.
    """

    reason: str
    loopback: bool
    hosts: frozenset[str]
    addresses: set[str] = field(default_factory=set[str])

    def allows(self, name: str) -> bool:
        """Say whether a host may be reached; the addresses of one that may are noted when its name is looked up."""
        if self.loopback and (name in _LOOPBACK or name.startswith(_LOOPBACK_NETS) or name == socket.gethostname()):
            return True
        if name in self.hosts and name not in self.addresses:
            self.addresses.add(name)
            with suppress(OSError):
                self.addresses.update(str(found[4][0]) for found in socket.getaddrinfo(name, None))
        return name in self.addresses


class _Guard:
    """The one audit hook of the process; such hooks cannot be removed, so it is switched on and off."""

    def __init__(self) -> None:
        self.rule: _Rule | None = None
        self._installed = False

    def install(self) -> None:
        if not self._installed:
            sys.addaudithook(self)
            self._installed = True

    def __call__(self, event: str, args: tuple[Any, ...]) -> None:
        if self.rule is None or not event.startswith("socket."):
            return
        if event in _NAMES:
            self._check(self.rule, args[_NAMES[event]])
        elif event in _SENDS and args[0].family != getattr(socket, "AF_UNIX", None) and not _inside_socketpair():
            self._check(self.rule, args[1])

    def _check(self, rule: _Rule, target: object) -> None:
        host = cast("tuple[object, ...]", target)[0] if isinstance(target, tuple) else target
        name = host.decode(errors="replace") if isinstance(host, bytes) else str(host)
        if not rule.allows(name):
            raise NetworkBlockedError(f"the network is blocked, but {target!r} was about to be reached. {rule.reason}")


_GUARD: Final = _Guard()


@contextmanager
def blocked_network(reason: str, *, loopback: bool = False, hosts: Collection[str] = ()) -> Generator[None, None, None]:
    """Refuse every connection and name look-up of this process, except over Unix sockets and socket pairs.

    Args:
        reason: why, and what to do; it ends the text of the error.
        loopback: let connections to this machine pass.
        hosts: names or addresses that may be reached nevertheless.
    """
    _GUARD.install()
    before = _GUARD.rule
    _GUARD.rule = _Rule(reason, loopback, frozenset(hosts))
    try:
        yield
    finally:
        _GUARD.rule = before


def _inside_socketpair() -> bool:
    """Windows makes the socket pair of every event loop out of a connection over loopback."""
    if sys.platform != "win32":
        return False
    frame = sys._getframe(2)  # noqa: SLF001  # the audit hook is called by the very function in question
    while frame is not None and frame.f_code.co_filename == socket.__file__:
        if "socketpair" in frame.f_code.co_name:
            return True
        frame = frame.f_back
    return False
