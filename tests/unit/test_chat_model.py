"""ChatClovaX over real loopback HTTP against the simulator: doors, settings, secrets, errors."""

import logging
import pickle
import socket
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from langchain_core.messages import AIMessage
from langchain_core.prompts import ChatPromptTemplate
from langchain_core.tools import tool as langchain_tool
from pydantic import BaseModel, Field

from clovax_agents import ChatClovaX
from clovax_agents.errors import (
    AuthenticationError,
    CallTimeoutError,
    ClovaXError,
    ConfigurationError,
    ConnectionFailedError,
    RequestError,
)
from clovax_agents.limits import _warn_of_floor
from clovax_agents.simulator import BrainReply, ChatRequest, SimulatorServer, ToolCall

CANARY = "nv-canary-7f3a9b"


class GetWeather(BaseModel):
    """주어진 위치의 현재 날씨를 알려 줍니다."""

    location: str = Field(description="도시와 구, 예: 성남시 분당구")


class _Echo:
    """Remembers requests and answers with what it was asked, after a delay where one is set."""

    def __init__(self) -> None:
        self.seen: list[ChatRequest] = []
        self.delay = 0.0

    def reply(self, request: ChatRequest) -> BrainReply:
        self.seen.append(request)
        if request.tools and request.tool_choice != "none":
            return BrainReply(tool_calls=(ToolCall(request.tools[0].name, {"location": "분당구"}),))
        thinking = "생각" if request.effort != "none" else ""
        return BrainReply(f"답: {request.question}", thinking=thinking, delay=self.delay)


@pytest.fixture
def echo() -> _Echo:
    """Return the brain of the test's simulator."""
    return _Echo()


@pytest.fixture
def chat(echo: _Echo, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., ChatClovaX]]:
    """Return ChatClovaX, with the environment pointing at a simulator."""
    with SimulatorServer(brain=echo) as server:
        monkeypatch.setenv("CLOVASTUDIO_API_KEY", CANARY)
        monkeypatch.setenv("CLOVASTUDIO_API_BASE_URL", server.base_url)
        yield ChatClovaX


async def test_all_six_ways_to_call_give_the_same_answer(chat: Callable[..., ChatClovaX]) -> None:
    """invoke, ainvoke, stream, astream, batch and abatch."""
    model = chat(model="HCX-005", temperature=0.5, max_tokens=None, timeout=None, max_retries=2)
    expected = "답: 안녕"
    assert model.invoke("안녕").content == expected
    assert (await model.ainvoke("안녕")).content == expected
    assert "".join(str(chunk.content) for chunk in model.stream("안녕")) == expected
    assert "".join([str(chunk.content) async for chunk in model.astream("안녕")]) == expected
    assert [message.content for message in model.batch(["안녕", "잘 가"])] == [expected, "답: 잘 가"]
    assert [message.content for message in await model.abatch(["안녕", "잘 가"])] == [expected, "답: 잘 가"]


def test_it_works_behind_a_prompt(chat: Callable[..., ChatClovaX], echo: _Echo) -> None:
    """Prompt | chat streams, with the system message in front."""
    prompt = ChatPromptTemplate.from_messages([("system", "번역해줘"), ("human", "{text}")])
    pieces = [str(chunk.content) for chunk in (prompt | chat()).stream({"text": "hi"})]
    assert "".join(pieces) == "답: hi"
    assert len(pieces) > 2
    assert [message.role for message in echo.seen[0].messages] == ["system", "user"]


def _function(location: str) -> str:
    """Tell the weather.

    Args:
        location: where
    """
    return location


TOOL_FORMS = [
    GetWeather,
    {"name": "get_weather", "description": "Tell the weather.", "parameters": {"type": "object", "properties": {}}},
    {"type": "function", "function": {"name": "get_weather", "description": "Tell.", "parameters": {"type": "object"}}},
    langchain_tool(_function),
    _function,
]


@pytest.mark.parametrize("form", TOOL_FORMS, ids=["pydantic", "schema", "openai", "langchain", "function"])
def test_tools_may_come_in_every_documented_form(chat: Callable[..., ChatClovaX], form: Any) -> None:
    """Pydantic classes, dict schemas, LangChain tools and plain functions."""
    message = chat(max_tokens=1024).bind_tools([form]).invoke("분당구 날씨?")
    (call,) = message.tool_calls
    assert call["args"] == {"location": "분당구"}
    assert message.additional_kwargs["tool_calls"][0]["function"]["arguments"] == '{"location":"분당구"}'
    assert message.response_metadata["finish_reason"] == "tool_calls"


