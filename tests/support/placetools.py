"""Functions for worker processes: they behave, crash, hang and take too much."""

import asyncio
import ctypes
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from typing import Any

from clovax_agents import tool
from clovax_agents.tooling.context import get_tool_context

__all__ = ["Box", "Picky", "Rude", "add", "addition", "aslow", "ends", "hang", "renamed"]


class Rude(BaseException):
    """What no `except Exception` catches."""


class Picky(Exception):  # noqa: N818  # an error that pickle cannot make again
    """It takes two arguments, and keeps one."""

    def __init__(self, first: str, second: str) -> None:
        super().__init__(f"{first} and {second}")


class Box:
    """Something with a method."""

    def __init__(self, value: int) -> None:
        """Keep the value."""
        self.value = value

    def plus(self, more: int) -> int:
        """Add to the value."""
        return self.value + more


@tool
def add(a: int, b: int) -> int:
    """Add two numbers.

    Args:
        a: the one
        b: the other
    """
    return a + b


@tool
async def aslow(text: str) -> str:
    """Answer a moment later.

    Args:
        text: what to answer
    """
    await asyncio.sleep(0.01)
    return text


def addition(a: int, b: int) -> int:
    """Add two numbers."""
    return a + b


def _hidden(text: str) -> str:
    """Shout."""
    return text.upper()


renamed = tool(name="shout")(_hidden)


def pid() -> int:
    """Say who runs this."""
    return os.getpid()


def hang(seconds: float = 600) -> None:
    """Sleep."""
    time.sleep(seconds)


def hang_with_children(count: int, told: str) -> None:
    """Start processes that hang, tell their ids in a file, and hang too."""
    children = [subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"]) for _ in range(count)]
    with open(f"{told}.new", "w", encoding="utf-8") as file:  # noqa: PTH123
        file.write(" ".join(str(child.pid) for child in children))
    os.rename(f"{told}.new", told)  # noqa: PTH104
    time.sleep(600)


def fork_bomb(told: str, most: int = 40) -> None:
    """Fork again and again, each child too, up to a bound that the test can bear."""
    until = time.monotonic() + 600
    while time.monotonic() < until:
        with open(told, "a+", encoding="utf-8") as file:  # noqa: PTH123
            file.write(f"{os.getpid()}\n")
            file.flush()
            file.seek(0)
            full = len(set(file.read().split())) >= most
        if full:
            time.sleep(600)
        os.fork()


def crash(way: str) -> None:  # one line for each way
    """Take the process down."""
    match way:
        case "exit":
            os._exit(3)
        case "exit 0":
            os._exit(0)
        case "abort":
            os.abort()
        case "segfault":
            ctypes.string_at(0)
        case "kill":
            os.kill(os.getpid(), signal.SIGKILL)
        case "overflow":
            _overflow()
        case "close":
            os.closerange(3, 256)
            time.sleep(600)
        case _:
            raise ValueError(way)


def _overflow() -> None:
    """Use up the C stack."""
    sys.setrecursionlimit(10**9)
    nested: list[Any] = []
    for _ in range(10**6):
        nested = [nested]
    repr(nested)


def leave(way: str) -> None:
    """Raise what would end a program."""
    raise {"SystemExit": SystemExit(3), "KeyboardInterrupt": KeyboardInterrupt(), "Rude": Rude("bye")}[way]


def interrupt() -> None:
    """Be interrupted, even where whoever started the tests has had them ignore it."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    os.kill(os.getpid(), signal.SIGINT)
    time.sleep(600)


def fail(way: str) -> None:
    """Raise errors of several kinds."""
    raise {
        "plain": ValueError("no such order"),
        "picky": Picky("one", "two"),
        "group": ExceptionGroup("g", [OSError()]),
    }[way]


def eat(size: int) -> int:
    """Take so many bytes of memory."""
    return len(bytearray(size))


def open_files(count: int) -> int:
    """Open files and do not close them."""
    return len([os.open(os.devnull, os.O_RDONLY) for _ in range(count)])


def fill(path: str, size: int) -> None:
    """Make a file of a size without writing it all."""
    with open(path, "wb") as file:  # noqa: PTH123
        file.seek(size)
        file.write(b"x")


def text_of(size: int) -> str:
    """Return a long text."""
    return "x" * size


def generator() -> Iterator[int]:
    """Return what cannot be sent."""
    yield 1


def ends(value: Any) -> Any:
    """Keep both ends of something long."""
    items = list(value) if isinstance(value, Iterator) else value
    return items[0], items[-1]


def nested(depth: int) -> list[Any]:
    """Return lists in lists."""
    made: list[Any] = []
    for _ in range(depth):
        made = [made]
    return made


def told(steps: int) -> tuple[str, str, int, float]:
    """Report progress, and return what the context says."""
    context = get_tool_context()
    for step in range(steps):
        context.progress(step)
    return context.idempotency_key, context.tool_call_id, context.attempt, context.remaining


def tell_later(after: float) -> None:
    """Report progress when the call is long over."""
    context = get_tool_context()
    threading.Timer(after, context.progress, ["too late"]).start()


def speak() -> tuple[str, int]:
    """Print, and read from the terminal."""
    print("printed by a tool", flush=True)  # noqa: T201
    return sys.stdin.read(), os.getsid(0)


def children_of_its_own() -> int:
    """Use multiprocessing inside a worker."""
    import multiprocessing  # noqa: PLC0415

    with multiprocessing.get_context("fork").Pool(1) as pool:
        return pool.apply(addition, (1, 2))
