"""Whether a question can be answered as it is: what a model is asked, and how its answer is read: pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from langchain_core.messages import SystemMessage
from pydantic import BaseModel, Field, create_model

from clovax_agents.conversations import end_of
from clovax_agents.errors import ConfigurationError
from clovax_agents.execution.narrowing import as_dict
from clovax_agents.routers.wording import put

if TYPE_CHECKING:
    from collections.abc import Sequence

    from langchain_core.messages import BaseMessage

__all__ = ["clarity_form", "clarity_input", "read_clarity"]

_DECISION: Any = Literal["proceed", "ask_back"]


def clarity_form() -> type[BaseModel]:
    """Return the form in which it is decided."""
    decision = put("proceed, or ask_back if something is missing")
    question = put("Only with ask_back: what to ask the user, in one sentence in the user's language")
    return create_model(
        "Clarity",
        __doc__=put("Whether the user has to be asked back"),
        decision=(_DECISION, Field(description=decision)),
        question=(str, Field(default="", description=question)),
    )


def clarity_input(messages: Sequence[BaseMessage], about: str) -> list[BaseMessage]:
    """Return what the model reads that decides.

    Args:
        messages: of the state.
        about: what the agent behind can do.
    """
    told = put(
        "An assistant is about to work on the user's last message. Decide whether it can. Ask back only if something "
        "is missing or ambiguous that nobody but the user can know, and that changes the answer: which order, which "
        "period, which of two meanings. What can be looked up or reasonably assumed is not asked. Greetings need no "
        "question. Do not answer the message itself."
    )
    more = put("The assistant can: {about}", about=about) if about else ""
    return [SystemMessage("\n\n".join(part for part in (told, more) if part)), *end_of(messages)]


def read_clarity(found: Any) -> str:
    """Return the question for the user; empty if there is none, or if the model cannot be understood.

    Args:
        found: a function's text or None, or a model's answer as structured output gives it.

    Raises:
        ConfigurationError: a function returned something else.

    Example:
        >>> read_clarity("어느 주문인가요? "), read_clarity(None)
        ('어느 주문인가요?', '')
    """
    if found is None or isinstance(found, str):
        return (found or "").strip()
    parts = as_dict(found)
    if parts is None or "parsed" not in parts:
        raise ConfigurationError(
            f"judge returned a {type(found).__name__}: return what to ask the user back as a text, or None"
        )
    parsed: Any = parts["parsed"]
    return "" if parsed is None or parsed.decision == "proceed" else parsed.question.strip()
