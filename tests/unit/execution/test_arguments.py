"""How a tool's arguments are read: exactly as written, by whatever schema it has (fault T18)."""

import datetime as dt
import enum
from dataclasses import dataclass
from typing import Annotated, Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from langchain_core.runnables import RunnableConfig
from langchain_core.tools import BaseTool, InjectedToolCallId, Tool
from langchain_core.tools import tool as langchain_tool
from langgraph.prebuilt import InjectedState
from pydantic import BaseModel, ConfigDict, Field, ValidationInfo, field_validator
from toolruns import answers, both, call, outcomes
from typing_extensions import TypedDict

from clovax_agents import ToolPolicy, tool
from clovax_agents.errors import InvalidArgumentsError
from clovax_agents.execution import strictness
from clovax_agents.execution.arguments import ArgumentReader

READ = ToolPolicy(effect="read")


class Grade(enum.IntEnum):
    """A number with a name."""

    LOW = 1


class Weight(enum.Enum):
    """One that is no whole number."""

    HALF = 0.5
    ONE = 1.0


class Line(BaseModel):
    """Says nothing about what it does not know."""

    product: str
    quantity: int = 1


class Node(BaseModel):
    """Has more of itself inside."""

    value: int
    next: "Node | None" = None


class Open(BaseModel):
    """Takes more."""

    model_config = ConfigDict(extra="allow")
    product: str


class Loose(BaseModel):
    """Takes "5" for 5, by its own wish."""

    model_config = ConfigDict(strict=False)
    config: int
    default: int = 0


class Pair(TypedDict):
    """A dict."""

    left: int


@dataclass
class Point:
    """A dataclass."""

    x: int


def _reader(annotation: Any) -> ArgumentReader:
    def take(x: Any) -> str:
        """Take it."""
        return str(x)

    take.__annotations__["x"] = annotation
    return ArgumentReader.of(tool(take))


@pytest.mark.parametrize(
    ("annotation", "value"),
    [
        (int, True),
        (int, "5"),
        (int, 5.0),
        (float, "1"),
        (float, True),
        (float, 10**400),
        (str, 5),
        (bool, 1),
        (bool, "true"),
        (Literal[1], True),
        (Literal[1], 1.0),
        (Literal[True], 1),
        (Literal[1, "a"], True),
        (Grade, True),
        (Grade, 1.0),
        (Grade, "1"),
        (Weight, True),
        (Line, {"product": "a", "quantity": "5"}),
        (Line, {"product": "a", "amount": 5}),
        (list[Line], [{"product": "a", "amount": 5}]),
        (Line | None, {"product": "a", "amount": 5}),
        (dict[str, Line], {"k": {"product": "a", "amount": 5}}),
        (Node, {"value": 1, "next": {"value": 2, "next": {"value": "3"}}}),
        (Node, {"value": 1, "next": {"value": 2, "last": None}}),
        (Pair, {"left": 1, "right": 2}),
        (Point, {"x": "1"}),
        (Point, {"x": 1, "y": 2}),
        (dt.date, 0),
        (list[int], "5"),
        (set[int], [1, True]),
        (tuple[int, str], [1, 2]),
        (int | None, "5"),
        (int | str, True),
    ],
    ids=str,
)
def test_another_type_is_another_value(annotation: Any, value: Any) -> None:
    """However deep it stands, what would have to be changed to fit is refused, and so is what is not known."""
    with pytest.raises(InvalidArgumentsError, match="x"):
        _reader(annotation)({"x": value})


