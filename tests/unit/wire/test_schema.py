"""Schemas as the service reads them: in its own keywords, and still meaning the same (docs/wire.md, section 8.1)."""

import json
from datetime import date
from enum import Enum
from pathlib import Path
from typing import Annotated, Any, Literal

import pytest
from pydantic import BaseModel, Field

from clovax_agents.errors import ConfigurationError
from clovax_agents.simulator.validation.schemas import check_schema
from clovax_agents.wire.schema import accepted_schema

Schema = dict[str, Any]
DATA = Path(__file__).parents[2] / "data" / "functionchat-singlecall.jsonl"


class _Color(Enum):
    RED = "빨강"
    BLUE = "파랑"


class _Item(BaseModel):
    """물건."""

    name: str = Field(description="이름", min_length=1, pattern="^[가-힣]+$")
    count: int = Field(gt=0, lt=10, default=3)
    price: float = Field(gt=0)
    made: date | None = None
    color: _Color = _Color.RED


class _Cat(BaseModel):
    kind: Literal["cat"]
    lives: int


class _Dog(BaseModel):
    kind: Literal["dog"]
    tricks: list[str]


class _Order(BaseModel):
    items: list[_Item] = Field(min_length=1)
    pet: Annotated[_Cat | _Dog, Field(discriminator="kind")]
    numbers: dict[str, int]
    pair: tuple[int, str]
    first: _Item = Field(description="가장 먼저 보낼 것")


def _in_field(schema: Schema) -> Schema:
    """Return what becomes of the schema of a field."""
    document = {"type": "object", "properties": {"x": schema}, "$defs": {"Tag": {"type": "string", "title": "Tag"}}}
    field: Schema = accepted_schema(document, "f")["properties"]["x"]
    return field


