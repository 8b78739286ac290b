"""H15: what a stream's bytes look like makes no difference to the message, over TCP and in both kinds of calls."""

import asyncio
from collections.abc import Callable
from typing import Any, Final

import pytest
from langchain_core.messages import AIMessageChunk
from rawserver import LAST_CHUNK, STREAM_HEAD, Behaviour, Peer, StartRaw, asked, chunk, event, model

from clovax_agents.client.policy import Deadlines
from clovax_agents.errors import CallTimeoutError

TOOLS: Final = [{"name": name, "description": "도구", "parameters": {}} for name in ("first", "second")]
TEXT: Final = "안녕하세요 👋🏽"
NOISE: Final = [
    b": ping\n\n", b"event: ping\ndata: hello\n\n", b"event: ping\ndata: {}\n\n", b"event: keepalive\ndata: 12\n\n",
    b"retry: 3000\n\n",
]  # fmt: skip


def fragment(index: int, arguments: str, name: str | None = None) -> bytes:
    """Return a piece of a call."""
    head = {"id": f"call_{index}", "type": "function"} if name else {}
    function = {"name": name, "arguments": arguments} if name else {"arguments": arguments}
    return event({"tool_calls": [{"index": index, **head, "function": function}]})


WORDS: Final = [event({"role": "assistant", "content": letter}) for letter in TEXT]
END: Final = [event({}, "tool_calls"), b"data: [DONE]\n\n"]
SECOND: Final = [fragment(1, "", "second"), fragment(1, '{"a": "서'), fragment(1, '울"}')]
FIRST: Final = [fragment(0, '{"b"', "first"), fragment(0, ": 2}")]
FORMS: dict[str, Callable[[bytes], bytes]] = {
    "LF": bytes,
    "CRLF": lambda raw: raw.replace(b"\n", b"\r\n"),
    "CR": lambda raw: raw.replace(b"\n", b"\r"),
    "byte order mark": lambda raw: b"\xef\xbb\xbf" + raw,
    "no space": lambda raw: raw.replace(b"data: ", b"data:"),
    "several lines of data": lambda raw: raw.replace(b'"choices": ', b'"choices":\ndata: '),
}


def noisy(events: list[bytes]) -> bytes:
    """Put what means nothing between events."""
    return b"".join(NOISE[number % len(NOISE)] + item for number, item in enumerate(events))


def sends(raw: bytes, size: int) -> Behaviour:
    """Return the behaviour of sending a stream in chunks of a size."""

    async def behave(peer: Peer) -> None:
        pieces = [raw[start : start + size] for start in range(0, len(raw), size)]
        await peer.send(STREAM_HEAD + b"".join(map(chunk, pieces)) + LAST_CHUNK)

    return behave


async def whole(raw: StartRaw, body: bytes, size: int, name: str) -> AIMessageChunk:
    """Return the message that a stream comes to, as chunks of a size."""
    message: AIMessageChunk = await asked(model(raw(sends(body, size)), max_retries=0).bind_tools(TOOLS), name, "안녕")
    return message


@pytest.mark.parametrize("name", ["stream", "astream"])
@pytest.mark.parametrize("size", [1, 7, 10**6])
@pytest.mark.parametrize("form", FORMS)
@pytest.mark.soak(every=2)
async def test_h15_every_form_comes_to_one_message(raw: StartRaw, form: str, size: int, name: str) -> None:
    """Line ends, marks, comments, events that nobody knows, split at each byte: text and calls are the same."""
    message = await whole(raw, FORMS[form](noisy([*WORDS, *FIRST, *SECOND, *END])), size, name)

    assert message.text == TEXT
    calls = [(call["name"], call["args"]) for call in message.tool_calls]
    assert calls == [("first", {"b": 2}), ("second", {"a": "서울"})]
    assert message.invalid_tool_calls == []


MIXES: dict[str, list[bytes]] = {
    "the second first": [*SECOND, *FIRST],
    "in turns": [SECOND[0], FIRST[0], SECOND[1], FIRST[1], SECOND[2]],
    "the first within the second": [SECOND[0], SECOND[1], *FIRST, SECOND[2]],
}


@pytest.mark.parametrize("name", ["stream", "astream"])
@pytest.mark.parametrize("mix", MIXES)
async def test_h15_an_index_tells_the_pieces_of_calls_apart(raw: StartRaw, mix: str, name: str) -> None:
    """Whichever comes first: each call has its own arguments, and both are offered to run."""
    message = await whole(raw, b"".join([*MIXES[mix], *END]), 10**6, name)

    found = {call["id"]: (call["name"], call["args"]) for call in message.tool_calls}
    assert found == {"call_0": ("first", {"b": 2}), "call_1": ("second", {"a": "서울"})}
    assert len(message.tool_calls) == 2
    assert message.invalid_tool_calls == []


async def test_h15_pings_of_any_form_are_not_content(raw: StartRaw) -> None:
    """A stream in which nothing else comes ends at its idle deadline, and is not kept alive for ever."""

    async def pings(peer: Peer) -> None:
        await peer.send(STREAM_HEAD + chunk(event({"content": "안녕"})))
        while True:
            await peer.send(chunk(b"".join(NOISE)))
            await asyncio.sleep(0.05)

    for name in ("stream", "astream"):
        await _assert_idle(raw(pings), name)


async def _assert_idle(server: Any, name: str) -> None:
    chat = model(server, timeout=Deadlines(total=10, idle=0.4), max_retries=0)
    with pytest.raises(CallTimeoutError) as caught:
        await asked(chat, name, "안녕")
    assert (caught.value.facts.deadline, caught.value.facts.partial) == ("idle", "안녕")
