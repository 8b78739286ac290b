"""Points on which no source says what the service does (docs/unconfirmed.md): the model works either way.

Every switch of the simulator, at every value, over both APIs: what a user gets is the same, or differs as it must.
"""

import dataclasses
from collections.abc import Mapping
from typing import Any, Final, get_args, get_type_hints

import pytest
from langchain_core.messages import HumanMessage, ToolMessage
from pydantic import BaseModel, Field
from rawserver import asked

from clovax_agents import ChatClovaX, ClovaXEmbeddings, tool
from clovax_agents.client.policy import Deadlines
from clovax_agents.errors import AuthenticationError, CallTimeoutError, RateLimitError, RequestError
from clovax_agents.simulator import BrainReply, Key, Limit, Limits, ScriptBrain, ScriptStep, Switches
from clovax_agents.testing import LoopbackSimulator

FOR_TESTS: Final = {"id_seed", "images", "ended_models", "max_body_bytes", "body_seconds"}
"""Switches that settle no open point."""
HINTS: Final = get_type_hints(Switches, localns={"Mapping": Mapping})
SETTINGS: Final = [
    (field.name, value)
    for field in dataclasses.fields(Switches)
    if field.name not in FOR_TESTS
    for value in (get_args(HINTS[field.name]) or (False, True))
]
EACH: Final = pytest.mark.parametrize(("name", "value"), SETTINGS, ids=[f"{name}={value}" for name, value in SETTINGS])
BOTH: Final = pytest.mark.parametrize("api", ["openai", "native"])
WAYS: Final = pytest.mark.parametrize("way", ["invoke", "astream"])
GREETING: Final = "안녕하세요! 무엇을 도와드릴까요?"
QUESTION: Final = "서울 날씨 알려줘"


class Forecast(BaseModel):
    """하루의 날씨."""

    high: int = Field(description="최고 기온")
    condition: str


@tool
def get_weather(city: str) -> str:
    """도시의 현재 날씨를 알려 준다.

    Args:
        city: 도시 이름
    """
    return f"{city}은 맑고 21도입니다"


def switched(simulator: LoopbackSimulator, name: str, value: Any, **options: Any) -> Any:
    """Run the simulator with one switch set."""
    settings: dict[str, Any] = {name: value}
    return simulator.using(options.pop("brain", None), switches=Switches(**settings), **options)


def model(api: Any, **settings: Any) -> ChatClovaX:
    """Return a model that tries once."""
    return ChatClovaX(api=api, **{"max_retries": 0, "timeout": 10, **settings})


def test_the_table_has_every_switch() -> None:
    """One that is added is probed, both its values or all of them."""
    assert {name for name, _ in SETTINGS} | FOR_TESTS == {field.name for field in dataclasses.fields(Switches)}
    assert all(getattr(Switches(), name) in [v for n, v in SETTINGS if n == name] for name, _ in SETTINGS)
    assert len(SETTINGS) >= 2 * len({name for name, _ in SETTINGS})


@EACH
@BOTH
@WAYS
@pytest.mark.soak(every=4)
async def test_answers_are_the_same(
    clovax_simulator: LoopbackSimulator, name: str, value: Any, api: str, way: str
) -> None:
    """Text, reason and, where the service tells it, usage; of the newest model and of the oldest."""
    with switched(clovax_simulator, name, value):
        for chat in (model(api), model(api, model="HCX-007"), model(api, model="HCX-003")):
            message = await asked(chat, way, "안녕하세요")
            assert message.text == GREETING
            assert message.response_metadata["finish_reason"] == "stop"
            told = api == "native" or way == "invoke" or (name == "stream_usage" and value != "absent")
            assert bool(message.usage_metadata and message.usage_metadata["total_tokens"]) is told
        cut = await asked(model(api, model="HCX-003", max_tokens=3), way, "환불 규정을 알려 주세요")
        assert cut.response_metadata["finish_reason"] == "length"


@EACH
@BOTH
@WAYS
@pytest.mark.soak(every=6)
async def test_tools_are_the_same(
    clovax_simulator: LoopbackSimulator, name: str, value: Any, api: str, way: str
) -> None:
    """A call, its result and the answer; two calls at once."""
    with switched(clovax_simulator, name, value):
        chat = model(api).bind_tools([get_weather])
        message = await asked(chat, way, QUESTION)
        assert [(call["name"], call["args"]) for call in message.tool_calls] == [("get_weather", {"city": "서울"})]
        assert (message.invalid_tool_calls, message.response_metadata["finish_reason"]) == ([], "tool_calls")
        result = ToolMessage("서울은 맑고 21도입니다", tool_call_id=message.tool_calls[0]["id"])
        assert "21도" in (await asked(chat, way, [HumanMessage(QUESTION), message, result])).text

        both = await asked(chat, way, "서울과 부산 날씨 알려줘")
        assert [call["args"]["city"] for call in both.tool_calls] == ["서울", "부산"]


