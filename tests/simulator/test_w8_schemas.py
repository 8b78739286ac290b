"""Schemas of structured answers, on both APIs (docs/wire.md, sections 2.6 and 8.1)."""

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.testclient import TestClient

from clovax_agents.simulator import Switches
from clovax_agents.simulator.refusals import SimulatedError
from clovax_agents.simulator.validation.schemas import check_schema, read_native_format, read_response_format

CHAT = "/v1/openai/chat/completions"
START = Callable[..., TestClient]
REFUSAL = "400/40055 Invalid response format schema"
BOOK: dict[str, Any] = {
    "type": "object",
    "description": "책 한 권",
    "properties": {
        "title": {"type": "string", "description": "제목"},
        "pages": {"type": "integer", "minimum": 1, "maximum": 5000},
        "authors": {"type": "array", "items": {"type": "string"}, "minItems": 1, "maxItems": 5},
        "genre": {"enum": ["novel", "essay"]},
        "published": {"anyOf": [{"type": "string", "format": "date"}, {"type": "boolean"}]},
    },
    "required": ["title", "pages"],
}


def _refusal(schema: dict[str, Any], *, strict: bool = True, documented_only: bool = False) -> str | None:
    """Return what the check refuses the schema with, None if it accepts."""
    try:
        check_schema(schema, strict=strict, documented_only=documented_only)
    except SimulatedError as error:
        return str(error)
    return None


def _in_property(schema: Any) -> dict[str, Any]:
    return {"type": "object", "properties": {"a": schema}}


def _under(keyword: str, schema: Any) -> dict[str, Any]:
    return {keyword: schema}


DOCUMENTED: dict[str, dict[str, Any]] = {
    "w8_1_09_all_of_it": BOOK,
    "w8_1_09_empty": {},
    **{f"w8_1_01_{name}": {"type": name} for name in ("string", "number", "boolean", "integer", "object", "array")},
    **{
        f"w8_1_02_{name}": {"type": "string", "format": name}
        for name in ("date-time", "date", "time", "duration", "email", "hostname", "ipv4", "ipv6", "uuid")
    },
    "w8_1_03_fractions": {"type": "number", "minimum": -0.5, "maximum": 0.5},
    "w8_1_04_no_items_at_all": {"type": "array", "minItems": 0, "maxItems": 0},
    "w8_1_05_nothing_required": {"type": "object", "properties": {}, "required": []},
    "w8_1_06_enum_of_anything": {"enum": [1, "a", None, {"pattern": "a"}]},
    "w8_1_06_any_of_in_any_of": {"anyOf": [{"anyOf": [{"type": "string"}]}]},
    "w8_1_08_a_property_called_pattern": {"properties": {"pattern": {"type": "string"}, "$ref": {}}},
}
UNDOCUMENTED: dict[str, dict[str, Any]] = {
    "w8_1_18_title": {"title": "책"},
    "w8_1_18_default": {"default": {"pattern": "a"}},
    "w8_1_18_additional_properties": {"type": "object", "additionalProperties": False},
    "w8_1_18_additional_properties_schema": {"additionalProperties": {"type": "string"}},
    "w8_1_18_defs": {"$defs": {"A": {"type": "string"}}},
    "w8_1_18_ref": {**_in_property({"$ref": "#/$defs/A"}), "$defs": {"A": {"type": "string"}}},
    "w8_1_11_any_of_null": {"anyOf": [{"type": "integer"}, {"type": "null"}]},
    "w8_1_10_type_array": {"type": ["string", "null"]},
    "w8_1_10_one_of": {"oneOf": [{"type": "string"}]},
    "w8_1_10_all_of": {"allOf": [{"type": "string"}]},
    "w8_1_10_not": {"not": {"type": "string"}},
    "w8_1_10_const": {"const": 1},
    "w8_1_10_lengths": {"minLength": 1, "maxLength": 2},
    "w8_1_10_exclusive_minimum": {"exclusiveMinimum": 0},
    "w8_1_10_pattern_properties": {"patternProperties": {"^a": {"type": "string"}}},
    "w8_1_02_format_of_ones_own": {"type": "string", "format": "phone"},
}
ANYWHERE: dict[str, Callable[[Any], dict[str, Any]]] = {
    "property": _in_property,
    "items": partial(_under, "items"),
    "any_of": lambda inner: {"anyOf": [{}, inner]},
    "one_of": lambda inner: {"oneOf": [{}, inner]},
    "all_of": lambda inner: {"allOf": [{}, inner]},
    "prefix_items": lambda inner: {"prefixItems": [inner]},
    "defs": lambda inner: {"$defs": {"A": inner}},
    "definitions": lambda inner: {"definitions": {"A": inner}},
    "pattern_properties": lambda inner: {"patternProperties": {"^a": inner}},
    "dependent_schemas": lambda inner: {"dependentSchemas": {"a": inner}},
    **{name: partial(_under, name) for name in ("not", "if", "then", "else", "contains", "propertyNames")},
    **{name: partial(_under, name) for name in ("additionalProperties", "additionalItems")},
    **{name: partial(_under, name) for name in ("unevaluatedProperties", "unevaluatedItems")},
    "deep_inside": lambda inner: {"items": _in_property({"anyOf": [{"additionalProperties": {"items": inner}}]})},
    "behind_a_reference": lambda inner: {"$ref": "#/components/A", "components": {"A": inner}},
}
MALFORMED: dict[str, dict[str, Any]] = {
    "w8_1_01_unknown_type": {"type": "text"},
    "w8_1_01_type_null": {"type": None},
    "w8_1_01_type_object": {"type": {"type": "string"}},
    "w8_1_01_no_type_in_a_list": {"type": []},
    "w8_1_01_unknown_type_in_a_list": {"type": ["string", "date"]},
    "w8_1_02_format": {"format": 1},
    "w8_1_03_minimum_text": {"minimum": "1"},
    "w8_1_03_maximum_flag": {"maximum": True},
    "w8_1_04_min_items_negative": {"minItems": -1},
    "w8_1_04_max_items_fraction": {"maxItems": 1.5},
    "w8_1_04_min_items_flag": {"minItems": True},
    "w8_1_04_items_list": {"items": [{"type": "string"}]},
    "w8_1_04_items_flag": {"items": True},
    "w8_1_05_properties_list": {"properties": [{"type": "string"}]},
    "w8_1_05_property_no_schema": {"properties": {"a": "string"}},
    "w8_1_05_required_flag": {"properties": {"a": {}}, "required": True},
    "w8_1_05_required_numbers": {"required": [1]},
    "w8_1_06_enum_empty": {"enum": []},
    "w8_1_06_enum_text": {"enum": "a"},
    "w8_1_06_any_of_empty": {"anyOf": []},
    "w8_1_06_any_of_object": {"anyOf": {"type": "string"}},
    "w8_1_06_any_of_texts": {"anyOf": ["string"]},
    "w8_1_07_description": {"description": ["책"]},
    "one_of_empty": {"oneOf": []},
    "all_of_texts": {"allOf": ["string"]},
    "defs_list": {"$defs": []},
    "additional_properties_text": {"additionalProperties": "no"},
}


