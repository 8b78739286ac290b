"""T18: what the model wrote is what the function gets, or nothing runs, and the model reads where it is wrong."""

import datetime as dt
import enum
import json
from decimal import Decimal
from typing import Annotated, Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from langchain_core.messages import AIMessage
from langchain_core.tools import StructuredTool
from langchain_core.tools import tool as langchain_tool
from langgraph.prebuilt import InjectedState
from pydantic import AliasChoices, BaseModel, Field, model_validator
from pydantic.v1 import BaseModel as BaseModelV1
from toolruns import both, call, outcomes

from clovax_agents import ToolExecutor, ToolPolicy, tool
from clovax_agents.errors import InvalidArgumentsError
from clovax_agents.execution.arguments import ArgumentReader
from clovax_agents.execution.canonical import arguments_hash, canonical

RAN: list[Any] = []


class Size(enum.Enum):
    """크기."""

    SMALL = "small"


class Line(BaseModel):
    """주문 한 줄."""

    product: str
    quantity: int = Field(ge=1)


class Period(BaseModel):
    """기간."""

    start: int
    end: int

    @model_validator(mode="after")
    def _in_order(self) -> "Period":
        if self.end < self.start:
            raise ValueError("the end is before the start")
        return self


@tool
def order(quantity: int, *, gift: bool = False, price: float = 0.0, note: str | None = None) -> str:
    """Order something."""
    RAN.append((quantity, gift, price, note))
    return "ordered"


def _text(quantity: int) -> str:
    return str(quantity)


@langchain_tool
def foreign(quantity: int) -> str:
    """Order something, in LangChain's own way."""
    RAN.append(quantity)
    return "ordered"


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ({"quantity": "5"}, "quantity: Input should be a valid integer"),
        ({"quantity": True}, "quantity: Input should be a valid integer"),
        ({"quantity": 1.5}, "quantity: Input should be a valid integer"),
        ({"quantity": None}, "quantity: Input should be a valid integer"),
        ({}, "quantity: Field required"),
        ({"quantity": 1, "gift": "yes"}, "gift: Input should be a valid boolean"),
        ({"quantity": 1, "gift": 1}, "gift: Input should be a valid boolean"),
        ({"quantity": 1, "amount": 2}, "no argument 'amount'"),
        ({"quantity": 1, "price": float("nan")}, "not JSON"),
        ({"quantity": 1, "note": "\ud800"}, "half a character"),
        ({"quantity": 1, "note": "x" * 300_000}, "larger than"),
    ],
)
async def test_wrong_arguments_run_nothing(arguments: dict[str, Any], told: str) -> None:
    """Each is answered with its place, on either way, and the function is not entered."""
    RAN.clear()
    for messages in await both([order], call("order", **arguments)):
        assert outcomes(messages) == ["invalid"]
        assert told in messages[0].text
        assert "pydantic" not in messages[0].text
        assert "Traceback" not in messages[0].text
    assert RAN == []


async def test_all_that_is_wrong_is_told_at_once() -> None:
    """The model need not find out one by one."""
    messages = (await both([order], call("order", quantity="5", gift="yes", amount=1)))[0]
    assert all(word in messages[0].text for word in ("quantity", "gift", "'amount'"))


async def test_tools_of_others_are_held_to_the_same() -> None:
    """LangChain's own tools would take "5" for 5 and drop what they do not know."""
    RAN.clear()
    for arguments in ({"quantity": "5"}, {"quantity": True}, {"quantity": 1, "other": 2}):
        for messages in await both([foreign], call("foreign", **arguments)):
            assert outcomes(messages) == ["invalid"]
    assert RAN == []


RAW = [
    '{"quantity": 1',
    '{"quantity": 1}{"quantity": 2}',
    '{"quantity": 1,}',
    '{"quantity": 1, "quantity": 2}',
    '{"quantity": NaN}',
    '```json\n{"quantity": 1}\n```',
    "null",
    "[]",
    '"quantity"',
    '{"quantity": ' + "9" * 5000 + "}",
    '{"note": ' + "[" * 5000 + "]" * 5000 + "}",
]


@pytest.mark.parametrize("raw", RAW, ids=range(len(RAW)))
async def test_raw_strings_that_are_not_exactly_right_run_nothing(raw: str) -> None:
    """Whatever somebody made of them since, the string that the model wrote decides."""
    RAN.clear()
    entry = {"id": "c0", "type": "function", "function": {"name": "order", "arguments": raw}}
    repaired = AIMessage("", tool_calls=[call("order", quantity=1)], additional_kwargs={"tool_calls": [entry]})
    messages = await ToolExecutor([order]).ainvoke([repaired])
    assert outcomes(messages) == ["invalid"]
    assert RAN == []