@pytest.mark.parametrize(
    ("annotation", "value", "read"),
    [
        (float, 1, 1.0),
        (Literal[1], 1, 1),
        (Grade, 1, Grade.LOW),
        (Weight, 1, Weight.ONE),
        (Weight, 0.5, Weight.HALF),
        (Annotated[int, Field(strict=False)], "5", 5),
        (Loose, {"config": "5", "default": "6"}, Loose(config=5, default=6)),
        (Open, {"product": "a", "more": 1}, Open.model_validate({"product": "a", "more": 1})),
        (Node, {"value": 1, "next": {"value": 2}}, Node(value=1, next=Node(value=2))),
        (Pair, {"left": 1}, {"left": 1}),
        (Point, {"x": 1}, Point(1)),
        (dict[int, str], {"1": "a"}, {1: "a"}),
        (tuple[int, str], [1, "a"], (1, "a")),
        (dt.datetime, "2026-11-28T09:00:00+09:00", dt.datetime.fromisoformat("2026-11-28T09:00:00+09:00")),
        (dt.timedelta, "PT5S", dt.timedelta(seconds=5)),
        (int | str, "5", "5"),
        (int, 10**4000, 10**4000),
        (int, 2**70, 2**70),
    ],
    ids=["float", "literal", "enum", "weight", "half", "lax", "loose", "open", "node", "pair", "point", "keys", "tuple",
         "datetime", "duration", "union", "long", "wide"],
)  # fmt: skip
def test_what_json_means_is_read(annotation: Any, value: Any, read: Any) -> None:
    """JSON's only way to say something is taken, and what a class sets for itself is heeded."""
    found = _reader(annotation)({"x": value})["x"]
    assert found == read
    assert type(found) is type(read)


@pytest.mark.parametrize(
    ("value", "told"),
    [
        (float("inf"), "inf, which is not JSON"),
        (dt.date(2026, 1, 1), "a Python object (date), which is not JSON"),
        ({1, 2}, "a Python object (set), which is not JSON"),
        (b"x", "a Python object (bytes), which is not JSON"),
        ({1: 2}, "a name that is no text, which is not JSON"),
        ({"\ud800": 1}, "half a character"),
        ({"k" * 300_000: 1}, "larger than"),
        (["\udc00"], "half a character"),
        (10**5000, "a number that is too long"),
    ],
    ids=["inf", "date", "set", "bytes", "names", "name", "long name", "text", "digits"],
)
@pytest.mark.parametrize("effect", ["read", "once"])
async def test_what_is_no_json_is_answered_whatever_the_effect(value: Any, told: str, effect: Any) -> None:
    """Arguments that code has put there, or an edit, end their own call and not the graph."""

    @tool(policy=ToolPolicy(effect=effect))
    def take(x: Any) -> str:
        """Take it."""
        return str(x)

    for messages in await both([take], call("take", "a", x=value), call("take", "b", x=1)):
        assert outcomes(messages) == ["invalid", "success"]
        assert told in messages[0].text


async def test_arguments_that_go_in_circles_are_refused() -> None:
    """They end where the levels do."""
    circle: dict[str, Any] = {}
    circle["again"] = circle
    with pytest.raises(InvalidArgumentsError, match="deeper than 64"):
        _reader(Any)({"x": circle})


async def test_what_a_tool_does_to_its_arguments_stays_with_it() -> None:
    """Neither the message nor the next attempt sees it, by any kind of schema."""
    seen: list[Any] = []

    def spoil(basket: dict[str, Any]) -> str:
        """Fill the basket."""
        seen.append(len(basket["items"]))
        basket["items"].append("more")
        if len(seen) % 2:
            raise ConnectionError("again")
        return "filled"

    policy = ToolPolicy(effect="read", retries=1, backoff=0)
    by_schema = {"type": "object", "properties": {"basket": {"type": "object"}}}
    tools = [
        tool(policy=policy)(spoil),
        tool(name="by_schema", args_schema=by_schema, policy=policy)(spoil),
    ]
    for name in ("spoil", "by_schema"):
        made = call(name, basket={"items": []})
        messages = await answers(tools, made)
        assert messages[0].text == "filled"
        assert made["args"] == {"basket": {"items": []}}
    assert seen == [0, 0, 0, 0]


def test_injected_values_are_no_arguments() -> None:
    """What a model writes in their place is dropped before anything is said about it."""

    @tool
    def take(x: int, state: Annotated[Any, InjectedState], call_id: Annotated[str, InjectedToolCallId]) -> str:
        """Take it."""
        return f"{x} {state} {call_id}"

    reader = ArgumentReader.of(take)
    assert reader.injected == {"state", "call_id"}
    assert reader({"x": 1, "state": {"user": "root"}, "call_id": 5}) == {"x": 1}
    assert reader.without_injected({"x": 1, "state": 2}) == {"x": 1}