@pytest.mark.parametrize("schema", DOCUMENTED.values(), ids=DOCUMENTED.keys())
def test_what_is_documented_is_accepted(schema: dict[str, Any]) -> None:
    """Even the strictest mode refuses nothing that is on the documented list."""
    assert _refusal(schema, documented_only=True) is None


@pytest.mark.parametrize("schema", UNDOCUMENTED.values(), ids=UNDOCUMENTED.keys())
def test_w8_1_19_what_is_not_documented_is_refused_only_if_asked_for(schema: dict[str, Any]) -> None:
    """Keywords, types and formats outside the list pass, unless the switch says otherwise (U8)."""
    for strict in (True, False):
        assert _refusal(schema, strict=strict) is None
        assert _refusal(schema, strict=strict, documented_only=True) == REFUSAL


@pytest.mark.parametrize("around", ANYWHERE.values(), ids=ANYWHERE.keys())
def test_w8_1_08_pattern_is_refused_strictly_wherever_it_stands(around: Callable[[Any], dict[str, Any]]) -> None:
    """The one keyword that is explicitly unsupported is found in every place that holds a schema."""
    schema = around({"type": "string", "pattern": "^a"})
    assert _refusal(schema) == REFUSAL
    assert _refusal(schema, strict=False) is None
    assert _refusal(around({"type": "string"})) is None


@pytest.mark.parametrize("around", [lambda inner: inner, *ANYWHERE.values()], ids=["root", *ANYWHERE])
@pytest.mark.parametrize("schema", MALFORMED.values(), ids=MALFORMED.keys())
def test_w2_6_17_a_schema_of_the_wrong_form_is_refused(
    schema: dict[str, Any], around: Callable[[Any], dict[str, Any]]
) -> None:
    """40055 in every mode, and in every place."""
    assert _refusal(around(schema)) == REFUSAL
    assert _refusal(around(schema), strict=False) == REFUSAL


