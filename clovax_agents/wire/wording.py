"""What a model reads about calls that are not right, in English or in Korean: ``CLOVAX_LANG`` decides."""

from __future__ import annotations

from typing import Final

from clovax_agents.languages import speaker

__all__ = ["say"]

_KOREAN: Final = {
    "the answer was cut off before this call was complete, so nothing was run":
        "이 호출이 끝나기 전에 답변이 잘려서 아무것도 실행하지 않았습니다",
    "the call names no tool, so nothing was run: write the name of the tool":
        "호출에 도구 이름이 없어서 아무것도 실행하지 않았습니다. 도구 이름을 쓰세요",
    "the arguments are larger than {most} bytes": "인자가 {most}바이트보다 큽니다",
    "the arguments must be one JSON object, not {kind}": "인자는 JSON 객체 하나여야 하는데 {kind}입니다",
    "an array": "배열",
    "a string": "문자열",
    "a boolean": "참/거짓 값",
    "null": "null",
    "a number": "숫자",
    "the arguments are nested deeper than {most} levels": "인자가 {most}단계보다 깊게 중첩되어 있습니다",
    "the arguments are not valid JSON: {error}": "인자가 올바른 JSON이 아닙니다: {error}",
    "the arguments contain half a character (a lone surrogate)": "인자에 반쪽짜리 문자(짝 없는 서로게이트)가 있습니다",
    "the arguments contain a number that is too long: {error}": "인자에 너무 긴 숫자가 있습니다: {error}",
    "the arguments name {name} twice": "인자에 {name} 이름이 두 번 나옵니다",
    "the arguments contain {value}, which is too large for a number": "인자에 너무 큰 숫자가 있습니다: {value}",
    "the arguments contain {value}, which is not JSON": "인자에 JSON이 아닌 값이 있습니다: {value}",
    # Structured answers
    "That does not fit the form that was asked for: {error}. Answer again, with the whole corrected JSON object only.":
        "요청한 형식에 맞지 않습니다: {error}. 고친 JSON 객체 전체만 다시 답하세요.",
    "{name} was not called": "{name}을(를) 호출하지 않았습니다",
    "the answer is empty": "답변이 비어 있습니다",
}  # fmt: skip

say: Final = speaker(_KOREAN)