async def test_what_json_cannot_say_otherwise_may_be_a_text() -> None:
    """Dates, UUIDs, decimals and members arrive as objects; whole numbers are numbers; lists may be sets."""
    got: list[Any] = []

    @tool
    def book(day: dt.date, id_: UUID, price: Decimal, size: Size, factor: float, tags: set[str], line: Line) -> str:
        """Book."""
        got.extend([day, id_, price, size, factor, tags, line])
        return "booked"

    key = "12345678-1234-5678-1234-567812345678"
    line = {"product": "P-1", "quantity": 2}
    arguments = {"day": "2026-11-28", "id_": key, "price": "9.90", "size": "small", "factor": 2, "tags": ["a"]}
    await both([book], call("book", **arguments, line=line))
    expected = [dt.date(2026, 11, 28), UUID(key), Decimal("9.90"), Size.SMALL, 2.0, {"a"}, Line(**line)]
    assert got[:7] == expected


async def test_a_users_own_validators_count() -> None:
    """A model validator says what it says."""

    @tool
    def lend(period: Period) -> str:
        """Lend."""
        return f"{period.end - period.start}"

    bad, good = call("lend", period={"start": 2, "end": 1}), call("lend", "c1", period={"start": 1, "end": 2})
    for messages in await both([lend], bad, good):
        assert "the end is before the start" in messages[0].text
        assert messages[1].text == "1"


async def test_schemas_of_every_kind_are_strict() -> None:
    """JSON schemas and Pydantic's first version, too; what a schema leaves open is open."""

    class Old(BaseModelV1):
        quantity: int

    closed = {"type": "object", "properties": {"quantity": {"type": "integer"}}, "required": ["quantity"]}
    tools = [
        StructuredTool.from_function(func=_text, name="by_schema", description="x", args_schema=closed),
        StructuredTool.from_function(func=lambda **given: str(given), name="open", description="x",
                                     args_schema={**closed, "additionalProperties": True}),
        StructuredTool.from_function(func=_text, name="old", description="x", args_schema=Old),
    ]  # fmt: skip
    for name in ("by_schema", "open", "old"):
        for messages in await both(tools, call(name, quantity="5")):
            assert outcomes(messages) == ["invalid"], name
    for messages in await both(tools, call("by_schema", quantity=1, other=1), call("open", "c1", quantity=1, other=1)):
        assert outcomes(messages) == ["invalid", "success"]
    for messages in await both(tools, call("old", quantity=5)):
        assert messages[0].text == "5"


async def test_an_alias_is_a_name() -> None:
    """A parameter may be called by its name and by its aliases."""

    @tool
    def find(query: Annotated[str, Field(validation_alias=AliasChoices("q", "term"))]) -> str:
        """Find."""
        return query

    for messages in await both([find], call("find", q="a"), call("find", "c1", query="b"), call("find", "c2", x="c")):
        assert [message.text for message in messages[:2]] == ["a", "b"]
        assert outcomes(messages)[2] == "invalid"


async def test_injected_values_cannot_be_forged() -> None:
    """What the graph injects is not in the schema, and whatever a model writes there is dropped."""

    @tool
    def whoami(greeting: str, state: Annotated[dict[str, Any], InjectedState]) -> str:
        """Say who is logged in."""
        return f"{greeting} {state['user']}"

    made = AIMessage("", tool_calls=[call("whoami", greeting="hello", state={"user": "root"})])
    result = await ToolExecutor([whoami]).ainvoke({"messages": [made], "user": "kim"})
    assert result["messages"][0].text == "hello kim"
    assert "state" not in json.dumps(whoami.tool_call_schema.model_json_schema())


async def test_a_check_of_ones_own_comes_after_the_schema() -> None:
    """What it raises or returns is told to the model; nothing runs."""

    def even(arguments: Any) -> str | None:
        if arguments["n"] > 100:
            raise ValueError("n is too large")
        return "n must be even" if arguments["n"] % 2 else None

    @tool(policy=ToolPolicy(validate=even))
    def half(n: int) -> int:
        """Halve."""
        return n // 2

    for messages in await both([half], call("half", n=3), call("half", "c1", n=102), call("half", "c2", n=4)):
        assert outcomes(messages) == ["invalid", "invalid", "success"]
        assert "n must be even" in messages[0].text
        assert "n is too large" in messages[1].text


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**9), 10**9)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(st.sampled_from(["quantity", "gift", "price", "note", "x"]), JSON, max_size=4))
def test_whatever_is_written_is_read_exactly_or_refused(arguments: dict[str, Any]) -> None:
    """No value is ever changed into one of another type on the way to the function."""
    reader = ArgumentReader.of(order)
    try:
        read = reader(arguments)
    except InvalidArgumentsError:
        return
    assert set(arguments) <= {"quantity", "gift", "price", "note"}
    for name, value in arguments.items():
        assert read[name] == value
        assert isinstance(read[name], bool) == isinstance(value, bool)


@given(st.dictionaries(st.text(max_size=5), JSON, max_size=4))
def test_the_hash_of_arguments_is_the_same_after_every_journey(arguments: dict[str, Any]) -> None:
    """Neither the order of keys nor JSON itself changes what an approval is bound to."""
    try:
        text = canonical(arguments)
    except InvalidArgumentsError:
        assert any("\ud800" <= char <= "\udfff" for char in json.dumps(arguments, ensure_ascii=False))
        return
    back = dict(reversed(list(json.loads(text).items())))
    assert arguments_hash(back) == arguments_hash(arguments)
