"""Long results of tools put into files, so that the model reads where they are instead of all of it: pure."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

import orjson

from clovax_agents.errors import ModelRetry
from clovax_agents.execution.cutting import beginning, weight
from clovax_agents.workspace.files import MAX_CHARACTERS, with_file
from clovax_agents.workspace.paths import free_path
from clovax_agents.workspace.wording import say

if TYPE_CHECKING:
    from collections.abc import Mapping

    from langchain_core.messages import ToolMessage

__all__ = ["FOLDER", "offloaded"]

FOLDER: Final = "/large_tool_results"
_SHOWN: Final = 300
"""Tokens that the model is shown of what is in a file."""
_ALIKE: Final = 100
"""Characters by which the whole of a result is known that was cut."""
_NO_NAME: Final = re.compile(r"[^A-Za-z0-9_-]+")


def offloaded(message: ToolMessage, files: Mapping[str, str], tokens: int) -> tuple[ToolMessage, dict[str, str]]:
    """Return a result as the model is to read it, and the files with what is too long for that.

    Args:
        message: the result.
        files: that there are.
        tokens: that a result may have; a longer one goes into a file.

    Example:
        >>> from langchain_core.messages import ToolMessage
        >>> result, files = offloaded(ToolMessage("가" * 9000, tool_call_id="c1", name="read_page"), {}, 1000)
        >>> list(files), len(result.text) < 1000
        (['/large_tool_results/read_page-c1'], True)
    """
    kept = dict(files)
    content: Any = message.content
    if not isinstance(content, str) or message.status == "error" or weight(content, tokens) <= tokens:
        return message, kept
    artifact: Any = message.artifact
    is_cut = isinstance(artifact, str) and len(artifact) > len(content) and artifact[:_ALIKE] == content[:_ALIKE]
    whole = artifact if is_cut else content
    path = free_path(f"{FOLDER}/{message.name or 'tool'}-{_NO_NAME.sub('', message.tool_call_id)}", kept)
    try:
        made = with_file(kept, path, _readable(whole))
    except ModelRetry:  # no room: it is cut, as results are without files
        return message, kept
    told = say(
        "{start}\n[The whole result has {count} characters and is in the file {path}. Read parts of it with read_file, "
        "or find lines with grep.]",
        start=beginning(content, _SHOWN, tokens),
        count=len(whole),
        path=path,
    )
    return message.model_copy(update={"content": told, "artifact": None if is_cut else artifact}), made


def _readable(text: str) -> str:
    """Return JSON in lines, by which it can be read and searched; other texts as they are."""
    try:
        found = orjson.loads(text) if text[:1] in {"{", "["} else None
    except orjson.JSONDecodeError:
        return text
    if found is None:
        return text
    written = orjson.dumps(found, option=orjson.OPT_INDENT_2).decode()
    return written if len(written) <= MAX_CHARACTERS else text
