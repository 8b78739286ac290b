"""The program of a sandbox's process: confine yourself, say that it worked, run the code, report.

Nothing of the code runs before every means of confinement that the plan names has taken effect.
"""

from __future__ import annotations

import io
import marshal
import os
import sys

from . import landlock, privileges, rlimits, running, seccomp

TYPE_CHECKING = False  # as in typing, which takes long to load
if TYPE_CHECKING:
    from typing import Final

    from .plan import Plan

__all__ = ["READY", "main"]

READY: Final = b"ready\n"
"""Begins the report, before the code runs: what comes before it is from us, what comes behind may be the code's."""

_LIBRARIES: Final = ("/lib", "/lib64", "/usr/lib", "/usr/lib64", "/etc/ld.so.cache")
_CLOCK: Final = ("/usr/share/zoneinfo", "/etc/localtime")
_DEVICES: Final = ("/dev/zero", "/dev/urandom", "/dev/random")


def main() -> None:
    """Do what the plan on stdin says, and end."""
    plan: Plan = marshal.loads(_stdin())  # noqa: S302  # from our parent
    report = plan["report"]
    try:
        _confine(plan)
    except Exception as error:  # noqa: BLE001  # whatever it is: without confinement nothing runs
        _write(report, f"{type(error).__name__}: {error}".encode("utf-8", "replace"))
        os._exit(1)
    _write(report, READY)
    kind, text = running.run(plan["code"], plan["most"])
    _flush()
    _write(report, f"{kind}\n{text}".encode("utf-8", "backslashreplace"))
    os._exit(0)


def _confine(plan: Plan) -> None:
    sys.path[:] = [path for path in sys.path if path != os.path.dirname(os.path.dirname(__file__))]  # noqa: PTH120
    readable = [*_interpreter(), *_LIBRARIES, *_CLOCK, *_DEVICES, *plan["packages"], *plan["readable"]]
    if "namespace" in plan["means"]:
        privileges.cut_off_network()
    beside = os.path.dirname(plan["directory"])  # noqa: PTH120
    paths = [*_interpreter(), *plan["packages"], *plan["readable"], beside]
    user, reads_all = privileges.identity(plan["user"], paths)
    privileges.become(user, plan["directory"], reads_all=reads_all)
    rlimits.die_with(plan["parent"])  # a change of user takes it back
    if plan["means"]:
        seccomp.forbid_privileges()
    if "landlock" in plan["means"]:
        rights = dict.fromkeys(readable, landlock.READ)
        landlock.restrict(rights | {"/dev/null": landlock.WRITE, plan["directory"]: landlock.WRITE})
    rlimits.limit_process(plan["seconds"], plan["memory"], plan["file_size"], plan["open_files"])
    if "seccomp" in plan["means"]:
        seccomp.install()
    sys.argv[:] = [""]
    sys.path += [*plan["packages"], plan["directory"]]
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(line_buffering=True, errors="backslashreplace")


def _stdin() -> bytes:
    """Read all of stdin, and let nothing more be read from it."""
    with open(0, "rb", closefd=False) as file:
        text = file.read()
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    return text


def _interpreter() -> list[str]:
    """Return where the standard library is, and the libraries that stand beside it."""
    return [*(path for path in sys.path if os.path.exists(path)), os.path.join(sys.base_prefix, "lib")]  # noqa: PTH110, PTH118


def _write(report: int, text: bytes) -> None:
    while text:
        text = text[os.write(report, text) :]


def _flush() -> None:
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except Exception:  # noqa: BLE001, S112  # the code may have closed or replaced it
            continue
