"""What checkpoints may hold comes back as it was; anything else is refused, with the way out."""

import math
from collections import Counter, OrderedDict, defaultdict, deque
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from enum import Enum, StrEnum
from pathlib import Path
from typing import Any, NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

import numpy  # noqa: ICN001
import pytest
from hypothesis import given
from hypothesis import strategies as st
from langchain_core.documents import Document
from langchain_core.messages import AIMessage, HumanMessage, ToolMessage
from langgraph.checkpoint.serde.types import _DeltaSnapshot
from langgraph.types import Command, Interrupt, Overwrite, Send, TimeoutPolicy
from pydantic import BaseModel, TypeAdapter

from clovax_agents.checkpoints import MessageSerializer
from clovax_agents.errors import CheckpointTypeError, ClovaXError

SERDE = MessageSerializer()
SEOUL = ZoneInfo("Asia/Seoul")


class Color(Enum):
    """An enum that nobody has registered."""

    RED = "red"


class Word(StrEnum):
    """One whose members are texts, too."""

    A = "a"


class Point(NamedTuple):
    """A named tuple that nobody has registered."""

    x: int


@dataclass
class Order:
    """A dataclass that nobody has registered."""

    number: int


class Model(BaseModel):
    """A model that nobody has registered."""

    number: int = 1


class Text(str):
    """A text with a class of its own."""

    __slots__ = ()


def back(value: Any) -> Any:
    """Return a value as it comes back."""
    return SERDE.loads_typed(SERDE.dumps_typed(value))


GOOD: dict[str, Any] = {
    "none": None,
    "true": True,
    "float": 1.5,
    "infinite": -math.inf,
    "korean": "안녕하세요 👋",
    "half_character": "half \ud83d",
    "bytes": b"\x00\xff",
    "large_int": 2**64,
    "huge_negative_int": -(10**400),
    "list": [1, "a", [None, {"b": [2.5]}]],
    "tuple": (1, ("a", [2])),
    "set": {1, "a", (2, 3)},
    "frozenset": frozenset({b"x"}),
    "deque": deque([1, 2], maxlen=5),
    "int_keys": {1: "a", None: "b", (1, 2): {3.5: "c"}, "d": 4},
    "half_key": {"\ud83d": 1},
    "date_key": {date(2026, 1, 2): UUID(int=5)},
    "lc_dict": {"lc": 1, "type": "constructor", "id": ["langchain_core", "messages", "HumanMessage"], "kwargs": {}},
    "lc2_dict": {"lc": 2, "type": "constructor", "id": ["os", "system"], "args": ["x"]},
    "naive_datetime": datetime(2026, 1, 2, 3, 4, 5, 6),  # noqa: DTZ001
    "utc_datetime": datetime(2026, 1, 2, tzinfo=UTC),
    "seoul_datetime": datetime(2026, 1, 2, tzinfo=SEOUL),
    "second_of_two_equal_hours": datetime(2026, 10, 25, 2, 30, tzinfo=ZoneInfo("Europe/Berlin"), fold=1),
    "named_offset": datetime(2026, 1, 2, tzinfo=timezone(timedelta(hours=9), "KST")),
    "date": date(2026, 1, 2),
    "time": time(1, 2, 3, 4, tzinfo=UTC),
    "timedelta": timedelta(days=-1, seconds=5, microseconds=7),
    "timezone": timezone(timedelta(hours=9), "KST"),
    "zone": SEOUL,
    "decimal": Decimal("1.20"),
    "uuid": UUID(int=7),
    "path": Path("a/b.txt"),
    "document": Document("가", id="1", metadata={"n": 1}),
    "send": Send("tools", {"messages": [HumanMessage("hi", id="1")]}),
    "send_timeout": Send("tools", 1, timeout=TimeoutPolicy(run_timeout=2.0)),
    "command": Command(update={"a": (1,)}, goto=[Send("x", 1)], resume={"i": 1}),
    "parent": Command(graph=Command.PARENT, goto="x"),
    "interrupt": Interrupt({"q": 1}, id="i1", response_schema={"type": "object"}),
    "interrupts": (Interrupt("a", id="1"), Interrupt("b", id="2")),
    "overwrite": Overwrite([1]),
    "delta_snapshot": _DeltaSnapshot([HumanMessage("hi", id="1")]),
    "approvals": {"m1:c1": {"tool": "pay", "arguments": "ab", "decision": "approve", "user": None, "expires": 1.5}},
    "messages_and_others": ["a", HumanMessage("hi", id="1"), {"m": [AIMessage("x", id="2")]}],
}


@pytest.mark.parametrize("name", GOOD)
def test_a_value_of_the_list_comes_back_as_it_was(name: str) -> None:
    """Equal, of the same classes all the way down, and shown in the same way."""
    found = back(GOOD[name])
    assert found == GOOD[name]
    assert type(found) is type(GOOD[name])
    assert repr(found) == repr(GOOD[name])


@pytest.mark.parametrize("name", GOOD)
def test_it_does_deep_within_a_checkpoint_too(name: str) -> None:
    """As an artifact of a message, among the values of a state."""
    message = ToolMessage("x", tool_call_id="c", artifact=GOOD[name], id="1")
    found = back({"v": 4, "channel_values": {"messages": [message], "other": (GOOD[name],)}})
    assert found["channel_values"]["messages"][0].artifact == GOOD[name]
    assert repr(found["channel_values"]["other"]) == repr((GOOD[name],))


