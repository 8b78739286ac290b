"""What becomes of a run when a tool goes wrong, with ToolNode, create_agent and ours: a table, row by row."""

from __future__ import annotations

import argparse
import importlib.metadata
import json
import platform
import subprocess
import sys
import threading
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import fault_endings
import fault_rows
from fault_parts import CONTENDERS
from rich.console import Console
from rich.progress import track
from rich.table import Table

_PATIENCE: Final = 90.0
_LATE: Final = 5.0
"""Seconds after which a process that has said everything is held up; a busy machine takes one or two."""
ROWS: Final[dict[int, Any]] = {
    int(name[4:]): row
    for name, row in sorted({**vars(fault_rows), **vars(fault_endings)}.items())
    if name.startswith("row_")
}
_PACKAGES: Final = ("langgraph", "langgraph-prebuilt", "langchain", "langchain-core")


def main() -> None:
    """Run every row with every contender, each in a process of its own; print and save the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--save", type=Path, help="where to write what was seen as JSON")
    parser.add_argument("--row", type=int, choices=sorted(ROWS), help="only this row")
    parser.add_argument("--contender", choices=CONTENDERS, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.contender:
        print(ROWS[options.row](options.contender), flush=True)  # noqa: T201  # to the parent process
        return
    numbers = [options.row] if options.row else sorted(ROWS)
    rows = [_row(number) for number in track(numbers, "rows")]
    table = Table("#", "fault", *CONTENDERS)
    for row in rows:
        table.add_row(str(row["number"]), row["fault"], *[row["seen"][who] for who in CONTENDERS])
    console = Console(width=160)
    console.print(table)
    for row in rows:
        if row["note"]:
            console.print(f"{row['number']}: {row['note']}", highlight=False)
    if options.save:
        options.save.write_text(json.dumps({**_about(), "rows": rows}, indent=1, ensure_ascii=False) + "\n")


def _about() -> dict[str, Any]:
    return {
        "kind": "faults",
        "date": datetime.now(UTC).date().isoformat(),
        "python": platform.python_version(),
        "versions": [f"{name} {importlib.metadata.version(name)}" for name in _PACKAGES],
        "contenders": list(CONTENDERS),
    }


def _row(number: int) -> dict[str, Any]:
    """Let each contender have its go at a row; its name and note are in its docstring."""
    fault, _, note = (ROWS[number].__doc__ or "").strip().partition("\n")
    seen = {who: _seen(number, who) for who in CONTENDERS}
    return {"number": number, "fault": fault, "note": " ".join(note.split()), "seen": seen}


def _seen(number: int, who: str) -> str:
    """Return what a row says, or how its process ended without saying anything."""
    command = [sys.executable, __file__, "--row", str(number), "--contender", who]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)  # noqa: S603
    deadline = threading.Timer(_PATIENCE, process.kill)
    deadline.start()
    with process:
        assert process.stdout is not None  # noqa: S101  # it is piped
        said = process.stdout.readline().strip()
        at = time.monotonic()
        _, errors = process.communicate()
        late = time.monotonic() - at
    hangs = not deadline.is_alive()
    deadline.cancel()
    if hangs:
        return f"{said}; process hangs" if said else "process hangs"
    if not said:
        last = errors.strip().rpartition("\n")[2]
        return f"process dies (exit code {process.returncode})" + (f": {last[:80]}" if "Error" in last else "")
    return f"{said}; process ends {late:.0f} s later" if late > _LATE else said


if __name__ == "__main__":
    main()
