"""Every feature over both APIs, from recorded exchanges: what one API answers, the other answers alike."""

from __future__ import annotations

import json
import struct
from operator import mul
from typing import Any

import pytest
from langchain_core.messages import HumanMessage, ToolMessage
from pydantic import BaseModel, Field
from typing_extensions import TypedDict

from clovax_agents import ChatClovaX, ClovaXEmbeddings, tool
from clovax_agents.errors import UnsupportedFunctionError
from clovax_agents.images import image_block

BOTH = pytest.mark.parametrize("api", ["openai", "native"])
THINKING = """
- repeat: true
  reply:
    thinking: 3을 세 번 곱하면 27이다.
    text: 27입니다.
"""
WRONG_ONCE = """
- reply: '{"high": "서른", "condition": "맑음"}'
- reply: '{"high": 30, "condition": "맑음"}'
"""
REFUSED = """
- repeat: true
  reply:
    tool_calls:
      - name: refund
        arguments: {}
"""
PNG = b"\x89PNG\r\n\x1a\n" + struct.pack(">I4sII", 13, b"IHDR", 64, 64) + b"\x08\x02\x00\x00\x00"
FORECAST = {
    "title": "Forecast",
    "description": "하루의 날씨.",
    "type": "object",
    "properties": {"high": {"type": "integer"}, "condition": {"type": "string"}},
    "required": ["high", "condition"],
}


class Forecast(TypedDict):
    """하루의 날씨."""

    high: int
    condition: str


class Weather(BaseModel):
    """하루의 날씨."""

    high: int = Field(description="최고 기온")
    condition: str
    rain: int | None = None


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


def _merged(chunks: list[Any]) -> Any:
    merged = chunks[0]
    for chunk in chunks[1:]:
        merged += chunk
    return merged


@BOTH
@pytest.mark.clovax_cassette(script=THINKING)
@pytest.mark.parametrize("effort", ["low", "medium", "high"])
def test_thinking_at_every_effort(api: Any, effort: str) -> None:
    """Whole and streamed, the thinking is beside the answer."""
    chat = ChatClovaX(model="HCX-007", api=api, thinking={"effort": effort})
    whole, streamed = chat.invoke("3^3?"), _merged(list(chat.stream("3^3?")))

    assert whole.text == streamed.text == "27입니다."
    assert whole.additional_kwargs["thinking_content"] == streamed.additional_kwargs["thinking_content"]
    assert whole.response_metadata["finish_reason"] == streamed.response_metadata["finish_reason"] == "stop"


@BOTH
@pytest.mark.clovax_cassette(script=WRONG_ONCE)
def test_structured_output_with_a_repair(api: Any) -> None:
    """The second request says what was wrong with the first answer."""
    chat = ChatClovaX(model="HCX-007", api=api)
    assert chat.with_structured_output(Weather).invoke("분당 날씨는?") == Weather(high=30, condition="맑음")


@BOTH
@pytest.mark.clovax_cassette
@pytest.mark.parametrize("model", ["HCX-005", "HCX-DASH-002", "HCX-007"])
def test_a_tool_and_its_result(api: Any, model: str) -> None:
    """The call, streamed or not, and the answer from its result."""
    chat = ChatClovaX(model=model, api=api).bind_tools([get_weather])
    message, streamed = chat.invoke("부산 날씨 알려줘"), _merged(list(chat.stream("부산 날씨 알려줘")))
    assert message.tool_calls[0]["args"] == streamed.tool_calls[0]["args"] == {"city": "부산"}

    answer = chat.invoke(
        [("user", "부산 날씨 알려줘"), message.model_copy(update={"tool_calls": [{**message.tool_calls[0], "id": "a"}],
         "additional_kwargs": {}}), ToolMessage("맑고 21도", tool_call_id="a")]
    )  # fmt: skip
    assert "21도" in answer.text


@BOTH
@pytest.mark.clovax_cassette
def test_emulated_calls_of_a_tuned_model(api: Any) -> None:
    """Names first, then arguments: two requests."""
    chat = ChatClovaX(model="ft:a1b2c3d4", api=api, tool_calling="emulated").bind_tools([get_weather])
    assert chat.invoke("부산 날씨 알려줘").tool_calls[0]["args"] == {"city": "부산"}


@BOTH
@pytest.mark.clovax_cassette
@pytest.mark.parametrize("model", ["HCX-003", "HCX-DASH-001", "ft:a1b2c3d4"])
def test_old_and_tuned_models_answer(api: Any, model: str) -> None:
    """Natively each has a path of its own."""
    chat = ChatClovaX(model=model, api=api)
    assert chat.invoke("안녕하세요").text == "".join(chunk.text for chunk in chat.stream("안녕하세요"))


@pytest.mark.clovax_cassette
def test_the_ai_filter() -> None:
    """Whole and streamed, natively."""
    chat = ChatClovaX(api="native", include_ai_filters=True, seed=7)
    whole, streamed = chat.invoke("안녕하세요"), _merged(list(chat.stream("안녕하세요")))

    assert whole.response_metadata["ai_filter"] == streamed.response_metadata["ai_filter"]
    assert whole.response_metadata["seed"] == 7
    assert streamed.usage_metadata == whole.usage_metadata


