"""Calls that nobody listens to take a shorter way, and give the same: what each finds is compared with the long one."""

import asyncio
import inspect
import pickle
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any
from uuid import uuid4

import pytest
from langchain_core.caches import InMemoryCache
from langchain_core.callbacks import BaseCallbackHandler, CallbackManager
from langchain_core.globals import set_debug, set_llm_cache
from langchain_core.language_models import chat_models
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage
from langchain_core.messages.tool import tool_call_chunk
from langchain_core.outputs import LLMResult
from langchain_core.prompt_values import ChatPromptValue, StringPromptValue
from langchain_core.rate_limiters import InMemoryRateLimiter
from langchain_core.runnables import RunnableConfig
from langchain_core.runnables.config import ensure_config
from langchain_core.tracers.context import collect_runs, tracing_v2_enabled

from clovax_agents import ChatClovaX, fast_paths, replies
from clovax_agents.errors import ConfigurationError, ServiceError
from clovax_agents.replies import ClovaXMessageChunk
from clovax_agents.simulator import BrainReply, FaultPlan, ScriptBrain, ScriptStep, ToolCall
from clovax_agents.testing import LoopbackSimulator
from clovax_agents.unvalidated import allowed
from clovax_agents.wire.neutral import RawCall, Reply, Usage

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


@pytest.fixture(autouse=True)
def settled() -> Iterator[None]:
    """Leave nothing behind of what a test had in its environment."""
    yield
    forget()


def forget() -> None:
    """Have the environment looked at again."""
    allowed.cache_clear()
    fast_paths._has_old_tracers.cache_clear()


def turned(monkeypatch: pytest.MonkeyPatch, switch: str) -> None:
    """Turn the short ways on or off, as for a new process."""
    monkeypatch.setenv("CLOVAX_FAST_PATHS", switch)
    forget()


def view(message: BaseMessage) -> tuple[type, dict[str, Any]]:
    """Return all that a message says, with ids replaced by their form."""
    fields = message.model_dump()
    fields["id"] = str(fields["id"])[:8], len(str(fields["id"]))
    for name in ("tool_calls", "tool_call_chunks"):
        for call in fields.get(name, []):
            call["id"] = bool(call["id"])
    for call in fields["additional_kwargs"].get("tool_calls", []):
        call["id"] = bool(call["id"])
    for name in ("id", "seed"):
        fields["response_metadata"].pop(name, None)
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
        turned(monkeypatch, switch)
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


def way(chat: ChatClovaX, config: RunnableConfig | None = None, **options: Any) -> str:
    """Tell which way a call would take."""
    return fast_paths.way_of(chat, ensure_config(config), options)


@pytest.fixture
def _globals() -> Iterator[None]:
    yield
    set_debug(False)
    set_llm_cache(None)


@pytest.mark.usefixtures("_globals")
def test_everything_that_wants_to_hear_or_act_is_noticed(chat: ChatClovaX, monkeypatch: pytest.MonkeyPatch) -> None:
    """Tracing, debugging, caches, limiters, run ids, blocks as content."""
    assert way(chat) == "alone"
    assert way(chat, {"run_id": "00000000-0000-0000-0000-000000000000"}) == "heard"  # type: ignore[typeddict-item]
    for change in (
        {"rate_limiter": InMemoryRateLimiter()},
        {"cache": InMemoryCache()},
        {"verbose": True},
        {"output_version": "v1"},
        {"disable_streaming": True},
    ):
        assert way(chat.model_copy(update=change)) == "langchain", change
    with collect_runs():
        assert way(chat) == "langchain"
    set_debug(True)
    assert way(chat) == "langchain"
    set_debug(False)
    set_llm_cache(InMemoryCache())
    assert way(chat) == "langchain"
    assert way(chat.model_copy(update={"cache": False})) == "alone"
    set_llm_cache(None)
    monkeypatch.setenv("LANGCHAIN_HANDLER", "1")
    forget()
    assert way(chat) == "langchain"


