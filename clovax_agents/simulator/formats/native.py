"""Answers of the native API of v3 (docs/wire.md, sections 2.2 to 2.5)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clovax_agents.simulator.formats.events import EventWriter
from clovax_agents.simulator.formats.filters import ai_filter
from clovax_agents.simulator.json_types import JsonObject, dumps, loads_object
from clovax_agents.simulator.tokens import pieces

if TYPE_CHECKING:
    from collections.abc import Iterator

    from clovax_agents.simulator.generation import Answer, CallText
    from clovax_agents.simulator.switches import Switches

__all__ = ["body", "events", "message", "usage"]


def body(answer: Answer, switches: Switches) -> JsonObject:
    """Return the result of an answer that is not streamed."""
    result: JsonObject = {
        "created": _created(answer, switches),
        "usage": usage(answer),
        "message": message(answer, switches),
        "finishReason": answer.finish_reason,
        "seed": answer.seed,
    }
    if answer.ai_filters:
        result["aiFilter"] = ai_filter(answer.text)
    return result


def events(answer: Answer, switches: Switches) -> Iterator[str]:
    """Yield the events of a stream: tokens, the result with everything in full, the signal."""
    writer = EventWriter(answer.rng, switches)
    # The tail is the same in every token, so it is written once.
    tail = dumps({"finishReason": None, "created": _created(answer, switches), "seed": answer.seed, "usage": None})[1:]
    for delta in _deltas(answer):
        yield writer.raw("token", f'{{"message":{dumps(delta)},{tail}')
    result: JsonObject = {
        "message": message(answer, switches),
        "finishReason": answer.finish_reason,
        "created": _created(answer, switches),
        "seed": answer.seed,
        "usage": usage(answer),
    }
    if answer.ai_filters:
        result["aiFilter"] = ai_filter(answer.text)
    yield writer.event("result", result)
    yield writer.done()


def message(answer: Answer, switches: Switches) -> JsonObject:
    """Return the complete message; arguments are objects here, unless the model wrote something else."""
    said: JsonObject = {"role": "assistant", "content": answer.text}
    if answer.thinking:
        said["thinkingContent"] = answer.thinking
    if answer.calls:
        said["toolCalls"] = [_call(call, as_text=switches.native_arguments == "text") for call in answer.calls]
    return said


def usage(answer: Answer) -> JsonObject:
    """Return the token counts; thinking is counted into the completion and shown separately."""
    counts: JsonObject = {
        "promptTokens": answer.prompt_tokens,
        "completionTokens": answer.completion_tokens,
        "totalTokens": answer.prompt_tokens + answer.completion_tokens,
    }
    if answer.thinking_tokens is not None:
        counts["completionTokensDetails"] = {"thinkingTokens": answer.thinking_tokens}
    return counts


def _created(answer: Answer, switches: Switches) -> int:
    return int(answer.created * (1000 if switches.native_created_unit == "milliseconds" else 1))


def _call(call: CallText, *, as_text: bool) -> JsonObject:
    parsed = None if as_text else loads_object(call.arguments)
    arguments = call.arguments if parsed is None else parsed
    return {"id": call.id, "type": "function", "function": {"name": call.name, "arguments": arguments}}


def _deltas(answer: Answer) -> Iterator[JsonObject]:
    for piece in pieces(answer.thinking):
        yield {"role": "assistant", "thinkingContent": piece}
    for piece in pieces(answer.text):
        yield {"role": "assistant", "content": piece}
    for call in answer.calls:
        yield from _call_deltas(call)


def _call_deltas(call: CallText) -> Iterator[JsonObject]:
    """Yield a call: first id and name, then fragments of the arguments without id and index."""
    yield _calling({"id": call.id, "type": "function", "function": {"name": call.name}})
    for piece in pieces(call.arguments):
        yield _calling({"type": "function", "function": {"partialJson": piece}})


def _calling(call: JsonObject) -> JsonObject:
    return {"role": "assistant", "content": "", "toolCalls": [call]}
