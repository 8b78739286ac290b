"""Pin files: written as a whole, read strictly, compared in words."""

from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clovax_agents.errors import ConfigurationError, ToolPinError
from clovax_agents.tooling.mcp.definitions import Definition
from clovax_agents.tooling.mcp.pins import Pinned, changes, read_pins, refuse_changes, write_pins
from clovax_agents.tooling.mcp.texts import has_hidden, revealed, visible

TEXTS = st.text(max_size=200)


def _definition(name: str = "get", server: str = "shop", **changed: Any) -> Definition:
    return Definition(**{"server": server, "name": name, "description": "Get it.", "schema": {}, **changed})


def test_the_hash_can_be_worked_out_elsewhere() -> None:
    """SHA-256 of JSON with sorted keys and no spaces."""
    one = _definition(schema={"type": "object", "properties": {}})
    text = '{"description":"Get it.","inputSchema":{"properties":{},"type":"object"},"name":"get"}'
    assert one.digest == sha256(text.encode()).hexdigest()


def test_a_file_keeps_what_it_has_of_others(tmp_path: Path) -> None:
    """Servers and tools are pinned one after the other into the same file."""
    path = tmp_path / "pins.json"
    write_pins(path, [_definition("a"), _definition("b")])
    write_pins(path, [_definition("b", description="New."), _definition("a", "mail")])
    pins = read_pins(path)
    assert sorted(pins) == ["mail/a", "shop/a", "shop/b"]
    assert pins["shop/b"].description == "New."
    assert [entry.name for entry in tmp_path.iterdir()] == ["pins.json"]
    refuse_changes(pins, [_definition("a"), _definition("a", "mail")])


@pytest.mark.parametrize(
    "text",
    ["", "[]", "{}", '{"version": 2, "servers": {}}', '{"version": 1, "servers": {"a": {"b": {}}}}', "[" * 100_000],
    ids=["empty", "list", "bare", "newer", "half", "deep"],
)
def test_a_file_that_is_no_pin_file_pins_nothing_and_says_so(text: str, tmp_path: Path) -> None:
    """It is neither taken for an empty one nor overwritten."""
    path = tmp_path / "pins.json"
    path.write_text(text)
    with pytest.raises(ConfigurationError, match="cannot be read as a pin file"):
        read_pins(path)
    if "half" not in text and not text.startswith('{"version": 1'):
        with pytest.raises(ConfigurationError, match="cannot be read as a pin file"):
            write_pins(path, [_definition()])
        assert path.read_text() == text


def test_one_servers_pin_is_not_anothers(tmp_path: Path) -> None:
    """A tool of the same name on another server was never looked at."""
    path = tmp_path / "pins.json"
    write_pins(path, [_definition()])
    with pytest.raises(ToolPinError, match="'get' of the MCP server 'mail' is not pinned"):
        refuse_changes(read_pins(path), [_definition(server="mail")])


def test_only_what_differs_is_shown() -> None:
    """Not the hundred lines around it, and of many no more than can be read."""
    old = "\n".join(f"line {number}" for number in range(100))
    pinned = Pinned("", old, {})
    said = changes(pinned, _definition(description=old.replace("line 50", "LINE 50")))
    assert said.splitlines() == ["  description:", "  - line 50", "  + LINE 50"]
    said = changes(pinned, _definition(description="new\n" * 10_000))
    assert len(said.splitlines()) < 40
    assert "lines more" in said


@given(TEXTS, TEXTS)
def test_a_change_is_always_shown_and_never_hides(old: str, new: str) -> None:
    """Whatever differs is there to be read, and nothing in it is unseen."""
    said = changes(Pinned("", old, {}), _definition(description=new))
    assert bool(said) == (old != new)
    assert not has_hidden(said)


@given(TEXTS)
def test_what_is_visible_stays_so(text: str) -> None:
    """Nothing hidden is left, and a second time changes nothing."""
    seen = visible(text)
    assert not has_hidden(seen)
    assert visible(seen) == seen
    assert not has_hidden(revealed(text))
