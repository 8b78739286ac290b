"""Bodies of the OpenAI-compatible API that are plain JSON (docs/wire.md, section 3.3)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clovax_agents.capabilities import MODELS

if TYPE_CHECKING:
    from clovax_agents.simulator.generation import Answer, CallText
    from clovax_agents.simulator.json_types import JsonObject
    from clovax_agents.simulator.switches import Switches

__all__ = ["banner", "chat_body", "created", "model_list", "usage"]


def chat_body(answer: Answer, switches: Switches) -> JsonObject:
    """Return the body of an answer that is not streamed."""
    message: JsonObject = {"role": "assistant", "content": answer.text}
    if answer.thinking:
        message[switches.reasoning_field] = answer.thinking
    if answer.calls:
        message["tool_calls"] = [_call_body(call) for call in answer.calls]
    return {
        "id": answer.id,
        "object": "chat.completion",
        "created": created(answer, milliseconds=switches.created_unit != "seconds"),
        "model": answer.model,
        "choices": [{"index": 0, "message": message, "finish_reason": answer.finish_reason}],
        "usage": usage(answer),
        "seed": answer.seed,
    }


def created(answer: Answer, *, milliseconds: bool) -> int:
    """Return the time of the answer as an integer."""
    return int(answer.created * (1000 if milliseconds else 1))


def usage(answer: Answer) -> JsonObject:
    """Return the token counts; thinking is counted into the completion and shown separately."""
    counts: JsonObject = {
        "completion_tokens": answer.completion_tokens,
        "prompt_tokens": answer.prompt_tokens,
        "total_tokens": answer.prompt_tokens + answer.completion_tokens,
    }
    if answer.thinking_tokens is not None:
        counts["completion_tokens_details"] = {"reasoning_tokens": answer.thinking_tokens}
    return counts


def model_list(now: float) -> JsonObject:
    """Return the list of models in OpenAI's shape; the real body is unconfirmed (docs/wire.md, section 11, U2)."""
    models = [{"id": name, "object": "model", "created": int(now), "owned_by": "naver"} for name in MODELS]
    return {"object": "list", "data": models}


def banner(version: str, *, strict: bool) -> JsonObject:
    """Return what ``GET /`` says, so that nobody takes the simulator for the service."""
    return {
        "simulator": True,
        "name": "clovax-agents simulator",
        "version": version,
        "strict": strict,
        "message": "This is a local simulator of CLOVA Studio. It is not NAVER's service, and no model answers here.",
        "message_ko": "CLOVA Studio의 로컬 시뮬레이터입니다. 네이버의 서비스가 아니며 실제 모델이 답하지 않습니다.",
        "endpoints": ["POST /v1/openai/chat/completions", "GET /v1/openai/models"],
    }


def _call_body(call: CallText) -> JsonObject:
    return {"id": call.id, "type": "function", "function": {"name": call.name, "arguments": call.arguments}}