def test_a_tracer_is_noticed(chat: ChatClovaX, monkeypatch: pytest.MonkeyPatch) -> None:
    """LangSmith's, by its context."""
    monkeypatch.setenv("LANGSMITH_API_KEY", "none")
    with tracing_v2_enabled():
        assert way(chat) == "langchain"


class Diary(BaseCallbackHandler):
    """Writes down everything that it is told, with ids by the order in which they came up."""

    def __init__(self, *, inline: bool) -> None:
        """Know nothing yet."""
        self.run_inline = inline
        self.entries: list[Any] = []
        self._ids: dict[object, int] = {}

    def __repr__(self) -> str:
        """Look the same in every trace."""
        return "Diary()"

    def _write(self, event: str, *args: Any, **kwargs: Any) -> None:
        for name in ("run_id", "parent_run_id"):
            kwargs[name] = kwargs.get(name) and self._ids.setdefault(kwargs[name], len(self._ids))
        self.entries.append((event, [self._plain(arg) for arg in args], kwargs))

    def _plain(self, value: Any) -> Any:
        if isinstance(value, LLMResult):
            messages = [part.message for parts in value.generations for part in parts]  # type: ignore[union-attr]
            return [view(message) for message in messages], value.llm_output, value.run
        if isinstance(value, BaseException):
            return type(value), str(value).split(" (")[0]
        return value

    def on_chat_model_start(self, *args: Any, **kwargs: Any) -> None:
        """Write down that a call begins."""
        self._write("start", *args, **kwargs)

    def on_llm_end(self, *args: Any, **kwargs: Any) -> None:
        """Write down its answer."""
        self._write("end", *args, **kwargs)

    def on_llm_error(self, *args: Any, **kwargs: Any) -> None:
        """Write down its failure."""
        self._write("error", *args, **kwargs)

    def on_llm_new_token(self, token: Any, **kwargs: Any) -> None:
        """Write down a piece."""
        self._write("piece", token, **{name: kwargs[name] for name in ("run_id", "parent_run_id")})


def diaries(chat: ChatClovaX, name: str, options: dict[str, Any]) -> list[Any]:
    """Return what handlers of all kinds are told of a call that has a parent, tags, metadata and a name."""
    found = []
    for inline in (True, False):
        diary = Diary(inline=inline)
        manager = CallbackManager([], inheritable_handlers=[diary], parent_run_id=uuid4(), tags=["a"])
        manager.add_handler(diary)
        config = {"tags": ["b"], "metadata": {"c": 1}, "run_name": "named", "run_id": uuid4(), "callbacks": [diary]}
        local = ChatClovaX(api=chat.api, max_retries=0, callbacks=[diary], tags=["local"], metadata={"d": 2})
        for model, given in ((chat, config), (chat, {"callbacks": manager}), (local, {})):
            with suppress(ServiceError, ConfigurationError):
                WAYS[name](model, config=dict(given), **options)
        found.append(diary.entries)
    return found


OPTIONS: dict[str, dict[str, Any]] = {
    "plain": {},
    "all": {"tools": [TOOL], "stop": ["끝"], "seed": 7, "temperature": 0.1, "max_tokens": 1500},
    "refused": {"thinking": {"effort": "high"}},
}


@pytest.mark.parametrize("name", WAYS)
@pytest.mark.parametrize("options", OPTIONS)
@pytest.mark.parametrize("fault", ["", "error; code=40009; times=99"])
@pytest.mark.soak(every=3)
def test_handlers_are_told_the_same_either_way(
    clovax_simulator: LoopbackSimulator,
    chat: ChatClovaX,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    options: str,
    fault: str,
) -> None:
    """Every event with all its arguments, of answers, of failures of the service and of refused settings."""
    told = []
    for switch in ("1", "0"):
        turned(monkeypatch, switch)
        with clovax_simulator.using(faults=FaultPlan.parse(fault) if fault else None):
            told.append(diaries(chat, name, OPTIONS[options]))

    assert told[0] == told[1]
    assert [entry[0] for entry in told[0][0]].count("start") == 3


