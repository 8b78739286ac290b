"""The mistakes themselves: each turns a good reply into a bad one, or finds no occasion to (None)."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from clovax_agents.simulator import tokens
from clovax_agents.simulator.brains.answers import render
from clovax_agents.simulator.brains.korean import has_hangul, identifier_parts
from clovax_agents.simulator.json_types import JsonObject, as_object, loads_object

if TYPE_CHECKING:
    import random
    from collections.abc import Iterator

    from clovax_agents.simulator.brains.protocol import BrainReply, ChatRequest, ToolCall

__all__ = [
    "broken_arguments",
    "code_fence",
    "empty_after_thinking",
    "forgotten_call",
    "invented_name",
    "repeated_call",
    "with_arguments",
]

_PLAUSIBLE: Final = ("search_web", "web_search", "python", "get_current_time", "calculator", "final_answer")
_ENDINGS: Final = ("_info", "_v2", "_data", "_by_name", "_tool")
_SYNONYMS: Final = {"get": "fetch", "search": "find", "find": "search", "create": "make", "lookup": "get"}
_FINISHING: Final = frozenset({"submit", "finish", "final", "done", "complete", "respond", "제출", "완료", "종료"})
_PROMISES: Final = (
    "네, 확인해 보겠습니다.",
    "잠시만 기다려 주세요. 바로 조회하겠습니다.",
    "말씀하신 내용을 확인해 보겠습니다. 잠시만 기다려 주세요.",
)
_ENGLISH_PROMISES: Final = ("Let me check that for you.", "One moment, please. I will look it up.")
_BROODING: Final = "다시 한번 조건을 하나씩 확인해 본다. "
_FIRST_TEXT: Final = re.compile(r'(:\s*")((?:[^"\\]|\\.)+)(")')


def invented_name(request: ChatRequest, reply: BrainReply, dice: random.Random) -> BrainReply | None:
    """Call a tool that is not there: one with almost the right name, or one that other systems have."""
    if not reply.tool_calls:
        return None
    offered = {tool.name for tool in request.tools}
    first, *rest = reply.tool_calls
    names = [name for name in (*_similar(first.name), *_PLAUSIBLE) if name not in offered]
    return replace(reply, tool_calls=(replace(first, name=dice.choice(names)), *rest)) if names else None


def _similar(name: str) -> Iterator[str]:
    yield from (name + ending for ending in _ENDINGS)
    verb, underscore, rest = name.partition("_")
    if underscore and verb in _SYNONYMS:
        yield f"{_SYNONYMS[verb]}_{rest}"
    yield "".join([verb, *(part.title() for part in rest.split("_"))]) if underscore else f"get_{name}"


def repeated_call(request: ChatRequest, reply: BrainReply, _dice: random.Random) -> BrainReply | None:
    """Make the calls of this turn again, although their results are there."""
    calls = next((message.tool_calls for message in reversed(request.current_turn) if message.tool_calls), ())
    offered = {tool.name for tool in request.offered}
    again = tuple(replace(call, id=None) for call in calls if call.name in offered)
    if not again or request.messages[-1].role != "tool" or _said(reply.tool_calls) == _said(again):
        return None
    return replace(reply, text="", tool_calls=again, finish_reason=None)


def _said(calls: tuple[ToolCall, ...]) -> list[tuple[str, object]]:
    """Return what calls say, whichever form their arguments have."""
    return [(call.name, _parsed(call)) for call in calls]


def _parsed(call: ToolCall) -> object:
    return loads_object(call.arguments) if isinstance(call.arguments, str) else call.arguments


def broken_arguments(_request: ChatRequest, reply: BrainReply, dice: random.Random) -> BrainReply | None:
    """Write arguments that are almost JSON."""
    for number, call in enumerate(reply.tool_calls):
        text = call.arguments_text()
        if loads_object(text) is None:
            continue
        return with_arguments(reply, number, dice.choice([way for way in _broken(text) if loads_object(way) is None]))
    return None


def _broken(text: str) -> Iterator[str]:
    """Yield the ways in which models break JSON; some change nothing where there is no text to break."""
    yield text[: max(len(text) // 2, 1)]
    yield text.replace('"', "'")
    yield text.rstrip()[:-1] + ",}"
    yield _FIRST_TEXT.sub(lambda found: f"{found[1]}{_quoted(found[2])}{found[3]}", text, count=1)
    yield _FIRST_TEXT.sub(lambda found: f"{found[1]}{found[2]}\n{found[3]}", text, count=1)


def _quoted(text: str) -> str:
    """Put the last word into quotes that nothing escapes."""
    before, space, last = text.rpartition(" ")
    return f'{before}{space}"{last}"'


def code_fence(_request: ChatRequest, reply: BrainReply, _dice: random.Random) -> BrainReply | None:
    """Wrap JSON as if somebody were to read it: the arguments of a call, or an answer that is an object."""
    if reply.tool_calls:
        return with_arguments(reply, 0, _fenced(reply.tool_calls[0].arguments_text()))
    return replace(reply, text=_fenced(reply.text)) if loads_object(reply.text) is not None else None


def _fenced(text: str) -> str:
    return f"```json\n{text}\n```"


def forgotten_call(request: ChatRequest, reply: BrainReply, dice: random.Random) -> BrainReply | None:
    """Promise what a call was needed for, or say in words what a finishing tool was to be given.

    A tool that the request names is called for certain.
    """
    if not reply.tool_calls or request.tool_choice not in ("auto", "none"):
        return None
    korean = has_hangul(request.question)
    said = next((_in_words(call, korean=korean) for call in reply.tool_calls if _finishes(call)), "")
    text = reply.text or said or dice.choice(_PROMISES if korean else _ENGLISH_PROMISES)
    return replace(reply, text=text, tool_calls=(), finish_reason=None)


def _finishes(call: ToolCall) -> bool:
    return not _FINISHING.isdisjoint(identifier_parts(call.name))


def _in_words(call: ToolCall, *, korean: bool) -> str:
    """Return what a call was to hand over: its only text as it is, everything else line by line."""
    arguments = as_object(_parsed(call)) or {}
    values = list(arguments.values())
    return values[0] if len(values) == 1 and isinstance(values[0], str) else render(arguments, korean=korean)


def empty_after_thinking(request: ChatRequest, reply: BrainReply, _dice: random.Random) -> BrainReply | None:
    """Think until nothing is left of the cap; the service answers 200 with empty content and ``length``."""
    if request.effort == "none":
        return None
    # Where two of the sentences meet, their blank is part of the next word: one token less.
    repeated = _BROODING * (request.cap // (tokens.count(_BROODING) - 1) + 1)
    thinking, _ = tokens.cut(f"{reply.thinking}\n{repeated}".lstrip(), request.cap)
    return replace(reply, text="", thinking=thinking, tool_calls=(), finish_reason="length")


def with_arguments(reply: BrainReply, number: int, arguments: JsonObject | str) -> BrainReply:
    """Return the reply with other arguments in one of its calls."""
    calls = list(reply.tool_calls)
    calls[number] = replace(calls[number], arguments=arguments)
    return replace(reply, tool_calls=tuple(calls))