async def test_a_configuration_among_the_arguments_is_not_the_models_to_write() -> None:
    """LangChain shows it to the model where a tool's class has no schema; it comes from the run all the same."""

    class Whose(BaseTool):
        name: str = "whose"
        description: str = "Say whose turn it is."

        def _run(self, x: int, config: RunnableConfig) -> str:
            return f"{config['configurable'].get('user')} {x}"

    forged = {"configurable": {"user": "root"}}
    made = (call("whose", "a", x=1), call("whose", "b", x=2, config=forged), call("whose", "c", x="3"))
    for messages in await both([Whose()], *made, user="kim"):
        assert [message.text for message in messages[:2]] == ["kim 1", "kim 2"]
        assert outcomes(messages) == ["success", "success", "invalid"]


async def test_validators_see_everything_and_run_once() -> None:
    """Field by field, in their order, with what was read before them."""
    runs: list[str] = []

    class Stay(BaseModel):
        first: int
        last: int

        @field_validator("last")
        @classmethod
        def _after(cls, value: int, info: ValidationInfo) -> int:
            runs.append("last")
            if value < info.data["first"]:
                raise ValueError("the stay ends before it begins")
            return value

    @tool(args_schema=Stay, policy=READ)
    def book(first: int, last: int) -> str:
        """Book."""
        return f"{last - first} nights"

    messages = await answers([book], call("book", "a", first=1, last=3), call("book", "b", first=3, last=1))
    assert messages[0].text == "2 nights"
    assert "the stay ends before it begins" in messages[1].text
    assert runs == ["last", "last"]


async def test_errors_are_bounded_however_much_is_wrong() -> None:
    """Neither many errors nor long names make a long answer."""

    @tool(policy=READ)
    def take(x: list[int]) -> str:
        """Take it."""
        return str(x)

    made = (
        call("take", "a", x=["a"] * 1000),
        call("take", "b", **{f"{number}" * 500: 1 for number in range(100)}),
        call("take", "c", **{"a\r\nb\x1b[2J": 1}),
    )
    for messages in await both([take], *made):
        assert outcomes(messages) == ["invalid"] * 3
        assert "and 992 more" in messages[0].text
        assert all(len(message.text) < 5_000 for message in messages)
        assert "\x1b" not in messages[2].text
        assert "\r" not in messages[2].text


async def test_tools_with_one_text_for_everything_take_it() -> None:
    """LangChain's oldest kind of tool has no schema."""
    old = Tool(name="old", description="Echo.", func=lambda text: f"got {text}")
    for messages in await both([old], call("old", __arg1="가")):
        assert messages[0].text == "got 가"


def test_a_class_whose_types_come_later_is_read_too() -> None:
    """A forward reference is resolved when the reader is made."""

    @langchain_tool
    def walk(node: Node) -> str:
        """Walk."""
        return str(node.value)

    assert ArgumentReader.of(walk)({"node": {"value": 1}})["node"] == Node(value=1)


def test_a_pydantic_without_the_switch_is_strict_about_types(monkeypatch: pytest.MonkeyPatch) -> None:
    """Better that than a reader that is not strict at all."""
    monkeypatch.setattr(strictness, "SchemaValidator", lambda schema, config: (schema, config))
    read = strictness.strict_reader(Line)
    assert read('{"product": "a", "quantity": 2}') == Line(product="a", quantity=2)
    with pytest.raises(ValueError, match="valid integer"):
        read('{"product": "a", "quantity": "2"}')


SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text()
JSON = st.recursive(SCALARS, lambda x: st.lists(x, max_size=3) | st.dictionaries(st.text(), x, max_size=3))


@given(JSON)
def test_json_arrives_as_it_is(value: Any) -> None:
    """A parameter that takes anything takes it unchanged, and as its own."""
    found = _anything({"x": value})["x"]
    assert found == value
    assert repr(found) == repr(value)
    assert not isinstance(value, list | dict) or found is not value


@given(JSON)
def test_types_do_not_mix(value: Any) -> None:
    """Whatever is written, each type takes its own values and no others."""
    for reader, kinds in _typed:
        try:
            found = reader({"x": value})["x"]
        except InvalidArgumentsError:
            assert type(value) not in kinds
        else:
            assert type(value) in kinds
            assert type(found) is kinds[0] or found is None
            assert found == (float(value) if kinds[0] is float else value)


_anything = _reader(Any)
_typed = [
    (_reader(int), (int,)),
    (_reader(bool), (bool,)),
    (_reader(float), (float, int)),
    (_reader(str), (str,)),
    (_reader(None | str), (str, type(None))),
]
