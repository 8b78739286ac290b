"""A list of what is to do, as models write it: one text for each, which begins with how far it is: pure.

A flat list of texts: objects inside of lists are what HyperCLOVA X gets wrong most.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from clovax_agents.errors import ModelRetry
from clovax_agents.workspace.wording import say

if TYPE_CHECKING:
    from collections.abc import Sequence

    from clovax_agents.workspace.state import Todo, TodoStatus

__all__ = ["read_todos", "written_todos"]

_MOST: Final = 50
_LONGEST: Final = 500
_NUMBER: Final = r"(?:[-*] +|\d{1,2}[.)] +)?"
_MARK: Final = r"\[(?P<mark>[^\[\]]{0,12})\] *"
_LINE: Final = re.compile(rf"{_NUMBER}(?:{_MARK})?(?P<content>(?!\[[^\[\]]{{0,12}}\]$).+)", re.DOTALL)
_STATUS: Final[dict[str, TodoStatus]] = {
    "": "pending",
    "pending": "pending",
    ">": "in_progress",
    "~": "in_progress",
    "in_progress": "in_progress",
    "x": "completed",
    "v": "completed",
    "completed": "completed",
}
_MARKS: Final[dict[TodoStatus, str]] = {"pending": " ", "in_progress": ">", "completed": "x"}


def read_todos(lines: Sequence[str]) -> list[Todo]:
    """Read a list; what says nothing of how far it is, is still to do.

    Raises:
        ModelRetry: with what is wrong.

    Example:
        >>> read_todos(["[x] 주문 조회", "[>] 배송 조회"])
        [{'content': '주문 조회', 'status': 'completed'}, {'content': '배송 조회', 'status': 'in_progress'}]
    """
    if len(lines) > _MOST:
        raise ModelRetry(say("the list has {count} entries; {most} are allowed", count=len(lines), most=_MOST))
    return [_todo(line) for line in lines]


def written_todos(todos: Sequence[Todo]) -> str:
    """Write a list as models write it.

    Example:
        >>> print(written_todos([{"content": "배송 조회", "status": "pending"}]))
        [ ] 배송 조회
    """
    return "\n".join(f"[{_MARKS[todo['status']]}] {todo['content']}" for todo in todos)


def _todo(line: str) -> Todo:
    found = _LINE.fullmatch(" ".join(line.split()))
    if found is None or len(found["content"]) > _LONGEST:
        raise ModelRetry(say("{line} is empty or too long for an entry of the list", line=repr(line[:80])))
    mark = (found["mark"] or "").strip().lower()
    if mark not in _STATUS:
        raise ModelRetry(say("[{mark}] says nothing: write [ ] to do, [>] being done, [x] done", mark=mark))
    return {"content": found["content"], "status": _STATUS[mark]}
