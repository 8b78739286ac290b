"""Replies and deltas turned into LangChain messages, with the strict gate for tool calls (promise 3).

langchain-core repairs half-written JSON when it merges chunks; LangGraph would then run it. The chunks made here merge
by their own rule: a call is a call only once the stream is whole and its arguments are strict JSON.
"""

from __future__ import annotations

import secrets
import string
from functools import cache
from typing import TYPE_CHECKING, Any, Final, Self, cast

from langchain_core.messages import AIMessage, AIMessageChunk
from langchain_core.messages.ai import InputTokenDetails, OutputTokenDetails, UsageMetadata
from langchain_core.messages.block_translators import register_translator
from langchain_core.messages.tool import tool_call, tool_call_chunk
from pydantic import model_validator

from clovax_agents.errors import InvalidArgumentsError
from clovax_agents.guards.redacting import stream_of
from clovax_agents.unvalidated import allowed, maker
from clovax_agents.wire.arguments import parse_arguments
from clovax_agents.wire.neutral import WHOLE, RawCall, Reply
from clovax_agents.wire.wording import say

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from langchain_core.messages import BaseMessageChunk, ContentBlock, InvalidToolCall, ToolCall

    from clovax_agents.guards.redacting import Redact, TextStream
    from clovax_agents.wire.neutral import CallFragment, Delta, Usage

__all__ = ["WHOLE", "Assembler", "ClovaXMessageChunk", "fresh_id", "split_calls", "to_message"]

CUT_OFF: Final = "the answer was cut off before this call was complete, so nothing was run"
NAMELESS: Final = "the call names no tool, so nothing was run: write the name of the tool"
_PROVIDER: Final = "naver"
_ALPHABET: Final = string.ascii_letters + string.digits
_message: Final = maker(
    AIMessage,
    content="",
    id=None,
    additional_kwargs={},
    response_metadata={},
    tool_calls=[],
    invalid_tool_calls=[],
    usage_metadata=None,
)


def to_message(
    reply: Reply, model: str | None = None, run: str | None = None, redact: Redact | None = None
) -> AIMessage:
    """Turn a whole reply into a message. Raw argument strings are in ``additional_kwargs["tool_calls"]``.

    Args:
        reply: of the service.
        model: that was asked, for replies that do not name it.
        run: the id of the message.
        redact: what makes of text and thinking what may be seen.
    """
    reply.model = reply.model or model
    if redact is not None:
        reply.content, reply.thinking = (redact(text) if text else text for text in (reply.content, reply.thinking))
    calls = _with_ids(reply.calls) if reply.calls else reply.calls
    valid, invalid = split_calls(calls, reply.finish_reason) if calls else ([], [])
    return (_message if allowed() else AIMessage)(
        content=reply.content,
        id=run,
        additional_kwargs=_extras(calls, reply.thinking),
        response_metadata=_metadata(reply),
        tool_calls=valid,
        invalid_tool_calls=invalid,
        usage_metadata=_usage_metadata(reply.usage),
    )


def _with_ids(calls: Sequence[RawCall]) -> list[RawCall]:
    """Give every call an id of its own: missing and repeated ones get a fresh id."""
    seen: set[str] = set()
    result: list[RawCall] = []
    for call in calls:
        call_id = call.id if call.id and call.id not in seen else fresh_id()
        seen.add(call_id)
        result.append(RawCall(call_id, call.name, call.arguments))
    return result


def fresh_id() -> str:
    """Return an id for a call that has none, of the form that the service gives."""
    return "call_" + "".join(secrets.choice(_ALPHABET) for _ in range(24))


def split_calls(calls: Iterable[RawCall], finish_reason: str | None) -> tuple[list[ToolCall], list[InvalidToolCall]]:
    """Tell calls that may run from calls that may not, by the raw strings."""
    valid: list[ToolCall] = []
    invalid: list[InvalidToolCall] = []
    for call in calls:
        try:
            _check_whole(call, finish_reason)
            valid.append(tool_call(name=call.name, args=parse_arguments(call.arguments), id=call.id))
        except InvalidArgumentsError as error:
            broken: InvalidToolCall = {
                "type": "invalid_tool_call",
                "id": call.id,
                "name": call.name,
                "args": call.arguments,
                "error": str(error),
            }
            invalid.append(broken)
    return valid, invalid


