"""What a scripted model says: everything that a reply may be given as, and the reply that is made of it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, TypeAlias, cast

from langchain_core.messages import AIMessage
from pydantic import BaseModel

from clovax_agents.errors import ConfigurationError
from clovax_agents.raw_calls import raw_strings
from clovax_agents.testing.scripted.asked import ScriptedRequest, shortened
from clovax_agents.tokens import estimator_of, size_of_text
from clovax_agents.wire.neutral import RawCall, Reply, Usage

if TYPE_CHECKING:
    from clovax_agents.testing.scripted.asked import ScriptedRequest as Request

__all__ = ["Said", "ScriptedReply", "reply_of", "told", "wire_reply"]

Call: TypeAlias = tuple[str, Mapping[str, Any] | str]
"""Name of a tool, and its arguments; as a text they are sent as they are, broken JSON included."""
Said: TypeAlias = "str | Call | list[Call] | AIMessage | BaseModel | Mapping[str, Any] | BaseException | ScriptedReply"
"""What a reply may be given as: a text, a call ``("name", {...})`` or a list of them, a message, an object for
structured output, an error to raise, or a `ScriptedReply` for everything else."""
_WORDS: Final = re.compile(r"\S+\s*|\s+")
_FORCED: Final = frozenset({"any"})


@dataclass(frozen=True, slots=True)
class ScriptedReply:
    """One reply of a `ScriptedChatModel`.

    Attributes:
        text: what it says; a list is streamed in these pieces, a text word by word.
        calls: the tools that it calls, each a pair of name and arguments.
        thinking: what it thinks before.
        answer: object for structured output, in whichever way the request wants it.
        usage: tokens of input and output; None estimates them.
        finish_reason: by default ``tool_calls`` or ``stop``; ``length`` is a reply that was cut off.
        error: what is raised instead; in a stream, behind the text.
        decide: makes the reply of the request when it comes.
        when: it answers only requests whose last message has this text, or of which this is true.
        check: raises an AssertionError, or returns False, if the request is not what it should be.
        repeat: it may answer more than once.

    Example:
        >>> ScriptedReply(calls=[("find_order", {"order_id": "A-1"})], usage=(120, 20)).calls[0][0]
        'find_order'
    """

    text: str | Sequence[str] = ""
    calls: Sequence[Call] = ()
    thinking: str = ""
    answer: BaseModel | Mapping[str, Any] | None = None
    usage: tuple[int, int] | None = None
    finish_reason: str | None = None
    error: BaseException | None = None
    decide: Callable[[ScriptedRequest], Said] | None = None
    when: str | Callable[[ScriptedRequest], bool] | None = None
    check: Callable[[ScriptedRequest], object] | None = None
    repeat: bool = False

    @property
    def pieces(self) -> list[str]:
        """The text as it is streamed."""
        return _WORDS.findall(self.text) if isinstance(self.text, str) else list(self.text)

    def fits(self, request: Request) -> bool:
        """Say whether it may answer a request."""
        if isinstance(self.when, str):
            return self.when in request.text
        return self.when is None or self.when(request)


def reply_of(said: object) -> ScriptedReply:
    """Return the reply that somebody wrote down in whichever form.

    Raises:
        ConfigurationError: it is none.

    Example:
        >>> reply_of(("find_order", {"order_id": "A-1"})).calls
        [('find_order', {'order_id': 'A-1'})]
    """
    if isinstance(said, ScriptedReply):
        return said
    if calls := _calls(said):
        return ScriptedReply(calls=calls)
    if (reply := _plain(said)) is not None:
        return reply
    raise ConfigurationError(
        f"{said!r:.80} is no reply: give a text, a call as (name, arguments) or a list of them, an AIMessage, an "
        "object for structured output, an error, a function of the request, or a ScriptedReply"
    )


def _plain(said: object) -> ScriptedReply | None:
    match said:
        case str():
            return ScriptedReply(said)
        case AIMessage():
            return _of_message(said)
        case BaseModel() | Mapping():
            return ScriptedReply(answer=cast("Any", said))
        case BaseException():
            return ScriptedReply(error=said)
        case _:
            return ScriptedReply(decide=cast("Any", said)) if callable(said) else None


def _calls(said: object) -> list[Call]:
    """Return calls that are given as pairs; none if it is anything else."""
    found = cast("list[object]", [said] if isinstance(said, tuple) else said if isinstance(said, list) else [])
    return cast("list[Call]", found) if all(map(_is_call, found)) else []


def _is_call(item: object) -> bool:
    match item:
        case (str(), str() | Mapping()):
            return True
        case _:
            return False


def _of_message(message: AIMessage) -> ScriptedReply:
    raw, usage = raw_strings(message), message.usage_metadata
    calls: list[Call] = [(call["name"], raw.get(call["id"], call["args"])) for call in message.tool_calls]
    calls += [(call["name"] or "", call["args"] or "") for call in message.invalid_tool_calls]
    return ScriptedReply(
        message.text,
        calls,
        thinking=str(message.additional_kwargs.get("thinking_content") or ""),
        usage=(usage["input_tokens"], usage["output_tokens"]) if usage else None,
        finish_reason=message.response_metadata.get("finish_reason"),
    )


def wire_reply(reply: ScriptedReply, request: ScriptedRequest, *, number: int) -> Reply:
    """Return a reply as the client would have decoded it.

    Args:
        reply: without ``decide``.
        request: that it answers.
        number: of the request, for the ids of calls.
    """
    text, calls = "".join(reply.pieces), [*reply.calls]
    if reply.answer is not None:
        name, content = _asked_tool(reply.answer, request), _object(reply.answer)
        text, calls = (text, [*calls, (name, content)]) if name else (content, calls)
    raw = [RawCall(f"call_{number}_{n}", name, _arguments(args)) for n, (name, args) in enumerate(calls, 1)]
    model = str(request.options.get("model"))
    written = "".join([reply.thinking, text, *(call.arguments for call in raw)])
    usage = _usage(reply.usage or _estimated(model, request, written))
    reason = reply.finish_reason or ("tool_calls" if raw else "stop")
    return Reply(text, reply.thinking, raw, reason, usage, f"scripted-{number}", model)


def _asked_tool(answer: object, request: ScriptedRequest) -> str | None:
    """Return the tool by which an object is asked for; None if it is asked for as text."""
    names, choice = request.tool_names, request.tool_choice
    if request.options.get("response_format") is not None:
        return None
    if type(answer).__name__ in names:
        return type(answer).__name__
    if choice in names:
        return choice
    return names[0] if len(names) == 1 and choice in _FORCED else None


def _object(answer: BaseModel | Mapping[str, Any]) -> str:
    if isinstance(answer, BaseModel):
        return answer.model_dump_json(by_alias=True)
    return json.dumps(answer, ensure_ascii=False)


def _arguments(given: Mapping[str, Any] | str) -> str:
    return given if isinstance(given, str) else json.dumps(given, ensure_ascii=False)


def _usage(tokens: tuple[int, int]) -> Usage:
    return Usage(*tokens, sum(tokens))


def _estimated(model: str, request: ScriptedRequest, written: str) -> tuple[int, int]:
    estimator = estimator_of(model)
    read = "".join(message.text for message in request.messages)
    return estimator.tokens(size_of_text(read)), estimator.tokens(size_of_text(written))


def told(reply: ScriptedReply) -> str:
    """Show a reply in a line.

    Example:
        >>> told(ScriptedReply(calls=[("find_order", {"order_id": "A-1"})], when="주문"))
        "calls find_order({'order_id': 'A-1'}), when '주문'"
    """
    said = [repr(shortened("".join(reply.pieces)))] if reply.text else []
    said += [f"calls {shortened(f'{name}({args})')}" for name, args in reply.calls]
    said += [f"{shortened(repr(part))}" for part in (reply.answer, reply.error) if part is not None]
    said += ["what a function decides"] if reply.decide else []
    said += [f"when {reply.when!r}"] if reply.when is not None else []
    return ", ".join(said) or "an empty reply"
