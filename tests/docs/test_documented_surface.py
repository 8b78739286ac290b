"""Every example of the documentation of ChatClovaX runs as it is printed there; only the import is ours.

The blocks are LangChain's page on ChatClovaX; what stands between them is what the page says about their results.
"""

import asyncio
from typing import Any

import pytest
from langchain_core.callbacks import BaseCallbackHandler
from langchain_core.messages import AIMessage
from langchain_core.prompts import ChatPromptTemplate
from pydantic import BaseModel
from typing_extensions import TypedDict

from clovax_agents import ChatClovaX
from clovax_agents.simulator import BrainReply, ScriptBrain, ScriptStep
from clovax_agents.testing import LoopbackSimulator

pytestmark = pytest.mark.usefixtures("clovax_simulator")

KEY = """
import getpass
import os

if not os.getenv("CLOVASTUDIO_API_KEY"):
    os.environ["CLOVASTUDIO_API_KEY"] = getpass.getpass(
        "Enter your CLOVA Studio API Key: "
    )
"""
INSTANTIATION = """
from clovax_agents import ChatClovaX

chat = ChatClovaX(
    model="HCX-005",
    temperature=0.5,
    max_tokens=None,
    timeout=None,
    max_retries=2,
    # other params...
)
"""
INVOCATION = """
messages = [
    (
        "system",
        "You are a helpful assistant that translates English to Korean. Translate the user sentence.",
    ),
    ("human", "I love using NAVER AI."),
]

ai_msg = chat.invoke(messages)
ai_msg
"""
STREAMING = """
system = "You are a helpful assistant that can teach Korean pronunciation."
human = "Could you let me know how to say '{phrase}' in Korean?"
prompt = ChatPromptTemplate.from_messages([("system", system), ("human", human)])

chain = prompt | chat

for chunk in chain.stream({"phrase": "Hi"}):
    print(chunk.content, end="", flush=True)
"""
TOOLS = """
from clovax_agents import ChatClovaX

chat = ChatClovaX(
    model="HCX-005",
    max_tokens=1024,
)

from pydantic import BaseModel, Field

class GetWeather(BaseModel):
    '''Get the current weather in a given location'''

    location: str = Field(
        ..., description="The city and province, e.g. Seongnam-si, Gyeonggi-do"
    )

chat_with_tools = chat.bind_tools([GetWeather])

ai_msg = chat_with_tools.invoke(
    "what is the weather like in Bundang-gu?",
)
ai_msg

ai_msg.tool_calls
"""
STRUCTURED = """
from clovax_agents import ChatClovaX

chat = ChatClovaX(
    model="HCX-007",
    thinking={
        "effort": "none"
    },
)

from pydantic import BaseModel, Field

class Weather(BaseModel):
    '''Virtual weather info to tell user.'''

    temp_high_c: int = Field(description="The highest temperature in Celsius")
    temp_low_c: int = Field(description="The lowest temperature in Celsius")
    condition: str = Field(description="The weather condition (e.g., sunny, rainy)")
    precipitation_percent: int | None = Field(
        default=None,
        description="The chance of precipitation in percent (optional, can be None)",
    )

structured_chat = chat.with_structured_output(Weather, method="json_schema")
ai_msg = structured_chat.invoke(
    "what is the weather like in Bundang-gu?",
)
ai_msg
"""
THINKING = """
from clovax_agents import ChatClovaX

chat = ChatClovaX(
    model="HCX-007",
    thinking={
        "effort": "low"
    },
)
ai_msg = chat.invoke("What is 3^3?")
print(ai_msg.content)

print(ai_msg.additional_kwargs["thinking_content"])
"""
TUNED = """
fine_tuned_model = ChatClovaX(
    model="ft:a1b2c3d4",
    # other params...
)

ai_msg = fine_tuned_model.invoke(messages)
"""


def run(*blocks: str) -> dict[str, Any]:
    """Run blocks one after the other, and return their names."""
    names: dict[str, Any] = {"ChatPromptTemplate": ChatPromptTemplate}
    for block in blocks:
        exec(compile(block, "documentation", "exec"), names)  # noqa: S102  # running it is the test
    return names


def script(*replies: BrainReply | str) -> ScriptBrain:
    """Return a brain that answers with these, in their order."""
    return ScriptBrain([ScriptStep(BrainReply(reply) if isinstance(reply, str) else reply) for reply in replies])


def test_credentials_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """The key that is typed in is the one that is used."""
    monkeypatch.delenv("CLOVASTUDIO_API_KEY")
    monkeypatch.setattr("getpass.getpass", lambda _prompt: "nv-typed-in")
    chat = run(KEY, INSTANTIATION)["chat"]
    assert chat.api_key.get_secret_value() == "nv-typed-in"


