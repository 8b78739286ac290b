"""Tests of a project with agents reach this machine only, unless they say otherwise; other projects are left alone.

Pytest loads the plugin wherever the package is installed, so a run whose tests never use the package must not notice.
"""

from __future__ import annotations

import sys
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Final

from clovax_agents.testing.network import blocked_network
from clovax_agents.testing.settings import SETTINGS

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence
    from importlib.machinery import ModuleSpec
    from types import ModuleType

    import pytest

__all__ = ["Isolation"]

_SIGNS: Final = frozenset(
    f"clovax_agents.{name}" for name in ("chat_models", "client", "connection", "execution", "prebuilt", "tooling")
)
"""Modules by whose import a run shows that it is about agents."""
_REASON: Final = (
    "Tests of agents reach this machine only: let ScriptedChatModel, the fixture clovax_simulator or "
    "@pytest.mark.clovax_cassette answer. To let a test out, mark it with @pytest.mark.clovax_network, or name the "
    "hosts in pytest's setting clovax_allowed_hosts, * for all."
)


class Isolation:
    """Blocks the network around each test, from the moment on at which the package is used.

    Args:
        hosts: that may be reached; ``*`` for all.
    """

    def __init__(self, hosts: Sequence[str]) -> None:
        self._hosts = hosts
        self._running: ExitStack | None = None

    def install(self) -> None:
        """Look out for the package, where it has not been imported already."""
        if "*" not in self._hosts and not _SIGNS & sys.modules.keys():
            sys.meta_path.insert(0, self)

    def remove(self) -> None:
        """Look out no longer."""
        if self in sys.meta_path:
            sys.meta_path.remove(self)

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Notice that a test imports the package, and find nothing: Python asks this before it imports anything."""
        del path, target
        if name in _SIGNS:
            self.remove()
            if self._running is not None:
                self._running.enter_context(self._blocked())
        return None

    @contextmanager
    def around(self, item: pytest.Item) -> Generator[None, None, None]:
        """Block the network while a test runs, its fixtures included."""
        if "*" in self._hosts or _goes_out(item):
            yield
            return
        with ExitStack() as self._running:
            if _SIGNS & sys.modules.keys():
                self._running.enter_context(self._blocked())
            yield
        self._running = None

    @contextmanager
    def _blocked(self) -> Generator[None, None, None]:
        with blocked_network(_REASON, loopback=True, hosts=self._hosts):
            yield


def _goes_out(item: pytest.Item) -> bool:
    """Say whether a test may reach everything: it says so, or records; pytest-recording watches over its own."""
    if item.get_closest_marker("clovax_network") or item.get_closest_marker("vcr"):
        return True
    settings = item.config.stash[SETTINGS]
    return settings.record and bool(settings.key) and item.get_closest_marker("clovax_cassette") is not None
