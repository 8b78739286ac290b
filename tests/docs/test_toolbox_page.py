"""The page on toolboxes, in both languages: its examples run, and its tables and limits are those of the code."""

import re
from pathlib import Path

import pytest

from clovax_agents import ToolExecutor
from clovax_agents.tooling import RunView
from clovax_agents.tooling.mcp.loading import McpOptions, Options
from clovax_agents.tooling.mcp.sessions import PING_SECONDS
from clovax_agents.tooling.sizes import MOST_CHARACTERS, MOST_DEPTH, MOST_PARTS

DOCS = Path(__file__).parents[2] / "docs"
PAGES = ("toolbox.md", "toolbox.ko.md")
BLOCK = re.compile(r"^```python(?: file=(\S+))?\n(.*?)^```", re.DOTALL | re.MULTILINE)


def _text(page: str) -> str:
    return (DOCS / page).read_text(encoding="utf-8")


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.soak(every=2)
def test_the_examples_run_from_top_to_bottom(
    page: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each block runs as printed, against a server that is printed, too."""
    monkeypatch.chdir(tmp_path)
    names: dict[str, object] = {}
    for file, block in BLOCK.findall(_text(page)):
        if file:
            Path(file).write_text(block, encoding="utf-8")
        else:
            exec(compile(block, page, "exec"), names)  # noqa: S102  # running it is the test
    printed = capsys.readouterr().out.splitlines()
    assert printed[0] == "Toolbox(get_order, cancel_order, get_time)"
    assert printed[1] == (
        "('get_order', 'get_time') ('cancel_order', 'get_time') ('shop_get_order', 'shop_cancel_order', 'now')"
    )
    assert printed[2].startswith("two tools are named 'get_time'")
    assert printed[3] == "('get_order', 'get_time')"
    assert printed[4] == "('get_order', 'cancel_order', 'get_time', 'again_get_order')"
    assert printed[5:] == ["3", names["stock"]["get_stock"].description]  # type: ignore[index]
    assert (tmp_path / "mcp-pins.json").exists()


@pytest.mark.parametrize("page", PAGES)
def test_the_tables_and_limits_are_those_of_the_code(page: str) -> None:
    """Every option, every field of a view, every number."""
    text = _text(page)
    rows = [line.split("|")[1] for line in text.splitlines() if line.startswith("| `")]
    named = {name for row in rows for name in re.findall(r"`(\w+)`", row)}
    assert set(McpOptions.__annotations__) <= named
    assert set(McpOptions.__annotations__) == set(Options.__slots__)
    assert all(f"`{name}`" in text for name in RunView.__slots__)
    assert all(f"{number:,}" in text for number in (MOST_CHARACTERS, MOST_PARTS, MOST_DEPTH))
    assert f"{Options().connect_timeout:.0f}" in text
    assert PING_SECONDS == 1
    assert ToolExecutor.__name__ in text


def test_both_pages_have_the_same_parts() -> None:
    """As many headings, blocks and rows, and the same code but for its words."""
    shapes = [
        (
            len(re.findall(r"^#", text, re.MULTILINE)),
            len(re.findall(r"^\|", text, re.MULTILINE)),
            [re.sub(r'"""[^"]*"""|#.*|"[^"]*[가-힣][^"]*"|"[^"]*"', "", block) for _, block in BLOCK.findall(text)],
        )
        for text in map(_text, PAGES)
    ]
    assert shapes[0] == shapes[1]
