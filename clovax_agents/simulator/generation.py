"""From what a brain wants to say to what the service sends: unknown tools, stop sequences, the cap, the counts."""

from __future__ import annotations

import re
import string
from dataclasses import dataclass, field, replace
from random import Random
from typing import TYPE_CHECKING, Final

from clovax_agents.simulator import tokens
from clovax_agents.simulator.formats.events import fresh_uuid
from clovax_agents.simulator.refusals import SimulatedError, unsupported_function

if TYPE_CHECKING:
    from clovax_agents.simulator.brains.protocol import BrainReply, ChatRequest, ToolCall

__all__ = ["Answer", "CallText", "complete"]

_MASKED: Final = re.compile(r"https?://\S+|\b0\d{1,2}-?\d{3,4}-?\d{4}\b")
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
        stopped: whether a stop sequence ended the text.
        ai_filters: whether the answer is annotated with the AI filter.
        rng: what ids of events are drawn from.
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
    stopped: bool = False
    ai_filters: bool = False
    rng: Random = field(default_factory=Random, compare=False, repr=False)


def complete(
    request: ChatRequest, reply: BrainReply, *, model: str, rng: Random, now: float, mask: bool = False
) -> Answer:
    """Turn a brain's reply into the answer to be sent.

    Args:
        request: what the model saw.
        reply: what it wants to say.
        model: name in the answer: the base model of a tuned one.
        rng: what ids and seeds are drawn from.
        now: seconds since 1970.
        mask: replace phone numbers and URLs by asterisks (docs/wire.md, W2.8-07).

    Raises:
        SimulatedError: the error that the brain asks for, or 400/40009 if it names a tool that was not offered.
    """
    if reply.error is not None:
        error = reply.error
        raise SimulatedError(error.status, error.code, error.message, error.headers)
    _check_names(request, reply.tool_calls)
    thinking = reply.thinking if request.effort != "none" else ""
    text, stopped = _before_stop(_masked(reply.text) if mask else reply.text, request)
    calls = tuple(_call_text(call, rng) for call in reply.tool_calls)
    draft = Answer(
        id=fresh_uuid(rng).hex,
        model=model,
        created=now,
        seed=request.seed or rng.randint(1, 4_294_967_295),
        text=text,
        thinking=thinking,
        calls=calls,
        finish_reason="tool_calls" if calls else "stop",
        prompt_tokens=request.prompt_tokens,
        completion_tokens=0,
        thinking_tokens=None,
        stopped=stopped,
        ai_filters=request.ai_filters,
        rng=rng,
    )
    return _capped(request, reply.finish_reason, draft)


def _check_names(request: ChatRequest, calls: tuple[ToolCall, ...]) -> None:
    """The service throws the whole answer away when the model names a function that is not there."""
    offered = {tool.name for tool in request.offered}
    if any(call.name not in offered for call in calls):
        raise unsupported_function()


def _masked(text: str) -> str:
    return _MASKED.sub(lambda found: "*" * len(found[0]), text)


def _before_stop(text: str, request: ChatRequest) -> tuple[str, bool]:
    """Cut at the first stop sequence; in a tool turn only the final text obeys it (docs/wire.md, section 2.5)."""
    if request.tools and request.messages[-1].role != "tool":
        return text, False
    ends = [text.find(sequence) for sequence in request.stop if sequence in text]
    return (text[: min(ends)], True) if ends else (text, False)


def _call_text(call: ToolCall, rng: Random) -> CallText:
    drawn = "call_" + "".join(rng.choices(_ID_ALPHABET, k=24))
    return CallText(call.id or drawn, call.name, call.arguments_text())


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
        stopped=draft.stopped and whole,
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
