"""Where cassettes lie."""

from __future__ import annotations

from pathlib import Path

import pytest

from clovax_agents.testing.cassettes.places import NodeId, cassette_path


@pytest.mark.parametrize(
    ("node_id", "name"),
    [
        ("tests/replay/test_a.py::test_b", "test_a/test_b.yaml"),
        ("test_a.py::TestC::test_b", "test_a/TestC.test_b.yaml"),
        ("test_a.py::test_b[sync-HCX-007]", "test_a/test_b-sync-HCX-007.yaml"),
    ],
)
def test_a_cassette_is_named_after_its_test(node_id: str, name: str) -> None:
    """Module, class, test and parameters can be read off the path."""
    assert cassette_path(Path("cassettes"), node_id) == Path("cassettes") / name


def test_parameters_make_no_strange_files() -> None:
    """Whatever a parameter holds, the file stays in its folder and has a name of bearable length."""
    folder = Path("cassettes")
    strange = [f"test_a.py::test_b[{text}]" for text in ("../../x", "a/b", "a b", "a?b", "::", "가" * 300, "나" * 300)]
    paths = [cassette_path(folder, node_id) for node_id in strange]
    assert {path.parent for path in paths} == {folder / "test_a"}
    assert max(len(path.name.encode()) for path in paths) <= 255
    assert len(set(paths)) == len(paths)


def test_parameters_may_hold_what_separates_names() -> None:
    """Brackets and colons in parameters do not confuse the parts of a node id."""
    test = NodeId.parse("tests/test_a.py::TestC::test_b[x::y[0]]")
    assert test == ("tests/test_a.py", ("TestC", "test_b"), "x::y[0]")
    assert test.node_id == "tests/test_a.py::TestC::test_b[x::y[0]]"
