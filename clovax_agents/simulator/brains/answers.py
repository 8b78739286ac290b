"""Answers in words: from tool results, without tools, and the thinking before them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import orjson

from clovax_agents.simulator.brains.korean import has_hangul
from clovax_agents.simulator.json_types import as_array, as_object, as_text, loads_object

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from clovax_agents.simulator.brains.protocol import ChatRequest, Message
    from clovax_agents.simulator.json_types import JsonObject

__all__ = ["answer_from_results", "plain_answer", "render", "think"]

_ERROR_WORDS: Final = ("error", "오류", "에러", "실패", "failed", "exception", "traceback")
_OUTCOMES: Final = ("found", "ok", "success")
_ERROR_KEYS: Final = ("error", "errors", "오류")


def answer_from_results(request: ChatRequest, results: Sequence[Message]) -> str:
    """Write an answer that holds the facts of every result of this turn, and tells failures as failures."""
    korean = has_hangul(request.question)
    names = {call.id: call.name for message in request.current_turn for call in message.tool_calls}
    told: list[str] = []
    failed: list[str] = []
    for result in results:
        name = names.get(result.tool_call_id) or result.name or "tool"
        facts = render(_parsed(result.text), korean=korean)
        if _is_error(result.text):
            failed.append(_failure(name, facts, korean=korean))
        else:
            told.append(facts or (f"{name} 결과가 비어 있습니다." if korean else f"The result of {name} is empty."))
    lead = "확인한 내용을 알려드립니다." if korean else "Here is what I found."
    return "\n\n".join([*([lead] if told else []), *told, *failed])


def _failure(name: str, facts: str, *, korean: bool) -> str:
    if korean:
        return f"{name} 도구를 실행하지 못했습니다. 전달된 내용은 다음과 같습니다.\n{facts}"
    return f"The tool {name} failed. It said:\n{facts}"


def _parsed(content: str) -> object:
    try:
        return orjson.loads(content)
    except orjson.JSONDecodeError:
        return content.strip()


def _is_error(content: str) -> bool:
    found = loads_object(content)
    if found is not None:
        failed = found.get("ok") is False or found.get("success") is False or found.get("status") == "error"
        return failed or any(found.get(key) for key in _ERROR_KEYS)
    beginning = content.strip().lower()[:60]
    return any(beginning.startswith(word) for word in _ERROR_WORDS) or "error:" in beginning


def render(value: object, *, korean: bool = True) -> str:
    """Turn a JSON value into readable lines: nothing that is empty, and yes and no in words.

    Example:
        >>> print(render({"found": True, "상태": "배송 중", "도착": None, "상품": [{"이름": "티셔츠", "품절": False}]}))
        - 상태: 배송 중
        - 상품:
          - 이름: 티셔츠, 품절: 아니요
    """
    fields, items = as_object(value), as_array(value)
    if fields is not None:
        return "\n".join(_field_lines(fields, korean=korean))
    if items is not None:
        return "\n".join(line for item in items for line in _item_lines(item, korean=korean))
    return _scalar(value, korean=korean)


def _told(fields: JsonObject) -> JsonObject:
    """Leave out what says nothing: null, what is empty, and flags that only say whether there is an answer."""
    return {
        name: value
        for name, value in fields.items()
        if value not in (None, "", [], {}) and not (isinstance(value, bool) and name in _OUTCOMES)
    }


def _field_lines(fields: JsonObject, *, korean: bool) -> Iterator[str]:
    for name, value in _told(fields).items():
        if _is_nested(value):
            yield f"- {name}:"
            yield from (f"  {line}" for line in render(value, korean=korean).splitlines())
        else:
            yield f"- {name}: {_scalar(value, korean=korean)}"


def _item_lines(item: object, *, korean: bool) -> Iterator[str]:
    fields = as_object(item)
    if fields is not None and not any(_is_nested(value) for value in fields.values()):
        line = ", ".join(f"{name}: {_scalar(value, korean=korean)}" for name, value in _told(fields).items())
        yield from [f"- {line}"] if line else []
    elif _is_nested(item):
        first, *rest = render(item, korean=korean).splitlines() or [""]
        yield from [first] if first else []
        yield from (f"  {line}" for line in rest)
    elif item not in (None, "", [], {}):
        yield f"- {_scalar(item, korean=korean)}"


def _is_nested(value: object) -> bool:
    return bool(as_object(value) or as_array(value))


def _scalar(value: object, *, korean: bool) -> str:
    if isinstance(value, bool):
        return ("예" if value else "아니요") if korean else ("yes" if value else "no")
    if isinstance(value, str):
        return value
    return orjson.dumps(value).decode() if value not in (None, {}, []) else ""


def plain_answer(request: ChatRequest, seed: int) -> str:
    """Answer without tools: honestly, since no model is here that knows anything."""
    question = " ".join(request.question.split())[:200]
    if has_hangul(question):
        leads = ("질문을 잘 받았습니다.", "말씀하신 내용을 확인했습니다.", "네, 확인했습니다.")
        return f'{leads[seed % len(leads)]} "{question}"에 대해서는 시뮬레이터가 아는 내용이 없습니다.'
    return f'I received "{question}", but a simulator knows nothing about it.'


_THOUGHTS: Final = (
    "사용자가 무엇을 원하는지 먼저 확인한다: {question}",
    "필요한 정보가 대화 안에 있는지 살펴본다. 메시지는 모두 {size}개이다.",
    "빠진 조건이 있으면 추측하지 않고 있는 그대로 말한다.",
    "답은 짧고 분명하게, 사용자의 언어로 쓴다.",
)
_DEPTH: Final = {"none": 0, "low": 1, "medium": 2, "high": 4}


def think(request: ChatRequest) -> str:
    """Return the thinking text: the higher the effort, the longer."""
    question = " ".join(as_text(request.question).split())[:120]
    thoughts = _THOUGHTS[: _DEPTH[request.effort]]
    return "\n".join(thought.format(question=question, size=len(request.messages)) for thought in thoughts)
