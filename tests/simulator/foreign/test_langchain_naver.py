"""langchain-naver 0.1.1 talks to the simulator unmodified: what people use today works against it."""

from collections.abc import Callable, Iterator
from typing import Any, TypeAlias

import openai
import pytest
from langchain_core.messages import HumanMessage, ToolMessage
from langchain_core.tools import tool
from langchain_naver import ChatClovaX, ClovaXEmbeddings
from pydantic import BaseModel

from clovax_agents.simulator import SimulatorServer

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")


Start: TypeAlias = Callable[..., ChatClovaX]


@pytest.fixture
def chat() -> Iterator[Start]:
    """Make models as their users do, and close their connections in the end, which their users cannot."""
    models: list[ChatClovaX] = []

    def start(**options: Any) -> ChatClovaX:
        models.append(ChatClovaX(**options))
        return models[-1]

    yield start
    for model in models:
        model.root_client.close()


class Person(BaseModel):
    """A person in a text."""

    name: str
    age: int


@tool
def get_weather(location: str) -> str:
    """도시의 현재 날씨를 알려 준다."""
    return f"{location}은 맑고 21도입니다"


def test_invoke(chat: Start, server: SimulatorServer) -> None:
    """A question gets an answer, with usage and the model's name."""
    answer = chat(model="HCX-005").invoke("안녕하세요")

    assert answer.content == "안녕하세요! 무엇을 도와드릴까요?"
    assert answer.usage_metadata is not None
    assert answer.response_metadata["model_name"] == "HCX-005"
    assert server.port


async def test_ainvoke(chat: Start) -> None:
    """The asynchronous side works, too."""
    model = chat(model="HCX-DASH-002")
    assert (await model.ainvoke("안녕하세요")).content
    await model.root_async_client.close()


def test_stream(chat: Start) -> None:
    """The pieces of a stream join to the answer."""
    pieces = list(chat(model="HCX-005").stream("안녕하세요"))

    assert "".join(str(piece.content) for piece in pieces) == "안녕하세요! 무엇을 도와드릴까요?"
    assert len(pieces) > 5


@pytest.mark.parametrize("streaming", [False, True])
def test_w3_2_23_tools(chat: Start, *, streaming: bool) -> None:
    """A bound tool is called, and its result becomes the answer; a cap has to be sent."""
    model = chat(model="HCX-005", max_tokens=1024, disable_streaming=not streaming).bind_tools([get_weather])
    question = HumanMessage("서울 날씨 알려줘")
    asked: Any = model.invoke([question])
    assert [call["args"] for call in asked.tool_calls] == [{"location": "서울"}]

    result = ToolMessage(get_weather.invoke(asked.tool_calls[0]["args"]), tool_call_id=asked.tool_calls[0]["id"])
    assert "21도" in str(model.invoke([question, asked, result]).content)


def test_streamed_tool_calls(chat: Start) -> None:
    """The calls of a stream come together in LangChain's chunks."""
    model = chat(model="HCX-005", max_tokens=1024).bind_tools([get_weather])
    first, *rest = model.stream("서울 날씨 알려줘")
    for piece in rest:
        first += piece

    assert [(call["name"], call["args"]) for call in first.tool_calls] == [("get_weather", {"location": "서울"})]  # type: ignore[attr-defined]


def test_w3_5_02_structured_output(chat: Start) -> None:
    """Structured output works in the one way that the service offers."""
    model = chat(model="HCX-007", thinking={"effort": "none"})
    structured = model.with_structured_output(Person, method="json_schema")

    assert isinstance(structured.invoke("김민수는 서른두 살이 아니라 32세입니다"), Person)


def test_w3_3_08_thinking(chat: Start) -> None:
    """The thoughts arrive where langchain-naver puts them."""
    answer = chat(model="HCX-007", thinking={"effort": "low"}, max_tokens=5120).invoke("1 더하기 1은?")

    assert answer.additional_kwargs["thinking_content"]


def test_w3_2_17_parallel_tool_calls_false_is_refused(chat: Start) -> None:
    """The known quirk of structured output by function calling shows up as it does with the service."""
    model = chat(model="HCX-005", max_tokens=1024)
    structured = model.with_structured_output(Person, method="function_calling")

    with pytest.raises(openai.BadRequestError, match="parallel_tool_calls"):
        structured.invoke("김민수는 32세입니다")


def test_embeddings() -> None:
    """Documents and questions become vectors of 1,024 numbers."""
    model = ClovaXEmbeddings(model="bge-m3")
    vectors = model.embed_documents(["한강 공원", "환불 규정"])
    model.client._client.close()

    assert [len(vector) for vector in vectors] == [1024, 1024]


def test_w1_3_03_it_sends_an_id_with_each_request(chat: Start) -> None:
    """The header that the service knows, with a prefix of its own; it changes nothing."""
    model = chat(model="HCX-005")
    sent: list[str] = []
    hooks = model.root_client._client.event_hooks
    hooks["request"].append(lambda request: sent.append(request.headers.get("X-NCP-CLOVASTUDIO-REQUEST-ID", "")))
    model.root_client._client.event_hooks = hooks

    assert model.invoke("안녕하세요").content
    assert sent[0].startswith("lcnv-")