FIELDS: list[tuple[Schema, Schema]] = [
    ({"type": "string", "title": "X"}, {"type": "string"}),
    ({"type": ["string", "null"]}, {"anyOf": [{"type": "string"}, {"type": "null"}]}),
    ({"type": ["string"]}, {"type": "string"}),
    (
        {"type": ["integer", "string"], "minimum": 1, "format": "date"},
        {"anyOf": [{"type": "integer", "minimum": 1}, {"type": "string", "format": "date"}]},
    ),
    ({"const": "a"}, {"type": "string", "enum": ["a"]}),
    ({"enum": [1, 2]}, {"type": "integer", "enum": [1, 2]}),
    ({"enum": [1, "a"]}, {"enum": [1, "a"]}),
    (
        {"type": ["string", "null"], "enum": ["a", None]},
        {"anyOf": [{"type": "string", "enum": ["a"]}, {"type": "null"}]},
    ),
    ({"oneOf": [{"type": "string"}, {"type": "integer"}]}, {"anyOf": [{"type": "string"}, {"type": "integer"}]}),
    ({"anyOf": [{"type": "string"}], "description": "d"}, {"description": "d", "type": "string"}),
    ({"allOf": [{"type": "integer"}, {"minimum": 1}, {"minimum": 3}]}, {"type": "integer", "minimum": 3}),
    ({"allOf": [{"$ref": "#/$defs/Tag"}], "description": "d"}, {"description": "d", "type": "string"}),
    ({"$ref": "#/$defs/Tag", "description": "d"}, {"description": "d", "type": "string"}),
    (
        {"type": "integer", "exclusiveMinimum": 0, "exclusiveMaximum": 10},
        {"type": "integer", "minimum": 1, "maximum": 9},
    ),
    (
        {"type": "number", "exclusiveMinimum": 0},
        {"description": "(exclusiveMinimum: 0)", "type": "number", "minimum": 0},
    ),
    (
        {"type": "string", "pattern": "^a", "description": "d"},
        {"description": "d (pattern: ^a)", "type": "string"},
    ),
    ({"type": "string", "format": "uri"}, {"description": "(format: uri)", "type": "string"}),
    ({"type": "string", "default": "x"}, {"description": "(default: x)", "type": "string"}),
    (
        {"type": "object", "additionalProperties": {"type": "integer"}},
        {"description": '(each value: {"type": "integer"})', "type": "object"},
    ),
    (
        {"type": "object", "properties": {"a": {"type": "string"}}, "additionalProperties": False},
        {"type": "object", "properties": {"a": {"type": "string"}}},
    ),
    ({"properties": {"a": True}}, {"type": "object", "properties": {"a": {}}}),
    (
        {"type": "array", "prefixItems": [{"type": "integer"}, {"type": "string"}], "minItems": 2},
        {
            "description": '(prefixItems: [{"type": "integer"}, {"type": "string"}])',
            "type": "array",
            "minItems": 2,
        },
    ),
    (  # a tuple, as older drafts write it, with anything after it
        {"type": "array", "items": [{"type": "integer"}, {"$ref": "#/$defs/Tag"}]},
        {"description": '(prefixItems: [{"type": "integer"}, {"type": "string"}])', "type": "array"},
    ),
    (
        {"type": "array", "items": [{"type": "integer"}, {"type": "string"}], "additionalItems": False},
        {
            "description": '(prefixItems: [{"type": "integer"}, {"type": "string"}])',
            "type": "array",
            "items": {"anyOf": [{"type": "integer"}, {"type": "string"}]},
            "maxItems": 2,
        },
    ),
    (
        {"type": "array", "items": [{"type": "integer"}], "additionalItems": {"$ref": "#/$defs/Tag"}},
        {
            "description": '(prefixItems: [{"type": "integer"}]) (additionalItems: {"type": "string"})',
            "type": "array",
            "items": {"anyOf": [{"type": "integer"}, {"type": "string"}]},
        },
    ),
    (  # the third place can never be filled
        {"type": "array", "prefixItems": [{"type": "integer"}, {"type": "string"}, False], "maxItems": 1},
        {
            "description": '(prefixItems: [{"type": "integer"}, {"type": "string"}])',
            "type": "array",
            "items": {"type": "integer"},
            "maxItems": 1,
        },
    ),
    (
        {"type": "array", "prefixItems": [{"type": "integer"}], "items": False},
        {
            "description": '(prefixItems: [{"type": "integer"}])',
            "type": "array",
            "items": {"type": "integer"},
            "maxItems": 1,
        },
    ),
    ({"type": "array", "items": False, "maxItems": 0}, {"type": "array", "maxItems": 0}),
    ({"type": ["string", "number"], "enum": ["a"]}, {"type": "string", "enum": ["a"]}),
    (
        {"type": ["string", "number"], "enum": ["a", 1, 2.5]},
        {"anyOf": [{"type": "string", "enum": ["a"]}, {"type": "number", "enum": [1, 2.5]}]},
    ),
    ({"type": ["string", "null"], "enum": ["a"]}, {"type": "string", "enum": ["a"]}),
    (
        {"type": "string", "nullable": True, "enum": ["a"], "description": "d"},
        {"description": "d", "anyOf": [{"type": "string", "enum": ["a"]}, {"type": "null"}]},
    ),
    (
        {"$ref": "#/$defs/Tag", "nullable": True},
        {"anyOf": [{"type": "string"}, {"type": "null"}]},
    ),
    (
        {"type": "string", "anyOf": [True, {"enum": ["a"]}]},
        {"anyOf": [{"type": "string"}, {"type": "string", "enum": ["a"]}]},
    ),
    (
        {"type": "object", "propertyNames": {"$ref": "#/$defs/Tag"}},
        {"description": '(propertyNames: {"type": "string"})', "type": "object"},
    ),
    (
        {"type": "object", "patternProperties": {"^x": {"$ref": "#/$defs/Tag"}, "^y": False}},
        {"description": '(patternProperties: {"^x": {"type": "string"}, "^y": false})', "type": "object"},
    ),
    (
        {"type": "integer", "minimum": 3, "exclusiveMinimum": True},
        {"type": "integer", "minimum": 4},
    ),
    (
        {"properties": {"a": {"type": "string", "required": True}, "b": {"type": "string"}}},
        {"type": "object", "properties": {"a": {"type": "string"}, "b": {"type": "string"}}, "required": ["a"]},
    ),
    ({"allOf": [{"type": ["string", "null"]}, {"type": "string"}]}, {"type": "string"}),
    ({"allOf": [{"type": ["number", "null"]}, {"type": "integer"}]}, {"type": "integer"}),
    (
        {"allOf": [{"anyOf": [{"enum": [1]}, {"enum": [2]}]}, {"anyOf": [{"enum": [2]}, {"enum": [3]}]}]},
        {"type": "integer", "enum": [2]},
    ),
    (
        {"allOf": [{"if": {"minimum": 1}, "then": {"maximum": 2}}, {"if": {"minimum": 5}, "then": False}]},
        {
            "description": '(if: {"type": "number", "minimum": 1}) (then: {"type": "number", "maximum": 2}) '
            '(conditions: [{"if": {"type": "number", "minimum": 5}, "then": false}])'
        },
    ),
]


@pytest.mark.parametrize(("given", "written"), FIELDS)
def test_w8_1_14_and_w8_1_15_a_field_is_written_in_the_services_keywords(given: Schema, written: Schema) -> None:
    """What has another form is written in it, what is unknown is told in the description."""
    assert _in_field(given) == written


@pytest.mark.parametrize("model", [_Order, _Item])
def test_the_strictest_service_takes_what_pydantic_writes(model: type[BaseModel]) -> None:
    """Of a large model nothing is left that the documentation does not know, but the observed null."""
    written = accepted_schema(model.model_json_schema(), "model")

    check_schema(written, strict=True, documented_only=False)
    check_schema(json.loads(json.dumps(written).replace('"null"', '"string"')), strict=True, documented_only=True)
    assert "$ref" not in json.dumps(written)


