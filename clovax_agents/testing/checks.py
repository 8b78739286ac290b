"""The check of all cassettes at once, for a test of yours."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import pytest

from clovax_agents.testing.settings import SETTINGS, require_extra

__all__ = ["COLLECTED", "check_cassettes"]

COLLECTED: Final = pytest.StashKey[Mapping[str, bool]]()
"""Node ids of the run, and whether the test uses a cassette; missing where the run knows only some of the variants."""


def check_cassettes(config: pytest.Config) -> None:
    """Fail for each cassette that no test uses, that holds an API key, or that cannot be read.

    Args:
        config: what the fixture ``pytestconfig`` gives.

    Raises:
        AssertionError: there is such a cassette; the text names all of them.

    Example:
        A test that keeps the folder clean::

            def test_cassettes(pytestconfig):
                check_cassettes(pytestconfig)
    """
    require_extra("testing", "yaml")
    from clovax_agents.testing.cassettes.checks import cassette_problems  # noqa: PLC0415  # needs PyYAML

    settings = config.stash[SETTINGS]
    if problems := cassette_problems(settings.root, settings.folder, config.stash.get(COLLECTED, None)):
        raise AssertionError("\n".join(["there are cassettes that should not be there:", *problems]))
