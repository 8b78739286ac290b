"""The government cloud, really asked: answers, streams, tools, thinking."""

from collections.abc import Iterator
from typing import Any

import pytest
from langchain_core.messages import HumanMessage, ToolMessage
from rawserver import asked
from records import noted

from clovax_agents import ChatClovaX, ClovaXEmbeddings, tool
from clovax_agents.errors import ConfigurationError, RequestError, UnsupportedFunctionError
from clovax_agents.testing import LoopbackSimulator

QUESTION = "서울 날씨 알려줘"
GREETING = "안녕하세요! 무엇을 도와드릴까요?"
BOTH = pytest.mark.parametrize("api", ["openai", "native"])
ALL_WAYS = pytest.mark.parametrize("name", ["invoke", "ainvoke", "stream", "astream"])


@tool
def get_weather(city: str) -> str:
    """도시의 현재 날씨를 알려 준다.

    Args:
        city: 도시 이름
    """
    return f"{city}은 맑고 21도입니다"


@pytest.fixture
def gov(clovax_simulator: LoopbackSimulator) -> Iterator[LoopbackSimulator]:
    """Run the government cloud, and give the simulator."""
    with clovax_simulator.using(profile="gov"):
        yield clovax_simulator


def on_gov(simulator: LoopbackSimulator, api: Any, app: str = "testapp", **settings: Any) -> ChatClovaX:
    """Return a model on the government cloud."""
    base_url = f"{simulator.url}/{app}" if api == "native" else simulator.base_url
    return ChatClovaX(profile="gov", api=api, base_url=base_url, max_retries=0, **settings)


@BOTH
@ALL_WAYS
@pytest.mark.parametrize("model", ["HCX-005", "HCX-007", "HCX-DASH-002"])
async def test_the_government_cloud_answers(gov: LoopbackSimulator, api: str, name: str, model: str) -> None:
    """Whole and streamed, over both APIs; natively under the path of the app."""
    assert (await asked(on_gov(gov, api, model=model), name, "안녕하세요")).text == GREETING

    expected = f"/testapp/v3/chat-completions/{model}" if api == "native" else "/v1/openai/chat/completions"
    found = [(record.status, record.path, record.stream) for record in noted(gov, 1)]
    assert found == [(200, expected, "stream" in name)]


def test_a_service_app_of_the_government_cloud_is_asked_on_its_own_path(gov: LoopbackSimulator) -> None:
    """As its address says; a test key may not ask it."""
    with pytest.raises(RequestError):
        on_gov(gov, "native", "serviceapp").invoke("안녕하세요")
    assert [record.path for record in gov.requests] == ["/serviceapp/v3/chat-completions/HCX-005"]


@BOTH
@ALL_WAYS
@pytest.mark.parametrize("model", ["HCX-005", "HCX-DASH-002"])
async def test_tools_of_the_government_cloud(gov: LoopbackSimulator, api: str, name: str, model: str) -> None:
    """Called and answered, however the user asks; the service is never asked to stream with tools."""
    chat = on_gov(gov, api, model=model).bind_tools([get_weather])
    message = await asked(chat, name, QUESTION)
    assert [(call["name"], call["args"]) for call in message.tool_calls] == [("get_weather", {"city": "서울"})]

    result = ToolMessage("서울은 맑고 21도입니다", tool_call_id=message.tool_calls[0]["id"])
    assert "21도" in (await asked(chat, name, [HumanMessage(QUESTION), message, result])).text
    assert [(record.status, record.stream, record.tools) for record in noted(gov, 2)] == [(200, False, 1)] * 2


@BOTH
def test_the_government_cloud_needs_its_profile(gov: LoopbackSimulator, api: str) -> None:
    """With the public cloud's rules, the same calls are refused there: the tests above can fail."""
    base_url = gov.url + "/testapp" if api == "native" else gov.base_url
    chat = ChatClovaX(profile="public", api=api, base_url=base_url, max_retries=0).bind_tools([get_weather])
    with pytest.raises(RequestError) as caught:
        list(chat.stream(QUESTION))
    assert caught.value.facts.code == "40001"


@BOTH
@ALL_WAYS
async def test_hcx_007_has_no_tools_there(gov: LoopbackSimulator, api: str, name: str) -> None:
    """Refused before any request; by prompt it has them."""
    chat = on_gov(gov, api, model="HCX-007")
    with pytest.raises(ConfigurationError, match="HCX-007 cannot call tools"):
        await asked(chat.bind_tools([get_weather]), name, QUESTION)
    assert gov.requests == []

    by_prompt = on_gov(gov, api, model="HCX-007", tool_calling="emulated").bind_tools([get_weather])
    assert (await asked(by_prompt, name, QUESTION)).tool_calls[0]["args"] == {"city": "서울"}
    assert [(record.status, record.tools) for record in noted(gov, 2)] == [(200, 0)] * 2


@BOTH
def test_the_government_clouds_service_agrees(gov: LoopbackSimulator, api: str) -> None:
    """It answers 40009 to tools on HCX-007 when nothing holds them back."""
    base_url = gov.url + "/testapp" if api == "native" else gov.base_url
    chat = ChatClovaX(profile="public", api=api, base_url=base_url, model="HCX-007", max_retries=0)
    with pytest.raises(UnsupportedFunctionError):
        chat.bind_tools([get_weather]).invoke(QUESTION)


@BOTH
@ALL_WAYS
async def test_thinking_on_the_government_cloud(gov: LoopbackSimulator, api: str, name: str) -> None:
    """Beside the answer, as anywhere."""
    message = await asked(on_gov(gov, api, model="HCX-007", thinking={"effort": "low"}), name, "3의 세제곱은?")
    assert message.text
    assert message.additional_kwargs["thinking_content"]


def test_embeddings_of_the_government_cloud(gov: LoopbackSimulator) -> None:
    """Over the API that both clouds have."""
    embeddings = ClovaXEmbeddings(model="bge-m3", profile="gov", base_url=gov.base_url, max_retries=0)
    assert len(embeddings.embed_query("안녕하세요")) == 1024
