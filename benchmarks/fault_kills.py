"""One life of a run whose process is killed -9 in the middle of a tool: row 12 of the fault table starts it twice."""

from __future__ import annotations

import os
import signal
import sys
import time
from pathlib import Path
from typing import Any, Final

from fault_parts import QUESTION, Scripted, answers, calling, graph_of
from langgraph.checkpoint.postgres import PostgresSaver
from langgraph.checkpoint.sqlite import SqliteSaver

PAID: Final = "paid"
"""The file that gets a line for each payment: the number of its call."""

_FINISHED, _KILLED = 1, 2
_PATIENCE: Final = 30.0


def main(who: str, database: str, folder: Path) -> None:
    """Begin the run, or resume it, and print what the model reads in the end."""
    file = folder / PAID

    def pay(number: int) -> str:
        """Pay; the second call waits for the first, pays, and is killed, unless that has happened before."""
        first_life = not file.exists() or f"{_KILLED}" not in file.read_text()
        if number == _KILLED and first_life:
            _wait_for(file, f"{_FINISHED}")
        with file.open("a") as paid:
            paid.write(f"{number}\n")
        if number == _KILLED and first_life:
            os.kill(os.getpid(), signal.SIGKILL)
        return f"paid {number}"

    thread: Any = {"configurable": {"thread_id": folder.name}}
    kind: Any = PostgresSaver if database.startswith("postgresql://") else SqliteSaver
    with kind.from_conn_string(database) as saver:
        saver.setup()
        message = calling("pay", {"number": _FINISHED}, {"number": _KILLED})
        begun = file.exists()
        graph = graph_of(who, Scripted(says=[] if begun else [message]), pay, checkpointer=saver)
        state = graph.invoke(None if begun else QUESTION, thread, durability="sync")
    for answer in answers(state):
        print(answer.response_metadata.get("outcome", answer.status))  # noqa: T201  # to the row


def _wait_for(file: Path, line: str) -> None:
    """Wait until the other call has paid, and a moment longer, so that what it returned can be kept."""
    deadline = time.monotonic() + _PATIENCE
    while not (file.exists() and line in file.read_text()) and time.monotonic() < deadline:
        time.sleep(0.01)
    time.sleep(0.5)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], Path(sys.argv[3]))
