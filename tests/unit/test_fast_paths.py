"""Calls that nobody listens to take a shorter way, and give the same: what each finds is compared with the long one."""

import asyncio
import inspect
import pickle
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from langchain_core.caches import InMemoryCache
from langchain_core.callbacks import BaseCallbackHandler, CallbackManager
from langchain_core.globals import set_debug, set_llm_cache
from langchain_core.language_models import chat_models
from langchain_core.messages import BaseMessage
from langchain_core.messages.tool import tool_call_chunk
from langchain_core.rate_limiters import InMemoryRateLimiter
from langchain_core.runnables import RunnableConfig
from langchain_core.tools import tool
from langchain_core.tracers.context import collect_runs, tracing_v2_enabled

from clovax_agents import ChatClovaX, fast_paths, replies, tool_schemas
from clovax_agents.errors import ServiceError
from clovax_agents.replies import ClovaXMessageChunk
from clovax_agents.simulator import BrainReply, FaultPlan, ScriptBrain, ScriptStep, ToolCall
from clovax_agents.testing import LoopbackSimulator
from clovax_agents.tool_schemas import schema_of

TOOL = {"name": "get_weather", "description": "날씨", "parameters": {"type": "object", "properties": {}}}
REPLIES = {
    "text": BrainReply("오늘은 맑습니다. " * 5),
    "calls": BrainReply("", tool_calls=(ToolCall("get_weather", {"city": "서울"}), ToolCall("get_weather", {}))),
    "cut": BrainReply("여기까", finish_reason="length"),
}


@pytest.fixture(params=["openai", "native"])
def chat(clovax_simulator: LoopbackSimulator, request: pytest.FixtureRequest) -> ChatClovaX:
    """Give a model for each API."""
    del clovax_simulator  # only has to run
    return ChatClovaX(api=request.param, max_retries=0)


def view(message: BaseMessage) -> tuple[type, dict[str, Any]]:
    """Return all that a message says, with ids replaced by their form."""
    fields = message.model_dump()
    fields["id"] = str(fields["id"])[:9], len(str(fields["id"]))
    for name in ("tool_calls", "tool_call_chunks"):
        for call in fields.get(name, []):
            call["id"] = bool(call["id"])
    for call in fields["additional_kwargs"].get("tool_calls", []):
        call["id"] = bool(call["id"])
    fields["response_metadata"].pop("request_id", None)
    fields["response_metadata"].pop("id", None)
    fields["response_metadata"].pop("created", None)
    return type(message), fields


async def _alist(messages: Any) -> list[BaseMessage]:
    return [message async for message in messages]


WAYS: dict[str, Callable[..., list[BaseMessage]]] = {
    "invoke": lambda chat, **kwargs: [chat.invoke("안녕", **kwargs)],
    "ainvoke": lambda chat, **kwargs: [asyncio.run(chat.ainvoke("안녕", **kwargs))],
    "stream": lambda chat, **kwargs: list(chat.stream("안녕", **kwargs)),
    "astream": lambda chat, **kwargs: asyncio.run(_alist(chat.astream("안녕", **kwargs))),
}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("reply", REPLIES)
def test_the_short_way_gives_what_the_long_one_gives(
    clovax_simulator: LoopbackSimulator, chat: ChatClovaX, monkeypatch: pytest.MonkeyPatch, way: str, reply: str
) -> None:
    """Message by message, field by field; the long way is the one with the switch turned off."""
    found = []
    for switch in ("1", "0"):
        monkeypatch.setenv("CLOVAX_FAST_PATHS", switch)
        with clovax_simulator.using(ScriptBrain([ScriptStep(REPLIES[reply])])):
            found.append([view(message) for message in WAYS[way](chat, tools=[TOOL], stop=["끝"], seed=7)])

    assert found[0] == found[1]


class Listener(BaseCallbackHandler):
    """Counts what it hears."""

    def __init__(self) -> None:
        """Hear nothing yet."""
        self.heard = 0

    def on_chat_model_start(self, *_: Any, **__: Any) -> None:
        """Hear that a call begins."""
        self.heard += 1


@pytest.mark.parametrize("way", WAYS)
def test_a_listener_always_hears(chat: ChatClovaX, way: str) -> None:
    """In the configuration, as a manager, or of the model itself; and a manager with nobody in it is nobody."""
    listener = Listener()
    WAYS[way](chat, config={"callbacks": [listener]})
    WAYS[way](chat, config={"callbacks": CallbackManager([listener])})
    WAYS[way](chat.model_copy(update={"callbacks": [listener]}))
    WAYS[way](chat, config={"callbacks": CallbackManager([])})

    assert listener.heard == 3


def observed(chat: ChatClovaX, config: RunnableConfig | None = None) -> bool:
    """Tell which way a call would take."""
    return not fast_paths.unobserved(chat, config)


