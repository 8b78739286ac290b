"""What runs in a worker process: one call after the other, within limits, until the pipe is closed."""

from __future__ import annotations

import asyncio
import ctypes
import inspect
import os
import signal
import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from clovax_agents.errors import ToolCrashedError, ToolError, ToolOutputError
from clovax_agents.execution.places.sending import dumps, loads
from clovax_agents.tooling.context import CURRENT, ToolContext

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

__all__ = ["MOST_BYTES", "serve"]

MOST_BYTES: Final = 64 * 1024 * 1024
"""Of one result."""
_FILES: Final = 512
_FILE_BYTES: Final = 1 << 30
_DIE_WITH_PARENT: Final = 1  # PR_SET_PDEATHSIG


def serve(pipe: Connection, memory: int) -> None:
    """Answer calls until nobody is there any more.

    Args:
        pipe: to the process that asks.
        memory: bytes that tools may have, beyond what the process has to begin with.
    """
    _alone()
    _limited(memory)
    while True:
        try:
            data = pipe.recv_bytes()
        except (EOFError, OSError):
            return
        pipe.send_bytes(_answered(data, pipe))


def _answered(data: bytes, pipe: Connection) -> bytes:
    try:
        value = _run(data, pipe)
    except BaseException as error:  # noqa: BLE001  # whatever it is, it is the tool's, and the worker goes on
        return _failed(error)
    try:
        answer = dumps(("value", value))
    except MemoryError as error:
        return _failed(error)
    except Exception as error:  # noqa: BLE001  # whatever its own methods raise
        return _failed(ToolOutputError(f"its result cannot be sent to another process ({error})"))
    if len(answer) > MOST_BYTES:
        return _failed(ToolOutputError(f"its result is larger than {MOST_BYTES >> 20} MiB"))
    return answer


def _run(data: bytes, pipe: Connection) -> Any:
    call, facts = loads(data)
    key = facts.pop("idempotency_key")
    context = ToolContext(
        **facts, make_key=lambda: key, writer=lambda value: pipe.send_bytes(dumps(("progress", value)))
    )
    token = CURRENT.set(context)
    try:
        value = call()
        return asyncio.run(_awaited(value)) if inspect.isawaitable(value) else value
    finally:
        CURRENT.reset(token)


async def _awaited(value: Any) -> Any:
    return await value


def _failed(error: BaseException) -> bytes:
    if isinstance(error, MemoryError):
        error = ToolCrashedError("it needs more memory than it may have")
    elif not isinstance(error, Exception):
        error = ToolCrashedError(f"it tried to leave its process ({type(error).__name__})")
    with suppress(Exception):
        answer = dumps(("error", error))
        loads(answer)  # some exceptions are pickled and cannot be read
        if len(answer) < MOST_BYTES:
            return answer
    return dumps(("error", ToolError(f"{type(error).__name__}: {str(error)[:2000]}")))


def _alone() -> None:
    """Be a group of one's own, which dies with the parent and does not hear its Ctrl-C."""
    os.setsid()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with suppress(OSError), Path(os.devnull).open() as nothing:
        os.dup2(nothing.fileno(), 0)
    if sys.platform == "linux":
        with suppress(OSError, AttributeError):
            ctypes.CDLL(None).prctl(_DIE_WITH_PARENT, signal.SIGKILL)


def _limited(memory: int) -> None:
    """Set the limits that the system has."""
    try:
        import resource  # noqa: PLC0415  # not on Windows
    except ImportError:
        return
    limits = {
        resource.RLIMIT_AS: _size() + memory,
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_NOFILE: _FILES,
        resource.RLIMIT_FSIZE: _FILE_BYTES,
    }
    for kind, most in limits.items():
        with suppress(ValueError, OSError):
            hard = resource.getrlimit(kind)[1]
            least = most if hard == resource.RLIM_INFINITY else min(most, hard)
            resource.setrlimit(kind, (least, least))


def _size() -> int:
    """Return the bytes of address space that the process has already."""
    with suppress(OSError):
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
        return pages * os.sysconf("SC_PAGE_SIZE")
    return 1 << 30