def _check_whole(call: RawCall, finish_reason: str | None) -> None:
    if finish_reason not in WHOLE:
        raise InvalidArgumentsError(say(CUT_OFF))
    if not call.name:
        raise InvalidArgumentsError(say(NAMELESS))


def _extras(calls: Sequence[RawCall], thinking: str) -> dict[str, Any]:
    extras: dict[str, Any] = {"refusal": None}
    if calls:
        extras["tool_calls"] = [
            {"id": call.id, "function": {"arguments": call.arguments, "name": call.name}, "type": "function"}
            for call in calls
        ]
    if thinking:
        extras["thinking_content"] = thinking
    return extras


def _metadata(reply: Reply) -> dict[str, Any]:
    metadata: dict[str, Any] = {
        "token_usage": _token_usage(reply.usage),
        "model_name": reply.model,
        "model_provider": _PROVIDER,
        "system_fingerprint": None,
        "id": reply.id,
        "service_tier": None,
        "finish_reason": reply.finish_reason,
        "logprobs": None,
    }
    if reply.seed is not None:
        metadata["seed"] = reply.seed
    if reply.ai_filter:
        metadata["ai_filter"] = [dict(entry) for entry in reply.ai_filter]
    return metadata


def _token_usage(usage: Usage | None) -> dict[str, Any] | None:
    if usage is None:
        return None
    details = None if usage.thinking is None else {"reasoning_tokens": usage.thinking}
    return {
        "completion_tokens": usage.output,
        "prompt_tokens": usage.input,
        "total_tokens": usage.total,
        "completion_tokens_details": details,
        "prompt_tokens_details": None,
    }


def _usage_metadata(usage: Usage | None) -> UsageMetadata | None:
    if usage is None:
        return None
    return UsageMetadata(
        input_tokens=usage.input,
        output_tokens=usage.output,
        total_tokens=usage.total,
        input_token_details=InputTokenDetails(),
        output_token_details=OutputTokenDetails()
        if usage.thinking is None
        else OutputTokenDetails(reasoning=usage.thinking),
    )


def _blocks(message: AIMessage) -> list[ContentBlock]:
    """Return the standard blocks of a message: LangChain's own, which look for thinking under another name."""
    metadata = {name: value for name, value in message.response_metadata.items() if name != "model_provider"}
    extras = dict(message.additional_kwargs)
    if (thinking := extras.pop("thinking_content", None)) is not None:
        extras["reasoning_content"] = thinking
    return message.model_copy(update={"response_metadata": metadata, "additional_kwargs": extras}).content_blocks


register_translator(_PROVIDER, _blocks, _blocks)


class _WholeMessage:
    """The first base of our chunk class, which is what langchain-core calls to turn merged chunks into a message."""

    def __new__(cls, *_: Any, **fields: Any) -> Any:
        """Make the plain message, or let a subclass be made as usual."""
        return AIMessage(**fields) if cls is _WholeMessage else super().__new__(cls)


class ClovaXMessageChunk(_WholeMessage, AIMessageChunk):
    """A chunk whose tool calls exist only when the stream is whole; until then there are only fragments."""

    @property
    def content_blocks(self) -> list[ContentBlock]:
        """The content in LangChain's standard blocks, thinking included."""
        return _blocks(self) if "thinking_content" in self.additional_kwargs else super().content_blocks

    @model_validator(mode="after")
    def init_tool_calls(self) -> Self:
        """Replace langchain-core's repairing parser."""
        if not self.tool_call_chunks:
            return self
        self.tool_calls: list[ToolCall] = []
        self.invalid_tool_calls: list[InvalidToolCall] = []
        if self.chunk_position == "last":
            calls = [RawCall(c["id"] or "", c["name"] or "", c["args"] or "") for c in self.tool_call_chunks]
            reason = self.response_metadata.get("finish_reason")
            self.tool_calls, self.invalid_tool_calls = split_calls(calls, reason)
            self._settle_content()
        return self

    def __radd__(self, other: object) -> BaseMessageChunk:
        """Be added to a plain chunk: the sum is of our kind, or LangChain would repair what was cut off."""
        if not isinstance(other, AIMessageChunk):
            return NotImplemented
        return ClovaXMessageChunk(**{name: getattr(other, name) for name in other.model_fields_set}) + self

    def _settle_content(self) -> None:
        """Put whole calls in the place of fragments, where LangChain's version 1 keeps them in the content, too."""
        if self.response_metadata.get("output_version") == "v1" and isinstance(self.content, list):
            blocks = cast("list[dict[str, Any]]", self.content)
            whole: dict[object, Any] = {call["id"]: call for call in (*self.tool_calls, *self.invalid_tool_calls)}
            self.content: str | list[str | dict[Any, Any]] = [whole.get(block.get("id"), block) for block in blocks]