DOORS: dict[str, Callable[[Callable[..., ChatClovaX]], Any]] = {
    "constructor": lambda chat: chat(max_tokens=77).bind_tools([GetWeather]).invoke("?"),
    "bind_tools": lambda chat: chat().bind_tools([GetWeather], max_tokens=77).invoke("?"),
    "bind": lambda chat: chat().bind_tools([GetWeather]).bind(max_tokens=77).invoke("?"),
    "bind, other name": lambda chat: chat().bind_tools([GetWeather]).bind(max_completion_tokens=77).invoke("?"),
    "per call": lambda chat: chat().bind_tools([GetWeather]).invoke("?", max_tokens=77),
    "per streamed call": lambda chat: list(chat().bind_tools([GetWeather]).stream("?", max_tokens=77)),
    "tools in bind": lambda chat: chat(max_tokens=77).bind(tools=TOOL_FORMS[2:3]).invoke("?"),
    "tools per call": lambda chat: chat(max_tokens=77).invoke("?", tools=TOOL_FORMS[2:3]),
    "structured output": lambda chat: chat(max_tokens=77).with_structured_output(GetWeather).invoke("?"),
}


@pytest.mark.parametrize("door", DOORS)
def test_the_floor_holds_at_every_door(chat: Callable[..., ChatClovaX], echo: _Echo, door: str) -> None:
    """However 77 was asked for, 1024 goes over the wire (promise 2); the graph's context has a test of its own."""
    _warn_of_floor.cache_clear()
    with pytest.warns(UserWarning, match="max_tokens=77 was raised to 1024"):
        DOORS[door](chat)
    assert [request.cap for request in echo.seen] == [1024]


def test_thinking_is_beside_the_answer(chat: Callable[..., ChatClovaX]) -> None:
    """HCX-007 thinks by default; the thoughts are in the documented place, streamed or not."""
    model = chat(model="HCX-007", thinking={"effort": "low"})
    assert model.invoke("3^3?").additional_kwargs["thinking_content"] == "생각"
    chunks = list(model.stream("3^3?"))
    assert "".join(chunk.additional_kwargs.get("thinking_content", "") for chunk in chunks) == "생각"
    assert "".join(str(chunk.content) for chunk in chunks) == "답: 3^3?"


def test_settings_travel_and_a_call_overrides_them(chat: Callable[..., ChatClovaX], echo: _Echo) -> None:
    """What the constructor sets is sent; what a call sets wins."""
    model = chat(model="HCX-DASH-002", max_tokens=100, seed=7, stop=["끝"], top_k=3, top_p=0.5, repetition_penalty=1.2)
    model.invoke("안녕")
    model.invoke("안녕", stop=["그만"], seed=8, max_tokens=50)
    first, second = echo.seen
    assert (first.model, first.cap, first.seed, first.stop) == ("HCX-DASH-002", 100, 7, ("끝",))
    assert (second.cap, second.seed, second.stop) == (50, 8, ("그만",))


@pytest.mark.parametrize("option", ["logprobs", "n", "frequency_penalty", "user", "store", "temprature"])
def test_an_option_that_does_not_exist_is_refused_by_name(chat: Callable[..., ChatClovaX], option: str) -> None:
    """Nothing is sent that the service refuses, and no typing error is swallowed."""
    with pytest.raises(ConfigurationError, match=option):
        chat().invoke("안녕", **{option: 2})
    with pytest.raises(ConfigurationError, match="parallel_tool_calls"):
        chat().invoke("안녕", parallel_tool_calls=False)


@pytest.mark.parametrize(
    "settings", [{"temperature": 1.1}, {"top_p": 0}, {"top_k": 129}, {"max_tokens": 0}, {"tempo": 2}]
)
def test_a_setting_out_of_range_is_refused(chat: Callable[..., ChatClovaX], settings: dict[str, Any]) -> None:
    """Ranges are the service's."""
    with pytest.raises(ValueError, match=next(iter(settings))):
        chat(**settings)


