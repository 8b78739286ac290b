"""The tools' turn of a deep agent: what calls do with files is done one after the other; long results become files."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final, cast

from langchain_core.messages import ToolMessage
from langgraph.types import Command

from clovax_agents.errors import ModelRetry
from clovax_agents.execution.narrowing import as_dict, as_list
from clovax_agents.execution.texts import error_text
from clovax_agents.execution.wording import say
from clovax_agents.nodes.tools import ToolsNode
from clovax_agents.workspace.files import changed, changes_between
from clovax_agents.workspace.offloading import offloaded
from clovax_agents.workspace.tools import OPERATION, OWN_TOOLS

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from langchain_core.runnables import RunnableConfig

    from clovax_agents.execution import ToolExecutor

__all__ = ["WorkspaceNode"]

_READ: Final = "__pregel_read"  # LangGraph exports no name for it


class WorkspaceNode(ToolsNode):
    """Answer the open tool calls of an agent that has files.

    Args:
        executor: that runs them.
        tokens: that a result may have; a longer one goes into a file.
    """

    def __init__(self, executor: ToolExecutor, tokens: int) -> None:
        """Take the executor."""
        super().__init__(executor)
        self._tokens = tokens
        self._whole = OWN_TOOLS | self._return_direct

    def invoke(self, input: Any, config: RunnableConfig | None = None, **_: Any) -> Any:  # noqa: A002
        """Run the open calls."""
        return self._next(input, self._settled(input, config, self._executor.invoke(input, config)))

    async def ainvoke(self, input: Any, config: RunnableConfig | None = None, **_: Any) -> Any:  # noqa: A002
        """Run the open calls."""
        return self._next(input, self._settled(input, config, await self._executor.ainvoke(input, config)))

    def _settled(self, given: Any, config: RunnableConfig | None, added: Any) -> list[Any]:
        """Return the updates of the executor, with what has become of the files."""
        before = _files(given, config)
        work = _Work(dict(before), self._whole, self._tokens)
        updates = [work.update(update) for update in as_list(added) or [added]]
        if changes := changes_between(before, work.files):
            updates.append(Command(update={"files": changes}))
        return updates


@dataclass(slots=True)
class _Work:
    """The files as far as the calls have got.

    Attributes:
        files: texts by their paths.
        whole: names of tools whose results are never too long.
        tokens: that a result may have.
    """

    files: dict[str, str]
    whole: Collection[str]
    tokens: int

    def update(self, update: Any) -> Any:
        """Return what a call adds to the state, as the model is to read it."""
        whole: Any = update.update if hasattr(update, "goto") else update
        parts = as_dict(whole)
        messages = as_list((parts or {}).get("messages"))
        if parts is None or not messages:
            return update
        told = {**parts, "messages": [self._told(message) for message in messages]}
        return told if whole is update else replace(update, update=told)

    def _told(self, message: Any) -> Any:
        if not isinstance(message, ToolMessage):
            return message
        operation = (as_dict(message.artifact) or {}).get(OPERATION) if message.name in OWN_TOOLS else None
        if operation is not None:
            return self._done(message, operation)
        if message.name in self.whole:
            return message
        shown, self.files = offloaded(message, self.files, self.tokens)
        return shown

    def _done(self, message: ToolMessage, operation: Any) -> ToolMessage:
        """Carry out what a call wants with a file, and say what came of it."""
        try:
            self.files, text = changed(self.files, operation)
        except ModelRetry as error:
            failed = {"content": say("Error: {text}", text=error_text(error)), "artifact": None, "status": "error"}
            return message.model_copy(update=failed)
        return message.model_copy(update={"content": text, "artifact": None})


def _files(given: Any, config: RunnableConfig | None) -> Mapping[str, str]:
    """Return the files of the state, also where the node was sent calls alone."""
    parts = as_dict(given)
    if parts is None:
        read: Any = ((config or {}).get("configurable") or {})[_READ]
        parts = cast("dict[str, Any]", read(["files"], False))  # noqa: FBT003  # LangGraph's own signature
    return parts.get("files") or {}
