"""The tools of a deep agent that change or read nothing but the state of its conversation."""

from collections.abc import Mapping
from typing import Annotated, Any, Final

from langchain_core.messages import ToolMessage
from langchain_core.tools import BaseTool, InjectedToolCallId
from langgraph.prebuilt import InjectedState
from langgraph.types import Command
from pydantic import Field

from clovax_agents.execution.requests import field_of
from clovax_agents.tooling import ToolPolicy, tool
from clovax_agents.workspace.files import FileOperation
from clovax_agents.workspace.looking import found_in, listed, page_of
from clovax_agents.workspace.paths import checked_path
from clovax_agents.workspace.todos import read_todos, written_todos
from clovax_agents.workspace.wording import say

__all__ = ["OPERATION", "OWN_TOOLS", "file_tools", "todo_tool"]

OPERATION: Final = "file_operation"
"""Where the artifact of a result says what is to be done with a file; the node does it, call after call."""
OWN_TOOLS: Final = frozenset({"write_todos", "ls", "read_file", "write_file", "edit_file", "grep"})
_POLICY: Final = ToolPolicy(effect="read", repeats="run")
"""Nothing outside of the conversation changes."""
State = Annotated[Any, InjectedState]
CallId = Annotated[str, InjectedToolCallId]


def todo_tool() -> BaseTool:
    """Return the tool with which a model keeps its list of what is to do."""

    async def write_todos(
        todos: Annotated[
            list[str], Field(description=say("The whole list, for instance: [x] done, [>] being done, [ ] to do"))
        ],
        tool_call_id: CallId,
    ) -> Any:
        made = read_todos(todos)
        told = ToolMessage(written_todos(made) or "-", tool_call_id=tool_call_id, name="write_todos")
        return Command(update={"todos": made, "messages": [told]})

    about = say(
        "Keep a list of what is to do, for requests of three steps or more. Write it before you begin, and again "
        "whenever an entry is begun or done; each call replaces the whole list"
    )
    return tool(name="write_todos", description=about, policy=_POLICY)(write_todos)


def file_tools() -> list[BaseTool]:
    """Return the tools that list, read, write, change and search the files of the state."""
    return [_ls(), _read(), _write(), _edit(), _grep()]


def _ls() -> BaseTool:
    async def ls(
        path: Annotated[str, Field(description=say("A folder, for instance /notes"))] = "/", state: State = None
    ) -> str:
        return listed(_files(state), path)

    return tool(name="ls", description=say("List the files, with their sizes"), policy=_POLICY)(ls)


def _read() -> BaseTool:
    async def read_file(
        file_path: Annotated[str, Field(description=say("Path of the file, for instance /notes/report.md"))],
        offset: Annotated[int, Field(ge=0, description=say("Lines to leave out"))] = 0,
        limit: Annotated[int, Field(ge=1, le=500, description=say("Lines to read at most"))] = 100,
        state: State = None,
    ) -> str:
        return page_of(_files(state), file_path, offset, limit)

    return tool(name="read_file", description=say("Read a file, or a part of it"), policy=_POLICY)(read_file)


def _write() -> BaseTool:
    async def write_file(
        file_path: Annotated[str, Field(description=say("Path of the file, for instance /notes/report.md"))],
        content: Annotated[str, Field(description=say("The whole text of the file"))],
    ) -> tuple[str, dict[str, FileOperation]]:
        operation: FileOperation = {
            "kind": "write",
            "path": checked_path(file_path),
            "old": "",
            "text": content,
            "everywhere": False,
        }
        return "-", {OPERATION: operation}

    about = say("Write a file; one that is there already is replaced")
    return tool(name="write_file", description=about, response_format="content_and_artifact", policy=_POLICY)(
        write_file
    )


def _edit() -> BaseTool:
    async def edit_file(
        file_path: Annotated[str, Field(description=say("Path of the file, for instance /notes/report.md"))],
        old_string: Annotated[str, Field(min_length=1, description=say("The text to replace, exactly as it is there"))],
        new_string: Annotated[str, Field(description=say("The text to put in"))],
        replace_all: Annotated[bool, Field(description=say("Replace it wherever it is"))] = False,  # noqa: FBT002
    ) -> tuple[str, dict[str, FileOperation]]:
        operation: FileOperation = {
            "kind": "edit",
            "path": checked_path(file_path),
            "old": old_string,
            "text": new_string,
            "everywhere": replace_all,
        }
        return "-", {OPERATION: operation}

    about = say("Replace a part of a file")
    return tool(name="edit_file", description=about, response_format="content_and_artifact", policy=_POLICY)(edit_file)


def _grep() -> BaseTool:
    async def grep(
        pattern: Annotated[str, Field(min_length=1, description=say("The text to find, as it is; no pattern"))],
        path: Annotated[str, Field(description=say("A file or a folder, for instance /notes"))] = "/",
        state: State = None,
    ) -> str:
        return found_in(_files(state), pattern, path)

    return tool(name="grep", description=say("Find lines that contain a text, in files"), policy=_POLICY)(grep)


def _files(state: Any) -> Mapping[str, str]:
    return field_of(state, "files") or {}