@pytest.mark.parametrize("around", ANYWHERE.values(), ids=ANYWHERE.keys())
def test_w2_6_17_a_text_is_no_schema(around: Callable[[Any], dict[str, Any]]) -> None:
    """Wherever a schema belongs, nothing else will do."""
    assert _refusal(around("string"), strict=False) == REFUSAL


DEFINITIONS: dict[str, Any] = {
    "Node": {
        "type": "object",
        "properties": {"next": {"$ref": "#/$defs/Node"}, "up": {"$ref": "#"}},
    },
    "a/b~c d": {"type": "string"},
    "Alias": {"$ref": "#/$defs/Node"},
    "Either": {"anyOf": [{"type": "string"}, {"type": "integer"}]},
    "Loop": {"$ref": "#/$defs/Loop"},
    "Ping": {"$ref": "#/$defs/Pong"},
    "Pong": {"$ref": "#/$defs/Ping"},
}
REFERENCES: dict[str, tuple[Any, str | None]] = {
    "definition": ("#/$defs/Node", None),
    "root": ("#", None),
    "property": ("#/properties/a", None),
    "member_of_a_list": ("#/$defs/Either/anyOf/1", None),
    "escaped_name": ("#/$defs/a~1b~0c%20d", None),
    "reference_to_a_reference": ("#/$defs/Alias", None),
    "dangling": ("#/$defs/Nowhere", REFUSAL),
    "beyond_a_list": ("#/$defs/Either/anyOf/2", REFUSAL),
    "no_index": ("#/$defs/Either/anyOf/01", REFUSAL),
    "index_beyond_all_bounds": ("#/$defs/Either/anyOf/" + "9" * 5000, REFUSAL),
    "no_schema": ("#/$defs/Node/type", REFUSAL),
    "foreign": ("https://x.kr/schema.json", REFUSAL),
    "foreign_with_a_place": ("other.json#/$defs/Node", REFUSAL),
    "anchor": ("#Node", REFUSAL),
    "empty": ("", REFUSAL),
    "no_text": (1, REFUSAL),
}


def _root(definitions: dict[str, Any], reference: Any) -> dict[str, Any]:
    return {"type": "object", "properties": {"a": {"type": "string"}, "b": {"$ref": reference}}, "$defs": definitions}


@pytest.mark.parametrize(("reference", "refusal"), REFERENCES.values(), ids=REFERENCES.keys())
def test_w8_1_18_a_reference_leads_to_a_schema_of_the_document(reference: Any, refusal: str | None) -> None:
    """Names, escapes and list members are followed; a dangling or foreign reference is refused in either mode."""
    sound = {name: schema for name, schema in DEFINITIONS.items() if name not in ("Loop", "Ping", "Pong")}
    for strict in (True, False):
        assert _refusal(_root(sound, reference), strict=strict) == refusal


@pytest.mark.parametrize("names", [["Loop"], ["Ping", "Pong"]], ids=["itself", "each other"])
def test_w8_1_18_references_that_lead_only_to_each_other_are_refused(names: list[str]) -> None:
    """They never come to a schema; a schema that refers to itself in a property does."""
    circle = {name: DEFINITIONS[name] for name in names}
    assert _refusal({"type": "object", "$defs": circle}, strict=False) == REFUSAL
    assert _refusal(_root({"Node": DEFINITIONS["Node"]}, "#/$defs/Node"), strict=False) is None


def _nested(depth: int, innermost: dict[str, Any]) -> dict[str, Any]:
    for _ in range(depth):
        innermost = {"type": "array", "items": innermost}
    return innermost


def test_w8_1_13_depth_does_not_matter() -> None:
    """A hundred thousand levels are checked down to the last."""
    assert _refusal(_nested(100_000, {"type": "string"})) is None
    assert _refusal(_nested(100_000, {"type": "text"})) == REFUSAL


def test_a_long_chain_of_references_is_followed_quickly() -> None:
    """Thousands of references, each to the next, are one walk."""
    chain: dict[str, Any] = {str(i): {"$ref": f"#/$defs/{i + 1}"} for i in range(20_000)}
    assert _refusal({"$defs": {**chain, "20000": {"type": "string"}}}) is None
    assert _refusal({"$defs": {**chain, "20000": {"$ref": "#/$defs/0"}}}) == REFUSAL


