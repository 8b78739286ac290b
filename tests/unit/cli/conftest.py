"""The command line in this process: as a person types it, with a shop of its own and without a key."""

from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result
from typer.testing import CliRunner

from clovax_agents.cli.app import app

ROOT = Path(__file__).parents[3]


@pytest.fixture
def clovax(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    """Return what runs a command in the folder of the reference application; ``text`` is typed."""
    for name in ("CLOVASTUDIO_API_KEY", "CLOVASTUDIO_API_BASE_URL", "CLOVAX_JOURNAL", "CLOVAX_LANG", "CLOVAX_DEBUG"):
        monkeypatch.delenv(name, raising=False)
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.setenv(name, "C.UTF-8")
    monkeypatch.setenv("CLOVAX_SHOP_DB", str(tmp_path / "shop.sqlite3"))
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.chdir(ROOT)

    def run(*arguments: str, text: str = "") -> Result:
        return CliRunner().invoke(app, list(arguments), input=text)

    return run
