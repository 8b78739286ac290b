"""Edits: what they may change, what they leave alone, and what becomes of those that nobody could apply."""

import copy
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clovax_agents.extracting.patching import edits_of, patched

FORM: dict[str, Any] = {"name": "김민수", "items": [{"sku": "A", "price": "1만"}, {"sku": "B", "price": 5}], "a/b": 1}
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=8,
)
PATHS = st.sampled_from(["", "/", "/name", "/items", "/items/0/price", "/items/-", "/items/9", "/name/0", "/없음/하나"])
EDITS = st.fixed_dictionaries(
    {}, optional={"op": st.sampled_from(["add", "replace", "remove", "move", 3]), "path": PATHS | JSON, "value": JSON}
)


@pytest.mark.parametrize(
    ("edit", "place", "value"),
    [
        ({"op": "replace", "path": "/items/0/price", "value": 10_000}, ("items", 0, "price"), 10_000),
        ({"op": "replace", "path": "/phone", "value": "010-1234-5678"}, ("phone",), "010-1234-5678"),
        ({"op": "add", "path": "/items/-", "value": {"sku": "C"}}, ("items", 2), {"sku": "C"}),
        ({"op": "add", "path": "/items/0", "value": {"sku": "C"}}, ("items", 0), {"sku": "C"}),
        ({"op": "replace", "path": "/a~1b", "value": None}, ("a/b",), None),
        ({"op": "remove", "path": "/items/0"}, ("items", 0, "sku"), "B"),
    ],
)
def test_an_edit_changes_one_place(edit: Any, place: Any, value: Any) -> None:
    """Also one that is not there yet, which models call replacing; the object that was given stays as it was."""
    before = copy.deepcopy(FORM)
    made, refused = patched(FORM, [edit])
    assert refused == []
    found: Any = made
    for part in place:
        found = found[part]
    assert found == value
    assert made["name"] == "김민수"
    assert before == FORM


@pytest.mark.parametrize(
    "edit",
    [
        {"op": "replace", "path": "/items/7/price", "value": 1},
        {"op": "add", "path": "/items/9", "value": {}},
        {"op": "remove", "path": "/없음"},
        {"op": "replace", "path": "name", "value": "이영희"},
        {"op": "replace", "path": "/name/0", "value": "이"},
        {"op": "replace", "path": "/name"},
        {"op": "copy", "path": "/name", "from": "/items", "value": 1},
        {"op": "replace", "path": "", "value": []},
        {"op": "remove", "path": ""},
        {"path": "/name", "value": "이영희"},
        "이름을 이영희로",
        None,
    ],
)
def test_what_cannot_be_applied_is_told_and_changes_nothing(edit: Any) -> None:
    """The others of the same answer are applied all the same."""
    good = {"op": "replace", "path": "/name", "value": "박지성"}
    made, refused = patched(FORM, [edit, good])
    assert made == {**FORM, "name": "박지성"}
    assert len(refused) == 1


@pytest.mark.parametrize("path", ["/name", "/items/1/price", "/items", "", "/items/0/prices", "/items/-"])
def test_what_is_right_cannot_be_changed(path: str) -> None:
    """Whatever the model thinks of it: neither it, nor something around what is wrong."""
    made, refused = patched(FORM, [{"op": "replace", "path": path, "value": {}}], ["/items/0/price"])
    assert made == FORM
    assert "stays" in refused[0]


def test_everything_within_what_is_wrong_may_be_changed() -> None:
    """And everything, if the object as a whole is."""
    edits = [{"op": "add", "path": "/items/-", "value": {"sku": "C"}}]
    assert len(patched(FORM, edits, ["/items"]).value["items"]) == 3
    assert len(patched(FORM, edits, [""]).value["items"]) == 3


@given(st.lists(EDITS | JSON, max_size=5), st.none() | st.lists(PATHS, max_size=2))
def test_no_edit_breaks_anything(edits: list[Any], wrong: Any) -> None:
    """Whatever a model writes, an object comes out, and what was not wrong is in it."""
    made, _ = patched(FORM, edits, wrong)
    assert json.loads(json.dumps(made)) == made
    if wrong is not None and "" not in wrong and "/name" not in wrong:
        assert made["name"] == "김민수"


def test_edits_may_be_written_as_a_text() -> None:
    """As some models do with lists; what is no list is none."""
    assert edits_of({"edits": '[{"op": "remove", "path": "/a"}]'}) == [{"op": "remove", "path": "/a"}]
    assert [edits_of(given) for given in ({}, {"edits": "없음"}, {"edits": {"op": "remove"}}, {"edits": "3"})] == [
        None
    ] * 4
