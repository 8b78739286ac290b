"""The brains: what the rule brain understands, and what a script does."""

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from clovax_agents.errors import ConfigurationError
from clovax_agents.simulator import BrainReply, ChatRequest, Message, RuleBrain, ScriptBrain, ToolCall, ToolSpec

DATA = Path(__file__).parents[1] / "data" / "functionchat-singlecall.jsonl"
WHEN = 1_795_000_000.0  # 2026-11-18 in Korea


def _tool(name: str, description: str, required: tuple[str, ...] = (), **properties: dict[str, Any]) -> ToolSpec:
    parameters = {"type": "object", "properties": properties, "required": list(required)}
    return ToolSpec(name, description, parameters)


WEATHER = _tool(
    "get_weather", "도시의 현재 날씨를 알려줍니다.", ("city",), city={"type": "string", "description": "도시 이름"}
)
ORDER = _tool(
    "get_delivery", "주문의 배송 상태를 조회합니다.", ("order_id",),
    order_id={"type": "string", "description": "주문 번호. 예: ORD-20261118-0001"},
)  # fmt: skip
CALCULATE = _tool(
    "calculate",
    "사칙연산을 계산합니다.",
    ("expression",),
    expression={"type": "string", "description": "수식. 예: 1+2*3"},
)
MAIL = _tool(
    "send_mail", "메일을 보냅니다.", ("to",),
    to={"type": "string", "description": "받는 사람의 이메일 주소"},
    urgent={"type": "boolean", "description": "긴급 여부"},
)  # fmt: skip
TOOLS = (WEATHER, ORDER, CALCULATE, MAIL)


def _ask(question: str, *tools: ToolSpec, **more: Any) -> BrainReply:
    request = ChatRequest("HCX-005", (Message("user", question),), tools=tools, **more)
    return RuleBrain(clock=lambda: WHEN).reply(request)


def _calls(question: str, *tools: ToolSpec, **more: Any) -> list[tuple[str, Any]]:
    return [(call.name, call.arguments) for call in _ask(question, *tools, **more).tool_calls]


@pytest.mark.parametrize(
    ("question", "calls"),
    [
        ("서울 날씨 어때?", [("get_weather", {"city": "서울"})]),
        ("ORD-20261118-0001 배송은 어디까지 왔어?", [("get_delivery", {"order_id": "ORD-20261118-0001"})]),
        ("(12500+3000)*2는 얼마야?", [("calculate", {"expression": "(12500+3000)*2"})]),
        ("kim@naver.com 으로 메일 보내줘", [("send_mail", {"to": "kim@naver.com"})]),
        (
            "부산 날씨 알려주고 (1+2)*3도 계산해줘",
            [("get_weather", {"city": "부산"}), ("calculate", {"expression": "(1+2)*3"})],
        ),
        (
            "ORD-20261118-0001 배송은 어디까지 왔어? 그리고 (12500+3000)*2는 얼마야?",
            [("get_delivery", {"order_id": "ORD-20261118-0001"}), ("calculate", {"expression": "(12500+3000)*2"})],
        ),
    ],
)
def test_questions_become_calls_with_their_arguments(question: str, calls: list[tuple[str, Any]]) -> None:
    """The right tools, in the question's order, one for each thing asked for."""
    assert _calls(question, *TOOLS) == calls


@pytest.mark.parametrize("question", ["안녕하세요", "고마워요", "넌 누구니?", "hello", "thank you"])
def test_small_talk_calls_no_tool(question: str) -> None:
    """Nobody wants the weather for a greeting."""
    reply = _ask(question, *TOOLS)
    assert reply.tool_calls == ()
    assert reply.text


def test_a_single_tool_is_called_even_if_no_word_matches() -> None:
    """With one tool and a real question, the tool is what there is."""
    assert [name for name, _ in _calls("요즘 뭐가 재밌어?", _tool("box_office", "박스오피스 순위를 제공합니다."))] == [
        "box_office"
    ]


def test_tool_choice_is_obeyed() -> None:
    """None means none, and a name means that tool."""
    assert _calls("서울 날씨 어때?", *TOOLS, tool_choice="none") == []
    assert [name for name, _ in _calls("서울 날씨 어때?", *TOOLS, tool_choice="calculate")] == ["calculate"]


def test_required_arguments_are_always_there_and_of_their_type() -> None:
    """Whatever the question lacks, the arguments fit the schema."""
    every = _tool(
        "every", "무엇이든 합니다.", ("text", "count", "ratio", "flag", "kind", "names"),
        text={"type": "string"}, count={"type": "integer"}, ratio={"type": "number"}, flag={"type": "boolean"},
        kind={"type": "string", "enum": ["가", "나"]}, names={"type": "array", "items": {"type": "string"}},
        optional={"type": "string"},
    )  # fmt: skip
    [(_, arguments)] = _calls("해줘", every)
    kinds = {"text": str, "count": int, "ratio": int | float, "flag": bool, "kind": str, "names": list}
    assert all(isinstance(arguments[name], kind) for name, kind in kinds.items())
    assert arguments["kind"] in {"가", "나"}


