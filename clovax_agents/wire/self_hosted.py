"""HyperCLOVA X on a server of one's own: the OpenAI-compatible API as vLLM speaks it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from clovax_agents.wire import openai
from clovax_agents.wire.encoding import encoded

if TYPE_CHECKING:
    from clovax_agents.wire.neutral import Request

__all__ = ["encode"]

_FORCED: Final = "Think-14B"
"""The model whose template takes two switches of its own; later ones take one, ``thinking``."""


def encode(request: Request) -> bytes:
    """Write the body of a call: thinking is asked of the chat template, and tools may be required."""
    body = openai.body(request)
    if (effort := body.pop("reasoning_effort", None)) is not None:
        body["chat_template_kwargs"] = _template(request.model, thinks=effort != "none")
    return encoded(body)


def _template(model: str, *, thinks: bool) -> dict[str, Any]:
    if _FORCED not in model:
        return {"thinking": thinks}
    return {"force_reasoning": True} if thinks else {"skip_reasoning": True}
