"""Schemas of every origin keep their meaning: older drafts, OpenAPI, references, contradictions, several at once."""

import json
from typing import Any

import jsonschema_rs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clovax_agents.checking import Checked
from clovax_agents.errors import ConfigurationError, InvalidArgumentsError
from clovax_agents.simulator.validation.schemas import check_schema
from clovax_agents.wire.schema import accepted_schema, in_place
from clovax_agents.wire.schema_reading import with_nulls

Schema = dict[str, Any]
TAG: Schema = {"type": "string", "$anchor": "tag"}
DEFS: Schema = {"Tag": TAG, "Foo[int]": TAG, "Any": True, "Union": {"anyOf": [{"type": "integer"}, TAG]}}
STRING_OR_NULL: Schema = {"anyOf": [{"type": "string"}, {"type": "null"}]}


def _document(schema: Schema) -> Schema:
    return {"$id": "https://example.com/s", "type": "object", "properties": {"x": schema}, "$defs": DEFS}


def _in_field(schema: Schema) -> Schema:
    """Return what becomes of the schema of a field."""
    field: Schema = accepted_schema(_document(schema), "f")["properties"]["x"]
    return field


@pytest.mark.parametrize(
    ("reference", "written"),
    [
        ("#/$defs/Union/anyOf/1", {"type": "string"}),
        ("#/$defs/Foo%5Bint%5D", {"type": "string"}),
        ("#/$defs/Any", {}),
        ("#tag", {"type": "string"}),
        ("https://example.com/s#/$defs/Tag", {"type": "string"}),
    ],
)
def test_a_reference_may_lead_anywhere_in_the_document(reference: str, written: Schema) -> None:
    """By numbers of a list, percent-encoded names, anchors and the document's own address; to true, too."""
    assert _in_field({"$ref": reference}) == written


@pytest.mark.parametrize(
    "schema",
    [
        {"anyOf": [{"$ref": "#tag"}], "oneOf": [{"$ref": "#tag"}]},
        {"$ref": "#tag", "allOf": [{"$ref": "#tag"}]},
        {"allOf": [{"anyOf": [{"$ref": "#tag"}]}, {"anyOf": [{"$ref": "#tag"}]}]},
    ],
)
def test_the_same_reference_in_several_places_is_no_recursion(schema: Schema) -> None:
    """Even where they come together."""
    assert _in_field(schema) == {"type": "string"}


def test_a_recursive_definition_that_nothing_refers_to_does_no_harm() -> None:
    """It is not written."""
    node = {"properties": {"next": {"$ref": "#/$defs/Node"}}}
    assert accepted_schema({"$defs": {"Node": node}}, "f") == {"type": "object", "properties": {}}


@pytest.mark.parametrize("key", ["$ref", "$recursiveRef", "allOf"])
def test_a_reference_that_is_only_itself_is_refused(key: str) -> None:
    """It would be put in place forever."""
    loop = {key: [{"$ref": "#/$defs/A"}] if key == "allOf" else "#/$defs/A"}
    for write in (accepted_schema, in_place):
        with pytest.raises(ConfigurationError, match="refers to itself"):
            write({"$ref": "#/$defs/A", "$defs": {"A": loop}}, "f")


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "string", "nullable": True},
        {"type": ["string"], "nullable": True},
        {"type": ["string", "null"], "nullable": True},
        {"$ref": "#/$defs/Tag", "nullable": True},
        {"allOf": [{"$ref": "#/$defs/Tag"}], "nullable": True},
        {"oneOf": [{"$ref": "#/$defs/Tag"}], "nullable": True},
        {"anyOf": [{"$ref": "#/$defs/Tag"}], "nullable": True},
        {"type": "string", "anyOf": [{"minLength": 0}], "allOf": [TAG], "nullable": True},
    ],
)
def test_null_is_sent_and_taken_whatever_stands_beside_nullable(schema: Schema) -> None:
    """What the service is told and what answers are checked against is the same."""
    written = _in_field(schema)
    assert Checked(_document(schema))({"x": None}) == {"x": None}
    assert jsonschema_rs.is_valid(written, None)
    assert jsonschema_rs.is_valid(written, "a")
    assert not jsonschema_rs.is_valid(written, 1)


def test_an_enum_beside_nullable_takes_null() -> None:
    """Although the values do not name it."""
    schema = {"enum": ["a"], "nullable": True}
    assert _in_field(schema) == {"enum": ["a", None]}
    assert Checked(_document(schema))({"x": None}) == {"x": None}


