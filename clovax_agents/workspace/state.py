"""State of deep agents and of their sub-agents."""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal, NotRequired, TypeAlias

from pydantic import Field
from typing_extensions import TypedDict  # Pydantic refuses typing's own before Python 3.12

from clovax_agents.state import AgentMessages, AgentState
from clovax_agents.workspace.files import merge_files

__all__ = ["DeepInput", "DeepOutput", "DeepState", "FilesState", "Todo", "merge_todos"]

TodoStatus: TypeAlias = Literal["pending", "in_progress", "completed"]


class Todo(TypedDict):
    """One thing to do.

    Attributes:
        content: what it is.
        status: how far it is.
    """

    content: str
    status: TodoStatus


def merge_todos(old: list[Todo] | None, new: list[Todo] | None) -> list[Todo]:
    """Return the new list: each is the whole, and of several in one turn the last one counts."""
    return list(old or []) if new is None else list(new)


_FILES: Final[Any] = Field(description="Texts by their paths", examples=[{"notes/요청.md": "재고가 있는 것만 찾기"}])


class DeepInput(AgentMessages):
    """What a run may be started with: messages, and files by their paths."""

    files: NotRequired[Annotated[dict[str, str], _FILES, merge_files]]


class DeepOutput(DeepInput):
    """What a run gives out."""

    todos: NotRequired[Annotated[list[Todo], merge_todos]]


class FilesState(AgentState):
    """The state of an agent that has files.

    Attributes:
        files: texts by their paths.
    """

    files: NotRequired[Annotated[dict[str, str], _FILES, merge_files]]


class DeepState(FilesState):
    """The state of a deep agent.

    Attributes:
        todos: what is to do, and how far it is.
    """

    todos: NotRequired[Annotated[list[Todo], merge_todos]]
