"""`file_tools`: files beneath one folder, for a model to list, read and search, and to write if it may."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Annotated, Any, Final

from pydantic import Field

from clovax_agents.errors import PathError
from clovax_agents.guards.data_wording import say
from clovax_agents.guards.path_names import shown
from clovax_agents.guards.paths import PathGuard, StoredFile
from clovax_agents.tooling.decorator import tool
from clovax_agents.tooling.policy import Label, ToolPolicy
from clovax_agents.tooling.toolbox import Toolbox
from clovax_agents.toolkit.file_texts import Text, decoded
from clovax_agents.toolkit.file_walk import SECONDS, listing, search

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Collection, Mapping

    from langchain_core.tools import BaseTool

__all__ = ["file_tools"]

_MOST_BYTES: Final = 48 * 1024
"""Of lines that are read at once: all of what a model is shown of a result."""
_LONGEST_LINE: Final = 4_000

# What models read of the tools is in the language that the environment names when this module is imported.
Path = Annotated[str, Field(description=say("Path of a file beneath the folder, for instance notes/today.md"))]
Place = Annotated[str, Field(description=say("Path of a folder beneath the folder; . for all of it"))]
Pattern = Annotated[str, Field(description=say("Names of files, for instance *.md"))]
Recursive = Annotated[bool, Field(description=say("List what is in its folders, too"))]
FirstLine = Annotated[int, Field(ge=1, description=say("Where to begin; 1 is the first line"))]
Lines = Annotated[int, Field(ge=1, le=2_000, description=say("How many lines at most"))]
Wanted = Annotated[str, Field(min_length=1, max_length=500, description=say("What to look for, within one line"))]
Content = Annotated[str, Field(description=say("All of the file's text"))]
Overwrite = Annotated[bool, Field(description=say("Replace the file if it is there already"))]
OldText = Annotated[
    str, Field(description=say("What is to be replaced, exactly as it stands in the file, there just once"))
]
NewText = Annotated[str, Field(description=say("What is to be there instead; empty to delete"))]


def file_tools(
    root: str | os.PathLike[str] | PathGuard,
    *,
    write: bool = False,
    approval: bool | Callable[[Mapping[str, Any]], bool] = True,
    labels: Collection[Label] = (),
) -> Toolbox:
    """Return tools for the files beneath a folder: list_files, read_file and search_files; write_file and edit_file.

    No path leads out of the folder, by no link and no ``..``; names that begin with a dot stay closed. See `PathGuard`.

    Args:
        root: the folder, or a guard that says more: which names are closed, and how large files may be.
        write: whether a model may write and edit, too.
        approval: whether a person has to agree to that, or a function of the arguments that says so.
        labels: of what is read, for instance ``{"untrusted_input"}`` where strangers put files there.

    Raises:
        ConfigurationError: there is no such folder.

    Example:
        >>> import tempfile
        >>> box = file_tools(tempfile.mkdtemp(), write=True)
        >>> box.names
        ('list_files', 'read_file', 'search_files', 'write_file', 'edit_file')
    """
    guard = root if isinstance(root, PathGuard) else PathGuard(root)
    read = ToolPolicy(effect="read", timeout=SECONDS + 10, labels=frozenset(labels))
    tools = _readers(guard, read)
    if write:
        tools += _writers(
            guard,
            ToolPolicy(effect="idempotent", approval=approval, sequential=True, timeout=30),
            ToolPolicy(effect="once", approval=approval, sequential=True, timeout=30),
        )
    return Toolbox(*tools)


def _readers(guard: PathGuard, policy: ToolPolicy) -> list[BaseTool]:
    @tool(policy=policy, description=say("List the files and folders in a folder, with their sizes"))
    def list_files(path: Place = ".", pattern: Pattern = "*", *, recursive: Recursive = False) -> str:
        return listing(guard, path, pattern, recursive=recursive)

    @tool(policy=policy, description=say("Read a text file, or some lines of it"))
    def read_file(path: Path, first_line: FirstLine = 1, lines: Lines = 400) -> str:
        return _excerpt(_text_of(guard.read(path), path).text, path, first_line, lines)

    text = "Find the lines of text files that contain a text, whether in capitals or not; the text is no pattern"

    @tool(policy=policy, description=say(text))
    def search_files(text: Wanted, path: Place = ".", pattern: Pattern = "*") -> str:
        return search(guard, text, path, pattern)

    return [list_files, read_file, search_files]


def _writers(guard: PathGuard, writing: ToolPolicy, editing: ToolPolicy) -> list[BaseTool]:
    one_at_a_time = threading.Lock()  # between the reading of an edit and its writing, nobody else writes

    @tool(policy=writing, description=say("Write a text file with the folders it is in"))
    def write_file(path: Path, content: Content, *, overwrite: Overwrite = False) -> str:
        with one_at_a_time:
            return _write(guard, path, content.encode(), overwrite=overwrite)

    @tool(policy=editing, description=say("Replace one piece of a text file by another"))
    def edit_file(path: Path, old_text: OldText, new_text: NewText) -> str:
        with one_at_a_time:
            return _edit(guard, path, old_text, new_text)

    return [write_file, edit_file]


def _text_of(stored: StoredFile, path: str) -> Text:
    text = decoded(stored.data)
    if text is None:
        raise PathError(say("{path} is not text", path=shown(path)))
    return text


def _excerpt(text: str, path: str, first: int, most: int) -> str:
    """Return lines of a text, below a line that says which they are unless they are all."""
    if not text:
        return say("{path} is empty", path=shown(path))
    lines = text.removesuffix("\n").split("\n")
    if first > len(lines):
        text = "{path} has {count:,} lines; {first:,} is behind its end"
        raise PathError(say(text, path=shown(path), count=len(lines), first=first))
    taken: list[str] = []
    left = _MOST_BYTES
    for line in lines[first - 1 : first - 1 + most]:
        short = line if len(line) <= _LONGEST_LINE else f"{line[:_LONGEST_LINE]}…"
        left -= len(short.encode("utf-8", "replace")) + 1
        if taken and left < 0:
            break
        taken.append(short)
    last = first + len(taken) - 1
    if first == 1 and last == len(lines):
        return "\n".join(taken)
    head = say("{path}, lines {first:,} to {last:,} of {count:,}", path=path, first=first, last=last, count=len(lines))
    more = [f"[{say('the rest begins at line {next:,}', next=last + 1)}]"] if last < len(lines) else []
    return "\n".join([f"[{head}]", *taken, *more])


def _write(guard: PathGuard, path: str, data: bytes, *, overwrite: bool) -> str:
    try:
        is_new = guard.write(path, data, overwrite=overwrite)
    except PathError:
        stored = _there(guard, path)
        if stored is None or overwrite:
            raise
        if stored.data == data:  # a second run of the same call
            return say("{path} has this content already", path=shown(path))
        text = "there is a file {path} already; say overwrite=true to replace all of it, or edit it"
        raise PathError(say(text, path=shown(path))) from None
    text = "{path} was written ({size:,} bytes)" if is_new else "{path} was replaced ({size:,} bytes)"
    return say(text, path=shown(path), size=len(data))


def _there(guard: PathGuard, path: str) -> StoredFile | None:
    try:
        return guard.read(path)
    except PathError:
        return None


def _edit(guard: PathGuard, path: str, old: str, new: str) -> str:
    if not old:
        raise PathError(say("the text to replace is empty"))
    stored = guard.read(path)
    text = _text_of(stored, path)
    count = text.text.count(old)
    if count == 0:
        words = "{path} does not have this text; read the file and copy it exactly, with its spaces"
        raise PathError(say(words, path=shown(path)))
    if count > 1:
        words = "{path} has this text {count:,} times; add lines around it so that it is there once"
        raise PathError(say(words, path=shown(path), count=count))
    guard.write(path, text.encoded(text.text.replace(old, new), shown(path)), overwrite=True, version=stored.version)
    return say("{path} was edited", path=shown(path))
