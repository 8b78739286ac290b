"""What a pytest run is told: by its options, its ini file and the environment that it starts in."""

from __future__ import annotations

import os
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from typing import TYPE_CHECKING, Final, Self

import pytest

from clovax_agents.capabilities import DEFAULT_BASE_URL
from clovax_agents.testing.keys import FAKE_KEY

if TYPE_CHECKING:
    from collections.abc import Generator
    from pathlib import Path

__all__ = ["FAKE_KEY", "SETTINGS", "Settings", "environment", "require_extra"]


@dataclass(frozen=True, slots=True)
class Settings:
    """Settings of a run.

    Attributes:
        record: record cassettes instead of replaying them.
        key: of the real service, if it is to be recorded against; else empty.
        base_url: of the real service.
        root: pytest's rootdir.
        folder: of the cassettes.
        hosts: that tests may reach beside this machine.
    """

    record: bool
    key: str
    base_url: str
    root: Path
    folder: Path
    hosts: tuple[str, ...]

    @classmethod
    def read(cls, config: pytest.Config) -> Self:
        """Read the settings before any test can change the environment."""
        return cls(
            record=bool(config.getoption("--clovax-record")),
            key=os.environ.get("CLOVASTUDIO_API_KEY", ""),
            base_url=(os.environ.get("CLOVASTUDIO_API_BASE_URL") or DEFAULT_BASE_URL).rstrip("/"),
            root=config.rootpath,
            folder=config.rootpath / str(config.getini("clovax_cassette_dir")),
            hosts=tuple(config.getini("clovax_allowed_hosts")),
        )


SETTINGS: Final = pytest.StashKey[Settings]()


@contextmanager
def environment(*, key: str, base_url: str) -> Generator[None, None, None]:
    """Let `ChatClovaX()` talk to whom it should."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CLOVASTUDIO_API_KEY", key)
        patch.setenv("CLOVASTUDIO_API_BASE_URL", base_url)
        yield


def require_extra(extra: str, *modules: str) -> None:
    """Fail the test with the command that installs what is missing."""
    if missing := [name for name in modules if find_spec(name) is None]:
        text = f'{", ".join(missing)} is missing; install it with: pip install "clovax-agents[{extra}]"'
        pytest.fail(text, pytrace=False)
