"""What a thread holds: shown, exported, taken back, copied."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from langchain_core.messages import AIMessage, HumanMessage, ToolMessage, messages_to_dict
from rich.markup import escape

from clovax_agents.cli.printing import Printer, cut
from clovax_agents.cli.wording import say
from clovax_agents.errors import ConfigurationError
from clovax_agents.execution.narrowing import as_dict, as_list

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from langchain_core.messages import BaseMessage
    from langgraph.pregel import Pregel
    from langgraph.types import StateSnapshot
    from rich.console import Console

__all__ = ["copy_thread", "export", "messages_of", "show", "take_back"]

_LONGEST: Final = 160
_ROLES: Final = {"human": "user", "ai": "assistant", "tool": "tool", "system": "system"}


def messages_of(state: StateSnapshot) -> list[BaseMessage]:
    """Return the messages of a thread; none, if its graph keeps no such thing."""
    known: Any = state
    return as_list((as_dict(known.values) or {}).get("messages")) or []


def show(messages: Sequence[BaseMessage], console: Console) -> None:
    """Print a conversation as it was when it was held."""
    printer = Printer(console, longest=_LONGEST)
    for message in messages:
        if isinstance(message, HumanMessage):
            console.print(f"[bold cyan]{say('you')}>[/] {escape(cut(message.text))}", soft_wrap=True)
            printer = Printer(console, longest=_LONGEST)  # an answer may be the same as one before
        else:
            printer.messages([message])


def export(messages: Sequence[BaseMessage], path: Path) -> None:
    """Write a conversation to a file: messages as LangChain has them for ``.json``, else Markdown.

    Raises:
        ConfigurationError: the file cannot be written.
    """
    if path.suffix == ".json":
        text = json.dumps(messages_to_dict(messages), ensure_ascii=False, indent=2, default=str)
    else:
        text = "\n\n".join(_markdown(message) for message in messages)
    try:
        path.write_text(text + "\n", encoding="utf-8")
    except OSError as error:
        raise ConfigurationError(say("{path} cannot be written: {error}", path=path, error=error.strerror)) from error


def _markdown(message: BaseMessage) -> str:
    parts = [f"## {_ROLES.get(message.type, message.type)}"]
    if isinstance(message, ToolMessage):
        return f"{parts[0]} {message.name or ''}\n\n{_fenced(message.text)}"
    if message.text:
        parts.append(message.text)
    if isinstance(message, AIMessage):
        calls = [f"{call['name']}({json.dumps(call['args'], ensure_ascii=False)})" for call in message.tool_calls]
        parts += [_fenced(call) for call in calls]
    return "\n\n".join(parts)


def _fenced(text: str) -> str:
    fence = "```"
    while fence in text:
        fence += "`"
    return f"{fence}\n{text}\n{fence}"


async def take_back(graph: Pregel[Any, Any, Any, Any], config: Any) -> tuple[str, bool]:
    """Go back to before the last message.

    The thread's head becomes a copy of the checkpoint before it; nothing is deleted, and effects of tools stay.

    Returns:
        The message, empty if there is none; and whether the thread has a head before it to go back to.
    """
    said, state = "", await graph.aget_state(config)
    while state.created_at is not None:
        said = said or next((one.text for one in reversed(messages_of(state)) if isinstance(one, HumanMessage)), "")
        if (state.metadata or {}).get("source") == "input":
            if state.parent_config is None:
                break
            await graph.aupdate_state(state.parent_config, None, as_node="__copy__")
            return said, True
        if state.parent_config is None:
            break
        state = await graph.aget_state(state.parent_config)
    return said, False


async def copy_thread(graph: Any, source: Any, target: str) -> None:
    """Copy the head of a thread, as far as it has come, to a new one."""
    saver = graph.checkpointer
    found = await saver.aget_tuple(source)
    if found is None:
        return
    config = {"configurable": {"thread_id": target, "checkpoint_ns": ""}}
    written = await saver.aput(config, found.checkpoint, found.metadata, found.checkpoint["channel_versions"])
    by_task: dict[str, list[tuple[str, Any]]] = {}
    for task, channel, value in found.pending_writes or ():
        by_task.setdefault(task, []).append((channel, value))
    for task, writes in by_task.items():
        await saver.aput_writes(written, writes, task)
