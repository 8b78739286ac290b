"""The mistakes themselves: each turns a good reply into a bad one, or finds no occasion to (None)."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from clovax_agents.simulator.brains.korean import has_hangul
from clovax_agents.simulator.brains.protocol import BrainReply, ChatRequest, ToolCall, ToolSpec
from clovax_agents.simulator.json_types import as_array, as_object, loads_object

if TYPE_CHECKING:
    import random
    from collections.abc import Iterator

    from clovax_agents.simulator.json_types import JsonObject

__all__ = [
    "broken_arguments",
    "code_fence",
    "empty_after_thinking",
    "forgotten_call",
    "invented_name",
    "repeated_call",
    "translated_enum",
]

_PLAUSIBLE: Final = ("search_web", "web_search", "python", "get_current_time", "calculator", "final_answer")
_ENDINGS: Final = ("_info", "_v2", "_data", "_by_name", "_tool")
_FINISHING: Final = ("submit", "finish", "final", "complete", "제출", "완료")
_PROMISES: Final = (
    "네, 확인해 보겠습니다.",
    "잠시만 기다려 주세요. 바로 조회하겠습니다.",
    "Let me check that for you.",
)
_WORDS: Final = {
    "맑음": "sunny", "흐림": "cloudy", "비": "rain", "눈": "snow", "섭씨": "celsius", "화씨": "fahrenheit",
    "남성": "male", "여성": "female", "높음": "high", "보통": "medium", "낮음": "low", "오름차순": "ascending",
    "내림차순": "descending", "배송중": "in_transit", "배송완료": "delivered", "결제완료": "paid", "취소": "cancelled",
    "환불": "refund", "교환": "exchange", "대기": "pending", "진행중": "in_progress", "완료": "done", "켜기": "on",
    "끄기": "off", "예": "yes", "아니요": "no", "오전": "morning", "오후": "afternoon", "한국어": "korean",
    "영어": "english", "일본어": "japanese", "오늘": "today", "내일": "tomorrow",
}  # fmt: skip
_BACK: Final = {english: korean for korean, english in _WORDS.items()}


def invented_name(request: ChatRequest, reply: BrainReply, dice: random.Random) -> BrainReply | None:
    """Call a tool that is not there: one with almost the right name, or one that other systems have."""
    if not reply.tool_calls:
        return None
    offered = {tool.name for tool in request.tools}
    first, *rest = reply.tool_calls
    names = [name for name in (*(first.name + end for end in _ENDINGS), *_PLAUSIBLE) if name not in offered]
    return replace(reply, tool_calls=(replace(first, name=dice.choice(names)), *rest))


def repeated_call(request: ChatRequest, _reply: BrainReply, _dice: random.Random) -> BrainReply | None:
    """Make the calls of this turn again, although their results are there."""
    calls = next((message.tool_calls for message in reversed(request.current_turn) if message.tool_calls), ())
    offered = {tool.name for tool in request.offered}
    again = tuple(replace(call, id=None) for call in calls if call.name in offered)
    return BrainReply(tool_calls=again) if again and request.messages[-1].role == "tool" else None


def broken_arguments(_request: ChatRequest, reply: BrainReply, dice: random.Random) -> BrainReply | None:
    """Write arguments that are almost JSON."""
    for number, call in enumerate(reply.tool_calls):
        broken = [text for text in _broken(call.arguments_text()) if loads_object(text) is None]
        if broken:
            return _with_arguments(reply, number, dice.choice(broken))
    return None


def _broken(text: str) -> Iterator[str]:
    yield text[: max(len(text) // 2, 1)]
    yield text.replace('"', "'")
    yield text[:-1] + ",}"
    yield text.replace('":"', '":"그는 "네"라고 ', 1)
    yield text + "}"


def code_fence(request: ChatRequest, reply: BrainReply, _dice: random.Random) -> BrainReply | None:
    """Wrap JSON as if somebody were to read it: a structured answer, or the arguments of a call."""
    if reply.tool_calls:
        return _with_arguments(reply, 0, _fenced(reply.tool_calls[0].arguments_text()))
    if request.schema is None and loads_object(reply.text) is None:
        return None
    return replace(reply, text=_fenced(reply.text))


def _fenced(text: str) -> str:
    return f"```json\n{text}\n```"


def forgotten_call(request: ChatRequest, reply: BrainReply, dice: random.Random) -> BrainReply | None:
    """Promise what a call was needed for, or say in words what a finishing tool was to be given."""
    if not reply.tool_calls:
        return None
    call = reply.tool_calls[0]
    finishing = any(word in call.name.lower() for word in _FINISHING)
    text = (
        call.arguments_text()
        if finishing
        else dice.choice(_PROMISES[:2] if has_hangul(request.question) else _PROMISES[2:])
    )
    return BrainReply(text=text, thinking=reply.thinking)


def translated_enum(request: ChatRequest, reply: BrainReply, _dice: random.Random) -> BrainReply | None:
    """Give a value of an enum in the other language, so that it is in the enum no more."""
    tools = {tool.name: tool for tool in request.tools}
    for number, call in enumerate(reply.tool_calls):
        arguments = as_object(call.arguments)
        if arguments is None or call.name not in tools:
            continue
        for name, values in _enums(tools[call.name]):
            said = arguments.get(name)
            if isinstance(said, str) and said in values and (other := _translated(said)) not in values:
                calls = list(reply.tool_calls)
                calls[number] = replace(call, arguments={**arguments, name: other})
                return replace(reply, tool_calls=tuple(calls))
    return None


def _enums(tool: ToolSpec) -> Iterator[tuple[str, list[object]]]:
    for name, schema in (as_object(tool.parameters.get("properties")) or {}).items():
        if values := as_array((as_object(schema) or {}).get("enum")):
            yield name, values


def _translated(value: str) -> str:
    """Return the word in the other language; where none is known, as a model would write it for show."""
    known = _WORDS.get(value) or _BACK.get(value.lower())
    return known or (f"{value} (value)" if has_hangul(value) else value.replace("_", " ").title() + " 값")


def empty_after_thinking(request: ChatRequest, reply: BrainReply, _dice: random.Random) -> BrainReply | None:
    """Think until nothing is left of the cap; the service answers 200 with empty content and ``length``."""
    if request.effort == "none":
        return None
    thought = reply.thinking or "조건을 다시 하나씩 확인한다. "
    return BrainReply(thinking=thought * (request.cap // max(len(thought) // 4, 1) + 1), finish_reason="length")


def _with_arguments(reply: BrainReply, number: int, arguments: JsonObject | str) -> BrainReply:
    calls = list(reply.tool_calls)
    calls[number] = ToolCall(calls[number].name, arguments, calls[number].id)
    return replace(reply, tool_calls=tuple(calls))
