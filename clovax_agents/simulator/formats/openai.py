"""Answers of the OpenAI-compatible API (docs/wire.md, sections 3.3 and 3.4)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from clovax_agents.simulator.json_types import JsonObject, dumps
from clovax_agents.simulator.tokens import pieces

if TYPE_CHECKING:
    from collections.abc import Iterator

    from clovax_agents.simulator.generation import Answer, CallText
    from clovax_agents.simulator.switches import Switches

__all__ = ["DONE", "body", "events"]

DONE: Final = "data: [DONE]\n\n"


def body(answer: Answer, switches: Switches) -> JsonObject:
    """Return an answer that is not streamed."""
    message: JsonObject = {"role": "assistant", "content": answer.text}
    if answer.thinking:
        message[switches.reasoning_field] = answer.thinking
    if answer.calls:
        message["tool_calls"] = [_call(call) for call in answer.calls]
    return {
        "id": answer.id,
        "object": "chat.completion",
        "created": _created(answer, milliseconds=switches.created_unit != "seconds"),
        "model": answer.model,
        "choices": [{"index": 0, "message": message, "finish_reason": answer.finish_reason}],
        "usage": _usage(answer),
        "seed": answer.seed,
    }


def events(answer: Answer, switches: Switches) -> Iterator[str]:
    """Yield the events of a stream: role, thinking, text, tool calls, finish reason, ``[DONE]``."""
    head = _head(answer, switches)
    # The head is written once: a stream is as fast as its smallest part is cheap.
    opening = dumps(head)[:-1]
    for delta in _deltas(answer, switches):
        yield f'data: {opening},"choices":[{{"index":0,"delta":{dumps(delta)},"finish_reason":null}}]}}\n\n'
    last: JsonObject = {**head, "choices": [{"index": 0, "delta": {}, "finish_reason": answer.finish_reason}]}
    if switches.stream_usage == "last":
        last["usage"] = _usage(answer)
    yield f"data: {dumps(last)}\n\n"
    if switches.stream_usage == "separate":
        yield f"data: {dumps({**head, 'choices': [], 'usage': _usage(answer)})}\n\n"
    yield DONE


def _head(answer: Answer, switches: Switches) -> JsonObject:
    created = _created(answer, milliseconds=switches.created_unit == "milliseconds")
    return {"id": answer.id, "object": "chat.completion.chunk", "created": created, "model": answer.model}


def _deltas(answer: Answer, switches: Switches) -> Iterator[JsonObject]:
    yield {"role": "assistant", "content": ""}
    for piece in pieces(answer.thinking):
        yield {switches.reasoning_field: piece}
    for piece in pieces(answer.text):
        yield {"content": piece}
    for index, call in enumerate(answer.calls):
        yield from _call_deltas(index, call)


def _call(call: CallText) -> JsonObject:
    return {"id": call.id, "type": "function", "function": {"name": call.name, "arguments": call.arguments}}


def _call_deltas(index: int, call: CallText) -> Iterator[JsonObject]:
    """Yield a call as OpenAI does: first id and name, then fragments of the arguments."""
    opening = {"index": index, "id": call.id, "type": "function", "function": {"name": call.name, "arguments": ""}}
    yield {"tool_calls": [opening]}
    for piece in pieces(call.arguments):
        yield {"tool_calls": [{"index": index, "function": {"arguments": piece}}]}


def _created(answer: Answer, *, milliseconds: bool) -> int:
    return int(answer.created * (1000 if milliseconds else 1))


def _usage(answer: Answer) -> JsonObject:
    """Return the token counts; thinking is counted into the completion and shown separately."""
    counts: JsonObject = {
        "completion_tokens": answer.completion_tokens,
        "prompt_tokens": answer.prompt_tokens,
        "total_tokens": answer.prompt_tokens + answer.completion_tokens,
    }
    if answer.thinking_tokens is not None:
        counts["completion_tokens_details"] = {"reasoning_tokens": answer.thinking_tokens}
    return counts