async def test_a_cancelled_call_is_told_of_as_langchain_does(chat: ChatClovaX, monkeypatch: pytest.MonkeyPatch) -> None:
    """It begins, and nothing follows."""
    told = []
    for switch in ("1", "0"):
        turned(monkeypatch, switch)
        diary = Diary(inline=True)
        task = asyncio.create_task(chat.ainvoke("안녕", {"callbacks": [diary]}))
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        told.append([entry[0] for entry in diary.entries])
    assert told == [["start"], ["start"]]


def test_a_handler_that_wants_pieces_gets_them(chat: ChatClovaX) -> None:
    """LangChain streams for it, as LangGraph's stream_mode="messages" needs."""

    class Pieces(Diary):
        def tap_output_iter(self, *_: Any) -> Any: ...
        def tap_output_aiter(self, *_: Any) -> Any: ...

    diary = Pieces(inline=True)
    assert way(chat, {"callbacks": [diary]}) == "langchain"
    chat.invoke("안녕하세요", {"callbacks": [diary]})
    assert [entry[0] for entry in diary.entries].count("piece") > 1
    assert way(chat, {"callbacks": [Diary(inline=True)]}, stream=True) == "langchain"
    assert way(chat, {"callbacks": [Diary(inline=True)]}, ls_structured_output_format={}) == "langchain"


def test_an_unchecked_answer_is_what_a_checked_one_is(monkeypatch: pytest.MonkeyPatch) -> None:
    """In its fields, in what was set, in how it prints and is pickled."""
    calls = [RawCall("1", "a", '{"x": 1}'), RawCall("2", "b", '{"x"'), RawCall("", "c", "{}")]
    monkeypatch.setattr(replies, "fresh_id", lambda: "call_fresh")
    for reply in (
        Reply("안녕", finish_reason="stop", usage=Usage(1, 2, 3), id="i", model="m", seed=4),
        Reply("", "음", calls, "tool_calls", Usage(1, 2, 3, 1), ai_filter=[{"score": "1"}]),
        Reply("여기까", calls=calls[:1], finish_reason="length"),
    ):
        made = []
        for switch in ("1", "0"):
            turned(monkeypatch, switch)
            made.append(replies.to_message(reply, "HCX-005", "run"))
        quick, checked = made
        assert quick == checked
        assert quick.model_dump() == checked.model_dump()
        assert quick.__pydantic_fields_set__ == checked.__pydantic_fields_set__
        assert repr(quick) == repr(checked)
        assert pickle.loads(pickle.dumps(quick)) == checked  # noqa: S301  # our own


def test_prompts_are_read_as_langchain_reads_them(chat: ChatClovaX) -> None:
    """Texts, messages, tuples, prompt values; and the list is the model's own."""
    messages = [HumanMessage("하나"), AIMessage("둘")]
    for prompt in (
        "하나",
        messages,
        [("human", "하나")],
        ChatPromptValue(messages=messages),
        StringPromptValue(text="x"),
    ):
        assert fast_paths.messages_of(chat, prompt) == chat._convert_input(prompt).to_messages()
    assert fast_paths.messages_of(chat, messages) is not messages


def test_another_langchain_takes_the_long_way(chat: ChatClovaX, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where a name is gone that the shorter ways need."""
    monkeypatch.setattr(fast_paths, "known", False)
    assert way(chat) == "langchain"
    assert chat.invoke("안녕하세요").text


def test_errors_are_the_same(clovax_simulator: LoopbackSimulator, chat: ChatClovaX, monkeypatch: Any) -> None:
    """What fails on one way fails on the other, with the same words."""
    said = []
    for switch in ("1", "0"):
        turned(monkeypatch, switch)
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
    assert fast_paths.known
    assert fast_paths._tracing() is not None
    assert [name for name in fast_paths._FOR_TRACES if f'"{name}"' not in source] == []
    assert chat_models.LC_ID_PREFIX == "lc_run-"
    expected = ["input", "config", "stop", "kwargs"]
    for name in ("invoke", "ainvoke", "stream", "astream"):
        assert list(inspect.signature(getattr(chat_models.BaseChatModel, name)).parameters)[1:] == expected


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