def test_an_answer_holds_the_facts_of_all_results_and_calls_nothing_again() -> None:
    """After the tools have run, their results are told, errors as errors."""
    history = (
        Message("user", "서울 날씨랑 1+2 알려줘"),
        Message(
            "assistant", tool_calls=(ToolCall("get_weather", {"city": "서울"}, "a"), ToolCall("calculate", {}, "b"))
        ),
        Message("tool", '{"city": "서울", "temp": 21.5}', tool_call_id="a"),
        Message("tool", "Error: 수식이 없습니다", tool_call_id="b"),
    )
    reply = RuleBrain().reply(ChatRequest("HCX-005", history, tools=TOOLS))
    assert reply.tool_calls == ()
    assert all(part in reply.text for part in ("서울", "21.5", "calculate", "실행하지 못했습니다", "수식이 없습니다"))
    assert reply.text.count("확인한 내용") == 1


def test_the_same_seed_gives_the_same_answer() -> None:
    """Nothing is left to chance."""
    request = ChatRequest("HCX-005", (Message("user", "오늘 뭐 먹지?"),), seed=5)
    assert RuleBrain(seed=1).reply(request) == RuleBrain(seed=1).reply(request)


def test_structured_output_validates() -> None:
    """An object with every required field of its type."""
    schema: dict[str, object] = {
        "type": "object",
        "properties": {"city": {"type": "string"}, "high": {"type": "integer", "minimum": 0}},
        "required": ["city", "high"],
    }
    request = ChatRequest("HCX-007", (Message("user", "서울 최고 32도"),), schema=schema)
    value = json.loads(RuleBrain().reply(request).text)
    assert isinstance(value["city"], str)
    assert isinstance(value["high"], int)


@pytest.mark.soak
def test_real_utterances_find_their_tool() -> None:
    """FunctionChat: at least 97 of 100 with the exact list, at least 90 of 100 with every other one."""
    found: Counter[str] = Counter()
    brain = RuleBrain(clock=lambda: WHEN)
    for row in map(json.loads, DATA.read_text(encoding="utf-8").splitlines()):
        for entry in row["tools"]:
            tools = tuple(
                ToolSpec(
                    item["function"]["name"], item["function"]["description"], item["function"].get("parameters", {})
                )
                for item in entry["content"]
            )
            for query in row["query"]:
                reply = brain.reply(ChatRequest("HCX-005", (Message("user", query["content"]),), tools=tools))
                found[entry["type"]] += row["function_name"] in {call.name for call in reply.tool_calls}
    assert found["exact"] >= 97
    assert {kind: count for kind, count in found.items() if count < 90} == {}


SCRIPT = """
steps:
  - match: {contains: 날씨, tool: get_weather}
    reply: {tool_calls: [{name: get_weather, arguments: {city: 서울}}]}
  - match: {last_role: tool}
    reply: {text: 맑습니다}
  - match: {matches: "^hi"}
    reply: {text: hello}
    repeat: true
"""


def _request(text: str, role: str = "user", tools: tuple[ToolSpec, ...] = ()) -> ChatRequest:
    return ChatRequest("HCX-005", (Message(role, text),), tools=tools)


def test_a_script_is_followed_and_its_unused_steps_are_named() -> None:
    """Each step serves once, unless it repeats; what was never used fails at the end."""
    brain = ScriptBrain.from_yaml(SCRIPT)
    assert brain.reply(_request("서울 날씨", tools=(WEATHER,))).tool_calls == (
        ToolCall("get_weather", {"city": "서울"}),
    )
    assert [brain.reply(_request("hi there")).text for _ in range(2)] == ["hello", "hello"]
    with pytest.raises(AssertionError, match="1 unused"):
        brain.assert_finished()
    assert brain.reply(_request("21", role="tool")).text == "맑습니다"
    brain.assert_finished()


def test_a_request_that_no_step_matches_is_quoted() -> None:
    """The error says what was asked, so that the script can be mended."""
    error = ScriptBrain.from_yaml(SCRIPT).reply(_request("점심 뭐 먹지")).error
    assert error is not None
    assert error.status == 500
    assert "점심 뭐 먹지" in error.message


@pytest.mark.parametrize("text", ["steps: 5\n", "- reply: {txt: a}\n", "- match: {contains: a}\n", "a: [\n"])
def test_a_script_that_is_none_says_where(text: str) -> None:
    """A typing error in a script is found when it is read."""
    with pytest.raises(ConfigurationError):
        ScriptBrain.from_yaml(text)