@pytest.mark.parametrize("keyword", ["const", "enum", "default", "examples", "x-sample"])
def test_a_value_that_looks_like_a_schema_stays(keyword: str) -> None:
    """Only schemas are rewritten, and a property may be called as a keyword is."""
    value = [{"type": "string", "nullable": True, "$ref": "https://example.com/none"}]
    assert with_nulls({keyword: value}) == {keyword: value}
    assert with_nulls({"properties": {keyword: value[0]}})["properties"][keyword] != value[0]
    assert accepted_schema({"$defs": {"unused": {keyword: value}}}, "f")["type"] == "object"


def test_a_reference_through_something_nullable_still_leads_there() -> None:
    """Rewriting leaves in its place what references lead to."""
    inner = {"type": "object", "nullable": True, "properties": {"b": {"type": "string"}}}
    schema = {"type": "object", "properties": {"a": inner, "c": {"$ref": "#/properties/a/properties/b"}}}
    assert accepted_schema(schema, "f")["properties"]["c"] == {"type": "string"}
    with pytest.raises(InvalidArgumentsError, match="c: "):
        Checked(schema)({"c": 1})


def _told(text: str, **sent: Any) -> Schema:
    return {"description": text, **sent}


IMPOSSIBLE = {"allOf": [{"type": "string"}, {"type": "integer"}]}
CONTRADICTIONS: list[tuple[Schema, Schema]] = [
    ({"anyOf": [{"type": "string"}, False]}, {"type": "string"}),
    ({"anyOf": [{"type": "string"}, IMPOSSIBLE]}, {"type": "string"}),
    ({"type": ["string", "boolean"], "anyOf": [{"type": "string"}]}, {"type": "string"}),
    ({"type": ["string", "integer"], "const": "a"}, {"type": "string", "enum": ["a"]}),
    ({"type": ["string", "null"], "const": "a", "description": "d"}, _told("d", type="string", enum=["a"])),
    ({"type": "integer", "enum": ["a", 1.0, 2.5, True]}, {"type": "integer", "enum": [1.0]}),
    ({"type": "array", "items": IMPOSSIBLE}, {"type": "array", "maxItems": 0}),
    (
        {"type": "object", "properties": {"a": False, "b": IMPOSSIBLE, "c": {"type": "string"}}},
        _told('(never: ["a", "b"])', type="object", properties={"c": {"type": "string"}}),
    ),
    (
        {"anyOf": [{"properties": {"a": False}, "required": ["a"]}, {"type": "boolean"}]},
        {"type": "boolean"},
    ),
    ({"anyOf": [{"enum": []}, {"type": "string"}]}, {"type": "string"}),
    ({"not": IMPOSSIBLE, "type": "string"}, {"type": "string"}),
    (
        {"type": "object", "patternProperties": {"^a": IMPOSSIBLE}},
        _told('(patternProperties: {"^a": false})', type="object"),
    ),
    ({"anyOf": [{"type": "integer", "minimum": 3, "maximum": 2}, {"type": "null"}]}, {"type": "null"}),
]


@pytest.mark.parametrize(("schema", "written"), CONTRADICTIONS)
def test_what_nothing_fits_is_left_away_and_the_rest_stays(schema: Schema, written: Schema) -> None:
    """A contradiction ends only what cannot be without it."""
    assert _in_field(schema) == written


@pytest.mark.parametrize("schema", [{"anyOf": [False]}, {"enum": [1], "const": True}, {"type": ["null"], "enum": [0]}])
def test_a_required_property_that_nothing_fits_is_refused(schema: Schema) -> None:
    """There is no object then."""
    with pytest.raises(ConfigurationError, match="the schema of 'f' "):
        accepted_schema(_document(schema) | {"required": ["x"]}, "f")


