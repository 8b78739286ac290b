"""Strict JSON for tool arguments (faults T18)."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clovax_agents.errors import InvalidArgumentsError
from clovax_agents.wire.arguments import parse_arguments

VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**60), 2**60)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=10,
)
OBJECTS = st.dictionaries(st.text(), VALUES, max_size=5)


@given(OBJECTS)
def test_every_json_object_is_read_as_it_was_written(value: dict[str, object]) -> None:
    """What json.dumps writes comes back equal."""
    assert parse_arguments(json.dumps(value)) == value


@given(OBJECTS.filter(bool), st.data())
def test_no_proper_prefix_of_an_object_is_accepted(value: dict[str, object], data: st.DataObject) -> None:
    """Arguments cut anywhere are refused, never completed."""
    raw = json.dumps(value)
    cut = data.draw(st.integers(1, len(raw) - 1))
    with pytest.raises(InvalidArgumentsError):
        parse_arguments(raw[:cut])


@pytest.mark.parametrize("raw", ["", "  ", "\n", "{}"])
def test_nothing_means_no_arguments(raw: str) -> None:
    """Models write an empty string for a tool without parameters."""
    assert parse_arguments(raw) == {}


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        ("[1]", "an array"),
        ('"text"', "a string"),
        ("null", "null"),
        ("true", "a boolean"),
        ("5", "a number"),
        ('{"a": 1} {"a": 2}', "not valid JSON"),
        ('```json\n{"a": 1}\n```', "not valid JSON"),
        ('{"a": 1,}', "not valid JSON"),
        ("{'a': 1}", "not valid JSON"),
        ('{"a": NaN}', "NaN"),
        ('{"a": -Infinity}', "Infinity"),
        ('{"a": 1e999}', "1e999, which is too large"),
        ('{"a": [-1.5e+400]}', "too large"),
        ('{"a": 1, "a": 2}', "'a' twice"),
        ('{"b": {"a": 1, "a": 1}}', "'a' twice"),
        ('{"a": "\\ud800"}', "surrogate"),
        ('{"a": ' + "[" * 65 + "]" * 65 + "}", "deeper than 64"),
        ("[" * 5000 + "]" * 5000, "array|deeper"),
        ('{"a": ' * 5000 + "1" + "}" * 5000, "deeper than 64"),
        ('{"a": ' + "9" * 5000 + "}", "too long"),
        ('{"a": "' + "x" * 300_000 + '"}', "larger than"),
    ],
)
def test_what_is_not_exactly_right_is_refused_with_the_reason(raw: str, reason: str) -> None:
    """Each flaw is named, so that the model can mend it."""
    with pytest.raises(InvalidArgumentsError, match=reason):
        parse_arguments(raw)


def test_siblings_do_not_count_as_depth() -> None:
    """A wide object is not a deep one."""
    wide = {str(index): [index] for index in range(200)}
    assert parse_arguments(json.dumps(wide)) == wide


@pytest.mark.parametrize(
    ("raw", "told"),
    [
        ("[1]", "인자는 JSON 객체 하나여야 하는데 배열입니다"),
        ('"text"', "문자열입니다"),
        ('{"a": 1, "a": 2}', "'a' 이름이 두 번"),
        ('{"a": NaN}', "JSON이 아닌 값이 있습니다: NaN"),
        ('{"a": 1e999}', "너무 큰 숫자"),
        ('{"a": ', "올바른 JSON이 아닙니다"),
        ('{"a": "\\ud800"}', "반쪽짜리 문자"),
        ('{"a": ' + "[" * 80 + "]" * 80 + "}", "64단계보다 깊게"),
        ('{"a": "' + "x" * 300_000 + '"}', "262144바이트보다 큽니다"),
    ],
)
def test_the_reason_is_told_in_the_language_of_the_model(raw: str, told: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """In Korean where it is asked for."""
    monkeypatch.setenv("CLOVAX_LANG", "ko")
    with pytest.raises(InvalidArgumentsError, match=told):
        parse_arguments(raw)
