"""`Sandbox`: runs Python code apart from everything."""

from __future__ import annotations

import asyncio
import marshal
import os
import random
import signal
import sys
import sysconfig
import tempfile
import threading
import time
from concurrent.futures import Future
from pathlib import Path
from typing import TYPE_CHECKING, Final, cast

from clovax_agents.errors import ConfigurationError
from clovax_agents.guards.confined.child import READY
from clovax_agents.guards.confined.plan import Plan
from clovax_agents.guards.sandbox.disk import collect, put, remove
from clovax_agents.guards.sandbox.limits import SandboxLimits
from clovax_agents.guards.sandbox.protecting import Protection, ProtectionName, check, means, protections
from clovax_agents.guards.sandbox.results import Ending, SandboxResult
from clovax_agents.guards.sandbox.supervising import Supervised

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

__all__ = ["Sandbox"]

_MOST_SHOWN: Final = 8000
"""Characters of a value and of an error."""
_MOST_CODE: Final = 1 << 20
_FIRST_USER: Final = 0x70000000
"""Where the ids begin that runs take when root starts them: nobody has these."""
_OPEN_FILES: Final = 64


class Sandbox:
    """Runs Python code in a process that neither sees nor changes anything outside.

    Each run has a process, an empty environment and a directory of its own, which are gone when it is over. It has one
    thread and the standard library. The kernel refuses what it must not do, which the code sees as an OSError.

    Args:
        limits: what a run may take.
        require: the protections without which nothing is run; see `protections`.
        readable: further paths that the code may read.
        packages: whether it may import the packages that are installed here.

    Raises:
        ConfigurationError: this machine lacks a protection that is required, or a path does not exist.

    Example:
        >>> Sandbox().run("print('hello'); 6 * 7").value
        '42'
    """

    def __init__(
        self,
        *,
        limits: SandboxLimits | None = None,
        require: Iterable[ProtectionName] = ("files", "network"),
        readable: Iterable[str | os.PathLike[str]] = (),
        packages: bool = False,
    ) -> None:
        if sys.platform == "win32":
            raise ConfigurationError(
                "Windows has nothing that a sandbox could be made of: run it in WSL 2, or on Linux"
            )
        check(tuple(require))
        self.limits: SandboxLimits = limits or SandboxLimits()
        self._readable = [_existing(path) for path in readable]
        self._packages = _packages() if packages else []

    @staticmethod
    def protections() -> tuple[Protection, ...]:
        """Say of each protection whether it holds on this machine, by what, and what is missing."""
        return protections()

    def run(
        self, code: str, *, files: Mapping[str, bytes | str] | None = None, returns_files: bool = False
    ) -> SandboxResult:
        """Run a program and wait for its end.

        Args:
            code: Python; if it ends in an expression, that is its value.
            files: that it finds in its directory, by plain names.
            returns_files: whether the result holds the files that it wrote.

        Raises:
            ConfigurationError: the files or the code cannot be handed over, or the machine refuses to confine it.
        """
        return _Run(self, code, files or {}, returns_files=returns_files).go()

    async def arun(
        self, code: str, *, files: Mapping[str, bytes | str] | None = None, returns_files: bool = False
    ) -> SandboxResult:
        """Run a program as `run` does, without blocking the event loop; whoever cancels it kills it."""
        return await _in_thread(_Run(self, code, files or {}, returns_files=returns_files))

    def plan(self, code: str, directory: Path, report: int) -> bytes:
        """Return what a process is told."""
        plan = Plan(
            parent=os.getpid(),
            report=report,
            directory=str(directory),
            user=_FIRST_USER + random.randrange(1 << 24),  # noqa: S311  # it is no secret
            means=list(means()),
            readable=self._readable,
            packages=self._packages,
            seconds=self.limits.processor_seconds,
            memory=self.limits.memory,
            file_size=self.limits.disk,
            open_files=_OPEN_FILES,
            most=_MOST_SHOWN,
            code=code,
        )
        return marshal.dumps(cast("dict[str, str]", plan))


