"""Puts the figures of ``docs/benchmarks.json`` into ``docs/benchmarks.md``: the second half of ``make bench``."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_BEGIN: Final = "<!-- figures -->\n"
_END: Final = "<!-- end of figures -->\n"
_CONTENDERS: Final = ("ours", "naver", "openai", "httpx")
_HEAD: Final = (
    "| | ours | langchain-naver | OpenAI SDK | httpx | ours / naver | gate | goal | ours / httpx | gate |\n"
    "|---|---|---|---|---|---|---|---|---|---|\n"
)


def page_with(figures: Mapping[str, Any], page: str) -> str:
    """Return the page with these figures in place of those between its two marks."""
    before, _, rest = page.partition(_BEGIN)
    _, mark, after = rest.partition(_END)
    if not mark:
        message = f"no {_BEGIN.strip()} and {_END.strip()} in the page"
        raise ValueError(message)
    return f"{before}{_BEGIN}{_said(figures)}\n{_END}{after}"


def _said(figures: Mapping[str, Any]) -> str:
    about = (
        f"Medians of {figures['rounds']} rounds, {figures['date']}, Python {figures['python']}, "
        f"{figures['cores']} cores of {figures['machine']}.\n\n"
    )
    return about + _HEAD + "".join(_line(row) for row in figures["rows"])


def _line(row: Mapping[str, Any]) -> str:
    values = [_shown(row["values"].get(name), ",.1f") for name in _CONTENDERS]
    ratios = [_shown(row[name], ".3f") for name in ("to_naver", "gate", "goal", "to_httpx", "raw_gate")]
    return f"| {' | '.join((row['name'], *values, *ratios))} |\n"


def _shown(figure: float | None, form: str) -> str:
    return "" if figure is None else format(figure, form)


def main(arguments: Iterable[str]) -> None:
    """Write the page named second with the figures named first."""
    figures, page = map(Path, arguments)
    page.write_text(page_with(json.loads(figures.read_text()), page.read_text()))


if __name__ == "__main__":
    main(sys.argv[1:])
