"""Answers of the native API of v1 (docs/wire.md, section 2.7)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clovax_agents.simulator.formats.events import EventWriter
from clovax_agents.simulator.formats.filters import ai_filter
from clovax_agents.simulator.tokens import pieces

if TYPE_CHECKING:
    from collections.abc import Iterator

    from clovax_agents.simulator.generation import Answer
    from clovax_agents.simulator.json_types import JsonObject
    from clovax_agents.simulator.switches import Switches

__all__ = ["body", "events"]


def body(answer: Answer, switches: Switches) -> JsonObject:
    """Return the result of an answer that is not streamed."""
    parts = _result(answer, switches)
    order = ("message", "stopReason", "inputLength", "outputLength")
    result: JsonObject = {**{name: parts[name] for name in order}, "seed": answer.seed}
    if answer.ai_filters:
        result["aiFilter"] = ai_filter(answer.text)
    return result


def events(answer: Answer, switches: Switches) -> Iterator[str]:
    """Yield the events of a stream: tokens, the result, the signal."""
    writer = EventWriter(answer.rng, switches)
    for piece in pieces(answer.text):
        yield writer.event("token", {"message": {"role": "assistant", "content": piece}})
    yield writer.event("result", _result(answer, switches))
    yield writer.done()


def _result(answer: Answer, switches: Switches) -> JsonObject:
    return {
        "message": {"role": "assistant", "content": answer.text},
        "inputLength": answer.prompt_tokens,
        "outputLength": answer.completion_tokens,
        "stopReason": _stop_reason(answer, switches),
    }


def _stop_reason(answer: Answer, switches: Switches) -> str:
    """Return the reason in this API's words; one sample prints it in capitals (docs/wire.md, W2.7-15)."""
    reason = "length" if answer.finish_reason == "length" else "stop_before" if answer.stopped else "end_token"
    return reason.upper() if switches.v1_stop_reason == "upper" else reason
