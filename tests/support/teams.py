"""Agents of a team for tests: models that say what was written down, and histories as a service would check them."""

from collections.abc import Sequence
from typing import Any

from langchain_core.messages import AIMessage, BaseMessage, SystemMessage, ToolMessage
from scriptedmodel import ScriptedModel

ASKED: Any = {"messages": [("user", "주문과 배송을 알려줘")]}


def on_thread(name: str = "t", **more: Any) -> Any:
    """Return the configuration of a run on a thread."""
    return {"configurable": {"thread_id": name, **more}}


def scripted(*replies: AIMessage) -> ScriptedModel:
    """Return a model with these replies."""
    return ScriptedModel(replies=list(replies))


def shape(messages: Sequence[Any]) -> list[tuple[str, str, str]]:
    """Return kind, name and text of each message."""
    return [(message.type, message.name or "", message.text) for message in messages]


def check_valid(messages: Sequence[BaseMessage]) -> None:
    """Check what CLOVA Studio insists on: one system message, and each call answered once, right behind it."""
    assert sum(isinstance(message, SystemMessage) for message in messages) <= 1
    waiting: list[str] = []
    for message in messages:
        if isinstance(message, ToolMessage):
            waiting.remove(message.tool_call_id)
            continue
        assert waiting == []
        waiting = [str(call["id"]) for call in message.tool_calls] if isinstance(message, AIMessage) else []
    assert waiting == []
