"""Arguments that are only written differently, and those that only look like it."""

from __future__ import annotations

from enum import Enum
from typing import Annotated, Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from langchain_core.messages import AIMessage
from pydantic import BaseModel, Field

from clovax_agents.recovering.mending import mended
from clovax_agents.recovering.spelling import names_values, respelled
from clovax_agents.tooling import tool

COLORS = {"properties": {"color": {"enum": ["red", "dark blue", "초록"]}}}
ALL: Any = frozenset({"fence", "enum", "list"})


def _mended(value: object, part: dict[str, Any], **more: Any) -> object:
    schema = {"properties": {"v": part}, **more}
    return respelled({"v": value}, schema, lists=True)[0]["v"]


@pytest.mark.parametrize(
    "written",
    ["Red", "RED", " red ", "ｒｅｄ", '"red"', "'red'", "“red”", "「red」", "r ed"],
)
def test_a_value_that_is_spelled_differently_is_the_value(written: str) -> None:
    """Case, blanks, width and quotes."""
    assert _mended(written, {"enum": ["red", "blue"]}) == "red"


@pytest.mark.parametrize(
    ("part", "written"),
    [
        ({"oneOf": [{"const": "red", "title": "빨강"}, {"const": "blue", "title": "파랑"}]}, "빨강"),
        ({"anyOf": [{"const": "red", "title": "빨강"}, {"type": "null"}]}, "“빨강”"),
        ({"enum": ["blue", "red"], "enumNames": ["파랑", "빨강"]}, "빨강"),
        ({"enum": ["blue", "red"], "x-enum-labels": {"red": "빨강"}}, "빨강"),
        ({"enum": ["blue", "red"], "x-enum-varnames": ["Blau", "Rot"]}, "rot"),
    ],
    ids=["oneOf", "nullable", "enumNames", "by-value", "varnames"],
)
def test_a_label_that_the_schema_carries_is_the_value(part: dict[str, Any], written: str) -> None:
    """However the schema carries it."""
    assert _mended(written, part) == "red"


@pytest.mark.parametrize(
    ("part", "written"),
    [
        ({"enum": ["red", "blue"]}, "crimson"),
        ({"enum": ["red", "blue"]}, "re"),
        ({"enum": ["red", "Red"]}, "RED"),
        ({"enum": ["red", "Red"]}, "Red"),
        ({"enum": ["ab", "a b"]}, "A B"),
        ({"enum": ["", "red"]}, "''"),
        ({"type": "string"}, "Red"),
        ({"anyOf": [{"enum": ["red"]}, {"type": "string"}]}, "Red"),
        ({"enum": [1, 2]}, "1"),
        ({"enum": [True]}, "true"),
        ({"enum": ["a", "b"], "enumNames": ["빨강", "빨강"]}, "빨강"),
        ({"anyOf": [{"enum": ["red"]}, {"enum": ["RED"]}]}, "Red"),
        ({"$ref": "#/$defs/none"}, "Red"),
        ({"$ref": "https://example.com/colors"}, "Red"),
        (True, "Red"),
        ({"enum": ["red"]}, ["Red", "blue"]),
        ({"enum": "red"}, "Red"),
    ],
)
def test_what_is_not_certain_is_left_alone(part: Any, written: object) -> None:
    """Another word, two that it could be, a free text, another type, a schema that says nothing."""
    assert _mended(written, part) == written


def test_values_are_found_wherever_they_are() -> None:
    """In lists, objects, references, optional ones; with the place and the original."""
    schema = {
        "properties": {
            "colors": {"type": "array", "items": {"$ref": "#/$defs/color"}},
            "by_room": {"type": "object", "additionalProperties": {"$ref": "#/$defs/color"}},
        },
        "$defs": {"color": {"enum": ["red", "blue"]}},
    }
    given = {"colors": ["RED", "blue"], "by_room": {"kitchen": "Blue"}}
    found, changes = respelled(given, schema)
    assert found == {"colors": ["red", "blue"], "by_room": {"kitchen": "blue"}}
    assert [tuple(change) for change in changes] == [
        ("colors.0", "RED", "red"), ("by_room.kitchen", "Blue", "blue")
    ]  # fmt: skip
    assert given == {"colors": ["RED", "blue"], "by_room": {"kitchen": "Blue"}}


