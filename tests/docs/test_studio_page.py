"""The page on Studio and servers, in both languages: its examples run, its settings are those that are laid over."""

import asyncio
import importlib
import json
import re
from pathlib import Path
from typing import Any

import pytest
from langgraph_sdk import Auth

from clovax_agents.server.hardening import hardened
from clovax_agents.server.settings import ServerSettings

ROOT = Path(__file__).parents[2]
PAGES = ("studio.md", "studio.ko.md")


def _text(page: str) -> str:
    return (ROOT / "docs" / page).read_text(encoding="utf-8")


def _blocks(page: str, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", _text(page), re.DOTALL | re.MULTILINE)


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.usefixtures("clovax_simulator")
def test_the_examples_run(page: str, capsys: pytest.CaptureFixture[str]) -> None:
    """As printed; a form has what the page says, and a login of one's own lets in who has logged in."""
    names: dict[str, Any] = {}
    for block in _blocks(page, "python"):
        exec(compile(block, page, "exec"), names)  # noqa: S102  # running it is the test
    printed = capsys.readouterr().out
    assert "결제완료" in printed
    assert "'tools'" in printed
    assert "reasoning_model" not in printed
    assert printed.endswith("False\n")
    assert asyncio.run(names["authenticate"]("Bearer from-your-own-login")) == "kim"
    with pytest.raises(Auth.exceptions.HTTPException):
        asyncio.run(names["authenticate"](None))


@pytest.mark.parametrize("page", PAGES)
def test_the_settings_are_what_is_laid_over(page: str) -> None:
    """Written by hand, they make the same server."""
    (written,) = _blocks(page, "json")
    given = json.loads(written)
    plain = {name: given[name] for name in ("dependencies", "graphs")}
    assert hardened(plain, ["https://desk.example"]) == given


@pytest.mark.parametrize("page", PAGES)
def test_commands_settings_and_files_are_there(page: str) -> None:
    """As the page names them, with the defaults that it gives."""
    text = _text(page)
    app = importlib.import_module("clovax_agents.cli.app").app
    known = {command.name or command.callback.__name__ for command in app.registered_commands}
    assert set(re.findall(r"clovax ([a-z-]+)", " ".join(_blocks(page, "sh")))) == {"studio", "add-user"}
    assert {"studio", "add-user"} <= known
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for target in re.findall(r"make ([a-z-]+)", text):
        assert f"\n{target}:" in makefile
    source = (ROOT / "clovax_agents/server/settings.py").read_text(encoding="utf-8")
    for setting in re.findall(r"`(CLOVAX_SERVER_\w+)`", text):
        assert setting in source
    defaults = ServerSettings.from_env({})
    assert f"`{defaults.users}`" in text
    assert str(defaults.max_body) in text
    for target in re.findall(r"\]\((?!https?:)([^)#]+)\)", text):
        assert (ROOT / "docs" / target).exists(), target


def test_both_pages_have_the_same_parts() -> None:
    """As many headings, rows and blocks, and the same code."""
    shapes = [re.findall(r"^(#+|```\w*|\|)", _text(page), re.MULTILINE) for page in PAGES]
    assert shapes[0] == shapes[1]
    for kind in ("python", "sh", "json"):
        assert _blocks(PAGES[0], kind) == _blocks(PAGES[1], kind)
