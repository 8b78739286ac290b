"""A streamed answer as server-sent events (docs/wire.md, section 3.4): pure, the waiting is the application's."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from clovax_agents.simulator.json_types import JsonObject, dumps
from clovax_agents.simulator.replies import created, usage
from clovax_agents.simulator.tokens import pieces

if TYPE_CHECKING:
    from collections.abc import Iterator

    from clovax_agents.simulator.generation import Answer, CallText
    from clovax_agents.simulator.switches import Switches

__all__ = ["DONE", "events"]

DONE: Final = "data: [DONE]\n\n"


def events(answer: Answer, switches: Switches) -> Iterator[str]:
    """Yield the events of a stream: role, thinking, text, tool calls, finish reason, ``[DONE]``."""
    head = _head(answer, switches)
    for delta in _deltas(answer, switches):
        yield _event({**head, "choices": [{"index": 0, "delta": delta, "finish_reason": None}]})
    last: JsonObject = {**head, "choices": [{"index": 0, "delta": {}, "finish_reason": answer.finish_reason}]}
    if switches.stream_usage == "last":
        last["usage"] = usage(answer)
    yield _event(last)
    if switches.stream_usage == "separate":
        yield _event({**head, "choices": [], "usage": usage(answer)})
    yield DONE


def _head(answer: Answer, switches: Switches) -> JsonObject:
    milliseconds = switches.created_unit == "milliseconds"
    return {
        "id": answer.id,
        "object": "chat.completion.chunk",
        "created": created(answer, milliseconds=milliseconds),
        "model": answer.model,
    }


def _deltas(answer: Answer, switches: Switches) -> Iterator[JsonObject]:
    yield {"role": "assistant", "content": ""}
    for piece in pieces(answer.thinking):
        yield {switches.reasoning_field: piece}
    for piece in pieces(answer.text):
        yield {"content": piece}
    for index, call in enumerate(answer.calls):
        yield from _call_deltas(index, call)


def _call_deltas(index: int, call: CallText) -> Iterator[JsonObject]:
    """Yield a call as OpenAI does: first id and name, then fragments of the arguments."""
    opening = {"index": index, "id": call.id, "type": "function", "function": {"name": call.name, "arguments": ""}}
    yield {"tool_calls": [opening]}
    for piece in pieces(call.arguments):
        yield {"tool_calls": [{"index": index, "function": {"arguments": piece}}]}


def _event(chunk: JsonObject) -> str:
    return f"data: {dumps(chunk)}\n\n"
