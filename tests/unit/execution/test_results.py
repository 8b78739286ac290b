"""What a tool returned, as a model reads it: every kind of value, within bounds, whoever writes it (T09, T10)."""

import asyncio
import collections
import enum
import itertools
import json
import threading
import time
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from langchain_core.messages import ToolMessage
from langgraph.types import Command
from toolruns import both, call, calls, outcomes

from clovax_agents import ToolExecutor, ToolPolicy, tool
from clovax_agents.errors import ToolOutputError
from clovax_agents.execution.cutting import MAX_RESULT_BYTES, cut, weight
from clovax_agents.execution.results import MAX_CHARACTERS, shape
from clovax_agents.execution.texts import clean

READ = ToolPolicy(effect="read")
PICTURE = {"type": "image_url", "image_url": {"url": "data:image/png;base64,aaaa"}}


class Size(enum.Enum):
    """크기."""

    SMALL = "small"


class Grade(enum.IntEnum):
    """등급."""

    LOW = 1


def _shaped(value: Any, **policy: Any) -> ToolMessage:
    message = shape(value, call_id="c0", name="t", policy=ToolPolicy(**policy))
    assert isinstance(message, ToolMessage)
    return message


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (Size.SMALL, "small"),
        ([Size.SMALL, Grade.LOW], '["small", 1]'),
        (range(3), "[0, 1, 2]"),
        ({"a": 1}.keys(), '["a"]'),
        ({"a": 1}.values(), "[1]"),
        (collections.deque([1]), "[1]"),
        (collections.Counter("a"), '{"a": 1}'),
        ((1, "가"), '[1, "가"]'),
        ({None: 1, True: 2, 3: 4}, '{"null": 1, "true": 2, "3": 4}'),
        (bytearray("가".encode()), "가"),
        ({"bell": "\x07ring\x1b[0m", "half": "\ud800"}, '{"bell": "ring", "half": "\ufffd"}'),
        (-0.0, "-0.0"),
        (1e400, "inf"),
        (True, "true"),
        ("", ""),
        ((), "[]"),
    ],
    ids=range(16),
)
def test_values_are_written_as_json_has_them(value: Any, text: str) -> None:
    """Members are their values, whatever can be listed is a list, and no string holds what no reader wants."""
    assert _shaped(value).content == text


async def _yielding() -> AsyncIterator[int]:
    yield 1


@pytest.mark.parametrize(
    ("value", "told"),
    [(10**5000, "cannot be written as text"), (_yielding(), "async generator"), ([[]] * 3, None)],
    ids=["digits", "async generator", "the same thing thrice"],
)
def test_what_has_no_text_says_so(value: Any, told: str | None) -> None:
    """It is a typed error; the same thing in several places is no circle."""
    if told is None:
        assert _shaped(value).content == "[[], [], []]"
    else:
        with pytest.raises(ToolOutputError, match=told):
            _shaped(value)


TEXTS = ["가" * 100_000 + "a" * 200_000, "a" * 200_000 + "가" * 100_000, "😀" * 100_000, "ab가" * 90_000]


@pytest.mark.parametrize("text", TEXTS, ids=["korean first", "korean last", "emoji", "mixed"])
@pytest.mark.parametrize("tokens", [None, 1, 7, 1000])
def test_each_end_of_a_text_is_weighed_by_what_it_holds(text: str, tokens: int | None) -> None:
    """A text that is Korean at one end and English at the other is not longer than it may be."""
    shown = cut(text, tokens)
    head, mark, tail = shown.split("\n")
    most = MAX_RESULT_BYTES if tokens is None else tokens
    assert weight(head + tail, tokens) <= most
    assert weight(head + tail, tokens) > most * 0.9 - 1
    assert text.startswith(head)
    assert text.endswith(tail)
    assert f"{len(text) - len(head) - len(tail):,} characters left out" in mark


@given(st.text(max_size=400), st.integers(1, 100))
def test_what_fits_is_not_touched_and_what_does_not_is_cut(text: str, tokens: int) -> None:
    """The weight alone decides."""
    assert (cut(text, tokens) == text) == (weight(text, tokens) <= tokens)


def test_the_texts_of_blocks_share_one_limit() -> None:
    """Two hundred long texts are no way around it; pictures stand where they stood."""
    made = [{"type": "text", "text": "x" * 60_000}, PICTURE] * 200
    content: Any = _shaped(made).content
    assert sum(len(block.get("text", "")) for block in content) < MAX_RESULT_BYTES + 100
    assert [block for block in content if block["type"] == "image_url"] == [PICTURE] * 200
    assert "cut here" in content[2]["text"]
    few = [{"type": "text", "text": "가" * 100}, {"type": "text", "text": "나"}]
    assert _shaped(few, max_result_tokens=50).content == few
    short: Any = _shaped(few, max_result_tokens=24).content
    assert short[0]["text"].count("가") == 50
    assert len(short) == 1


