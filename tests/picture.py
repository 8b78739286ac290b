"""Draw the README's picture: what `make run` shows on a terminal of 100 columns (`make picture`)."""

import os
import pty
import re
import sys
from html import unescape
from io import StringIO
from pathlib import Path

from rich._export_format import CONSOLE_SVG_FORMAT
from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

ROOT = Path(__file__).parents[1]
PICTURE = ROOT / "docs" / "pictures" / "run.svg"
CELL = 12.2
"""The width of a letter in Rich's drawings."""
COLUMNS = 100
ROWS = 34
"""What fits on a screen; the rest is left out, as a terminal would scroll it."""


def main() -> None:
    """Run the example, and save its screen."""
    shown = _screen([sys.executable, "-m", "clovax_agents.cli", "run", "--lang", "ko", "--simulator"])
    console = Console(record=True, width=COLUMNS, file=StringIO(), force_terminal=True)
    console.print(Text("$ make run"), Text.from_ansi(shown), sep="\n")
    PICTURE.parent.mkdir(exist_ok=True)
    without_fonts = re.sub(r"\s*@font-face \{\{.*?\n    \}\}\n", "\n", CONSOLE_SVG_FORMAT, flags=re.DOTALL)
    drawn = console.export_svg(title="clovax-agents", code_format=without_fonts)
    PICTURE.write_text(re.sub(r'textLength="[^"]*"([^>]*)>([^<]*)<', _wide, drawn), encoding="utf-8")
    print(f"{PICTURE.relative_to(ROOT)} is drawn")


def _wide(found: re.Match[str]) -> str:
    """Give a text the length of its cells, of which a Korean letter has two; Rich counts letters."""
    length = cell_len(unescape(found[2])) * CELL
    return f'textLength="{length:.1f}"{found[1]}>{found[2]}<'


def _screen(command: list[str]) -> str:
    """Return what a command writes to a terminal."""
    told: list[bytes] = []

    def read(terminal: int) -> bytes:
        told.append(os.read(terminal, 65_536))
        return told[-1]

    os.environ |= {"COLUMNS": str(COLUMNS), "LINES": "200", "TERM": "xterm-256color", "FORCE_COLOR": "1"}
    pty.spawn(command, read)
    lines = b"".join(told).decode().replace("\r", "").splitlines()
    return "\n".join(lines[:ROWS])


if __name__ == "__main__":
    main()