def test_instantiation() -> None:
    """None means the default of each setting."""
    chat = run(INSTANTIATION)["chat"]
    assert (chat.model, chat.temperature, chat.max_tokens, chat.max_retries) == ("HCX-005", 0.5, None, 2)


def test_invocation(clovax_simulator: LoopbackSimulator) -> None:
    """The message has the shape that is printed there."""
    with clovax_simulator.using(script("네이버 인공지능을 사용하는 것이 정말 좋아요.")):
        message = run(INSTANTIATION, INVOCATION)["ai_msg"]

    assert message.content == "네이버 인공지능을 사용하는 것이 정말 좋아요."
    _has_the_printed_shape(message)


def _has_the_printed_shape(message: AIMessage) -> None:
    assert message.additional_kwargs.keys() >= {"refusal"}
    printed = {"token_usage", "model_name", "system_fingerprint", "id", "service_tier", "finish_reason", "logprobs"}
    assert message.response_metadata.keys() >= printed
    assert message.response_metadata["model_name"] == "HCX-005"
    assert message.response_metadata["system_fingerprint"] is message.response_metadata["logprobs"] is None
    usage = message.response_metadata["token_usage"]
    assert usage["completion_tokens_details"] is usage["prompt_tokens_details"] is None
    assert usage["prompt_tokens"] + usage["completion_tokens"] == usage["total_tokens"]
    assert message.usage_metadata == {
        "input_tokens": usage["prompt_tokens"],
        "output_tokens": usage["completion_tokens"],
        "total_tokens": usage["total_tokens"],
        "input_token_details": {},
        "output_token_details": {},
    }


def test_streaming(clovax_simulator: LoopbackSimulator, capsys: pytest.CaptureFixture[str]) -> None:
    """Piece by piece, behind a prompt."""
    with clovax_simulator.using(script("'Hi'는 '안녕하세요'라고 합니다.")):
        run(INSTANTIATION, STREAMING)

    assert capsys.readouterr().out == "'Hi'는 '안녕하세요'라고 합니다."
    assert clovax_simulator.requests[-1].stream


def test_batch_and_async() -> None:
    """The page names batching, streaming and their asynchronous siblings as supported."""
    chat = run(INSTANTIATION)["chat"]

    async def ask() -> list[str]:
        pieces = [chunk.text async for chunk in chat.astream("안녕하세요")]
        batch = await chat.abatch(["안녕하세요", "안녕하세요"])
        return [(await chat.ainvoke("안녕하세요")).text, "".join(pieces), *(message.text for message in batch)]

    texts = [*asyncio.run(ask()), *(message.text for message in chat.batch(["안녕하세요"]))]
    assert len(texts) == 5
    assert set(texts) == {chat.invoke("안녕하세요").text}


def test_tool_calling() -> None:
    """`tool_calls` has LangChain's form, beside the raw call that OpenAI's clients know."""
    message = run(TOOLS)["ai_msg"]
    (call,) = message.tool_calls
    (raw,) = message.additional_kwargs["tool_calls"]

    assert message.content == ""
    assert call == {"name": "GetWeather", "args": call["args"], "id": raw["id"], "type": "tool_call"}
    assert call["args"].keys() == {"location"}
    assert (raw["type"], raw["function"]["name"]) == ("function", "GetWeather")
    assert isinstance(raw["function"]["arguments"], str)
    assert message.response_metadata["finish_reason"] == "tool_calls"


ANSWER = '{"temp_high_c": 30, "temp_low_c": 20, "condition": "sunny", "precipitation_percent": null}'


def test_structured_output(clovax_simulator: LoopbackSimulator) -> None:
    """An instance of the class, its optional field None."""
    with clovax_simulator.using(script(ANSWER)):
        names = run(STRUCTURED)

    assert names["ai_msg"] == names["Weather"](temp_high_c=30, temp_low_c=20, condition="sunny")
    assert names["ai_msg"].precipitation_percent is None


class WeatherDict(TypedDict, total=False):
    """Virtual weather info to tell user."""

    condition: str
    precipitation_percent: int | None


SCHEMA = {
    "title": "Weather",
    "description": "Virtual weather info to tell user.",
    "type": "object",
    "properties": {"condition": {"type": "string"}, "precipitation_percent": {"type": ["integer", "null"]}},
    "required": ["condition"],
}