MERGED: list[tuple[list[Schema], Schema]] = [
    (
        [{"type": "object", "patternProperties": {"^a": TAG}}, {"patternProperties": {"^b": True, "^a": True}}],
        _told('(patternProperties: {"^b": true, "^a": {"type": "string"}})', type="object"),
    ),
    (
        [{"type": "object", "dependentSchemas": {"a": TAG}}, {"dependentSchemas": {"b": TAG}}],
        _told('(dependentSchemas: {"b": {"type": "string"}, "a": {"type": "string"}})', type="object"),
    ),
    (
        [{"type": "object", "dependentRequired": {"a": ["b"]}}, {"dependencies": {"a": ["c"], "d": "a"}}],
        _told('(dependentRequired: {"a": ["b", "c"], "d": ["a"]})', type="object"),
    ),
    (
        [{"type": "array", "prefixItems": [{"type": "number"}]}, {"prefixItems": [{"type": "integer"}, TAG]}],
        _told('(prefixItems: [{"type": "integer"}, {"type": "string"}])', type="array"),
    ),
    (
        [{"type": "array", "prefixItems": [{"minimum": 1}]}, {"items": {"type": "integer"}}],
        {
            "description": '(prefixItems: [{"type": "integer", "minimum": 1}]) (additionalItems: {"type": "integer"})',
            "type": "array",
            "items": {"anyOf": [{"type": "integer", "minimum": 1}, {"type": "integer"}]},
        },
    ),
    (
        [{"type": "array", "contains": TAG, "minContains": 2}, {"contains": {"type": "null"}}, {"contains": TAG}],
        _told(
            '(contains: {"type": "string"}) (minContains: 2) '
            '(alsoContains: [{"contains": {"type": "null"}}, {"contains": {"type": "string"}}])',
            type="array",
        ),
    ),
    ([{"type": "array", "uniqueItems": False}, {"uniqueItems": True}], _told("(uniqueItems: true)", type="array")),
    ([{"minimum": 3, "exclusiveMinimum": True, "type": "number"}, {"minimum": 5}], {"type": "number", "minimum": 5}),
    (
        [{"minimum": 5, "exclusiveMinimum": True, "type": "number"}, {"minimum": 3}],
        _told("(exclusiveMinimum: 5)", type="number", minimum=5),
    ),
    ([{"type": "string", "pattern": "^a"}, {"pattern": "b$"}], _told('(pattern: ["^a", "b$"])', type="string")),
    (
        [{"type": "string", "format": "uri"}, {"format": "email"}, {"format": "date"}],
        _told("(format: uri) (format: date)", type="string", format="email"),
    ),
    (
        [{"if": {"type": "null"}, "then": False}, {"if": TAG, "then": False}, {"if": {"type": "array"}, "else": True}],
        _told(
            '(if: {"type": "null"}) (then: false) (conditions: [{"if": {"type": "string"}, "then": false}, '
            '{"if": {"type": "array"}, "else": true}])'
        ),
    ),
]


@pytest.mark.parametrize(("schemas", "written"), MERGED)
def test_all_of_several_is_written_as_one(schemas: list[Schema], written: Schema) -> None:
    """Keyword by keyword, name by name and place by place; what has no form of its own is told as a list."""
    assert _in_field({"allOf": schemas}) == written


@pytest.mark.parametrize(
    ("schema", "written"),
    [
        ({"exclusiveMinimum": 3.0, "exclusiveMaximum": 5.5}, {"type": "integer", "minimum": 4, "maximum": 5}),
        ({"exclusiveMinimum": 3, "minimum": 2.0}, {"type": "integer", "minimum": 4}),
        ({"maximum": float("inf")}, {"type": "integer"}),
    ],
)
def test_exclusive_bounds_of_integers_have_inclusive_equals(schema: Schema, written: Schema) -> None:
    """However the numbers are written."""
    assert _in_field({"type": "integer", **schema}) == written


HINTS: list[tuple[Schema, str]] = [
    ({"type": ["string", "integer"], "not": {"$ref": "#tag"}, "maxLength": 3}, '(not: {"type": "string"})'),
    ({"type": ["string", "null"], "enum": ["a"], "pattern": "a", "description": "d"}, "d (pattern: a)"),
    ({"type": "object", "unevaluatedProperties": False}, "(unevaluatedProperties: false)"),
    ({"type": "object", "unevaluatedProperties": {"$ref": "#tag"}}, '(unevaluatedProperties: {"type": "string"})'),
    ({"type": "array", "unevaluatedItems": {"$ref": "#tag"}}, '(unevaluatedItems: {"type": "string"})'),
    ({"type": "object", "dependencies": {"a": {"$ref": "#tag"}}}, '(dependentSchemas: {"a": {"type": "string"}})'),
    (
        {"type": "array", "contains": {"$ref": "#tag"}, "minContains": 2, "maxContains": 3},
        '(contains: {"type": "string"}) (minContains: 2) (maxContains: 3)',
    ),
    ({"type": "string", "pattern": "x" * 300}, "(pattern: " + "x" * 190 + "…)"),
    ({"type": ["integer"], "anyOf": [{"exclusiveMinimum": 3}, {"minimum": 5}], "multipleOf": 2}, "(multipleOf: 2)"),
    ({"anyOf": [{"type": "string", "description": "e", "pattern": "^a"}], "description": "d"}, "d e (pattern: ^a)"),
    ({"anyOf": [{"type": "number", "exclusiveMinimum": 3}]}, "(exclusiveMinimum: 3)"),
]