def test_what_is_not_a_number_stays_so() -> None:
    """NaN is not equal to itself."""
    assert math.isnan(back(math.nan))
    assert back(Decimal("NaN")).is_nan()


def test_where_a_command_goes_is_langgraphs_own_object() -> None:
    """LangGraph looks for the parent graph by identity."""
    name = "parent"
    assert back(Command(graph=f"__{name}__")).graph is Command.PARENT


@pytest.mark.parametrize(
    ("value", "plain"),
    [
        (OrderedDict(a=1), {"a": 1}),
        (defaultdict(list, {1: [2]}), {1: [2]}),
        (Counter("aa"), {"a": 2}),
        (AIMessage("text").text, "text"),
        (ValueError("no"), "ValueError('no')"),
        (numpy.float64(1.5), 1.5),
        (numpy.float32(0.5), 0.5),
        (numpy.int64(7), 7),
        (numpy.bool_(True), True),  # noqa: FBT003
        (
            TypeAdapter(datetime).validate_python("2026-01-02T03:04:05+09:00"),
            datetime(2026, 1, 1, 18, 4, 5, tzinfo=UTC),
        ),
    ],
    ids=[
        "OrderedDict",
        "defaultdict",
        "Counter",
        "text_of_a_message",
        "exception",
        "float64",
        "float32",
        "int64",
        "bool_",
        "datetime_of_pydantic",
    ],
)
def test_a_few_classes_come_back_as_the_plain_ones_they_equal(value: Any, plain: Any) -> None:
    """Those that LangChain, LangGraph and the standard library hand out; an error is its text."""
    found = back({"a": [value]})["a"][0]
    assert found == plain
    assert type(found) is type(plain)


BAD: dict[str, Any] = {
    "object": object(),
    "function": print,
    "class": Order,
    "dataclass": Order(1),
    "model": Model(),
    "enum": Color.RED,
    "text_enum": Word.A,
    "named_tuple": Point(1),
    "text_of_another_class": Text("a"),
    "enum_key": {Word.A: 1},
    "subclass_of_a_message": type("Mine", (HumanMessage,), {"__module__": __name__})("x"),
    "zone_without_name": datetime(2026, 1, 1, tzinfo=type("Odd", (type(UTC).__base__,), {})()),
    "class_in_an_interrupt": Interrupt(1, id="1", response_schema=Model),
    "generator": (n for n in "ab"),
    "array": numpy.array([1]),
    "longdouble": numpy.longdouble(1),
}


@pytest.mark.parametrize("name", BAD)
def test_anything_else_is_refused_when_it_is_written(name: str) -> None:
    """Wherever it stands; the text names the class and what to do."""
    kind = type(BAD[name])
    for value in (BAD[name], [1, {"a": (BAD[name],)}], ToolMessage("x", tool_call_id="c", artifact=BAD[name])):
        with pytest.raises(CheckpointTypeError, match=r"cannot be stored|give it the JSON Schema") as caught:
            SERDE.dumps_typed(value)
        assert isinstance(caught.value, ClovaXError | RuntimeError)
    if name in {"dataclass", "model", "enum", "named_tuple"}:
        assert f"{kind.__module__}.{kind.__qualname__}" in str(caught.value)
        assert f"allow=[{kind.__qualname__}]" in str(caught.value)


def test_what_holds_itself_is_refused() -> None:
    """As is what is deeper than could be read again."""
    circle: list[Any] = []
    circle.append(circle)
    deep: Any = 1
    for _ in range(400):
        deep = [deep]
    nested: Any = 1
    for _ in range(150):
        nested = Overwrite(nested)
    keys: dict[Any, Any] = {}
    keys[1] = keys
    for value in (circle, deep, nested, keys):
        with pytest.raises(CheckpointTypeError, match="too deep"):
            SERDE.dumps_typed(value)


def test_all_that_is_written_can_be_read() -> None:
    """As deep as it may be."""
    for depth in (90, 99, 100):
        nested: Any = 1
        for _ in range(depth):
            nested = Overwrite(nested)
        assert back(nested) == nested
    deep: Any = 1
    for _ in range(250):
        deep = [deep]
    assert back(deep) == deep


JSON: Any = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text()
    | st.binary()
    | st.decimals(allow_nan=False),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text() | st.integers() | st.tuples(st.integers()), inner, max_size=4)
        | st.tuples(inner, inner)
        | st.frozensets(st.integers(), max_size=3)
    ),
    max_leaves=20,
)


@given(JSON)
def test_random_values_come_back(value: Any) -> None:
    """With keys, numbers and texts of all sorts."""
    found = back(value)
    assert found == value
    assert repr(found) == repr(value) or "frozenset" in repr(value)


@given(st.datetimes(timezones=st.none() | st.timezones()) | st.times(timezones=st.none() | st.just(UTC)))
def test_random_moments_come_back(value: datetime | time) -> None:
    """In all time zones, in the hour that there is twice, too."""
    found = back(value)
    assert (found, found.fold, found.tzinfo) == (value, value.fold, value.tzinfo)