def test_real_tool_collections_are_taken() -> None:
    """Every tool of the FunctionChat collection passes as it was written."""
    lines = [json.loads(line) for line in DATA.read_text(encoding="utf-8").splitlines()]
    tools = [tool["function"] for line in lines for group in line["tools"] for tool in group["content"]]

    for tool in tools:
        check_schema(accepted_schema(tool["parameters"], tool["name"]), strict=True, documented_only=True)
    assert len(tools) > 100


NODE = {"$defs": {"Node": {"type": "object", "properties": {"next": {"$ref": "#/$defs/Node"}}}}, "$ref": "#/$defs/Node"}


@pytest.mark.parametrize(
    ("schema", "message"),
    [
        (NODE, "refers to itself (#/$defs/Node)"),
        ({"type": "object", "properties": {"x": {"$ref": "#"}}}, "refers to itself (#)"),
        ({"$ref": "https://example.com/x.json"}, "refers to another document"),
        ({"$ref": "#/$defs/None"}, "which is not there"),
        ({"type": "array", "items": {}}, "make it a field of one"),
        ({"allOf": [{"type": "string"}, {"type": "object"}]}, "two different values of 'type'"),
        (
            {"properties": {"x": {"enum": [1, 2], "anyOf": [{"enum": [3]}, {"enum": [4]}]}}, "required": ["x"]},
            "two different values of 'enum'",
        ),
        ({"type": "object", "properties": {"x": 3}}, "no schema: 3"),
        (
            {
                "$defs": {
                    f"D{n}": {"properties": {key: {"$ref": f"#/$defs/D{n + 1}"} for key in "ab"}} for n in range(16)
                }
                | {"D16": {"type": "string"}},
                "$ref": "#/$defs/D0",
            },
            "make it smaller",
        ),
        ({"type": "object", "properties": {"x": {"type": "file"}}}, "a type 'file', which JSON Schema does not know"),
        ({"properties": {"x": {"type": ["null"], "enum": [1]}}, "required": ["x"]}, "an enum without a value"),
        ({"properties": {"x": False}, "required": ["x"]}, "allows nothing"),
        ({"type": "object", "minimum": 1, "enum": [1], "const": 2}, "two different values of 'enum'"),
        (
            {"properties": {"x": {"type": "array", "items": False, "minItems": 1}}, "required": ["x"]},
            "a minItems above its maxItems",
        ),
        ({"properties": {"x": {"$ref": "#no"}}}, "refers to #no, which is not there"),
        ({"$defs": {"unused": {"items": {"$ref": "file:///etc/x"}}}}, "refers to another document (file:///etc/x)"),
        ({"$defs": {"N": {"$dynamicAnchor": "n", "items": {"$dynamicRef": "#n"}}}, "$ref": "#n"}, "refers to itself"),
        (
            {"$defs": {"N": {"properties": {"next": {"allOf": [{"$ref": "#/$defs/N"}]}}}}, "$ref": "#/$defs/N"},
            "refers to itself (#/$defs/N)",
        ),
    ],
)
def test_w8_1_16_what_cannot_be_written_is_refused(schema: Schema, message: str) -> None:
    """The error names the tool or answer, and says what to change."""
    with pytest.raises(ConfigurationError) as caught:
        accepted_schema(schema, "주문")

    assert "'주문'" in str(caught.value)
    assert message in str(caught.value)


WHOLES: list[tuple[Schema, Schema]] = [
    (
        {"type": ["object", "null"], "properties": {"a": {"type": "string"}}},
        {"type": "object", "properties": {"a": {"type": "string"}}},
    ),
    (
        {
            "type": "object",
            "properties": {"mail": {"type": "string"}, "phone": {"type": "string"}, "name": {"type": "string"}},
            "anyOf": [{"required": ["mail", "name"]}, {"required": ["phone", "name"]}],
        },
        {
            "description": "(needs mail and name; or phone and name)",
            "type": "object",
            "properties": {"mail": {"type": "string"}, "phone": {"type": "string"}, "name": {"type": "string"}},
            "required": ["name"],
        },
    ),
    (
        {
            "oneOf": [
                {"type": "object", "properties": {"k": {"const": "a"}, "x": {"type": "string"}}, "required": ["k"]},
                {"type": "object", "properties": {"k": {"const": "b"}}, "required": ["k"]},
            ],
            "description": "d",
        },
        {
            "description": "d (needs k)",
            "type": "object",
            "properties": {
                "k": {"anyOf": [{"type": "string", "enum": ["a"]}, {"type": "string", "enum": ["b"]}]},
                "x": {"type": "string"},
            },
            "required": ["k"],
        },
    ),
    (
        {"allOf": [{"properties": {"a": {"type": "string"}}}, {"required": ["a"]}]},
        {"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"]},
    ),
]


@pytest.mark.parametrize(("given", "written"), WHOLES)
def test_a_whole_is_one_object_whatever_it_is_made_of(given: Schema, written: Schema) -> None:
    """Arguments and answers are objects: which of several forms must hold is told in words."""
    assert accepted_schema(given, "f") == written
