"""Frames between worker and parent: whatever goes wrong with a value, a frame says so."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clovax_agents.errors import ToolCrashedError, ToolError, ToolOutputError
from clovax_agents.execution.places.frames import Kind, pack, pack_error, unpack

HEAD = 9
VALUES = st.recursive(st.none() | st.integers() | st.text() | st.binary(), st.lists, max_leaves=20)


class Broken(Exception):  # noqa: N818  # an error that cannot even be printed
    """Nothing works."""

    def __str__(self) -> str:
        raise RuntimeError

    def __reduce__(self) -> Any:
        raise RuntimeError


@given(st.sampled_from(Kind), st.integers(0, 2**64 - 1), VALUES)
def test_a_frame_brings_what_was_put_in(kind: Kind, number: int, value: Any) -> None:
    """Kind, number and value arrive."""
    assert unpack(pack(kind, number, value)) == (kind, number, value)


@given(VALUES, st.integers(0, 200))
def test_a_frame_is_never_larger_than_allowed(value: Any, limit: int) -> None:
    """Either it fits, or the error says that it is too large."""
    if len(whole := pack(Kind.VALUE, 1, value)) <= limit + HEAD:
        assert pack(Kind.VALUE, 1, value, limit) == whole
    else:
        with pytest.raises(ToolOutputError, match="too large"):
            pack(Kind.VALUE, 1, value, limit)


@pytest.mark.parametrize("error", [SystemExit(1), KeyboardInterrupt(), GeneratorExit()])
def test_what_would_exit_here_becomes_an_error(error: BaseException) -> None:
    """The parent is not asked to exit."""
    assert isinstance(unpack(pack_error(Kind.ERROR, 1, error))[2], ToolCrashedError)


def test_an_error_that_can_do_nothing_is_still_told() -> None:
    """Its class is named, and that its text cannot be read."""
    told = unpack(pack_error(Kind.ERROR, 1, Broken()))[2]
    assert isinstance(told, ToolError)
    assert str(told) == "Broken: its text cannot be read (RuntimeError)"


def test_an_error_that_is_too_large_is_cut() -> None:
    """Its text is, and it arrives."""
    told = unpack(pack_error(Kind.ERROR, 1, ValueError("x" * 100_000), 50_000))[2]
    assert str(told).startswith("ValueError: xxx")
    assert len(str(told)) < 20_000
