"""Answers of RAG reasoning (docs/wire.md, section 7.3)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clovax_agents.simulator.formats.filters import ai_filter
from clovax_agents.simulator.formats.native import message, usage

if TYPE_CHECKING:
    from clovax_agents.simulator.generation import Answer
    from clovax_agents.simulator.json_types import JsonObject
    from clovax_agents.simulator.switches import Switches

__all__ = ["body"]


def body(answer: Answer, switches: Switches) -> JsonObject:
    """Return the result: the message and the usage, with the filter where it is on, and no finish reason."""
    result: JsonObject = {"message": message(answer, switches), "usage": usage(answer)}
    if answer.ai_filters:
        result["aiFilter"] = ai_filter(answer.text)
    return result
