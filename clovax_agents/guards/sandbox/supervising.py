"""One process of the sandbox: it is started, watched and, when its time is over or it takes too much, killed."""

from __future__ import annotations

import os
import selectors
import signal
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final

from clovax_agents.guards.sandbox.disk import overfull, written

if TYPE_CHECKING:
    from clovax_agents.guards.sandbox.limits import SandboxLimits
    from clovax_agents.guards.sandbox.results import Ending

__all__ = ["Supervised"]

_LOOK: Final = 0.05
"""Seconds between two looks at the disk."""
_ENDLESS: Final = 16
"""How many times what is kept of its output a run may print."""
_REWRITES: Final = 4
"""How many times its disk a run may write."""
_AT_ONCE: Final = 1 << 16
_PLACES: Final = Path(__file__).parents[1]
_START: Final = "import sys; sys.path.insert(0, sys.argv[1]); from confined.child import main; main()"
_COMMAND: Final = ("-I", "-S", "-B", "-X", "utf8", "-c", _START, str(_PLACES))


class _Stream:
    """What came out of a pipe, as far as it is kept."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._kept = bytearray()
        self.total: int = 0

    def add(self, data: bytes) -> None:
        self._kept += data[: max(self._most - len(self._kept), 0)]
        self.total += len(data)

    @property
    def kept(self) -> bytes:
        return bytes(self._kept)

    @property
    def left_out(self) -> int:
        return self.total - len(self._kept)


class Supervised:
    """One process of the sandbox.

    Args:
        directory: where it works.
        limits: what it may take.
        most_reported: bytes of its report.

    Attributes:
        stopped: what it was killed for; None if it ended by itself.
        stdout: what it printed.
        stderr: what it printed there.
        report: what it reports.
    """

    def __init__(self, directory: Path, limits: SandboxLimits, most_reported: int) -> None:
        self._directory = directory
        self._limits = limits
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self.stopped: Ending | None = None
        self.stdout: _Stream = _Stream(limits.output)
        self.stderr: _Stream = _Stream(limits.output)
        self.report: _Stream = _Stream(most_reported)

    def run(self, plan: bytes, report: tuple[int, int]) -> int:
        """Run the process to its end, in this thread.

        Args:
            plan: what the process reads.
            report: both ends of the pipe on which it reports; they are closed here.

        Returns:
            The exit code; negative is a signal.

        Raises:
            OSError: the process cannot be started.
        """
        with ExitStack() as stack:
            incoming = stack.enter_context(os.fdopen(report[0], "rb", buffering=0))
            process = self._start(plan, report[1])
            stack.callback(self._finish, process)
            assert process.stdout is not None  # noqa: S101
            assert process.stderr is not None  # noqa: S101
            selector = stack.enter_context(selectors.DefaultSelector())
            sinks = ((process.stdout, self.stdout), (process.stderr, self.stderr), (incoming, self.report))
            for pipe, sink in sinks:
                os.set_blocking(pipe.fileno(), False)
                selector.register(pipe, selectors.EVENT_READ, sink)
            self._watch(process, selector)
        return process.returncode

    def stop(self, reason: Ending) -> None:
        """Kill the process and all that is in its group; from any thread."""
        with self._lock:
            self.stopped = self.stopped or reason
            if self._process is not None and self._process.returncode is None:
                _kill_group(self._process.pid)

    def _start(self, plan: bytes, report: int) -> subprocess.Popen[bytes]:
        try:
            with tempfile.TemporaryFile() as stdin:
                stdin.write(plan)
                stdin.seek(0)
                process = subprocess.Popen(  # noqa: S603  # our own interpreter
                    [_interpreter(), *_COMMAND],
                    stdin=stdin,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.PIPE,
                    cwd=self._directory,
                    env=_environment(self._directory),
                    pass_fds=(report,),
                    start_new_session=True,
                )
        finally:
            os.close(report)
        with self._lock:
            self._process = process
        return process

    def _watch(self, process: subprocess.Popen[bytes], selector: selectors.BaseSelector) -> None:
        until = time.monotonic() + self._limits.seconds
        look = time.monotonic() + _LOOK
        while self.stopped is None:
            now = time.monotonic()
            if now >= until:
                return self.stop("timeout")
            if now >= look:
                self._look(process.pid)
                look = time.monotonic() + _LOOK
            open_pipes = bool(selector.get_map())
            if not self._read(selector, min(_LOOK, until - now)) and self._has_ended(process):
                return None
            if not open_pipes:
                time.sleep(0.002)  # it has closed them all: either it ends now, or it goes on unheard
        return None

    def _read(self, selector: selectors.BaseSelector, timeout: float) -> bool:
        """Take in what has arrived; return whether anything has."""
        heard = False
        for key, _ in selector.select(timeout) if selector.get_map() else ():
            data = os.read(key.fd, _AT_ONCE)
            heard = heard or bool(data)
            if data:
                key.data.add(data)
            else:
                selector.unregister(key.fileobj)
        if max(self.stdout.total, self.stderr.total) > max(self._limits.output, 1024) * _ENDLESS:
            self.stop("output")
        return heard

    def _look(self, pid: int) -> None:
        """Stop a run that fills the disk, with files in its directory or with such as it has removed."""
        printed = self.stdout.total + self.stderr.total + self.report.total + (1 << 20)
        if written(pid) > _REWRITES * self._limits.disk + printed or self._is_overfull():
            self.stop("disk")

    def _is_overfull(self) -> bool:
        return overfull(self._directory, self._limits.disk, self._limits.files)

    def _has_ended(self, process: subprocess.Popen[bytes]) -> bool:
        with self._lock:
            return process.poll() is not None

    def _finish(self, process: subprocess.Popen[bytes]) -> None:
        """See to it that nothing of the process is left."""
        if process.returncode is None:
            _kill_group(process.pid)
            process.wait()
        _kill_group(process.pid)  # what it may have started, where nothing kept it from that
        for pipe in (process.stdout, process.stderr):
            if pipe is not None:
                pipe.close()
        if self.stopped is None and self._is_overfull():
            self.stopped = "disk"


def _kill_group(pid: int) -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, signal.SIGKILL)


def _interpreter() -> str:
    base: str = getattr(sys, "_base_executable", "") or sys.executable
    return base


def _environment(directory: Path) -> dict[str, str]:
    """Return what the code finds in its environment: nothing of ours but the time zone."""
    found = {"HOME": str(directory), "TMPDIR": str(directory), "LANG": "C.UTF-8"}
    found |= dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
    zone = os.environ.get("TZ")
    return found if zone is None else found | {"TZ": zone}
