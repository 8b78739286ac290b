"""Emulated tool calling: the same tool calls from models and modes that cannot call tools."""

import asyncio
import json
from typing import Any

import pytest
from langchain_core.messages import AIMessage, HumanMessage, ToolMessage
from rawserver import Peer, RawServer, answer, http, says

from clovax_agents import ChatClovaX, tool
from clovax_agents.errors import CallTimeoutError, ConfigurationError, InvalidResponseError
from clovax_agents.prebuilt import react_agent
from clovax_agents.simulator import BrainReply, ScriptBrain, ScriptStep
from clovax_agents.testing import LoopbackSimulator

IMAGE = HumanMessage(
    [{"type": "text", "text": "여기 날씨는?"}, {"type": "image_url", "image_url": "https://example.com/a.png"}]
)
MODELS = ["ft:a1b2c3", "HCX-003", "HCX-DASH-001", "HCX-005", "HCX-007"]


@tool
def get_weather(city: str) -> str:
    """도시의 현재 날씨를 알려 준다.

    Args:
        city: 도시 이름
    """
    return f"{city}은 맑고 21도입니다"


@tool
def get_time() -> str:
    """지금 시각을 알려 준다."""
    return "12시"


def _names(*names: str) -> BrainReply:
    return BrainReply(json.dumps({"tools": names}, ensure_ascii=False))


def _calls(*arguments: dict[str, Any]) -> BrainReply:
    return BrainReply(json.dumps({"calls": arguments}, ensure_ascii=False))


def _script(*replies: BrainReply) -> ScriptBrain:
    return ScriptBrain([ScriptStep(reply) for reply in replies])


def _model(model: str = "HCX-005", **options: Any) -> Any:
    return ChatClovaX(model=model, tool_calling="emulated", max_retries=0, **options)


@pytest.mark.parametrize("api", ["openai", "native"])
@pytest.mark.parametrize("model", MODELS)
def test_every_model_can_call_tools(clovax_simulator: LoopbackSimulator, api: Any, model: str) -> None:
    """The message looks as if the service had called the tool; what it cost is added up."""
    chat = _model(model, api=api).bind_tools([get_weather, get_time])
    script = _script(_names("get_weather", "get_time"), _calls({"city": "서울"}, {"city": "부산"}), _calls({}))
    with clovax_simulator.using(script):
        message = chat.invoke("서울과 부산 날씨, 그리고 시각은?")

    calls = [(call["name"], call["args"]) for call in message.tool_calls]
    assert calls == [("get_weather", {"city": "서울"}), ("get_weather", {"city": "부산"}), ("get_time", {})]
    assert len({call["id"] for call in message.tool_calls}) == 3
    assert message.response_metadata["finish_reason"] == "tool_calls"
    usage = sum(record.completion_tokens or 0 for record in clovax_simulator.requests[-3:])
    assert message.usage_metadata["output_tokens"] == usage


def test_the_answer_comes_when_no_tool_is_needed(clovax_simulator: LoopbackSimulator) -> None:
    """Tool results in the history are told in words; streamed or not, the answer is the same."""
    history = [
        HumanMessage("서울 날씨는?"),
        AIMessage("", tool_calls=[{"name": "get_weather", "args": {"city": "서울"}, "id": "a"}]),
        ToolMessage("맑음", tool_call_id="a"),
    ]
    chat = _model("HCX-003", api="native").bind_tools([get_weather])
    with clovax_simulator.using(_script(_names(), BrainReply("맑습니다"), _names(), BrainReply("맑습니다"))):
        whole = chat.invoke(history)
        chunks = list(chat.stream(history))

    assert whole.text == "".join(chunk.text for chunk in chunks) == "맑습니다"
    assert not whole.tool_calls
    assert len(chunks) > 1


async def test_streamed_calls_merge_into_the_same_calls(clovax_simulator: LoopbackSimulator) -> None:
    """The streaming interface is that of native calls."""
    chat = _model().bind_tools([get_weather])
    merged: Any = None
    with clovax_simulator.using(_script(_names("get_weather"), _calls({"city": "서울"}))):
        async for chunk in chat.astream("서울 날씨는?"):
            merged = chunk if merged is None else merged + chunk

    assert [(call["name"], call["args"]) for call in merged.tool_calls] == [("get_weather", {"city": "서울"})]


def test_hcx_007_thinks_and_calls_tools(clovax_simulator: LoopbackSimulator) -> None:
    """It thinks about which tool, and is held to the schema for the arguments."""
    names = BrainReply(_names("get_weather").text, thinking="날씨를 물었으니 날씨 도구다.")
    chat = _model("HCX-007", thinking={"effort": "low"}).bind_tools([get_weather])
    with clovax_simulator.using(_script(names, _calls({"city": "서울"}))):
        message = chat.invoke("서울 날씨는?")

    assert message.tool_calls[0]["args"] == {"city": "서울"}
    assert message.additional_kwargs["thinking_content"] == "날씨를 물었으니 날씨 도구다."