def test_alternatives_that_disagree_are_not_certain() -> None:
    """Of two kinds of objects, each may mean another value."""
    kinds = [{"properties": {"c": {"enum": ["red"]}}}, {"properties": {"c": {"enum": ["RED"]}}}]
    assert _mended({"c": "Red"}, {"anyOf": kinds}) == {"c": "Red"}


def test_a_schema_that_refers_to_itself_ends() -> None:
    """A tree is walked as far as there are values."""
    node: dict[str, Any] = {"properties": {"c": {"enum": ["red"]}, "next": {"$ref": "#/$defs/node"}}}
    endless: dict[str, Any] = {"$ref": "#/$defs/loop"}
    schema = {"$ref": "#/$defs/node", "$defs": {"node": node, "loop": endless}}
    assert respelled({"next": {"next": {"c": "Red"}}}, schema)[0] == {"next": {"next": {"c": "red"}}}
    assert respelled({"v": "Red"}, {"properties": {"v": endless}, "$defs": {"loop": endless}})[0] == {"v": "Red"}
    twice: dict[str, Any] = {"anyOf": [{"$ref": "#/$defs/loop"}] * 2}
    assert respelled({"v": "Red"}, {"properties": {"v": twice}, "$defs": {"loop": twice}})[0] == {"v": "Red"}


@pytest.mark.parametrize(
    ("written", "part", "wanted"),
    [
        (["서울"], {"type": "string"}, "서울"),
        (["RED"], {"enum": ["red"]}, "red"),
        (["서울", "부산"], {"type": "string"}, ["서울", "부산"]),
        ([], {"type": "string"}, []),
        (["서울"], {"anyOf": [{"type": "string"}, {"type": "array"}]}, ["서울"]),
        ([1], {"type": "string"}, [1]),
    ],
)
def test_a_list_of_one_text_where_only_a_text_will_do(written: object, part: dict[str, Any], wanted: object) -> None:
    """Of two texts, nobody knows which; and nothing is taken out unless it is asked for."""
    assert _mended(written, part) == wanted
    assert respelled({"v": ["서울"]}, {"properties": {"v": {"type": "string"}}})[0] == {"v": ["서울"]}


JSON: Any = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8) | st.sampled_from(["Red", "RED", "blue"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["color", "v"]), inner, max_size=2),
    max_leaves=10,
)


@given(JSON, JSON)
def test_any_value_and_any_schema(value: Any, schema: Any) -> None:
    """It never fails; what is mended once stays as it is, and what changed is a value of the schema."""
    root = {
        "properties": {"v": {"enum": ["red", "blue"]}},
        "anyOf": schema,
        **(schema if isinstance(schema, dict) else {}),
    }
    found, changes = respelled({"v": value}, root, lists=True)
    again, none = respelled(found, root, lists=True)
    assert again == found
    assert not none
    assert all(change.original != change.value for change in changes)


_KEYWORDS = st.sampled_from(["enum", "const", "title", "anyOf", "properties", "items", "enumNames", "v"])
SCHEMAS: Any = st.recursive(
    st.sampled_from(["red", "Red", "blue", 1, None]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_KEYWORDS, inner, max_size=4),
    max_leaves=12,
)


@given(JSON, SCHEMAS)
def test_where_no_values_are_named_none_can_be_spelled_otherwise(value: Any, part: Any) -> None:
    """What is passed over for the sake of speed would have been left alone anyway."""
    schema = {"properties": {"v": part}}
    if not names_values(schema):
        assert respelled({"v": value}, schema) == ({"v": value}, [])


@tool
def paint(color: Literal["red", "blue"], room: str = "") -> str:
    """Paint a room."""
    return f"{color} {room}"


def _schema_of(name: str) -> Any:
    return paint.tool_call_schema.model_json_schema() if name == "paint" else None  # type: ignore[union-attr]