@pytest.mark.parametrize("api", ["openai", "native"])
@pytest.mark.parametrize("form", [WeatherDict, SCHEMA], ids=["TypedDict", "JSON Schema"])
@pytest.mark.parametrize("answer", ['{"condition": "맑음"}', '{"condition": "맑음", "precipitation_percent": null}'])
def test_structured_output_as_a_dictionary(
    clovax_simulator: LoopbackSimulator, api: Any, form: Any, answer: str
) -> None:
    """A TypedDict or a JSON schema gives dictionaries; what is optional may be null or missing."""
    chat = ChatClovaX(model="HCX-007", thinking={"effort": "none"}, api=api)
    with clovax_simulator.using(script(answer, answer)):
        plain = chat.with_structured_output(form, method="json_schema").invoke("?")
        raw = chat.with_structured_output(form, method="json_schema", include_raw=True).invoke("?")

    assert plain["condition"] == "맑음"
    assert plain.get("precipitation_percent") is None
    assert (raw["raw"].text, raw["parsed"], raw["parsing_error"]) == (answer, plain, None)


def test_thinking(clovax_simulator: LoopbackSimulator, capsys: pytest.CaptureFixture[str]) -> None:
    """The answer, and the thoughts that led to it."""
    with clovax_simulator.using(script(BrainReply("27", thinking="3 times 3 is 9, times 3 is 27."))):
        run(THINKING)

    assert capsys.readouterr().out == "27\n3 times 3 is 9, times 3 is 27.\n"


@pytest.mark.parametrize("api", ["openai", "native"])
@pytest.mark.parametrize("effort", ["none", "low", "medium", "high", None])
def test_thinking_has_a_depth(clovax_simulator: LoopbackSimulator, api: Any, effort: str | None) -> None:
    """It is on by default, and off with "none"."""
    thinking = {"effort": effort} if effort else None
    replies = [BrainReply("27", thinking="" if effort == "none" else "27이다")] * 2
    with clovax_simulator.using(script(*replies)):
        chat = ChatClovaX(model="HCX-007", thinking=thinking, api=api)
        message, streamed = chat.invoke("3^3?"), _merged(chat.stream("3^3?"))

    expected = None if effort == "none" else "27이다"
    assert message.additional_kwargs.get("thinking_content") == expected
    assert streamed.additional_kwargs.get("thinking_content") == expected


def _merged(chunks: Any) -> Any:
    merged = next(chunks)
    for chunk in chunks:
        merged += chunk
    return merged


def test_fine_tuned_models() -> None:
    """Asked by the id of the task; the answer names the model beneath."""
    message = run(INSTANTIATION, INVOCATION, TUNED)["ai_msg"]
    assert message.text
    _has_the_printed_shape(message)


class Tracer(BaseCallbackHandler):
    """Keeps what LangSmith would show of a call."""

    metadata: dict[str, Any]

    def on_chat_model_start(self, *_: Any, metadata: dict[str, Any], **__: Any) -> None:
        """Keep it."""
        self.metadata = metadata


@pytest.mark.parametrize("way", ["invoke", "stream"])
def test_traces_name_provider_and_settings(way: str) -> None:
    """LangSmith groups and prices calls by these."""
    tracer = Tracer()
    chat = ChatClovaX(model="HCX-005", temperature=0.5, max_tokens=100)
    found = getattr(chat, way)("안녕", {"callbacks": [tracer]}, stop=["끝"])
    assert [part.text for part in ([found] if way == "invoke" else found)]

    assert {name: value for name, value in tracer.metadata.items() if name.startswith("ls_")} == {
        "ls_provider": "naver",
        "ls_model_type": "chat",
        "ls_model_name": "HCX-005",
        "ls_temperature": 0.5,
        "ls_max_tokens": 100,
        "ls_stop": ["끝"],
        "ls_integration": "langchain_chat_model",
    }


class GetWeather(BaseModel):
    """Get the current weather in a given location."""

    location: str


SENT: dict[str, tuple[str, dict[str, Any], int]] = {
    "plain": ("HCX-005", {}, 512),
    "with tools": ("HCX-005", {"tools": True}, 1024),
    "not thinking": ("HCX-007", {"thinking": {"effort": "none"}}, 512),
    "thinking by default": ("HCX-007", {}, 5120),
    "thinking a little": ("HCX-007", {"thinking": {"effort": "low"}}, 5120),
    "thinking more": ("HCX-007", {"thinking": {"effort": "medium"}}, 10_240),
    "thinking most": ("HCX-007", {"thinking": {"effort": "high"}}, 20_480),
    "tools instead of thinking": ("HCX-007", {"tools": True}, 1024),
}


@pytest.mark.parametrize("api", ["openai", "native"])
@pytest.mark.parametrize("case", SENT)
def test_what_is_sent_where_max_tokens_is_none(clovax_simulator: LoopbackSimulator, api: Any, case: str) -> None:
    """A cap always is: the service's own, or what a feature needs."""
    model, options, cap = SENT[case]
    options = dict(options)
    chat: Any = ChatClovaX(model=model, api=api, max_tokens=None)
    if options.pop("tools", False):
        chat = chat.bind_tools([GetWeather])
    chat.invoke("안녕하세요", **options)

    assert clovax_simulator.requests[-1].cap == cap