def test_images_and_tools_go_together(clovax_simulator: LoopbackSimulator) -> None:
    """The service has them apart only."""
    with clovax_simulator.using(_script(_names("get_weather"), _calls({"city": "서울"}))):
        message = _model().bind_tools([get_weather]).invoke([IMAGE])

    assert message.tool_calls[0]["name"] == "get_weather"


@pytest.mark.parametrize(
    ("wrong", "count"),
    [
        ([_names("날씨_조회"), _names("get_weather", "없는 도구")], 0),
        ([BrainReply("날씨 도구를 쓰겠습니다."), BrainReply("```json\n" + _names("get_weather").text + "\n```")], 0),
        ([_names("get_weather"), _calls({"town": "서울"})], 0),
        ([_names("get_weather"), _calls({"city": 3}), BrainReply('{"calls": [{"city": "서')], 0),
    ],
)
def test_what_is_wrong_is_asked_for_again(
    clovax_simulator: LoopbackSimulator, wrong: list[BrainReply], count: int
) -> None:
    """An invented name is dropped, arguments that do not fit are explained; nothing is repaired in silence."""
    with clovax_simulator.using(_script(*wrong, _calls({"city": "서울"}))):
        message = _model().bind_tools([get_weather]).invoke("서울 날씨는?")

    assert [call["args"] for call in message.tool_calls] == [{"city": "서울"}]
    assert len(message.invalid_tool_calls) == count


def test_asking_again_has_an_end(clovax_simulator: LoopbackSimulator) -> None:
    """After three answers that cannot be read there is one clear error."""
    script = _script(*[BrainReply("도구를 쓰겠습니다.")] * 3)
    with clovax_simulator.using(script), pytest.raises(InvalidResponseError, match="3 times"):
        _model().bind_tools([get_weather]).invoke("서울 날씨는?")


def test_one_of_several_tools_can_be_required(clovax_simulator: LoopbackSimulator) -> None:
    """What the service has no word for: an empty choice is asked for again."""
    chat = _model().bind_tools([get_weather, get_time], tool_choice="any")
    with clovax_simulator.using(_script(_names(), _names("get_time"), _calls({}))):
        assert [call["name"] for call in chat.invoke("안녕").tool_calls] == ["get_time"]


def test_a_named_tool_needs_no_choosing(clovax_simulator: LoopbackSimulator) -> None:
    """One request instead of two; and with "none" there is nothing but the answer."""
    chat = _model()
    with clovax_simulator.using(_script(_calls({"city": "서울"}), BrainReply("안녕하세요"))):
        named = chat.bind_tools([get_weather, get_time], tool_choice="get_weather").invoke("서울")
        none = chat.bind_tools([get_weather], tool_choice="none").invoke("안녕")

    assert named.tool_calls[0]["name"] == "get_weather"
    assert (none.text, none.tool_calls) == ("안녕하세요", [])


async def test_an_agent_runs_on_a_tuned_model(clovax_simulator: LoopbackSimulator) -> None:
    """The prebuilt agent needs no change."""
    script = _script(_names("get_weather"), _calls({"city": "서울"}), _names(), BrainReply("서울은 맑습니다"))
    with clovax_simulator.using(script):
        agent = react_agent(model=_model("ft:a1b2c3"), tools=[get_weather]).compile()
        messages = (await agent.ainvoke({"messages": [("user", "서울 날씨는?")]}))["messages"]

    assert [message.type for message in messages] == ["human", "ai", "tool", "ai"]
    assert messages[-1].text == "서울은 맑습니다"


@pytest.mark.parametrize("choice", ["any", "required", True])
@pytest.mark.parametrize("model", ["HCX-005", "HCX-007"])
def test_one_of_several_is_required_without_asking_for_emulation(
    clovax_simulator: LoopbackSimulator, model: str, choice: Any
) -> None:
    """The service can force one tool only: for several the calls are asked for by prompt."""
    chat = ChatClovaX(model=model, max_retries=0).bind_tools([get_weather, get_time], tool_choice=choice)
    with clovax_simulator.using(_script(_names("get_time"), _calls({}))):
        assert [call["name"] for call in chat.invoke("안녕").tool_calls] == ["get_time"]


@pytest.mark.usefixtures("clovax_simulator")
def test_required_tools_do_not_turn_thinking_off() -> None:
    """What was asked for by name is never switched in silence."""
    chat = ChatClovaX(model="HCX-007", thinking={"effort": "low"})
    with pytest.raises(ConfigurationError, match="tools and thinking exclude each other"):
        chat.bind_tools([get_weather, get_time], tool_choice="any").invoke("안녕")