def test_blocks_are_json_and_not_endless() -> None:
    """What a checkpoint could not keep is no part of one, and a picture of a hundred megabytes is none."""
    odd = {"type": "text", "text": "x\x00", "rate": float("nan"), "half": "\ud800", "size": Size.SMALL}
    assert _shaped([odd]).content == [{"type": "text", "text": "x", "rate": "nan", "half": "\ufffd", "size": "small"}]
    big = {"type": "image_url", "image_url": {"url": "data:image/png;base64," + "a" * 40_000_000}}
    with pytest.raises(ToolOutputError, match="more than 32 MiB"):
        _shaped([big])


def test_redaction_reaches_every_text() -> None:
    """Texts, blocks, messages of the tool's own and those in Commands."""

    def hide(text: str) -> str:
        return text.replace("850101-1234567", "***")

    policy = ToolPolicy(redact=hide)
    secret = "850101-1234567"
    own = ToolMessage(secret, tool_call_id="c0")
    values: list[Any] = [
        secret,
        {"number": secret},
        [{"type": "text", "text": secret}],
        own,
        ToolMessage([{"type": "text", "text": secret}, secret], tool_call_id="c0"),
        Command(update={"messages": [own], "last": own}),
        [Command(update={"messages": [own]}), own],
    ]
    for value in values:
        assert secret not in repr(shape(value, call_id="c0", name="t", policy=policy)), value


async def test_commands_are_held_to_the_limit_of_results() -> None:
    """The message in a Command is cut, the whole of it is in its artifact, and the rest of the update is as it was."""

    @tool(policy=READ)
    def fetch() -> Any:
        """Fetch."""
        return Command(update={"messages": [ToolMessage("x" * 1_000_000, tool_call_id="c0")], "pages": ["p"]})

    (command,) = await ToolExecutor([fetch]).ainvoke({"messages": calls(call("fetch"))})
    (message,) = command.update["messages"]
    assert len(message.content) < MAX_RESULT_BYTES + 200
    assert len(message.artifact) == 1_000_000
    assert command.update["pages"] == ["p"]


async def test_a_generator_has_the_tools_time_and_a_thread() -> None:
    """One that hangs between its values is given up like a tool that hangs, and the loop goes on meanwhile."""

    def slow() -> Iterator[int]:
        yield 1
        time.sleep(3)
        yield 2

    def quick() -> Iterator[str]:
        yield threading.current_thread().name

    values = {"slow": slow, "quick": quick}

    @tool(policy=ToolPolicy(effect="read", timeout=0.5))
    def give(which: str) -> Any:
        """Give."""
        return values[which]()

    @tool(policy=ToolPolicy(effect="read", timeout=0.5))
    async def agive(which: str) -> Any:
        """Give."""
        return values[which]()

    made = [call(name, f"{name}{which}", which=which) for name in ("give", "agive") for which in values]
    for messages in await both([give, agive], *made):
        assert outcomes(messages) == ["timeout", "success"] * 2
        assert "clovax-tool" in messages[1].text


@pytest.mark.soak
async def test_endless_values_end() -> None:
    """Whatever it is that does not end."""

    @tool(policy=READ)
    def give(which: str) -> Any:
        """Give."""
        return {
            "nothing": ([] for _ in itertools.count()),
            "names": {"k" * 1_000_000 + str(number): 1 for number in range(50)},
        }[which]

    made = [call("give", which, which=which) for which in ("nothing", "names")]
    messages = await asyncio.wait_for(ToolExecutor([give]).ainvoke(calls(*made)), 60)
    assert outcomes(messages) == ["success"] * 2
    assert all(len(message.text) < MAX_RESULT_BYTES + 200 for message in messages)
    assert all(len(message.artifact) <= MAX_CHARACTERS * 1.1 for message in messages)


SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text()


@given(st.recursive(SCALARS, lambda x: st.lists(x, max_size=4) | st.dictionaries(st.text(), x, max_size=4)))
def test_json_is_told_as_it_is(value: Any) -> None:
    """All but the characters that no text should have."""
    content = str(_shaped(value).content)
    assert (content if isinstance(value, str) else json.loads(content)) == _cleaned(value)


def _cleaned(value: Any) -> Any:
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, dict):
        return {clean(key): _cleaned(item) for key, item in value.items()}
    return [_cleaned(item) for item in value] if isinstance(value, list) else value
