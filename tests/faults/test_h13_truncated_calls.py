"""H13 and H14: a tool call of which a piece is missing is never offered to run, whatever the cut and however it ends.

langchain-core repairs half-written JSON as it merges chunks, and LangGraph then runs what came of it. Here 3,000
streams are cut at random bytes: by the end of the stream, by a connection that breaks, or by the token limit.
"""

import asyncio
import json
import random
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import pytest
from langchain_core.messages import AIMessageChunk
from rawserver import LAST_CHUNK, STREAM_HEAD, Peer, StartRaw, chunk, event, model

from clovax_agents import ChatClovaX
from clovax_agents.errors import ServiceError

COUNT: Final = 3000
AT_ONCE: Final = 50
TOOL: Final = {"name": "transfer", "description": "송금", "parameters": {"type": "object", "properties": {}}}
WORDS: Final = ["서울", 'a"b', "\\", "}", "{", "환불 요청", "\n", "100,000", "𝄞", ""]


@dataclass(frozen=True)
class Cut:
    """A stream of which the end is missing, and how it ends."""

    data: bytes
    ending: str


def whole_calls(dice: random.Random) -> list[str]:
    """Return the arguments of one to three calls."""
    return [
        json.dumps({f"a{n}": dice.choice([*WORDS, dice.randint(0, 10**9), True]) for n in range(3)}, ensure_ascii=False)
        for _ in range(dice.randint(1, 3))
    ]


def openai_stream(calls: list[str], pieces: int) -> list[bytes]:
    """Return the events of the calls, without the finish."""
    events: list[bytes] = []
    for index, text in enumerate(calls):
        head = {"index": index, "id": f"call_{index}", "type": "function"}
        events.append(event({"tool_calls": [{**head, "function": {"name": "transfer", "arguments": ""}}]}))
        parts = ({"index": index, "function": {"arguments": part}} for part in split(text, pieces))
        events += [event({"tool_calls": [part]}) for part in parts]
    return events


def native_stream(calls: list[str], pieces: int) -> list[bytes]:
    """Return the same in CLOVA Studio's own form."""
    events: list[bytes] = []
    for text in calls:
        events.append(token({"id": f"call_{len(events)}", "function": {"name": "transfer", "partialJson": ""}}))
        events += [token({"function": {"partialJson": part}}) for part in split(text, pieces)]
    return events


def token(call: dict[str, Any], **more: Any) -> bytes:
    """Return one event of the native API."""
    message = {"role": "assistant", "content": "", "toolCalls": [{"type": "function", **call}]}
    return b"event: token\ndata: " + json.dumps({"message": message, **more}).encode() + b"\n\n"


def native_result(calls: list[str], reason: str) -> bytes:
    """Return the result of the native API, which repeats the calls as they were written."""
    said = [{"id": f"call_{n}", "function": {"name": "transfer", "arguments": text}} for n, text in enumerate(calls)]
    usage = {"promptTokens": 1, "completionTokens": 1, "totalTokens": 2}
    message = {"role": "assistant", "content": "", "toolCalls": said}
    data = {"message": message, "finishReason": reason, "usage": usage}
    return b"event: result\ndata: " + json.dumps(data).encode() + b"\n\n"


def split(text: str, pieces: int) -> Iterator[str]:
    """Cut a text into pieces of one length."""
    size = max(len(text) // pieces, 1)
    return (text[start : start + size] for start in range(0, len(text), size))


def cut(api: str, dice: random.Random) -> Cut:
    """Return a random cut of a random stream."""
    ending = dice.choice(["end", "broken", "reset", "length"])
    calls = whole_calls(dice)
    write = openai_stream if api == "openai" else native_stream
    if ending == "length":
        calls[-1] = calls[-1][: dice.randint(0, len(calls[-1]))]
        finish = event({}, "length") + b"data: [DONE]\n\n" if api == "openai" else native_result(calls, "length")
        return Cut(b"".join(write(calls, dice.randint(1, 9))) + finish, ending)
    data = b"".join(write(calls, dice.randint(1, 9)))
    return Cut(data[: dice.randint(1, len(data))], ending)


async def runnable(chat: ChatClovaX, question: str) -> list[Any]:
    """Return the calls that a program would find that merges the chunks it got, error or not."""
    merged: AIMessageChunk | None = None
    try:
        async for part in chat.astream(question, tools=[TOOL]):
            assert isinstance(part, AIMessageChunk)
            merged = part if merged is None else merged + part
            assert merged.tool_calls == [] or merged.chunk_position == "last"
    except ServiceError:
        pass
    return merged.tool_calls if merged else []


@pytest.mark.parametrize("api", ["openai", "native"])
@pytest.mark.soak(every=2)
async def test_h13_no_random_truncation_yields_a_call_to_run(raw: StartRaw, api: str) -> None:
    """1,500 for each API, against a server over TCP."""
    dice = random.Random(20261124)  # noqa: S311
    cuts = [cut(api, dice) for _ in range(COUNT // 2)]

    async def serve(peer: Peer) -> None:
        found = cuts[int(json.loads(peer.body)["messages"][-1]["content"])]
        await peer.send(STREAM_HEAD + chunk(found.data))
        if found.ending in {"end", "length"}:
            await peer.send(LAST_CHUNK)
        elif found.ending == "reset":
            peer.reset()
        else:
            peer.writer.close()

    chat = model(raw(serve), api=api, max_retries=0)
    results: list[list[Any]] = []
    for start in range(0, len(cuts), AT_ONCE):
        numbers = range(start, min(start + AT_ONCE, len(cuts)))
        results += await asyncio.gather(*(runnable(chat, str(number)) for number in numbers))

    assert len(results) == COUNT // 2
    assert [calls for calls in results if calls] == []


@pytest.mark.parametrize("api", ["openai", "native"])
async def test_h13_the_same_streams_whole_yield_their_calls(raw: StartRaw, api: str) -> None:
    """The test above can fail: with their end, all of these calls are offered."""
    dice = random.Random(1)  # noqa: S311
    calls = [whole_calls(dice) for _ in range(50)]
    write = openai_stream if api == "openai" else native_stream

    async def serve(peer: Peer) -> None:
        found = calls[int(json.loads(peer.body)["messages"][-1]["content"])]
        end = event({}, "tool_calls") if api == "openai" else native_result(found, "tool_calls")
        await peer.send(STREAM_HEAD + chunk(b"".join(write(found, 3)) + end) + LAST_CHUNK)

    chat = model(raw(serve), api=api, max_retries=0)
    for number, found in enumerate(calls):
        assert [call["args"] for call in await runnable(chat, str(number))] == [json.loads(text) for text in found]


@pytest.mark.parametrize("api", ["openai", "native"])
def test_h14_whole_arguments_without_a_finish_are_not_enough(raw: StartRaw, api: str) -> None:
    """A call could have followed; nobody said that this was all."""
    write = openai_stream if api == "openai" else native_stream
    body = chunk(b"".join(write(['{"a": 1}'], 1))) + LAST_CHUNK

    async def serve(peer: Peer) -> None:
        await peer.send(STREAM_HEAD + body)

    assert asyncio.run(runnable(model(raw(serve), api=api, max_retries=0), "0")) == []
