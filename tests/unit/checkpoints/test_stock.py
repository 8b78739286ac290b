"""What LangGraph's own serializer has written is read, and nothing that it should not have written."""

from collections import deque
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum
from pathlib import Path
from typing import Any, NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

import ormsgpack
import pytest
from langchain_core.documents import Document
from langchain_core.messages import (
    AIMessage,
    AIMessageChunk,
    ChatMessage,
    FunctionMessage,
    HumanMessage,
    RemoveMessage,
    SystemMessage,
    ToolMessage,
)
from langgraph.checkpoint.serde.jsonplus import JsonPlusSerializer
from langgraph.checkpoint.serde.types import _DeltaSnapshot
from langgraph.types import Command, Interrupt, Overwrite, Send, TimeoutPolicy
from pydantic import BaseModel

from clovax_agents.checkpoints import MessageSerializer
from clovax_agents.errors import CheckpointError, CheckpointTypeError
from clovax_agents.replies import ClovaXMessageChunk

STOCK = JsonPlusSerializer()


class Model(BaseModel):
    """A model."""

    number: int


@dataclass
class Data:
    """A dataclass."""

    number: int


class Colour(Enum):
    """An enum."""

    RED = "red"


class Pair(NamedTuple):
    """A named tuple."""

    a: int
    b: int


SAME: dict[str, Any] = {
    "none": None,
    "bytes": b"ab",
    "bytearray": bytearray(b"ab"),
    "plain": {"a": [1, 2.5, None, True, "가"], 1: {"b": 2}},
    "lc_dict": {"lc": 2, "type": "constructor", "id": ["os", "system"], "args": ["x"]},
    "set": {1, 2},
    "frozenset": frozenset({1}),
    "deque": deque([1]),
    "naive": datetime(2026, 1, 2, 3, 4, 5),  # noqa: DTZ001
    "utc": datetime(2026, 1, 2, tzinfo=UTC),
    "date": date(2026, 1, 2),
    "time": time(1, 2, 3, tzinfo=UTC),
    "timedelta": timedelta(1, 2, 3),
    "zone": ZoneInfo("Asia/Seoul"),
    "decimal": Decimal("1.20"),
    "uuid": UUID(int=7),
    "path": Path("a/b"),
    "human": HumanMessage("가", id="1", additional_kwargs={"a": 1}, name="n"),
    "ai": AIMessage(
        "", id="1", tool_calls=[{"name": "f", "args": {"a": 1}, "id": "c"}], response_metadata={"finish_reason": "x"}
    ),
    "ai_chunk": AIMessageChunk("a", id="1"),
    "our_chunk": ClovaXMessageChunk("a", id="1"),
    "tool": ToolMessage("x", tool_call_id="c", artifact={"a": [1]}, status="error"),
    "system": SystemMessage("s"),
    "chat": ChatMessage("x", role="r"),
    "function": FunctionMessage("x", name="f"),
    "remove": RemoveMessage(id="1"),
    "extra": HumanMessage("x", mine=1),  # type: ignore[call-arg]
    "document": Document("d", id="1", metadata={"a": 1}),
    "send": Send("n", {"m": [HumanMessage("x", id="1")]}),
    "send_timeout": Send("n", 1, timeout=TimeoutPolicy(run_timeout=2.0)),
    "command": Command(goto="x", update={"a": 1}, graph=Command.PARENT),
    "interrupt": Interrupt({"q": 1}, id="i", response_schema={"type": "object"}),
    "overwrite": Overwrite([1]),
    "delta": _DeltaSnapshot([HumanMessage("x", id="1")]),
    "checkpoint": {"v": 4, "channel_values": {"messages": [HumanMessage("x", id="1"), AIMessage("y", id="2")]}},
}


@pytest.mark.parametrize("name", SAME)
def test_what_the_stock_serializer_wrote_is_read(name: str) -> None:
    """Every kind that is on our list, too; stored again, it is in our format."""
    serde = MessageSerializer()
    found = serde.loads_typed(STOCK.dumps_typed(SAME[name]))
    assert found == SAME[name]
    assert type(found) is type(SAME[name])
    tag, stored = serde.dumps_typed(found)
    assert tag == "clovax/1"
    assert serde.loads_typed((tag, stored)) == SAME[name]


@pytest.mark.parametrize("value", [Model(number=1), Data(1), Colour.RED, Pair(1, 2)], ids=lambda v: type(v).__name__)
def test_registered_classes_are_read_too(value: Any) -> None:
    """By their module and name, which is what the stock serializer writes; without being registered, they are not."""
    stored = STOCK.dumps_typed({"a": [value]})
    kind = type(value)
    assert MessageSerializer(allow=[kind]).loads_typed(stored) == {"a": [value]}
    assert MessageSerializer(allow={"x": kind}).loads_typed(stored) == {"a": [value]}
    with pytest.raises(CheckpointError, match=f"{kind.__name__}, which is not registered"):
        MessageSerializer().loads_typed(stored)


def test_what_is_not_read_is_said() -> None:
    """A pattern of regular expressions and an array are left out of the list on purpose."""
    import re  # noqa: PLC0415

    with pytest.raises(CheckpointError, match=r"re\.compile"):
        MessageSerializer().loads_typed(STOCK.dumps_typed(re.compile("a")))


@pytest.mark.parametrize(
    ("tag", "why"), [("pickle", "is a pickle"), ("json", "older than"), ("", "nothing known"), ("x", "nothing known")]
)
def test_other_formats_are_refused_by_name(tag: str, why: str) -> None:
    """Whatever their bytes are."""
    with pytest.raises(CheckpointError, match=why):
        MessageSerializer().loads_typed((tag, b"{}"))


def test_a_message_with_odd_fields_is_refused() -> None:
    """The stock serializer makes anything of them."""
    fields = {**HumanMessage("x").model_dump(), "content": 5}
    data = ormsgpack.packb(["langchain_core.messages.human", "HumanMessage", fields, "model_validate_json"])
    with pytest.raises(CheckpointError, match="cannot be read"):
        MessageSerializer().loads_typed(("msgpack", ormsgpack.packb(ormsgpack.Ext(5, data))))


def test_with_a_key_nothing_of_it_is_read() -> None:
    """Nobody has signed it."""
    with pytest.raises(CheckpointError, match="nobody has signed"):
        MessageSerializer(key=b"k" * 16).loads_typed(STOCK.dumps_typed(1))


def test_what_the_stock_serializer_lost_is_not_lost_here() -> None:
    """A tuple in a state, numbers of more than 64 bits, half characters."""
    for value in ((1, 2), 2**70, "\ud800"):
        assert MessageSerializer().loads_typed(MessageSerializer().dumps_typed([value])) == [value]
    with pytest.raises(CheckpointTypeError):
        MessageSerializer().dumps_typed([Data(1)])
