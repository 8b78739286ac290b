"""From what a brain wants to say to what the service sends: unknown tools, stop sequences, the cap, the counts."""

from __future__ import annotations

import string
import uuid
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from clovax_agents.simulator import tokens
from clovax_agents.simulator.refusals import SimulatedError

if TYPE_CHECKING:
    import random

    from clovax_agents.simulator.brains.protocol import BrainReply, ChatRequest, ToolCall

__all__ = ["Answer", "CallText", "complete"]

_BASE_OF_TUNED: Final = "HCX-005"
_ID_ALPHABET: Final = string.ascii_letters + string.digits


@dataclass(frozen=True, slots=True)
class CallText:
    """A tool call as it is sent: id, name and the text of the arguments, which a cap may have cut."""

    id: str
    name: str
    arguments: str


@dataclass(frozen=True, slots=True)
class Answer:
    """A finished answer, ready to be framed as JSON or as a stream.

    Attributes:
        id: 32 hex digits.
        model: the base model, where the request named a tuned one.
        created: seconds since 1970.
        seed: echo of the request's, or the one drawn.
        text: of the answer.
        thinking: reasoning text, empty without thinking.
        calls: tool calls in order.
        finish_reason: ``stop``, ``tool_calls`` or ``length``, unless the brain says otherwise.
        prompt_tokens: of the input.
        completion_tokens: of everything in the answer, thinking included.
        thinking_tokens: of the thinking; None without thinking.
    """

    id: str
    model: str
    created: float
    seed: int
    text: str
    thinking: str
    calls: tuple[CallText, ...]
    finish_reason: str
    prompt_tokens: int
    completion_tokens: int
    thinking_tokens: int | None


def complete(request: ChatRequest, reply: BrainReply, *, rng: random.Random, now: float) -> Answer:
    """Turn a brain's reply into the answer to be sent.

    Raises:
        SimulatedError: the error that the brain asks for, or 400/40009 if it names a tool that was not offered.
    """
    if reply.error is not None:
        error = reply.error
        raise SimulatedError(error.status, error.code, error.message, error.headers)
    _check_names(request, reply.tool_calls)
    thinking = reply.thinking if request.effort != "none" else ""
    text = _before_stop(reply.text, request)
    calls = tuple(_call_text(call, rng) for call in reply.tool_calls)
    return _capped(request, reply.finish_reason, _draft(request, thinking, text, calls, rng, now))


def _check_names(request: ChatRequest, calls: tuple[ToolCall, ...]) -> None:
    """The service throws the whole answer away when the model names a function that is not there."""
    offered = {tool.name for tool in request.offered}
    if any(call.name not in offered for call in calls):
        raise SimulatedError(400, "40009", "Unsupported function")


def _before_stop(text: str, request: ChatRequest) -> str:
    """Cut at the first stop sequence; in a tool turn only the final text obeys it (docs/wire.md, section 2.5)."""
    if request.tools and request.messages[-1].role != "tool":
        return text
    ends = [text.find(sequence) for sequence in request.stop if sequence in text]
    return text[: min(ends)] if ends else text


def _call_text(call: ToolCall, rng: random.Random) -> CallText:
    drawn = "call_" + "".join(rng.choices(_ID_ALPHABET, k=24))
    return CallText(call.id or drawn, call.name, call.arguments_text())


def _draft(
    request: ChatRequest, thinking: str, text: str, calls: tuple[CallText, ...], rng: random.Random, now: float
) -> Answer:
    return Answer(
        id=uuid.UUID(int=rng.getrandbits(128), version=4).hex,
        model=_BASE_OF_TUNED if request.model.startswith("ft:") else request.model,
        created=now,
        seed=request.seed or rng.randint(1, 4_294_967_295),
        text=text,
        thinking=thinking,
        calls=calls,
        finish_reason="tool_calls" if calls else "stop",
        prompt_tokens=request.prompt_tokens,
        completion_tokens=0,
        thinking_tokens=None,
    )


def _capped(request: ChatRequest, finish_reason: str | None, draft: Answer) -> Answer:
    """Spend the cap on thinking, text and calls in this order; what does not fit is lost."""
    thinking, thinking_tokens = tokens.cut(draft.thinking, request.cap)
    text, text_tokens = tokens.cut(draft.text, request.cap - thinking_tokens)
    spent = thinking_tokens + text_tokens
    calls: list[CallText] = []
    for call in draft.calls:
        kept, used = _cut_call(call, request.cap - spent)
        calls += [kept] if kept else []
        spent += used
    whole = (thinking, text, tuple(calls)) == (draft.thinking, draft.text, draft.calls)
    return replace(
        draft,
        thinking=thinking,
        text=text,
        calls=tuple(calls),
        finish_reason=finish_reason or (draft.finish_reason if whole else "length"),
        completion_tokens=spent,
        thinking_tokens=thinking_tokens if request.effort != "none" and draft.thinking else None,
    )


def _cut_call(call: CallText, budget: int) -> tuple[CallText | None, int]:
    """Return the part of a call that fits; None if not even its name does."""
    name_tokens = tokens.count(call.name)
    if name_tokens > budget:
        return None, max(budget, 0)
    arguments, used = tokens.cut(call.arguments, budget - name_tokens)
    return replace(call, arguments=arguments), name_tokens + used
