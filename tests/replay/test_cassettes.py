"""The folder of cassettes as a whole."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clovax_agents.testing import check_cassettes

if TYPE_CHECKING:
    import pytest


def test_no_cassette_is_orphaned_or_holds_a_key(pytestconfig: pytest.Config) -> None:
    """Every cassette belongs to a test, and none of them holds a key."""
    check_cassettes(pytestconfig)