KEYWORDS = sorted(
    {
        *("type", "format", "minimum", "maximum", "minItems", "maxItems", "items", "properties", "required", "enum"),
        *("anyOf", "description", "pattern", "$ref", "$defs", "additionalProperties", "oneOf", "not", "title"),
    }
)
TEXTS = st.sampled_from(["string", "object", "date", "#", "#/$defs/title", "#/anyOf/0", "#/items"]) | st.text(
    max_size=5
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYWORDS), inner, max_size=4),
    max_leaves=12,
)
SCHEMAS = st.dictionaries(st.sampled_from(KEYWORDS), JSON, max_size=5)


@given(SCHEMAS)
def test_any_json_is_a_schema_or_is_refused(schema: dict[str, Any]) -> None:
    """There is always a verdict, and what a stricter mode accepts the laxer ones accept too."""
    lax = _refusal(schema, strict=False)
    strict = _refusal(schema)
    documented = _refusal(schema, documented_only=True)
    assert {lax, strict, documented} <= {None, REFUSAL}
    assert documented is not None or strict is None
    assert strict is not None or lax is None


FORMATS: dict[str, tuple[Any, str]] = {
    "w2_6_01_no_object": ("json", "responseFormat"),
    "w2_6_01_type_missing": ({"schema": BOOK}, "responseFormat.type"),
    "w2_6_01_schema_missing": ({"type": "json"}, "responseFormat.schema"),
    "w2_6_01_empty": ({}, "responseFormat.type"),
    "w2_6_02_json_schema": ({"type": "json_schema", "schema": BOOK}, "responseFormat.type"),
    "w2_6_02_text": ({"type": "text"}, "responseFormat.type"),
    "w2_6_03_schema_text": ({"type": "json", "schema": '{"type": "object"}'}, "responseFormat.schema"),
    "w2_6_03_schema_list": ({"type": "json", "schema": [BOOK]}, "responseFormat.schema"),
}


@pytest.mark.parametrize(("value", "place"), FORMATS.values(), ids=FORMATS.keys())
def test_a_native_format_has_type_and_schema(value: Any, place: str) -> None:
    """40001 names the key that is wrong."""
    with pytest.raises(SimulatedError) as caught:
        read_native_format(value)
    assert str(caught.value) == f"400/40001 Invalid parameter: {place}"


def test_w2_6_01_a_format_that_is_whole_gives_its_schema() -> None:
    """Both APIs wrap the same schema, each in its own way; null means that there is none."""
    assert read_native_format({"type": "json", "schema": BOOK}) == BOOK
    assert read_response_format({"type": "json_schema", "json_schema": {"name": "book", "schema": BOOK}}) == BOOK
    assert (read_native_format(None), read_response_format(None)) == (None, None)


@given(JSON)
def test_any_json_is_a_format_or_is_refused(value: Any) -> None:
    """However broken a format is, it is 40001 or has a schema."""
    for read in (read_native_format, read_response_format):
        found = _code_or_schema(read, value)
        assert found == "40001" or isinstance(found, dict) or value is found is None


def _code_or_schema(read: Callable[[object], dict[str, Any] | None], value: object) -> object:
    try:
        return read(value)
    except SimulatedError as error:
        return error.code


def _ask(client: TestClient, schema: dict[str, Any]) -> str:
    answer = client.post(
        CHAT,
        json={
            "model": "HCX-007",
            "reasoning_effort": "none",
            "messages": [{"role": "user", "content": "책 하나 추천해 줘"}],
            "response_format": {"type": "json_schema", "json_schema": {"name": "book", "schema": schema}},
        },
    )
    error = answer.json().get("error")
    return f"{answer.status_code}/{error['code']} {error['message']}" if error else str(answer.status_code)


def test_w2_6_17_the_simulator_refuses_bad_schemas(simulator: START) -> None:
    """Over HTTP the same verdicts come out, and the switches reach the check."""
    pattern = _in_property({"type": "string", "pattern": "^a"})
    assert _ask(simulator(), BOOK) == "200"
    assert _ask(simulator(), pattern) == REFUSAL
    assert _ask(simulator(strict=False), pattern) == "200"
    assert _ask(simulator(strict=False), {"$ref": "#/$defs/Nowhere"}) == REFUSAL
    documented = simulator(switches=Switches(documented_schema_only=True))
    assert _ask(documented, BOOK) == "200"
    assert _ask(documented, {**BOOK, "title": "Book"}) == REFUSAL


def test_w8_1_13_a_deep_schema_is_accepted_over_http(simulator: START) -> None:
    """Only the depth of the whole body is limited."""
    assert _ask(simulator(), _nested(50, {"type": "string"})) == "200"
