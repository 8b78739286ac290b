"""Classes of one's own that checkpoints may hold, if they are named."""

from dataclasses import InitVar, dataclass, field
from enum import Flag, IntEnum
from typing import Any, NamedTuple

import pytest
from langchain_core.messages import HumanMessage
from pydantic import BaseModel, ConfigDict, Field, PrivateAttr, RootModel

from clovax_agents.checkpoints import MessageSerializer
from clovax_agents.errors import CheckpointError, CheckpointTypeError, ConfigurationError


class Size(IntEnum):
    """An enum."""

    S = 1


class Right(Flag):
    """Members that can be combined."""

    READ = 1
    WRITE = 2


class Point(NamedTuple):
    """A named tuple."""

    x: int
    y: Any = None


class Item(BaseModel):
    """A model with an alias, a field that is not dumped, more fields, and a private one."""

    model_config = ConfigDict(extra="allow")

    number: int = Field(alias="no")
    hidden: str = Field(default="", exclude=True)
    size: Size = Size.S
    _cache: int = PrivateAttr(default=0)


class Items(RootModel[list[Item]]):
    """A model that is a list."""


@dataclass
class Order:
    """A dataclass with a field that its constructor does not take."""

    items: list[Item]
    note: str = ""
    total: int = field(init=False, default=0)


@dataclass(frozen=True, slots=True)
class Frozen:
    """A dataclass without a dict."""

    a: tuple[int, ...]


class Greeting(HumanMessage):
    """A message with a class of its own."""

    mood: str = "good"


@dataclass
class Once:
    """A dataclass that keeps not all it is given."""

    seed: InitVar[int]


class Plain:
    """A class of no such kind."""


ALLOWED = [Size, Right, Point, Item, Items, Order, Frozen, Greeting]
SERDE = MessageSerializer(allow=ALLOWED)


def order() -> Order:
    """Return an order with all that can be in one."""
    made = Order([Item(no=1, hidden="x", more=[1])], "가")
    made.total = 7
    return made


@pytest.mark.parametrize(
    "value",
    [
        Size.S,
        Right.READ | Right.WRITE,
        Point(1, Point(2)),
        Item(no=1, hidden="x", more={"a": (1,)}),
        Items([Item(no=1)]),
        order(),
        Frozen((1, 2)),
        Greeting("hi", id="1", mood="bad"),
        {Size.S: {Point(1): order()}},
    ],
    ids=lambda value: type(value).__name__,
)
def test_a_registered_object_comes_back(value: Any) -> None:
    """Equal and of its class, wherever it stands."""
    for given in (value, [value], {"channel_values": {"a": value}}):
        found = SERDE.loads_typed(SERDE.dumps_typed(given))
        assert found == given
        assert repr(found) == repr(given)


def test_nobody_else_reads_it() -> None:
    """A serializer that does not know the class makes nothing of it; the text says what to do."""
    stored = SERDE.dumps_typed([order()])
    with pytest.raises(CheckpointError, match=r"test_registry.*not registered: MessageSerializer\(allow=") as caught:
        MessageSerializer().loads_typed(stored)
    assert not isinstance(caught.value, CheckpointTypeError)


def test_a_class_that_was_renamed_can_be_read() -> None:
    """Names of one's own stay when classes move; the first of two names is written."""

    class Bestellung(BaseModel):
        number: int

    class Old(BaseModel):
        number: int

    old = MessageSerializer(allow={"order": Old}).dumps_typed(Old(number=1))
    new = MessageSerializer(allow={"bestellung": Bestellung, "order": Bestellung})
    assert new.loads_typed(old) == Bestellung(number=1)
    assert b"bestellung" in new.dumps_typed(Bestellung(number=1))[1]


def test_a_class_that_has_changed_says_which_field_does_not_fit() -> None:
    """Without the value, which may be private; a new field with a default is fine."""

    class One(BaseModel):
        number: str

    class Two(BaseModel):
        number: int
        colour: str

    class Three(BaseModel):
        number: str
        colour: str = "red"

    stored = MessageSerializer(allow={"x": One}).dumps_typed(One(number="secret"))
    with pytest.raises(CheckpointError, match=r"stored as x .*\['colour', 'number'\]") as caught:
        MessageSerializer(allow={"x": Two}).loads_typed(stored)
    assert "secret" not in str(caught.value)
    assert MessageSerializer(allow={"x": Three}).loads_typed(stored) == Three(number="secret")


def test_a_dataclass_that_has_lost_a_field_says_so() -> None:
    """It is not left out in silence."""

    @dataclass
    class One:
        a: int
        b: int

    @dataclass
    class Two:
        a: int

    stored = MessageSerializer(allow={"x": One}).dumps_typed(One(1, 2))
    with pytest.raises(CheckpointError, match="no field b"):
        MessageSerializer(allow={"x": Two}).loads_typed(stored)


@pytest.mark.parametrize("given", [Plain, order, "Order", 5, Once, dict, HumanMessage("x"), Size.S])
def test_what_cannot_be_registered_is_refused_at_once(given: Any) -> None:
    """When the serializer is made, not when something is stored."""
    with pytest.raises(ConfigurationError, match="cannot be stored in checkpoints"):
        MessageSerializer(allow=[given])


@pytest.mark.parametrize("given", [Point, "Point"])
def test_a_class_without_a_list_around_it_is_refused(given: Any) -> None:
    """The text says what is wanted."""
    with pytest.raises(ConfigurationError, match="give a list of classes"):
        MessageSerializer(allow=given)


def test_two_classes_of_one_name_are_refused() -> None:
    """They could not be told apart; the text says how."""
    with pytest.raises(ConfigurationError, match=r"allow=\{name: class\}"):
        MessageSerializer(allow=[Point, Point])


def test_what_is_on_the_list_cannot_be_replaced() -> None:
    """A class of LangChain's that is registered is stored as ever."""
    plain, named = MessageSerializer(), MessageSerializer(allow=[HumanMessage])
    message = HumanMessage("x", id="1")
    assert named.dumps_typed(message) == plain.dumps_typed(message)