@BOTH
@pytest.mark.clovax_cassette
@pytest.mark.parametrize("form", ["address", "bytes"])
def test_an_image(api: Any, form: str) -> None:
    """By its address and by its bytes, which natively travel as a data URI."""
    image = {"type": "image", "url": "https://example.com/menu.png"} if form == "address" else image_block(PNG)
    chat = ChatClovaX(api=api)
    question = [HumanMessage([{"type": "text", "text": "무엇이 보여?"}, image])]

    assert chat.invoke(question).text == "".join(chunk.text for chunk in chat.stream(question)) != ""


@BOTH
@pytest.mark.clovax_cassette
@pytest.mark.parametrize("model", ["clir-emb-dolphin", "clir-sts-dolphin", "bge-m3"])
@pytest.mark.soak(every=3)
def test_embeddings(api: Any, model: str) -> None:
    """Three texts in their order, and a question that is near one of them."""
    embeddings = ClovaXEmbeddings(model=model, api=api, max_concurrency=1)
    documents = embeddings.embed_documents(["한강 공원", "환불 규정", "내일 날씨"])

    near = [sum(map(mul, embeddings.embed_query("환불 규정은?"), document)) for document in documents]
    assert near.index(max(near)) == 1


@BOTH
@pytest.mark.clovax_cassette
@pytest.mark.parametrize("model", ["HCX-005", "HCX-007", "HCX-DASH-002", "HCX-003"])
def test_tokens_are_counted_by_the_service(api: Any, model: str) -> None:
    """As many as the answer's usage then says."""
    chat = ChatClovaX(model=model, api=api, count_tokens="service")
    question = [HumanMessage("환불 규정을 알려 주세요")]
    usage = chat.invoke(question).usage_metadata

    assert usage
    assert chat.get_num_tokens_from_messages(question) == usage["input_tokens"]


@BOTH
@pytest.mark.clovax_cassette
@pytest.mark.parametrize("choice", ["auto", "none", "get_weather", "any"])
def test_the_choice_of_a_tool(api: Any, choice: str) -> None:
    """Left to the model, forbidden, and forced."""
    chat = ChatClovaX(api=api).bind_tools([get_weather], tool_choice=choice)
    message = chat.invoke("부산 날씨 알려줘")

    assert bool(message.tool_calls) is (choice != "none")


@BOTH
@pytest.mark.clovax_cassette
def test_one_of_several_tools_is_forced_by_prompt(api: Any) -> None:
    """The service has no word for that."""
    chat = ChatClovaX(api=api).bind_tools([get_weather, get_time], tool_choice="any")
    assert chat.invoke("부산 날씨 알려줘").tool_calls[0]["name"] == "get_weather"


@BOTH
@pytest.mark.clovax_cassette
@pytest.mark.parametrize("schema", [Forecast, FORECAST], ids=["TypedDict", "dict"])
def test_a_form_that_is_no_class(api: Any, schema: Any) -> None:
    """The answer is a dictionary; with include_raw, the message is beside it."""
    form = ChatClovaX(model="HCX-007", api=api).with_structured_output(schema, method="json_schema", include_raw=True)
    found: Any = form.invoke("분당 날씨는?")

    assert set(found["parsed"]) <= {"high", "condition"}
    assert json.loads(found["raw"].text) == found["parsed"]


@BOTH
@pytest.mark.clovax_cassette
def test_settings_of_an_answer(api: Any) -> None:
    """Each is taken by the service: none is refused."""
    chat = ChatClovaX(
        api=api, temperature=0.3, top_p=0.9, top_k=5, repetition_penalty=1.2, seed=7, stop=["끝"], max_tokens=64
    )
    assert chat.invoke("안녕하세요").text


@BOTH
@pytest.mark.clovax_cassette(script=REFUSED)
@pytest.mark.parametrize("way", ["invoke", "stream"])
def test_a_refusal_has_its_code(api: Any, way: str) -> None:
    """40009, in the middle of an agent's work."""
    chat = ChatClovaX(api=api, max_retries=0).bind_tools([get_weather])
    with pytest.raises(UnsupportedFunctionError) as caught:
        chat.invoke("환불해 줘") if way == "invoke" else list(chat.stream("환불해 줘"))
    assert caught.value.facts.code == "40009"


@BOTH
@pytest.mark.clovax_cassette
def test_an_answer_that_is_cut_at_its_cap(api: Any) -> None:
    """The reason is told in LangChain's word for it, whole and streamed."""
    chat = ChatClovaX(api=api, max_tokens=3)
    whole, streamed = chat.invoke("환불 규정을 알려 주세요"), _merged(list(chat.stream("환불 규정을 알려 주세요")))

    assert whole.response_metadata["finish_reason"] == streamed.response_metadata["finish_reason"] == "length"
