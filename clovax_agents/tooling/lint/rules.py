"""The rules: what each is called, how bad it is, and what it says, in English and in Korean."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

__all__ = ["RULES", "Language", "Rule", "Severity"]

Severity = Literal["error", "warning", "hint"]
Language = Literal["en", "ko"]


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule.

    Attributes:
        id: by which it is ignored.
        severity: ``"error"`` cannot work, ``"warning"`` costs wrong calls or does harm, ``"hint"`` could be better.
        english: what it says, a format string.
        korean: the same in Korean.
    """

    id: str
    severity: Severity
    english: str
    korean: str


_RULES: Final = (
    # Descriptions
    Rule(
        "L01", "error",
        "there is no description, and CLOVA Studio refuses tools without one: say what the tool does",
        "설명이 없습니다. CLOVA Studio는 설명 없는 도구를 거절합니다. 무엇을 하는 도구인지 쓰세요",
    ),
    Rule(
        "L02", "warning",
        "the description {text!r} is too short to choose the tool by: say what it does, with what, and when "
        "to use it",
        "설명 {text!r}이(가) 너무 짧아 도구를 고르기 어렵습니다. 무엇을, 무엇으로, 언제 쓰는지 쓰세요",
    ),
    Rule(
        "L03", "warning",
        "the description only repeats the name: say what a person would ask for",
        "설명이 이름을 되풀이할 뿐입니다. 사람이 무엇을 부탁할 때 쓰는지 쓰세요",
    ),
    Rule(
        "L04", "warning",
        "the description has no Korean: models choose better by the words that users say, such as 주문, 배송, 환불",
        "설명에 한국어가 없습니다. 사용자가 하는 말(예: 주문, 배송, 환불)이 있어야 모델이 잘 고릅니다",
    ),
    Rule(
        "L05", "warning",
        "the description {text!r} names nothing of your domain: say which data, of what, for instance "
        "'주문의 배송 상태'",
        "설명 {text!r}에 구체적인 낱말이 없습니다. 무엇의 어떤 정보인지 쓰세요. 예: '주문의 배송 상태'",
    ),
    Rule(
        "L06", "hint",
        "the description has some {tokens} tokens, which go with every request: keep what decides the choice",
        "설명이 약 {tokens}토큰이며 요청마다 함께 나갑니다. 고르는 데 필요한 것만 남기세요",
    ),
    # Names
    Rule(
        "L10", "error",
        "the name is not of 1 to 64 characters of A-Z, a-z, 0-9, '_' and '-': rename it, and keep Korean for the "
        "description",
        "이름은 A-Z, a-z, 0-9, '_', '-'의 1~64자여야 합니다. 이름을 바꾸고 한국어는 설명에 쓰세요",
    ),
    Rule("L11", "hint", "the name is not snake_case: {better}", "이름이 snake_case가 아닙니다: {better}"),
    Rule(
        "L12", "warning",
        "the name says nothing of what the tool is about, and models make up better ones, which do not exist: "
        "add the thing, for instance {better}",
        "이름에 무엇에 관한 도구인지가 없어서, 모델이 없는 이름을 지어내기 쉽습니다. 대상을 넣으세요. 예: {better}",
    ),
    Rule(
        "L13", "warning",
        "the name is nearly the one of {other!r}: rename one of them, or make one tool of both",
        "이름이 {other!r}와(과) 거의 같습니다. 하나의 이름을 바꾸거나 한 도구로 합치세요",
    ),
    Rule(
        "L14", "warning",
        "the description is nearly the one of {other!r}: say in both when to use which",
        "설명이 {other!r}의 설명과 거의 같습니다. 언제 어느 쪽을 쓰는지 둘 다에 쓰세요",
    ),
    # Parameters
    Rule(
        "L20", "warning",
        "the parameter has no description: say what it is, in which form, with an example",
        "매개변수에 설명이 없습니다. 무엇을 어떤 형식으로 쓰는지 예와 함께 쓰세요",
    ),
    Rule(
        "L21", "hint",
        "the parameter's description only repeats its name: add the form and an example",
        "매개변수 설명이 이름을 되풀이할 뿐입니다. 형식과 예를 덧붙이세요",
    ),
    Rule(
        "L22", "hint",
        "the parameter's name says nothing: name what it holds, for instance order_id",
        "매개변수 이름에 뜻이 없습니다. 담는 것의 이름을 쓰세요. 예: order_id",
    ),
    Rule(
        "L23", "warning",
        "there are {count} parameters, and more than {most} go wrong often: split the tool, or leave out what has a "
        "good default",
        "매개변수가 {count}개입니다. {most}개가 넘으면 자주 틀립니다. 도구를 나누거나 기본값이 좋은 것을 빼세요",
    ),
    Rule(
        "L24", "hint",
        "the parameter may be null, for which the service has no type of its own, and models write null where they "
        'should leave it out: give it a default of its own type, such as "" or 0',
        "null일 수 있는 매개변수입니다. 생략할 자리에 모델이 null을 쓰곤 합니다. "
        '같은 타입의 기본값("", 0 등)을 주세요',
    ),
    Rule(
        "L25", "warning",
        "the enum has {count} values, and models mix up more than {most}: take a text and look up the "
        "nearest value in "
        "the tool",
        "enum 값이 {count}개입니다. {most}개가 넘으면 모델이 헷갈립니다. 글로 받아 도구 안에서 가장 가까운 "
        "값을 찾으세요",
    ),
    Rule(
        "L26", "warning",
        "the parameter holds an object {depth} level(s) deep; flat parameters go wrong much less often: make "
        "its fields "
        "parameters of the tool",
        "매개변수 안에 객체가 {depth}단계 들어 있습니다. 평평한 매개변수가 훨씬 덜 틀립니다. 필드를 도구의 "
        "매개변수로 꺼내세요",
    ),
    Rule(
        "L27", "warning",
        "the parameter may be anything (no type, or an object without fields), so models make something up: say its "
        "type and its fields",
        "매개변수의 타입이나 필드가 정해져 있지 않아 모델이 지어냅니다. 타입과 필드를 밝히세요",
    ),
    # What the service takes
    Rule("L30", "error", "{text}", "CLOVA Studio로 보낼 수 없는 스키마입니다: {text}"),
    Rule(
        "L31", "hint",
        "CLOVA Studio does not know {keywords}: the model reads it in the description, and it is checked "
        "here; say it "
        "in words, with an example",
        "CLOVA Studio가 모르는 키워드입니다: {keywords}. 모델은 설명에서 읽고, 검사는 여기서 합니다. 말과 "
        "예로 쓰세요",
    ),
    # The box
    Rule(
        "L40", "warning",
        "there are {count} tools in one box; beyond {most} models choose wrong ones more often: bind fewer "
        "per agent, or let a search choose: react_agent(tool_search=True)",
        "한 상자에 도구가 {count}개입니다. {most}개가 넘으면 잘못 고르는 일이 늘어납니다. 에이전트마다 "
        "나누거나 react_agent(tool_search=True)로 검색하게 하세요",
    ),
    Rule(
        "L41", "warning",
        "the definitions have some {tokens} tokens, which go with every request: with a cap of 1,024 tokens "
        "that leaves "
        "{requests} requests in the 60,000 tokens a minute of a test key. Shorten or split",
        "도구 정의가 약 {tokens}토큰이며 요청마다 함께 나갑니다. 출력 1,024토큰이면 테스트 키(분당 "
        "60,000토큰)로 분당 {requests}번입니다. "
        "줄이거나 나누세요",
    ),
    Rule(
        "L42", "hint",
        "the definition has some {tokens} tokens: shorten it",
        "도구 정의가 약 {tokens}토큰입니다. 줄이세요",
    ),
    # Policies
    Rule(
        "L50", "warning",
        "it looks as if it changed something ({word}), and has no policy: say ToolPolicy(effect='once') or "
        "'idempotent'",
        "무언가를 바꾸는 도구로 보이는데({word}) 정책이 없습니다. ToolPolicy(effect='once') 또는 "
        "'idempotent'를 밝히세요",
    ),
    Rule(
        "L51", "warning",
        "it looks as if it only read ({word}), and its effect is 'once', so it is never tried again and not "
        "run after a "
        "crash: say ToolPolicy(effect='read')",
        "읽기만 하는 도구로 보이는데({word}) effect가 'once'라서 다시 시도하지 않습니다. "
        "ToolPolicy(effect='read')를 쓰세요",
    ),
    Rule(
        "L52", "error",
        "it looks as if it changed something ({word}), and its effect is 'read', so it may run twice: say 'once' or "
        "'idempotent'",
        "무언가를 바꾸는 도구로 보이는데({word}) effect가 'read'라서 두 번 실행될 수 있습니다. 'once'나 "
        "'idempotent'를 쓰세요",
    ),
    Rule(
        "L53", "warning",
        "it pays, sends or deletes ({word}) and nobody is asked: say approval=True, or a function of the arguments",
        "결제, 발송, 삭제를 하는데({word}) 아무에게도 묻지 않습니다. approval=True나 인자를 보는 함수를 쓰세요",
    ),
    Rule(
        "L54", "warning",
        "it fetches what strangers wrote ({word}): add the labels {labels}",
        "남이 쓴 내용을 가져옵니다({word}). 라벨 {labels}을(를) 붙이세요",
    ),
    Rule(
        "L55", "warning",
        "its arguments leave the house ({word}): add the label 'exfiltration'",
        "인자가 밖으로 나갑니다({word}). 라벨 'exfiltration'을 붙이세요",
    ),
    Rule(
        "L56", "hint",
        "it seems to return data of persons ({word}): add the label 'private_data', and think of redact=redact_pii",
        "개인정보를 돌려주는 도구로 보입니다({word}). 라벨 'private_data'를 붙이고 redact=redact_pii를 생각해 보세요",
    ),
    Rule(
        "L57", "hint",
        "{setting} does nothing here: {why}",
        "{setting}이(가) 여기서는 아무 일도 하지 않습니다: {why}",
    ),
    Rule(
        "L58", "hint",
        "calls beyond {rate} wait no longer than the timeout of {timeout:g} s, so most of them will be "
        "refused: raise "
        "the timeout, or the rate",
        "{rate}을(를) 넘는 호출은 제한 시간 {timeout:g}초까지만 기다리므로 대부분 거절됩니다. 제한 시간이나 "
        "한도를 늘리세요",
    ),
)  # fmt: skip
RULES: Final = {rule.id: rule for rule in _RULES}
"""Every rule by its id."""
