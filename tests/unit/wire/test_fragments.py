"""H15: tool calls in streamed pieces, however they are cut, mixed and interrupted, are those of the unsplit stream."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clovax_agents.errors import InvalidResponseError, RateLimitError
from clovax_agents.wire import native, openai
from clovax_agents.wire.neutral import CallFragment, Delta

ARGUMENTS = st.dictionaries(
    st.text(max_size=4), st.one_of(st.text(max_size=12), st.integers(), st.booleans(), st.none()), max_size=3
).map(lambda value: json.dumps(value, ensure_ascii=False))
NAMES = st.sampled_from(["get_weather", "refund", "주문 조회"])
NOISE = [
    b": ping\n\n",
    b"event: ping\ndata: hello\n\n",
    b"event: ping\ndata:\n\n",
    b"event: ping\n\n",
    b"event: keepalive\ndata: 1764201600\n\n",
    b'event: heartbeat\ndata: {"time": 3}\n\n',
    b"event: x\ndata: [1]\n\n",
    b"event: heartbeat\ndata: {ts=1}\n\n",
    b'event: heartbeat\ndata: {"status": {"code": 200}}\n\n',
    b'event: x\ndata: {"status": {"code": "OK"}, "error": {}}\n\n',
    b'event: x\ndata: {"error": {"message": "not yet"}}\n\n',
    b'event: x\ndata: {"usage": 5, "id": 5, "message": 5}\n\n',
    b"retry: 3000\n\n",
    b"id: 7\nfoo: bar\n\n",
]


@dataclass
class Call:
    """A tool call, and the pieces that its arguments come in."""

    id: str
    name: str
    pieces: list[str]

    @property
    def whole(self) -> tuple[str, str, str]:
        """The call as it was meant."""
        return self.id, self.name, "".join(self.pieces)


@dataclass
class Merged:
    """What a client puts together of the fragments with one index."""

    ids: list[str] = field(default_factory=list)
    names: list[str] = field(default_factory=list)
    arguments: str = ""

    def add(self, fragment: CallFragment) -> None:
        """Add a piece."""
        self.ids += [fragment.id] if fragment.id else []
        self.names += [fragment.name] if fragment.name else []
        self.arguments += fragment.arguments


@st.composite
def cut_calls(draw: st.DrawFn) -> list[Call]:
    """Draw calls, each cut at any places, even into empty pieces."""
    calls: list[Call] = []
    for number in range(draw(st.integers(1, 4))):
        text = draw(ARGUMENTS)
        cuts = sorted(draw(st.lists(st.integers(0, len(text)), max_size=6)))
        pieces = [text[start:end] for start, end in zip([0, *cuts], [*cuts, len(text)], strict=True)]
        calls.append(Call(f"call_{number}", draw(NAMES), pieces))
    return calls


def sse(payload: dict[str, Any], name: str = "") -> bytes:
    """Return one event."""
    head = f"event: {name}\n" if name else ""
    return f"{head}data: {json.dumps(payload, ensure_ascii=False)}\n\n".encode()


def chunk(delta: dict[str, Any], reason: str | None = None) -> bytes:
    """Return one event of the OpenAI-compatible API."""
    return sse({"id": "a", "choices": [{"index": 0, "delta": delta, "finish_reason": reason}]})


def pieces_of(number: int, call: Call, *, indexed: bool = True) -> list[dict[str, Any]]:
    """Return the fragments of a call in their order: id and name on the first alone."""
    index = {"index": number} if indexed else {}
    first = {**index, "id": call.id, "type": "function", "function": {"name": call.name, "arguments": call.pieces[0]}}
    return [first, *({**index, "function": {"arguments": piece}} for piece in call.pieces[1:])]


def shuffled(data: st.DataObject, queues: list[list[dict[str, Any]]]) -> list[dict[str, Any]]:
    """Mix fragments of several calls in any order that keeps the order within each call."""
    order = data.draw(st.permutations([n for n, queue in enumerate(queues) for _ in queue]))
    remaining = [iter(queue) for queue in queues]
    return [next(remaining[n]) for n in order]


def read(make: Callable[[], Any], *parts: bytes) -> list[Delta]:
    """Read a stream."""
    decoder = make()
    deltas = [delta for part in parts for delta in decoder.feed(part)]
    return deltas + list(decoder.close())


def merged(deltas: list[Delta]) -> list[tuple[str, str, str]]:
    """Return the calls that the fragments add up to, by their index; id and name came once each."""
    found: dict[int, Merged] = {}
    for fragment in (fragment for delta in deltas for fragment in delta.fragments):
        found.setdefault(fragment.index, Merged()).add(fragment)
    calls = [found[index] for index in sorted(found)]
    assert [(len(call.ids), len(call.names)) for call in calls] == [(1, 1)] * len(calls)
    return [(call.ids[0], call.names[0], call.arguments) for call in calls]


@given(cut_calls(), st.data())
def test_h15_fragments_of_calls_may_be_cut_and_mixed_in_any_way(calls: list[Call], data: st.DataObject) -> None:
    """With an index on each piece, some pieces to an event, and pings in between, the calls are the same."""
    pieces = shuffled(data, [pieces_of(number, call) for number, call in enumerate(calls)])
    events: list[bytes] = []
    while pieces:
        count = data.draw(st.integers(1, 3))
        events += [data.draw(st.sampled_from(NOISE)), chunk({"tool_calls": pieces[:count]})]
        del pieces[:count]

    deltas = read(openai.StreamDecoder, *events, chunk({}, "tool_calls"))

    assert merged(deltas) == [call.whole for call in calls]


@given(cut_calls(), st.data())
def test_h15_packets_may_end_within_a_fragment(calls: list[Call], data: st.DataObject) -> None:
    """The bytes of such a stream are cut anywhere."""
    events = [chunk({"tool_calls": [piece]}) for n, call in enumerate(calls) for piece in pieces_of(n, call)]
    raw = b"".join([*events, chunk({}, "tool_calls"), b"data: [DONE]\n\n"])
    cuts = sorted(data.draw(st.lists(st.integers(0, len(raw)), max_size=8)))
    parts = [raw[start:end] for start, end in zip([0, *cuts], [*cuts, len(raw)], strict=True)]

    assert merged(read(openai.StreamDecoder, *parts)) == [call.whole for call in calls]


@given(cut_calls())
def test_h15_calls_without_an_index_come_one_after_the_other(calls: list[Call]) -> None:
    """Then an id opens the next one (U1)."""
    pieces = [piece for n, call in enumerate(calls) for piece in pieces_of(n, call, indexed=False)]
    deltas = read(openai.StreamDecoder, *(chunk({"tool_calls": [piece]}) for piece in pieces), chunk({}, "tool_calls"))

    assert merged(deltas) == [call.whole for call in calls]


@given(cut_calls(), st.data())
def test_h15_native_fragments_may_be_cut_in_any_way(calls: list[Call], data: st.DataObject) -> None:
    """An id opens the next call (U7), and the result repeats them all."""
    events: list[bytes] = []
    for call in calls:
        opening: dict[str, Any] = {"id": call.id, "type": "function"}
        for number, piece in enumerate(call.pieces):
            function = {"name": call.name, "partialJson": piece} if number == 0 else {"partialJson": piece}
            said = {**(opening if number == 0 else {}), "function": function}
            events += [data.draw(st.sampled_from(NOISE)), token([said])]
    events.append(result(calls))

    assert merged(read(native.StreamDecoder, *events)) == [call.whole for call in calls]


def token(calls: list[dict[str, Any]]) -> bytes:
    """Return one event of the native API."""
    return sse({"message": {"role": "assistant", "content": "", "toolCalls": calls}}, "token")


def result(calls: list[Call]) -> bytes:
    """Return the last event of the native API."""
    whole = [
        {"id": call.id, "type": "function", "function": {"name": call.name, "arguments": json.loads(call.whole[2])}}
        for call in calls
    ]
    message = {"role": "assistant", "content": "", "toolCalls": whole}
    return sse({"message": message, "finishReason": "tool_calls"}, "result")


@pytest.mark.parametrize("noise", NOISE)
@pytest.mark.parametrize("api", ["openai", "native"])
def test_h15_events_that_nobody_knows_add_nothing(api: str, noise: bytes) -> None:
    """Whatever is in them: not even an empty piece, which would keep a stalled stream alive."""
    texts = ["안", "녕"]
    if api == "openai":
        events, make = [*(chunk({"content": text}) for text in texts), chunk({}, "stop")], openai.StreamDecoder
    else:
        said = [sse({"message": {"role": "assistant", "content": text}}, "token") for text in texts]
        end = sse({"message": {"role": "assistant", "content": "안녕"}, "finishReason": "stop"}, "result")
        events, make = [*said, end], native.StreamDecoder

    assert read(make, noise, *[part for event in events for part in (event, noise)]) == read(make, *events)


@pytest.mark.parametrize("envelope", ["status", "error"])
@pytest.mark.parametrize("make", [openai.StreamDecoder, native.StreamDecoder])
def test_h16_a_failure_is_seen_under_any_name(make: Any, envelope: str) -> None:
    """An event that nobody knows may still say why the answer ends."""
    with pytest.raises(RateLimitError):
        read(make, sse({envelope: {"code": "42901", "message": "over"}}, "exception"))


def test_h16_a_chunk_under_another_name_is_a_chunk() -> None:
    """Some servers name them all; one that cannot be read may have been a piece of a call."""
    events = [sse({"choices": [{"delta": {"content": "네"}, "finish_reason": "stop"}]}, "chunk")]
    assert [delta.content for delta in read(openai.StreamDecoder, *events)] == ["네"]
    with pytest.raises(InvalidResponseError):
        read(openai.StreamDecoder, sse({"choices": [{"delta": {"tool_calls": 5}}]}, "chunk"), *events)


@given(st.from_regex("[a-z가-힣]{1,4}", fullmatch=True), st.text())
def test_h15_an_event_that_nobody_knows_ends_nothing(name: str, data: str) -> None:
    """Property: whatever its name is, and whatever is in it that is no failure."""
    noise = f"event: {name}\n".encode() + b"".join(f"data: {line}\n".encode() for line in data.splitlines()) + b"\n"
    chunks = [chunk({"content": "네"}), chunk({}, "stop")]
    assert read(openai.StreamDecoder, noise, *chunks) == read(openai.StreamDecoder, *chunks)


@pytest.mark.parametrize("name", ["", "token", "result"])
@pytest.mark.parametrize("make", [openai.StreamDecoder, native.StreamDecoder])
def test_h16_a_known_event_that_is_broken_is_no_noise(make: Any, name: str) -> None:
    """It could have been a piece of the answer."""
    head = f"event: {name}\n" if name else ""
    with pytest.raises(InvalidResponseError):
        read(make, f"{head}data: hello\n\n".encode())
