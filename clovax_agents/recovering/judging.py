"""What is wrong with an answer of a model, if anything: pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Literal, cast

from clovax_agents.execution.calls import is_cut_off

if TYPE_CHECKING:
    from langchain_core.messages import AIMessage

__all__ = ["Flaw", "flaw_of"]

Flaw = Literal["unknown_tool", "emulation", "truncated", "thinking", "empty", "refused", "final_tool"]
"""``"unknown_tool"`` and ``"emulation"`` come as errors, the others as answers."""

_FILTERED: Final = frozenset({"content_filter", "safety", "refusal"})
_SILENT: Final = frozenset({"text", "reasoning", "thinking", "redacted_thinking"})
"""Blocks that say nothing by being there; of text, what it holds counts."""


def flaw_of(answer: AIMessage, *, final_tool: str | None = None) -> Flaw | None:
    """Return what is wrong with an answer; None if nothing is, or if its calls are for the tools node to judge.

    Args:
        answer: of the model.
        final_tool: with which every run of this agent has to end; None if it may end in words.

    Example:
        >>> from langchain_core.messages import AIMessage
        >>> flaw_of(AIMessage(" ", response_metadata={"finish_reason": "stop"}))
        'empty'
    """
    if answer.tool_calls or answer.invalid_tool_calls:
        return None
    if answer.response_metadata.get("finish_reason") in _FILTERED or answer.additional_kwargs.get("refusal"):
        return "refused"
    says = _says_something(answer)
    if is_cut_off(answer):
        return "thinking" if not says and _thought(answer) else "truncated"
    if not says:
        return "empty"
    return None if final_tool is None else "final_tool"


def _says_something(answer: AIMessage) -> bool:
    if answer.text.strip():
        return True
    content = cast("str | list[str | dict[str, Any]]", answer.content)
    return any(isinstance(block, dict) and block.get("type") not in _SILENT for block in content)


def _thought(answer: AIMessage) -> bool:
    if answer.additional_kwargs.get("thinking_content") or answer.additional_kwargs.get("reasoning_content"):
        return True
    usage = answer.usage_metadata
    return usage is not None and bool(usage.get("output_token_details", {}).get("reasoning"))