class _Run:
    """One run."""

    def __init__(self, box: Sandbox, code: str, files: Mapping[str, bytes | str], *, returns_files: bool) -> None:
        if len(code) > _MOST_CODE or "\0" in code:
            raise ConfigurationError(f"the code of a sandbox has at most {_MOST_CODE:,} characters, and no NUL")
        self._box = box
        self._code = code
        self._files = files
        self._returns_files = returns_files
        self._cancelled = threading.Event()
        self._supervised: Supervised | None = None

    def go(self) -> SandboxResult:
        """Run it, in this thread."""
        began = time.monotonic()
        directory = Path(tempfile.mkdtemp(prefix="clovax-sandbox-")).resolve()
        try:
            put(directory, self._files)
            supervised = self._supervised = Supervised(directory, self._box.limits, 16 * _MOST_SHOWN)
            if self._cancelled.is_set():
                supervised.stop("cancelled")
            reading, writing = os.pipe()
            status = supervised.run(self._box.plan(self._code, directory, writing), (reading, writing))
            return self._result(supervised, status, directory, began)
        finally:
            remove(directory)

    def cancel(self) -> None:
        """Kill it; from any thread, at any time."""
        self._cancelled.set()
        if self._supervised is not None:
            self._supervised.stop("cancelled")

    def _result(self, supervised: Supervised, status: int, directory: Path, began: float) -> SandboxResult:
        ready, _, report = supervised.report.kept.partition(READY)
        confined = not ready and supervised.report.kept.startswith(READY)
        if not confined and supervised.stopped is None:
            raise ConfigurationError(_unconfined(ready, supervised.stderr.kept, status))
        kind, _, text = report.decode("utf-8", "replace").partition("\n")  # the code may have written anything there
        text = text[: 2 * _MOST_SHOWN]
        ended = supervised.stopped or _ending(kind, status)
        found = collect(directory, self._files, self._box.limits.disk) if self._returns_files else {}
        return SandboxResult(
            ended=ended,
            stdout=supervised.stdout.kept.decode("utf-8", "replace"),
            stderr=supervised.stderr.kept.decode("utf-8", "replace"),
            left_out=supervised.stdout.left_out + supervised.stderr.left_out,
            value=text if ended == "finished" and kind == "value" else None,
            error=_problem(ended, text, status, self._box.limits),
            files=found if ended != "disk" else {},
            seconds=time.monotonic() - began,
        )


def _ending(kind: str, status: int) -> Ending:
    if status < 0 or (not kind and status != 0):
        return "timeout" if -status == signal.SIGXCPU else "crashed"
    by_kind: dict[str, Ending] = {"raised": "raised", "memory": "memory"}
    return by_kind.get(kind, "finished")


def _problem(ended: Ending, text: str, status: int, limits: SandboxLimits) -> str:
    by_ending: dict[Ending, str] = {
        "finished": "",
        "raised": text,
        "timeout": f"it took longer than {limits.seconds:g} s",
        "memory": f"it needs more than {limits.memory >> 20} MiB of memory",
        "output": "it printed without end",
        "disk": f"it wrote more than {limits.disk >> 20} MiB, or more than {limits.files:,} files",
        "crashed": f"its process ended with {_signal_name(status)}",
        "cancelled": "it was cancelled",
    }
    return by_ending[ended]


def _signal_name(status: int) -> str:
    try:
        return signal.Signals(-status).name
    except ValueError:
        return f"exit code {status}"


def _unconfined(told: bytes, printed: bytes, status: int) -> str:
    why = (told or printed[-500:]).decode(
        "utf-8", "replace"
    ).strip() or f"its process ended with {_signal_name(status)}"
    return f"the process of the sandbox could not confine itself, so it ran nothing: {why}"


def _packages() -> list[str]:
    """Return the folders in which packages are installed, but none of a project's own."""
    known = [*sys.path, *(sysconfig.get_path(name) for name in ("purelib", "platlib"))]
    found = (path for path in known if Path(path).name in {"site-packages", "dist-packages"})
    return [path for path in dict.fromkeys(found) if Path(path).is_dir()]


def _existing(path: str | os.PathLike[str]) -> str:
    found = Path(path).resolve()
    if not found.exists():
        raise ConfigurationError(f"readable={os.fspath(path)!r}: there is no such file or folder")
    return str(found)


async def _in_thread(run: _Run) -> SandboxResult:
    """Do a run in a thread of its own, which ends with it: the kernel kills the process of a thread that ends."""
    future: Future[SandboxResult] = Future()

    def work() -> None:
        try:
            future.set_result(run.go())
        except BaseException as error:  # noqa: BLE001  # whoever waits is to know
            future.set_exception(error)

    threading.Thread(target=work, name="clovax-sandbox", daemon=True).start()
    waiting = asyncio.wrap_future(future)
    try:
        return await asyncio.shield(waiting)
    except asyncio.CancelledError:
        run.cancel()
        await asyncio.wait([waiting])
        raise