@pytest.mark.parametrize(("schema", "description"), HINTS)
def test_what_cannot_be_said_is_told(schema: Schema, description: str) -> None:
    """No restriction is lost, however long it is, and whatever else there is a description of."""
    assert _in_field(schema)["description"] == description


def test_each_type_is_told_what_is_its_own() -> None:
    """What means nothing for a type is not said of it."""
    kinds = _in_field({"type": ["integer", "array", "null"], "format": "int32", "uniqueItems": True})["anyOf"]
    assert kinds == [
        _told("(format: int32)", type="integer"),
        _told("(uniqueItems: true)", type="array"),
        {"type": "null"},
    ]


VALUES = st.recursive(
    st.sampled_from([None, True, False, 0, 1, 2, 3, 1.5, 2.0, "", "a", "ab", "가나"]),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.sampled_from("abc"), inner, max_size=2)),
    max_leaves=4,
)
SCALARS = ["string", "number", "integer", "boolean", "null"]
COUNTS = st.integers(0, 3)
BOUNDS = st.sampled_from([0, 1, 2, 3, 1.5, 2.0])


def _typed(kinds: list[str], **keywords: st.SearchStrategy[Any]) -> st.SearchStrategy[Schema]:
    """Make schemas of a list of types or of one, with any of some keywords."""
    types = st.sampled_from([*kinds, kinds, [*kinds, "null"]])
    return st.fixed_dictionaries({"type": types}, optional={**keywords, "nullable": st.booleans()})


LEAVES = st.one_of(
    st.sampled_from([True, False, {"$ref": "#/$defs/Tag"}, {"$ref": "#/$defs/Tag", "nullable": True}]),
    st.fixed_dictionaries({"const": VALUES}, optional={"enum": st.lists(VALUES, min_size=1, max_size=3)}),
    st.fixed_dictionaries(
        {"type": st.lists(st.sampled_from(SCALARS), min_size=1, max_size=3, unique=True)},
        optional={"enum": st.lists(VALUES, min_size=1, max_size=4), "nullable": st.booleans()},
    ),
    _typed(["integer", "string"], minimum=BOUNDS, exclusiveMaximum=BOUNDS, minLength=COUNTS),
    _typed(["number"], maximum=BOUNDS, exclusiveMinimum=BOUNDS, multipleOf=st.just(0.5)),
)


def _deeper(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    by_name = st.dictionaries(st.sampled_from("abc"), inner, max_size=2)
    by_pattern = st.dictionaries(st.sampled_from(["^a", "b"]), inner, max_size=2)
    members = st.lists(inner, min_size=1, max_size=3)
    names = st.lists(st.sampled_from("abc"), max_size=1)  # beside additionalProperties jsonschema_rs overlooks two
    array = _typed(["array"], prefixItems=members, items=inner, contains=inner, minItems=COUNTS, maxItems=COUNTS)
    mapping = _typed(
        ["object"], properties=by_name, required=names, patternProperties=by_pattern, additionalProperties=inner
    )
    either = st.fixed_dictionaries({}, optional={"anyOf": members, "oneOf": members, "not": inner})
    return st.one_of(
        array,
        mapping,
        st.fixed_dictionaries({"allOf": members}),
        st.fixed_dictionaries({"allOf": st.lists(array | mapping, min_size=2, max_size=3)}),
        st.builds(lambda one, other: {**one, **other}, array | mapping | _typed(["string", "integer"]), either),
    )


@given(st.recursive(LEAVES, _deeper, max_leaves=6), st.lists(VALUES, min_size=10, max_size=10))
def test_whatever_was_allowed_stays_allowed(schema: Any, values: list[Any]) -> None:
    """No rewriting forbids a value that the original allows; what it loosens is checked against the original."""
    document = {"type": "object", "properties": {"x": schema}, "required": ["x"], "$defs": {"Tag": {"type": "string"}}}
    original = jsonschema_rs.validator_for(with_nulls(document))
    allowed = [value for value in values if original.is_valid({"x": value})]
    try:
        written = accepted_schema(document, "f")
    except ConfigurationError:
        assert not allowed  # nothing fits
        return

    check_schema(json.loads(json.dumps(written)), strict=True, documented_only=False)
    sent = jsonschema_rs.validator_for(written)
    assert [value for value in allowed if not sent.is_valid({"x": value})] == []
