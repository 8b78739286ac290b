"""The canonical form of arguments: one text for one meaning, another for each other."""

import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clovax_agents.errors import InvalidArgumentsError
from clovax_agents.execution.canonical import arguments_hash, canonical

SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text()
JSON = st.recursive(SCALARS, lambda x: st.lists(x, max_size=3) | st.dictionaries(st.text(), x, max_size=3))
OBJECTS = st.dictionaries(st.text(), JSON, max_size=5)


@given(OBJECTS)
def test_the_order_of_names_says_nothing(arguments: dict[str, Any]) -> None:
    """Nor does a journey through JSON."""
    turned = dict(reversed(list(arguments.items())))
    assert canonical(turned) == canonical(arguments)
    assert canonical(json.loads(canonical(arguments))) == canonical(arguments)


@given(OBJECTS, OBJECTS)
def test_other_arguments_have_another_hash(one: dict[str, Any], other: dict[str, Any]) -> None:
    """What an approval is bound to is exactly these values, types included."""
    same = json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)
    assert (arguments_hash(one) == arguments_hash(other)) == same


@pytest.mark.parametrize(
    ("one", "other"),
    [(1, True), (1, 1.0), (0, False), ("1", 1), (None, "null"), ([], {}), ("\u00e9", "e\u0301")],
    ids=str,
)
def test_what_python_takes_for_equal_is_not(one: Any, other: Any) -> None:
    """1, 1.0, true and "1" are four arguments, and so are a letter and its parts."""
    assert arguments_hash({"x": one}) != arguments_hash({"x": other})


def test_korean_is_written_as_it_is() -> None:
    """In UTF-8, without spaces; the hash is of these bytes."""
    assert canonical({"도시": "서울", "a": [1, 2.5]}) == '{"a":[1,2.5],"도시":"서울"}'.encode()
    assert len(arguments_hash({})) == 64


def _nested(depth: int) -> dict[str, Any]:
    made: dict[str, Any] = {}
    for _ in range(depth):
        made = {"a": made}
    return made


@pytest.mark.parametrize(
    "value",
    [float("nan"), float("-inf"), "\ud800", {"\udfff": 1}, {1}, b"x", Decimal(1), 10**5000, _nested(100_000)],
    ids=["nan", "inf", "half", "half name", "set", "bytes", "decimal", "digits", "deep"],
)
def test_what_is_no_json_has_no_form(value: Any) -> None:
    """It is an error of the arguments, whatever Python calls it."""
    with pytest.raises(InvalidArgumentsError, match="not JSON"):
        canonical({"x": value})