@pytest.fixture
def _globals() -> Iterator[None]:
    yield
    set_debug(False)
    set_llm_cache(None)


@pytest.mark.usefixtures("_globals")
def test_everything_that_wants_to_hear_or_act_is_noticed(chat: ChatClovaX, monkeypatch: pytest.MonkeyPatch) -> None:
    """Tracing, debugging, caches, limiters, run ids, blocks as content."""
    assert not observed(chat)
    assert observed(chat, {"run_id": "00000000-0000-0000-0000-000000000000"})  # type: ignore[typeddict-item]
    for change in (
        {"rate_limiter": InMemoryRateLimiter()},
        {"cache": InMemoryCache()},
        {"verbose": True},
        {"output_version": "v1"},
        {"disable_streaming": True},
    ):
        assert observed(chat.model_copy(update=change)), change
    with collect_runs():
        assert observed(chat)
    set_debug(True)
    assert observed(chat)
    set_debug(False)
    set_llm_cache(InMemoryCache())
    assert observed(chat)
    assert not observed(chat.model_copy(update={"cache": False}))
    set_llm_cache(None)
    monkeypatch.setenv("LANGCHAIN_HANDLER", "1")
    assert observed(chat)


def test_a_tracer_is_noticed(chat: ChatClovaX, monkeypatch: pytest.MonkeyPatch) -> None:
    """LangSmith's, by its context."""
    monkeypatch.setenv("LANGSMITH_API_KEY", "none")
    with tracing_v2_enabled():
        assert observed(chat)


def test_errors_are_the_same(clovax_simulator: LoopbackSimulator, chat: ChatClovaX, monkeypatch: Any) -> None:
    """What fails on one way fails on the other, with the same words."""
    said = []
    for switch in ("1", "0"):
        monkeypatch.setenv("CLOVAX_FAST_PATHS", switch)
        with (
            clovax_simulator.using(faults=FaultPlan.parse("error; code=42901")),
            pytest.raises(ServiceError) as caught,
        ):
            chat.invoke("안녕")
        said.append(caught.value.message)
    assert said[0] == said[1]


def test_langchain_is_still_what_the_short_way_was_made_for() -> None:
    """A new version that does something else with a call shows here; then compare `fast_paths` with it again."""
    source = inspect.getsource(chat_models.BaseChatModel)
    for name in ("_get_ls_params_with_defaults", "_normalize_messages", "_gen_info_and_msg_metadata", "get_llm_cache"):
        assert name in source
    assert [name for name in fast_paths._FOR_TRACES if f'"{name}"' not in source] == []
    assert chat_models.LC_ID_PREFIX == "lc_run-"
    expected = ["input", "config", "stop", "kwargs"]
    for name in ("invoke", "ainvoke", "stream", "astream"):
        assert list(inspect.signature(getattr(chat_models.BaseChatModel, name)).parameters)[1:] == expected


def test_a_tool_is_read_once_until_it_changes() -> None:
    """Binding it again costs nothing; a new description is seen."""

    @tool
    def weather(city: str) -> str:
        """날씨를 알려줍니다."""
        return city

    first = schema_of(weather)
    assert schema_of(weather) is first
    weather.description = "다른 설명"
    assert schema_of(weather)["function"]["description"] == "다른 설명"


def test_schemas_of_tools_that_are_gone_are_forgotten() -> None:
    """A program that makes tools for each request does not grow."""

    def made(number: int) -> Callable[[str], str]:
        def act(text: str) -> str:
            """Do something."""
            return text * number

        return act

    before = len(tool_schemas._known)
    for number in range(50):
        schema_of(made(number))
    assert len(tool_schemas._known) <= before + 1


def test_an_unchecked_chunk_is_what_a_checked_one_is() -> None:
    """In its fields, in what was set, in how it merges and prints; and it shares nothing with the next."""
    text, calls = replies._makers(True)  # noqa: FBT003
    piece = tool_call_chunk(id="1", name="a", args='{"x"', index=0)
    for fields in (
        {"content": "안녕", "additional_kwargs": {}, "tool_call_chunks": []},
        {"content": "", "additional_kwargs": {"thinking_content": "음"}, "tool_call_chunks": []},
        {"content": "", "additional_kwargs": {}, "tool_call_chunks": [piece]},
    ):
        make = calls if fields["tool_call_chunks"] else text
        quick, checked = make(**fields), ClovaXMessageChunk(**fields)
        assert quick == checked
        assert quick.model_dump() == checked.model_dump()
        assert quick.__pydantic_fields_set__ == checked.__pydantic_fields_set__
        assert repr(quick) == repr(checked)
        assert quick + quick == checked + checked
        assert pickle.loads(pickle.dumps(quick)) == checked  # noqa: S301  # our own
    first, second = text(content="a"), text(content="b")
    first.response_metadata["a"] = 1
    assert second.response_metadata == {}