def test_without_a_key_the_error_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither a key nor a simulator: one sentence, before anything is sent."""
    monkeypatch.delenv("CLOVASTUDIO_API_KEY", raising=False)
    with pytest.raises(ConfigurationError, match=r"CLOVASTUDIO_API_KEY.*clovax simulate"):
        ChatClovaX()


@pytest.mark.parametrize("url", ["", " ", "clovastudio", "ftp://x.kr", "http://"])
def test_an_address_that_is_none_is_refused(url: str) -> None:
    """A wrong base URL is found before anything is sent; an empty one means the default."""
    if not url:
        assert ChatClovaX(api_key=CANARY, base_url=url).base_url
        return
    with pytest.raises(ConfigurationError, match="not a web address"):
        ChatClovaX(api_key=CANARY, base_url=url)


def test_the_key_is_never_sent_in_the_clear() -> None:
    """Plain http goes to this machine only."""
    with pytest.raises(ConfigurationError, match="in the clear"):
        ChatClovaX(api_key=CANARY, base_url="http://clovastudio.stream.ntruss.com/v1/openai")


async def test_nobody_listening_is_one_typed_error() -> None:
    """A wrong port: host and cause are named, after the attempts that were allowed."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    model = ChatClovaX(api_key=CANARY, base_url=f"http://127.0.0.1:{port}/v1/openai", max_retries=1)
    for call in (lambda: model.invoke("안녕"), lambda: next(model.stream("안녕"))):
        with pytest.raises(ConnectionFailedError, match=f"127.0.0.1:{port}.*base_url") as caught:
            call()
        assert caught.value.facts.attempts == 2
    with pytest.raises(ConnectionFailedError, match=f"127.0.0.1:{port}"):
        await model.ainvoke("안녕")


async def test_a_silent_server_ends_at_the_deadline(chat: Callable[..., ChatClovaX], echo: _Echo) -> None:
    """No call waits for ever (promise 10)."""
    echo.delay = 20
    model = chat(timeout=0.3, max_retries=0)
    with pytest.raises(CallTimeoutError, match=r"0\.3 s"):
        model.invoke("안녕")
    with pytest.raises(CallTimeoutError):
        await model.ainvoke("안녕")


def test_refusals_of_the_service_are_typed(chat: Callable[..., ChatClovaX]) -> None:
    """Code, status and our request id are on the error."""
    with pytest.raises(RequestError) as caught:
        chat(model="HCX-900").invoke("안녕")
    assert (caught.value.facts.code, caught.value.facts.status) == ("40080", 400)
    assert (caught.value.facts.request_id or "").startswith("clovax-")
    with pytest.raises(AuthenticationError):
        chat(api_key="wrong").invoke("안녕")


def test_the_key_is_nowhere_to_be_seen(chat: Callable[..., ChatClovaX], caplog: pytest.LogCaptureFixture) -> None:
    """Not in repr, dump, pickled errors, or anything that hangs on an error (promise 11)."""
    caplog.set_level(logging.DEBUG)
    model = chat(model="HCX-900")
    seen = [repr(model), str(model), str(model.model_dump()), str(model._identifying_params)]
    with pytest.raises(ClovaXError) as caught:
        model.invoke("안녕")
    chain: list[BaseException] = [caught.value]
    while following := chain[-1].__cause__ or chain[-1].__context__:
        chain.append(following)
    seen += [repr(link) + str(vars(link)) for link in chain] + [str(pickle.dumps(caught.value))]
    assert str(pickle.loads(pickle.dumps(caught.value))) == str(caught.value)  # noqa: S301
    seen += [record.getMessage() for record in caplog.records]
    assert len(seen) > 5
    assert not [text for text in seen if CANARY in text]


async def test_breaking_out_of_a_stream_is_clean(chat: Callable[..., ChatClovaX]) -> None:
    """Neither a warning nor an unclosed connection is left behind."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for chunk in chat().stream("안녕"):
            assert chunk.content
            break
        async for chunk in chat().astream("안녕"):
            assert chunk.content
            break
        assert isinstance(await chat().ainvoke("안녕"), AIMessage)


def test_tracing_parameters_name_the_provider(chat: Callable[..., ChatClovaX]) -> None:
    """LangSmith shows provider, model, temperature, cap and stops."""
    params = chat(temperature=0.1, max_tokens=9)._get_ls_params(stop=["끝"])
    assert params == {
        "ls_provider": "naver", "ls_model_type": "chat", "ls_model_name": "HCX-005", "ls_temperature": 0.1,
        "ls_max_tokens": 9, "ls_stop": ["끝"],
    }  # fmt: skip
