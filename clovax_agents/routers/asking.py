"""Asking the user back: a question that chat clients for LangGraph can show, and the answer in any shape: pure."""

from __future__ import annotations

from typing import Any, Final

from clovax_agents.execution.narrowing import as_dict, as_list

__all__ = ["CLARIFY", "question_to", "read_reply"]

CLARIFY: Final = "clarify"
_LEAVES: Final = frozenset({"reject", "ignore"})


def question_to(question: str, problem: str = "") -> dict[str, Any]:
    """Return the question as LangChain's ``HITLRequest``: chat clients offer a field for a text.

    Args:
        question: for the user.
        problem: why the last answer could not be used.
    """
    text = f"{problem}\n\n{question}" if problem else question
    return {
        "action_requests": [{"name": CLARIFY, "args": {"question": question}, "description": text}],
        "review_configs": [{"action_name": CLARIFY, "allowed_decisions": ["respond"]}],
    }


def read_reply(answer: Any) -> str | None:
    """Return what the user replied; an empty text if they would not, None if it cannot be read.

    Example:
        >>> read_reply("환불이요"), read_reply({"decisions": [{"type": "respond", "message": "환불이요"}]})
        ('환불이요', '환불이요')
        >>> read_reply([{"type": "ignore", "args": None}]), read_reply(5)
        ('', None)
    """
    if isinstance(answer, str):
        return answer.strip() or None
    whole = as_dict(answer)
    listed = as_list(whole["decisions"] if whole is not None and "decisions" in whole else answer)
    parts = as_dict(listed[0]) if listed and len(listed) == 1 else whole
    if parts is None:
        return listed[0].strip() or None if listed and len(listed) == 1 and isinstance(listed[0], str) else None
    if parts.get("type") in _LEAVES:
        return ""
    text: Any = parts.get("message", parts.get("args"))
    return text.strip() or None if isinstance(text, str) else None
