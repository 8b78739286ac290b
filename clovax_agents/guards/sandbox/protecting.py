"""What protects a sandbox on this machine, and what is missing."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass
from functools import cache
from typing import Final, Literal, TypeAlias, get_args

from clovax_agents.errors import ConfigurationError
from clovax_agents.guards.confined import landlock, seccomp

__all__ = ["Means", "Protection", "ProtectionName", "check", "means", "protections"]

ProtectionName: TypeAlias = Literal["files", "network", "processes", "limits"]
Means: TypeAlias = Literal["landlock", "seccomp", "namespace"]

_SIGNALS_ABI: Final = 6
_UNSHARE: Final = "import ctypes, sys; sys.exit(ctypes.CDLL(None).unshare(0x50000000) != 0)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Protection:
    """One thing that code in the sandbox cannot do, and what sees to it.

    Attributes:
        name: ``"files"`` (it reads the standard library and its own directory, and writes only there), ``"network"``
            (no sockets of any kind), ``"processes"`` (it starts none, and neither sees nor signals others) or
            ``"limits"`` (time, memory, output, disk).
        held: whether all of it holds.
        by: the kernel's means that see to it.
        missing: what does not hold, and why; empty if it is held.
    """

    name: ProtectionName
    held: bool
    by: tuple[str, ...]
    missing: str = ""


@cache
def means() -> tuple[Means, ...]:
    """Return the means of confinement that this machine has."""
    filtered = seccomp.available()
    found: dict[Means, bool] = {
        "landlock": landlock.abi() > 0,
        "seccomp": filtered,
        "namespace": not filtered and _may_unshare(),
    }
    return tuple(name for name, there in found.items() if there)


def protections() -> tuple[Protection, ...]:
    """Say of each protection whether it holds on this machine, by what, and what is missing.

    Example:
        >>> [protection.name for protection in protections()]
        ['files', 'network', 'processes', 'limits']
    """
    return (_files(), _network(), _processes(), _limits())


def check(required: tuple[ProtectionName, ...]) -> None:
    """Refuse to go on where a protection is missing, or a name is none.

    Raises:
        ConfigurationError: it is missing, or there is none of this name.
    """
    known = get_args(ProtectionName)
    if strange := [name for name in required if name not in known]:
        raise ConfigurationError(f"require={required!r}: there is no protection {strange[0]!r}; they are {known}")
    for protection in protections():
        if protection.name in required and not protection.held:
            rest = tuple(name for name in required if name != protection.name)
            raise ConfigurationError(
                f"the sandbox cannot protect {protection.name!r} here: {protection.missing}. Run it on a Linux that "
                f"can, in a virtual machine for instance, or accept that with require={rest!r}"
            )


def _files() -> Protection:
    version, filtered = landlock.abi(), "seccomp" in means()
    by = (f"Landlock (ABI {version})",) * (version > 0) + ("seccomp",) * filtered
    if not version:
        missing = f"{_no_landlock()}, so code could read and change whatever this user may"
    elif version < landlock.PATHS_ABI and not filtered:
        missing = "Landlock of this kernel does not keep files from being emptied (Linux 6.2 does)"
    elif not filtered:
        return Protection(name="files", held=True, by=by, missing=f"{_no_seccomp()}: modes and times can be changed")
    else:
        return Protection(name="files", held=True, by=by)
    return Protection(name="files", held=False, by=by, missing=missing)


def _network() -> Protection:
    if "seccomp" in means():
        return Protection(name="network", held=True, by=("seccomp",))
    if "namespace" in means():
        missing = f"{_no_seccomp()}; there is a network of its own, but sockets in the file system can be reached"
        return Protection(name="network", held=False, by=("network namespace",), missing=missing)
    return Protection(name="network", held=False, by=(), missing=f"{_no_seccomp()}, and there are no namespaces")


def _processes() -> Protection:
    if "seccomp" in means():
        return Protection(name="processes", held=True, by=("seccomp", "RLIMIT_NPROC", "process group"))
    scoped = landlock.abi() >= _SIGNALS_ABI
    open_to = "code could start processes" if scoped else "code could start processes, and signal those of this user"
    by = (*(("Landlock",) if scoped else ()), "RLIMIT_NPROC", "process group")
    return Protection(name="processes", held=False, by=by, missing=f"{_no_seccomp()}: {open_to}")


def _limits() -> Protection:
    if sys.platform == "linux":
        return Protection(name="limits", held=True, by=("rlimits", "supervision"))
    return Protection(name="limits", held=False, by=("supervision",), missing="only Linux keeps to a limit of memory")


def _no_landlock() -> str:
    if sys.platform != "linux":
        return f"{sys.platform} has no Landlock"
    return "this kernel offers no Landlock (Linux has it from 5.13 on, unless it or the container's profile is set so)"


def _no_seccomp() -> str:
    if sys.platform != "linux":
        return f"{sys.platform} has no seccomp"
    return "there is no seccomp filter for this machine (there is for x86_64 and aarch64)"


def _may_unshare() -> bool:
    if sys.platform != "linux":
        return False
    asked = [sys.executable, "-I", "-S", "-c", _UNSHARE]
    return subprocess.run(asked, check=False, stdin=subprocess.DEVNULL, capture_output=True).returncode == 0  # noqa: S603