@cache
def _makers(quick: bool) -> tuple[Callable[..., ClovaXMessageChunk], ...]:  # noqa: FBT001  # a key of the cache
    """Return what makes a chunk of text, and one of fragments of calls."""
    patterns: tuple[list[Any], ...] = [], [tool_call_chunk(id="", name="", args="", index=0)]
    if not quick:
        return ClovaXMessageChunk, ClovaXMessageChunk
    return tuple(maker(ClovaXMessageChunk, content="", additional_kwargs={}, tool_call_chunks=p) for p in patterns)


class Assembler:
    """Collect the deltas of one stream, give a chunk for each, and the closing chunk with all that is known.

    Args:
        model: that was asked, for streams that do not name it.
        redact: what makes of text and thinking what may be seen; what it needs to decide is held back.
    """

    def __init__(self, model: str | None = None, redact: Redact | None = None) -> None:
        self._reply = Reply()
        self._redacting = None if redact is None else (stream_of(redact), stream_of(redact))
        self._model = model
        self._calls: dict[int, RawCall] = {}
        self._text, self._pieces = _makers(allowed())

    @property
    def usage(self) -> Usage | None:
        """What the stream has told of its usage."""
        return self._reply.usage

    def add(self, delta: Delta) -> ClovaXMessageChunk | None:
        """Take a delta; return its chunk, or None if it holds nothing to show."""
        reply = self._reply
        reply.id, reply.model = reply.id or delta.id, reply.model or delta.model
        reply.finish_reason = delta.finish_reason or reply.finish_reason
        reply.usage = delta.usage or reply.usage
        reply.seed = reply.seed if delta.seed is None else delta.seed
        reply.ai_filter = delta.ai_filter or reply.ai_filter
        content, thinking = delta.content, delta.thinking
        if self._redacting is not None:
            content, thinking = self._shown(content, thinking)
        if not (content or thinking or delta.fragments):
            return None
        make = self._pieces if delta.fragments else self._text
        return make(
            content=content,
            additional_kwargs={"thinking_content": thinking} if thinking else {},
            tool_call_chunks=[self._fragment(fragment) for fragment in delta.fragments],
        )

    def _shown(self, content: str | None, thinking: str | None) -> tuple[str, str]:
        """Return what may be seen by now of what was said and thought; None is the end of it."""
        texts, thoughts = cast("tuple[TextStream, TextStream]", self._redacting)
        done = content or content is None  # who speaks has ended to think
        shown = (thoughts.feed(thinking) if thinking else "") + (thoughts.finish() if done else "")
        return texts.finish() if content is None else texts.feed(content), shown

    def _fragment(self, fragment: CallFragment) -> Any:
        call = self._calls.get(fragment.index)
        opens = call is None
        if call is None:
            used = {other.id for other in self._calls.values()}
            call_id = fragment.id if fragment.id and fragment.id not in used else fresh_id()
            call = self._calls[fragment.index] = RawCall(call_id, "", "")
        name = None if call.name else fragment.name
        call.name, call.arguments = call.name or name or "", call.arguments + fragment.arguments
        return tool_call_chunk(id=call.id if opens else None, name=name, args=fragment.arguments, index=fragment.index)

    def last(self) -> ClovaXMessageChunk:
        """Return the closing chunk: metadata, usage and the raw tool calls."""
        reply = self._reply
        reply.model = reply.model or self._model
        calls = [self._calls[index] for index in sorted(self._calls)]
        content, thinking = ("", "") if self._redacting is None else self._shown(None, None)
        chunk = ClovaXMessageChunk(
            content=content,
            response_metadata=_metadata(reply),
            usage_metadata=_usage_metadata(reply.usage),
            chunk_position="last",
        )
        chunk.additional_kwargs = _extras(
            calls, thinking
        )  # given to the constructor, they would become calls once more
        return chunk