def _called(*texts: str, names: tuple[str, ...] = ()) -> AIMessage:
    """Give what a client makes of calls with these raw arguments."""
    from clovax_agents.replies import to_message  # noqa: PLC0415
    from clovax_agents.wire.neutral import RawCall, Reply  # noqa: PLC0415

    made = [RawCall(f"c{n}", (names or ("paint",) * 9)[n], text) for n, text in enumerate(texts)]
    return to_message(Reply(calls=made, finish_reason="tool_calls"))


FENCED = '```json\n{"color": "red"}\n```'


def test_arguments_in_a_fence_become_a_call_in_its_place() -> None:
    """Between the calls beside it; the original is in the metadata, and the raw call is what runs."""
    before = _called('{"color": "red", "room": "1"}', FENCED, '{"color": "blue"}')
    after = mended(before, _schema_of, ALL)
    assert {call["id"]: call["args"] for call in after.tool_calls} == {
        "c0": {"color": "red", "room": "1"}, "c1": {"color": "red"}, "c2": {"color": "blue"},
    }  # fmt: skip
    assert not after.invalid_tool_calls
    assert [raw["id"] for raw in after.additional_kwargs["tool_calls"]] == ["c0", "c1", "c2"]
    assert after.response_metadata["repairs"] == [
        {"kind": "fence", "id": "c1", "name": "paint", "original": FENCED, "value": '{"color": "red"}'}
    ]
    assert before.invalid_tool_calls


@pytest.mark.parametrize(
    "text",
    [
        '```json\n{"color": "red",}\n```', "```json\n[1]\n```", "```\n\n```", f"Here: {FENCED}", FENCED * 2,
        '{"color": "red"', "{'color': 'red'}",
    ],
    ids=["comma", "list", "nothing", "prose", "two", "half", "quotes"],
)  # fmt: skip
def test_nothing_else_is_mended(text: str) -> None:
    """Broken JSON stays broken, in a fence or not: the model has to write it again."""
    message = _called(text)
    assert mended(message, _schema_of, ALL) is message


def test_only_what_is_asked_for_is_mended() -> None:
    """Each repair is a setting."""
    fenced, spelled = _called(FENCED), _called('{"color": "Red"}')
    assert mended(fenced, _schema_of, frozenset({"enum"})) is fenced
    assert mended(spelled, _schema_of, frozenset({"fence"})) is spelled
    assert mended(fenced, _schema_of, frozenset()) is fenced
    both = mended(_called('```\n{"color": "RED"}\n```'), _schema_of, frozenset({"fence", "enum"}))
    assert both.tool_calls[0]["args"] == {"color": "red"}
    assert [note["kind"] for note in both.response_metadata["repairs"]] == ["fence", "enum"]


def test_half_a_call_and_calls_without_a_tool_are_left_alone() -> None:
    """Of a call that was cut off nothing is certain, and a tool that is not there has no values."""
    cut = _called(FENCED).model_copy(update={"response_metadata": {"finish_reason": "length"}})
    assert mended(cut, _schema_of, ALL) is cut
    unknown = _called('{"color": "Red"}', names=("nowhere",))
    assert mended(unknown, _schema_of, ALL) is unknown
    nameless = _called(FENCED, names=("",))
    assert mended(nameless, _schema_of, ALL) is nameless


class Size(Enum):
    """Sizes."""

    SMALL = "small"
    LARGE = "large"


class Order(BaseModel):
    """An order."""

    size: Size
    color: Annotated[str, Field(json_schema_extra={"enum": ["red"], "enumNames": ["빨강"]})]


def test_values_of_python_s_own_enumerations_are_mended_too() -> None:
    """A class with an Enum, an Annotated label, as users write them."""
    schema = {"properties": {"order": {"$ref": "#/$defs/Order"}}, "$defs": {"Order": Order.model_json_schema()}}
    schema["$defs"] |= Order.model_json_schema()["$defs"]
    found, _ = respelled({"order": {"size": "Large", "color": "빨강"}}, schema)
    assert found == {"order": {"size": "large", "color": "red"}}
