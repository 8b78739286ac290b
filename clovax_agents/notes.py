"""What models in other roles have said about a user's message, kept beside the conversation: pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, cast

from langchain_core.messages import AIMessage, HumanMessage

from clovax_agents.budgets.usage import STEPS
from clovax_agents.execution.wording import say

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from langchain_core.messages import BaseMessage

__all__ = [
    "STEPS",
    "asked_message",
    "image_blocks",
    "merge_notes",
    "next_step",
    "step_of",
    "text_blocks",
    "undescribed",
    "viewed",
]

_IMAGES: Final = frozenset({"image", "image_url", "input_image"})
_SEEN: Final = "[What is in the image]\n{seen}"
_PLANNED: Final = "[Plan for the answer]\n{plan}"


def merge_notes(left: Mapping[str, Any] | None, right: Mapping[str, Any] | None) -> dict[str, Any]:
    """Add notes to those about the same message; steps are added up, everything else is replaced.

    Example:
        >>> merge_notes({"h1": {"seen": "영수증", "steps": [1]}}, {"h1": {"plan": "합계를 낸다", "steps": [2]}})
        {'h1': {'seen': '영수증', 'steps': [1, 2], 'plan': '합계를 낸다'}}
    """
    merged = dict(left or {})
    for key, note in (right or {}).items():
        before: dict[str, Any] = merged.get(key) or {}
        steps: list[Any] = [*before.get(STEPS, ()), *note.get(STEPS, ())]
        merged[key] = {**before, **note, **({STEPS: steps} if steps else {})}
    return merged


def asked_message(messages: Sequence[BaseMessage]) -> HumanMessage | None:
    """Return the message that began this turn: the user's last one."""
    return next((message for message in reversed(messages) if isinstance(message, HumanMessage)), None)


def image_blocks(message: BaseMessage) -> list[dict[str, Any]]:
    """Return the images of a message."""
    return [block for block in _blocks(message) if _is_image(block)]


def text_blocks(message: BaseMessage) -> str:
    """Return the text of a message, whatever else is in it."""
    return "\n".join(block if isinstance(block, str) else str(block.get("text") or "") for block in _others(message))


def undescribed(messages: Sequence[BaseMessage], notes: Mapping[str, Any]) -> list[HumanMessage]:
    """Return the user's messages whose images nobody has described yet."""
    found = [message for message in messages if isinstance(message, HumanMessage) and image_blocks(message)]
    return [message for message in found if "seen" not in (notes.get(message.id or "") or {})]


def next_step(messages: Sequence[BaseMessage], notes: Mapping[str, Any], roles: Collection[str]) -> str:
    """Return the node that comes next, before the answer or the first tool call.

    Args:
        messages: of the state.
        notes: about them.
        roles: that have a model of their own.
    """
    if "vision" in roles and undescribed(messages, notes):
        return "vision"
    asked = asked_message(messages)
    note: Mapping[str, Any] = notes.get(asked.id or "" if asked is not None else "") or {}
    if "routing" in roles and asked is not None and "way" not in note:
        return "routing"
    if note.get("way") == "answer":
        return "answer"
    if "reasoning" in roles and asked is not None and "plan" not in note:
        return "reasoning"
    return "model"


def viewed(messages: Sequence[BaseMessage], notes: Mapping[str, Any]) -> list[BaseMessage]:
    """Return the history as a model beside tools is shown it: images as what was seen in them, and the plan.

    Args:
        messages: of the state; they stay as they are.
        notes: about them. Of plans, the last message's counts: earlier ones are carried out.
    """
    last = asked_message(messages)
    return [_viewed(message, notes, is_last=message is last) for message in messages]


def step_of(role: str, answer: AIMessage) -> dict[str, Any]:
    """Return who did a step, and what it cost, as the metadata of the answer that comes of it will tell."""
    model = answer.response_metadata.get("model_name")
    return {"role": role, "model": model, "usage": cast("Any", answer.usage_metadata)}


def _viewed(message: BaseMessage, notes: Mapping[str, Any], *, is_last: bool) -> BaseMessage:
    note: Mapping[str, Any] = notes.get(message.id or "") or {}
    if not isinstance(message, HumanMessage) or not note:
        return message
    changed = message
    if "seen" in note and image_blocks(message):
        text = "\n\n".join(filter(None, [text_blocks(message), say(_SEEN, seen=note["seen"])]))
        changed = message.model_copy(update={"content": text})
    if is_last and note.get("plan"):
        changed = changed.model_copy(update={"content": _with_plan(changed, note["plan"])})
    return changed


def _with_plan(message: BaseMessage, plan: str) -> Any:
    told = say(_PLANNED, plan=plan)
    if isinstance(message.content, str):
        return f"{message.content}\n\n{told}"
    return [*_blocks(message), {"type": "text", "text": told}]


def _blocks(message: BaseMessage) -> list[Any]:
    content: Any = message.content
    return [content] if isinstance(content, str) else list(content)


def _others(message: BaseMessage) -> list[Any]:
    return [block for block in _blocks(message) if not _is_image(block)]


def _is_image(block: Any) -> bool:
    return isinstance(block, dict) and cast("dict[str, Any]", block).get("type") in _IMAGES