@EACH
@BOTH
@WAYS
@pytest.mark.soak(every=4)
async def test_thinking_and_forms_are_the_same(
    clovax_simulator: LoopbackSimulator, name: str, value: Any, api: str, way: str
) -> None:
    """The thoughts are beside the answer; a form is filled in."""
    brain = ScriptBrain([
        ScriptStep(BrainReply(text="27입니다.", thinking="3을 세 번 곱한다.")),
        ScriptStep(BrainReply(text='{"high": 30, "condition": "맑음"}')),
    ])  # fmt: skip
    with switched(clovax_simulator, name, value, brain=brain):
        message = await asked(model(api, model="HCX-007", thinking={"effort": "low"}), way, "3의 세제곱은?")
        assert (message.text, message.additional_kwargs["thinking_content"]) == ("27입니다.", "3을 세 번 곱한다.")
        form = model(api, model="HCX-007").with_structured_output(Forecast)
        found = form.invoke("날씨는?") if way == "invoke" else [part async for part in form.astream("날씨는?")][-1]
        assert found == Forecast(high=30, condition="맑음")


@EACH
@pytest.mark.parametrize("api", ["openai", "native"])
@pytest.mark.soak(every=4)
async def test_embeddings_are_the_same(clovax_simulator: LoopbackSimulator, name: str, value: Any, api: Any) -> None:
    """Of several texts, in their order."""
    texts = ["한강 공원", "환불 규정"]
    plain = ClovaXEmbeddings(api=api).embed_documents(texts)
    with switched(clovax_simulator, name, value):
        embeddings = ClovaXEmbeddings(api=api, max_retries=0)
        assert embeddings.embed_documents(texts) == await embeddings.aembed_documents(texts) == plain


@EACH
@BOTH
@WAYS
@pytest.mark.soak(every=5)
async def test_failures_are_of_the_same_kind(
    clovax_simulator: LoopbackSimulator, name: str, value: Any, api: str, way: str
) -> None:
    """A wrong key, a key that may not, a model that does not exist: the error of its kind, with CLOVA's code."""
    keys = [Key(value="nv-good"), Key(value="nv-shut", allowed=False), Key(value="nv-new", subscribed=False)]
    expected: list[tuple[str, str, type[Exception], set[str]]] = [
        ("nv-wrong", "HCX-005", AuthenticationError, {"40104"}),
        ("nv-shut", "HCX-005", AuthenticationError, {"40300"}),
        ("nv-new", "HCX-005", AuthenticationError, {"40170"}),
        ("nv-good", "HCX-404", RequestError, {"40001", "40080", "40400", "40402"}),
    ]
    with switched(clovax_simulator, name, value, keys=keys):
        for key, asked_for, kind, codes in expected:
            with pytest.raises(kind) as caught:
                await asked(model(api, api_key=key, model=asked_for, max_retries=2), way, "안녕하세요")
            facts = caught.value.facts  # type: ignore[attr-defined]
            assert facts.code in codes
            assert facts.attempts == 1


def _limited() -> Limits:
    return Limits.of({"*": Limit(requests=1)})


@EACH
@BOTH
@WAYS
@pytest.mark.soak(every=6)
async def test_limits_are_of_the_same_kind(
    clovax_simulator: LoopbackSimulator, name: str, value: Any, api: str, way: str
) -> None:
    """A second request within the minute is a rate limit's error, or, from a server that says nothing, ends in time."""
    hangs = (name, value) == ("over_limit", "hang")
    with switched(clovax_simulator, name, value, limits=_limited()):
        chat = model(api, timeout=Deadlines(total=1.5) if hangs else 10)
        assert (await asked(chat, way, "안녕하세요")).text == GREETING
        with pytest.raises(CallTimeoutError if hangs else RateLimitError) as caught:
            await asked(chat, way, "안녕하세요")

    facts = caught.value.facts
    assert facts.code == (None if hangs else "42901")
    tells = api == "openai" and (name, value) != ("limit_headers", "none")
    told = not hangs and (tells or (name, value) == ("limit_headers_on", "both"))
    assert (facts.retry_after is not None) is told
    assert told is False or 0 < (facts.retry_after or 0) <= 61


LIMITING: Final = ["limit_headers", "limit_headers_on", "limit_text", "over_limit", "failure_status", "stream_errors"]


@pytest.mark.parametrize(("name", "value"), [setting for setting in SETTINGS if setting[0] in LIMITING])
@BOTH
@pytest.mark.soak(every=8)
async def test_a_limit_is_tried_again(clovax_simulator: LoopbackSimulator, name: str, value: Any, api: str) -> None:
    """Whatever the refusal looks like and whichever headers it has; when the minute is over, the answer comes."""
    now = [0.0]
    kind = CallTimeoutError if (name, value) == ("over_limit", "hang") else RateLimitError
    with switched(clovax_simulator, name, value, limits=_limited(), clock=lambda: now[0]):
        chat = model(api, max_retries=1, timeout=Deadlines(total=30, answer=0.5))
        assert chat.invoke("안녕하세요").text == GREETING
        now[0] = 59.9
        with pytest.raises(kind) as caught:
            chat.invoke("안녕하세요")
        now[0] = 120.0
        assert chat.invoke("안녕하세요").text == GREETING

    assert caught.value.facts.attempts == 2
