"""Files in the state: how they are merged, and how they are changed within their limits: pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Literal

from typing_extensions import TypedDict

from clovax_agents.errors import ConfigurationError, ModelRetry
from clovax_agents.execution.narrowing import as_dict
from clovax_agents.workspace.paths import checked_path, free_path
from clovax_agents.workspace.wording import say

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["MAX_CHARACTERS", "FileChange", "FileOperation", "changed", "changes_between", "merge_files", "with_file"]

MAX_CHARACTERS: Final = 200_000
"""Of one file."""
MAX_FILES: Final = 100
MAX_TOGETHER: Final = 2_000_000
"""Characters of all files: every checkpoint after a change holds them."""


class FileChange(TypedDict):
    """What becomes of a file, by somebody who worked beside others.

    Attributes:
        content: its text now; None if it is gone.
        was: its text when the work began; None if there was none.
    """

    content: str | None
    was: str | None


class FileOperation(TypedDict):
    """What a call wants to do with a file, in the order of the calls.

    Attributes:
        kind: write the whole of it, or exchange a part.
        path: of the file.
        text: to write, or to put in.
        old: the part that is exchanged; of no account where the whole is written.
        everywhere: as often as it is there.
    """

    kind: Literal["write", "edit"]
    path: str
    text: str
    old: str
    everywhere: bool


def merge_files(old: Mapping[str, str] | None, new: Mapping[str, Any] | None) -> dict[str, str]:
    """Merge files by their paths: a text replaces, None removes, and nothing that others have written is lost.

    Of two that have changed one file at the same time, the second one's text is kept under a name of its own.

    Args:
        old: of the state.
        new: texts, None, or `FileChange`; also files as the package ``deepagents`` has them.

    Raises:
        ConfigurationError: a path or a file that is none.

    Example:
        >>> change = {"content": "나", "was": None}
        >>> merge_files(merge_files({}, {"a.md": {"content": "가", "was": None}}), {"a.md": change})
        {'/a.md': '가', '/a-2.md': '나'}
    """
    files = dict(old or {})
    for given, value in (new or {}).items():
        path = _path(given)
        change = as_dict(value)
        content = value if change is None else change.get("content")
        if content is not None and not isinstance(content, str):
            raise ConfigurationError(f"files[{given!r}] is a {type(content).__name__}: give its text, or None")
        if change is not None and "was" in change and files.get(path) not in {change["was"], content}:
            path = path if content is None else free_path(path, files)
            content = files.get(path) if content is None else content  # whoever has written it meanwhile needs it
        if content is None:
            files.pop(path, None)
        else:
            files[path] = content
    return files


def changes_between(before: Mapping[str, str], after: Mapping[str, str]) -> dict[str, FileChange]:
    """Return what has changed, as it is merged with what others do meanwhile."""
    touched = [path for path in {**before, **after} if before.get(path) != after.get(path)]
    return {path: {"content": after.get(path), "was": before.get(path)} for path in touched}


def changed(files: Mapping[str, str], operation: FileOperation) -> tuple[dict[str, str], str]:
    """Carry out an operation; return the files, and what the model reads about it.

    Raises:
        ModelRetry: it cannot be done; the files are as they were.

    Example:
        >>> operation = {"kind": "edit", "path": "/a.md", "old": "나", "text": "다", "everywhere": False}
        >>> changed({"/a.md": "가나"}, operation)
        ({'/a.md': '가다'}, 'changed /a.md in 1 place')
    """
    path, text = checked_path(operation["path"]), operation["text"]
    if operation["kind"] == "write":
        told = say("replaced {path}", path=path) if path in files else say("written to {path}", path=path)
        return with_file(files, path, text), told
    current = files.get(path)
    if current is None:
        raise ModelRetry(say("there is no file {path}; there are: {known}", path=path, known=_known(files)))
    count = current.count(operation["old"])
    if not count:
        raise ModelRetry(say("the text to replace is not in {path}; read the file and copy it exactly", path=path))
    if count > 1 and not operation["everywhere"]:
        told = "the text to replace is in {path} {count} times; give more of what is around it, or set replace_all"
        raise ModelRetry(say(told, path=path, count=count))
    told = (
        say("changed {path} in {count} places", path=path, count=count)
        if count > 1
        else say("changed {path} in 1 place", path=path)
    )
    return with_file(files, path, current.replace(operation["old"], text)), told


def with_file(files: Mapping[str, str], path: str, text: str) -> dict[str, str]:
    """Return the files with one more, or with another text of one.

    Raises:
        ModelRetry: there is no room for it.
    """
    if len(text) > MAX_CHARACTERS:
        told = "a file may have {most} characters, and this one would have {count}: split it"
        raise ModelRetry(say(told, most=MAX_CHARACTERS, count=len(text)))
    made = {**files, path: text}
    if len(made) > MAX_FILES or sum(map(len, made.values())) > MAX_TOGETHER:
        told = "there is no room for it: {files} files of {most} characters together at most. Use files that are there"
        raise ModelRetry(say(told, files=MAX_FILES, most=MAX_TOGETHER))
    return made


def _known(files: Mapping[str, str]) -> str:
    return ", ".join(sorted(files)[:20]) or say("none")


def _path(given: object) -> str:
    if not isinstance(given, str):
        raise ConfigurationError(f"files: {given!r:.80} is no path; give texts by their paths")
    try:
        return checked_path(given)
    except ModelRetry as error:
        raise ConfigurationError(f"files: {error}") from None