@pytest.mark.usefixtures("clovax_simulator")
@pytest.mark.parametrize("model", MODELS)
def test_the_simulator_needs_no_script_for_it(model: str) -> None:
    """The rule brain follows the prompts: it chooses, fills, and answers from what the tools said."""
    chat = _model(model).bind_tools([get_weather, get_time])

    message = chat.invoke("부산 날씨 알려줘")

    assert [(call["name"], call["args"]) for call in message.tool_calls] == [("get_weather", {"city": "부산"})]
    answer = chat.invoke(
        [("user", "부산 날씨 알려줘"), message, ToolMessage("맑고 21도", tool_call_id=message.tool_calls[0]["id"])]
    )
    assert not answer.tool_calls
    assert "21도" in answer.text


@pytest.mark.parametrize("before", [HumanMessage("안녕"), IMAGE])
def test_an_image_behind_another_question_stays_an_image(before: HumanMessage) -> None:
    """Neither its address becomes text, nor is one of two lost."""
    server = RawServer([says(http(answer('{"tools": []}')))])
    chat = ChatClovaX(model="HCX-005", api_key="nv-test", base_url=server.url + "/v1/openai", tool_calling="emulated")
    chat.bind_tools([get_weather]).invoke([before, IMAGE])
    parts = [part for sent in json.loads(server.requests[0].body)["messages"] for part in sent["content"]]
    server.close()

    assert sum(part["type"] == "image_url" for part in parts) == 1 + (before is IMAGE)
    assert "example.com" not in "".join(part.get("text", "") for part in parts)


PLATE: dict[str, Any] = {
    "name": "park",
    "description": "주차를 등록한다",
    "parameters": {"type": "object", "properties": {"plate": {"type": "string", "pattern": "^[0-9]{4}$"}}},
}


def test_arguments_are_held_to_what_the_service_cannot_say(clovax_simulator: LoopbackSimulator) -> None:
    """A pattern is not sent as one, and still holds."""
    with clovax_simulator.using(_script(_names("park"), _calls({"plate": "서울1234"}), _calls({"plate": "1234"}))):
        message = _model().bind_tools([PLATE]).invoke("1234 주차")
    assert [call["args"] for call in message.tool_calls] == [{"plate": "1234"}]


@pytest.mark.parametrize("streamed", [False, True])
def test_one_total_deadline_holds_for_all_requests(*, streamed: bool) -> None:
    """However many answers have to be asked for again."""

    async def slowly(peer: Peer) -> None:
        await asyncio.sleep(0.25)
        await peer.send(http(answer("도구를 쓰겠습니다.")))

    server = RawServer([slowly])
    chat = _model(api_key="nv-test", base_url=server.url + "/v1/openai", timeout=0.4).bind_tools([get_weather])
    with pytest.raises(CallTimeoutError) as caught:
        list(chat.stream("서울")) if streamed else chat.invoke("서울")
    assert caught.value.facts.deadline == "total"
    assert len(server.requests) == 2
    server.close()


CALLED = [
    HumanMessage("서울 날씨는?"),
    AIMessage("", tool_calls=[{"name": "get_weather", "args": {"city": "서울"}, "id": "call_1"}]),
    ToolMessage("맑음", tool_call_id="call_1"),
]


@pytest.mark.parametrize("api", ["openai", "native"])
@pytest.mark.parametrize("model", MODELS)
def test_without_tools_what_was_called_is_told_in_words(
    clovax_simulator: LoopbackSimulator, model: str, api: Any
) -> None:
    """The service has tool messages beside tools only; a history of another model can go on anywhere."""
    reply = ScriptBrain([ScriptStep(BrainReply("맑습니다"))])
    with clovax_simulator.using(reply):
        assert ChatClovaX(model=model, api=api, max_retries=0).invoke(CALLED).text == "맑습니다"


def test_the_words_name_the_tool_its_arguments_and_its_result() -> None:
    """Nothing of a call is lost on a model that knows none."""
    server = RawServer([says(http(answer("맑습니다")))])
    chat = ChatClovaX(model="HCX-003", api_key="nv-test", base_url=server.url + "/v1/openai")
    chat.invoke([*CALLED, HumanMessage("그래?")])
    assert [(sent["role"], sent["content"]) for sent in json.loads(server.requests[0].body)["messages"]] == [
        ("user", "서울 날씨는?"),
        ("assistant", '[도구 호출: get_weather({"city": "서울"})]'),
        ("user", "[도구 get_weather의 결과]\n맑음\n\n그래?"),
    ]
    server.close()
