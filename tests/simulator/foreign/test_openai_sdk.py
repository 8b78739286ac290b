"""The OpenAI SDK talks to the simulator unmodified, by its base URL alone (docs/wire.md, section 3)."""

import json
from collections.abc import AsyncIterator, Iterator
from typing import Any

import openai
import pytest
from pydantic import BaseModel

WEATHER: Any = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "description": "도시의 현재 날씨를 알려 준다",
        "parameters": {"type": "object", "properties": {"location": {"type": "string"}}, "required": ["location"]},
    },
}
QUESTION: Any = [{"role": "user", "content": "서울 날씨 알려줘"}]


class Forecast(BaseModel):
    """What a structured answer looks like."""

    city: str
    celsius: float


@pytest.fixture
def client(clova: str) -> Iterator[openai.OpenAI]:
    """Return the SDK's client, as its users make it."""
    with openai.OpenAI(api_key="nv-foreign", base_url=clova, max_retries=0) as sdk:
        yield sdk


@pytest.fixture
async def async_client(clova: str) -> AsyncIterator[openai.AsyncOpenAI]:
    """Return the SDK's asynchronous client."""
    async with openai.AsyncOpenAI(api_key="nv-foreign", base_url=clova, max_retries=0) as sdk:
        yield sdk


def test_chat(client: openai.OpenAI) -> None:
    """A question gets an answer with usage."""
    answer = client.chat.completions.create(model="HCX-005", messages=[{"role": "user", "content": "안녕하세요"}])

    assert answer.choices[0].message.content == "안녕하세요! 무엇을 도와드릴까요?"
    assert answer.usage is not None
    assert answer.usage.total_tokens == answer.usage.prompt_tokens + answer.usage.completion_tokens


async def test_async_chat(async_client: openai.AsyncOpenAI) -> None:
    """The asynchronous client gets the same."""
    answer = await async_client.chat.completions.create(model="HCX-DASH-002", messages=QUESTION)

    assert answer.model == "HCX-DASH-002"
    assert answer.choices[0].finish_reason == "stop"


def test_w3_4_01_stream(client: openai.OpenAI) -> None:
    """The pieces of a stream join to the answer, and the last one has the finish reason."""
    pieces = list(client.chat.completions.create(model="HCX-005", messages=QUESTION, stream=True))

    text = "".join(piece.choices[0].delta.content or "" for piece in pieces)
    assert "서울 날씨 알려줘" in text
    assert pieces[-1].choices[0].finish_reason == "stop"
    assert len(pieces) > 5


def test_w3_3_07_tool_calls_and_their_results(client: openai.OpenAI) -> None:
    """A tool is called, and its result becomes the answer."""
    asked = client.chat.completions.create(model="HCX-005", messages=QUESTION, tools=[WEATHER], max_tokens=1024)
    call: Any = asked.choices[0].message.tool_calls[0]  # type: ignore[index]
    assert (call.function.name, json.loads(call.function.arguments)) == ("get_weather", {"location": "서울"})

    history = [*QUESTION, asked.choices[0].message.model_dump(exclude_none=True)]
    history.append({"role": "tool", "tool_call_id": call.id, "content": '{"celsius": 21}'})
    answer = client.chat.completions.create(model="HCX-005", messages=history, tools=[WEATHER], max_tokens=1024)
    assert "21" in (answer.choices[0].message.content or "")


def test_w3_4_05_streamed_tool_calls(client: openai.OpenAI) -> None:
    """The SDK's own accumulator puts a streamed call together."""
    with client.chat.completions.stream(model="HCX-005", messages=QUESTION, tools=[WEATHER], max_tokens=1024) as stream:
        final: Any = stream.get_final_completion()

    call = final.choices[0].message.tool_calls[0]
    assert (call.function.name, json.loads(call.function.arguments)) == ("get_weather", {"location": "서울"})


def test_w3_5_03_parse(client: openai.OpenAI) -> None:
    """A schema in OpenAI's strict form is accepted, and the answer validates."""
    answer = client.chat.completions.parse(
        model="HCX-007",
        messages=[{"role": "user", "content": "서울은 지금 21도입니다"}],
        response_format=Forecast,
        reasoning_effort="none",
    )

    assert isinstance(answer.choices[0].message.parsed, Forecast)


def test_w3_3_11_thinking(client: openai.OpenAI) -> None:
    """HCX-007 thinks by default; its thoughts are counted and come in a field of their own."""
    answer: Any = client.chat.completions.create(model="HCX-007", messages=QUESTION)

    assert answer.choices[0].message.reasoning_content
    assert answer.usage.completion_tokens_details.reasoning_tokens > 0


def test_w3_6_05_embeddings(client: openai.OpenAI) -> None:
    """With encoding_format float, which has to be said, a text becomes 1,024 numbers."""
    answer = client.embeddings.create(model="bge-m3", input="한강 공원", encoding_format="float")

    assert len(answer.data[0].embedding) == 1024


def test_w3_1_03_models(client: openai.OpenAI) -> None:
    """The list of models has the SDK's shape."""
    assert {"HCX-007", "HCX-005", "HCX-DASH-002"} <= {model.id for model in client.models.list()}


@pytest.mark.parametrize(
    ("key", "body", "kind", "code"),
    [
        ("nv-foreign", {"model": "HCX-005", "user": "me"}, openai.BadRequestError, "40002"),
        ("nv-foreign", {"model": "HCX-900"}, openai.BadRequestError, "40080"),
        ("nv-foreign", {"model": "HCX-005", "extra_headers": {"x-clovax-fault": "error; code=42901"}},
         openai.RateLimitError, "42901"),
        ("sk-wrong", {"model": "HCX-005"}, openai.AuthenticationError, "40104"),
    ],
    ids=["w3_7_02_bad_request", "unknown_model", "w3_7_02_rate_limit", "wrong_key"],
)  # fmt: skip
def test_errors(clova: str, key: str, body: dict[str, Any], kind: type[openai.APIStatusError], code: str) -> None:
    """The SDK raises its own errors, with CLOVA's code as a string of digits."""
    with openai.OpenAI(api_key=key, base_url=clova, max_retries=0) as client, pytest.raises(kind) as caught:
        client.chat.completions.create(messages=QUESTION, **body)

    assert caught.value.body["code"] == code  # type: ignore[index]
