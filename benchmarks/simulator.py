"""How much faster the simulator answers than langchain-naver asks: ``make bench-simulator``.

The simulator runs strictly on one core, its client on another, so that neither takes time from the other. First
langchain-naver asks as fast as it can; then a client that does nothing but read shows what the simulator can give.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import statistics
import subprocess
import sys
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from rich.console import Console
from rich.table import Table

if TYPE_CHECKING:
    from collections.abc import Coroutine, Iterator

_QUESTION: Final = "안녕하세요"
_ANSWER: Final = "오늘 서울은 맑고 낮 기온은 21도입니다. 저녁에는 바람이 조금 붑니다. " * 20
_KEY: Final = "nv-benchmark"
_GOAL: Final = 3.0
_SERVER: Final = """
import sys
from clovax_agents.simulator import BrainReply, RuleBrain, create_app
from clovax_agents.simulator.server import bound_server

class Talker:
    def reply(self, request):
        return BrainReply(sys.argv[1])

with bound_server(create_app(brain=Talker() if sys.argv[1] else RuleBrain()), "127.0.0.1", 0) as server:
    print(server.port, flush=True)
    server.run()
"""


@dataclass(frozen=True, slots=True)
class Rate:
    """What one client got in one second."""

    requests: float
    chunks: float = 0.0


def main() -> None:
    """Measure in rounds, one client after the other, and print medians."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=3.0, help="of each measurement")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--client", choices=["naver", "reader"], help=argparse.SUPPRESS)
    parser.add_argument("--port", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--stream", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.client:
        client = _naver if options.client == "naver" else _reader
        rate = asyncio.run(client(options.port, options.seconds, stream=options.stream))
        print(json.dumps([rate.requests, rate.chunks]))  # noqa: T201  # to the parent process
        return
    _report(options.rounds, options.seconds)


def _report(rounds: int, seconds: float) -> None:
    console = Console(highlight=False)
    table = Table("what", "langchain-naver takes", "the simulator gives", "ratio (min to max)")
    with console.status("measuring …"):
        for name, answer, stream, index in (
            ("requests a second, rule brain", "", False, 0),
            ("stream chunks a second", _ANSWER, True, 1),
        ):
            pairs = [pair for _ in range(rounds) for pair in _round(answer, seconds, stream=stream)]
            taken, given = ([rates[index] for rates in side] for side in zip(*pairs, strict=True))
            ratios = [after / before for before, after in zip(taken, given, strict=True)]
            ratio = f"{statistics.median(ratios):.1f} ({min(ratios):.1f} to {max(ratios):.1f})"
            table.add_row(name, f"{statistics.median(taken):,.0f}", f"{statistics.median(given):,.0f}", ratio)
    console.print(table)
    console.print(f"Goal: at least {_GOAL:g}. Strict simulator on one core, one client process on another.")


def _round(answer: str, seconds: float, *, stream: bool) -> Iterator[tuple[list[float], list[float]]]:
    """Yield what both clients got from one fresh server."""
    server = subprocess.Popen([sys.executable, "-c", _SERVER, answer], stdout=subprocess.PIPE, text=True)  # noqa: S603  # ourselves
    try:
        _pin(server.pid, 0)
        assert server.stdout is not None  # noqa: S101  # it is piped
        port = server.stdout.readline().strip()
        yield _measure("naver", port, seconds, stream=stream), _measure("reader", port, seconds, stream=stream)
    finally:
        server.terminate()
        server.wait()


def _measure(client: str, port: str, seconds: float, *, stream: bool) -> list[float]:
    command = [sys.executable, __file__, "--client", client, "--port", port, "--seconds", str(seconds)]
    process = subprocess.Popen([*command, *(["--stream"] if stream else [])], stdout=subprocess.PIPE, text=True)  # noqa: S603  # ourselves
    _pin(process.pid, 1)
    output, _ = process.communicate()
    rates: list[float] = json.loads(output)
    return rates


def _pin(pid: int, core: int) -> None:
    """Keep a process on a core of its own, where the system lets us."""
    if hasattr(os, "sched_setaffinity") and len(os.sched_getaffinity(0)) > core:
        os.sched_setaffinity(pid, {sorted(os.sched_getaffinity(0))[core]})


async def _naver(port: int, seconds: float, *, stream: bool) -> Rate:
    """Ask with langchain-naver, 16 questions at a time, or one stream at a time in each of 4 tasks."""
    from langchain_naver import ChatClovaX  # noqa: PLC0415, TID251  # only this process pays for the import

    model = ChatClovaX(model="HCX-005", api_key=_KEY, base_url=f"http://127.0.0.1:{port}/v1/openai", max_tokens=4096)
    counts = [0, 0]
    await model.ainvoke(_QUESTION)
    end = time.perf_counter() + seconds

    async def ask() -> None:
        while time.perf_counter() < end:
            if stream:
                async for _ in model.astream(_QUESTION):
                    counts[1] += 1
            else:
                await model.ainvoke(_QUESTION)
            counts[0] += 1

    return await _timed([ask() for _ in range(4 if stream else 16)], counts)


async def _reader(port: int, seconds: float, *, stream: bool) -> Rate:
    """Ask over plain sockets and look at nothing but the ends of answers."""
    body = json.dumps(
        {
            "model": "HCX-005",
            "messages": [{"role": "user", "content": _QUESTION}],
            "max_tokens": 4096,
            "stream": stream,
        }
    ).encode()
    head = f"POST /v1/openai/chat/completions HTTP/1.1\r\nHost: simulator\r\nAuthorization: Bearer {_KEY}\r\n"
    request = f"{head}Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body
    counts = [0, 0]
    end = time.perf_counter() + seconds

    async def ask() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=2**22)
        while time.perf_counter() < end:
            writer.write(request)
            counts[1] += await _read_answer(reader)
            counts[0] += 1
        writer.close()

    return await _timed([ask() for _ in range(4 if stream else 16)], counts)


async def _read_answer(reader: asyncio.StreamReader) -> int:
    """Read one answer, and return its number of chunks."""
    head = (await reader.readuntil(b"\r\n\r\n")).lower()
    if b"content-length: " in head:
        await reader.readexactly(int(head.partition(b"content-length: ")[2].partition(b"\r\n")[0]))
        return 0
    chunks, rest = 0, b""
    while not rest.endswith(b"0\r\n\r\n"):
        data = await reader.read(2**18)
        chunks += data.count(b"data: {")
        rest = (rest + data)[-5:]
    return chunks


async def _timed(tasks: list[Coroutine[object, object, None]], counts: list[int]) -> Rate:
    begun = time.perf_counter()
    await asyncio.gather(*tasks)
    passed = time.perf_counter() - begun
    return Rate(counts[0] / passed, counts[1] / passed)


if __name__ == "__main__":
    main()
