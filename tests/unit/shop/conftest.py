"""The reference application's tools, loaded as a graph loads them, on a shop of the test's own."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from clovax_agents.tooling import Toolbox

if TYPE_CHECKING:
    from types import ModuleType

TOOLS = Path(__file__).resolve().parents[3] / "tools"


@pytest.fixture(scope="session")
def loaded() -> Toolbox:
    """Every tool of the application."""
    return Toolbox.from_path(TOOLS)


@pytest.fixture(scope="session")
def shop_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the tests keep their shop."""
    return tmp_path_factory.mktemp("shop") / "shop.sqlite3"


def part(loaded: Toolbox, name: str) -> ModuleType:
    """A module of the application by its file's name."""
    return importlib.import_module(f"{loaded['get_order'].__module__.rpartition('.')[0]}.{name}")


@pytest.fixture
def database(loaded: Toolbox) -> ModuleType:
    """The module that keeps the shop's file."""
    return part(loaded, "_database")


@pytest.fixture
def seed(loaded: Toolbox) -> ModuleType:
    """The module that makes the shop's rows."""
    return part(loaded, "_seed")


@pytest.fixture
def box(loaded: Toolbox, shop_file: Path, monkeypatch: pytest.MonkeyPatch) -> Toolbox:
    """The tools, working on the tests' own shop."""
    monkeypatch.setenv("CLOVAX_SHOP_DB", str(shop_file))
    return loaded
