"""S01: the key is nowhere but in the header of the request, whatever is printed, copied, logged, raised or recorded."""

import asyncio
import copy
import json
import logging
import pickle
import traceback
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any

import pytest
from langchain_core.load import dumpd, dumps
from langchain_core.tracers import BaseTracer
from langchain_core.tracers.schemas import Run
from rawserver import Peer, StartRaw, Way, answer, http, says

from clovax_agents import ChatClovaX, ClovaXEmbeddings
from clovax_agents.errors import ConfigurationError, ServiceError
from clovax_agents.simulator import FaultPlan
from clovax_agents.testing import LoopbackSimulator

CANARY = "nv-canary-7f3a9c1e5b2d"
TOOL = {"name": "get_weather", "description": "날씨", "parameters": {"type": "object", "properties": {}}}
CASSETTES = Path(__file__).parents[2] / "cassettes"


@pytest.fixture(params=["openai", "native"])
def chat(clovax_simulator: LoopbackSimulator, request: pytest.FixtureRequest) -> ChatClovaX:
    """Give a model with the canary as its key."""
    del clovax_simulator  # only has to run
    return ChatClovaX(api_key=CANARY, api=request.param, max_retries=1, default_headers={"X-Extra": CANARY + "-too"})


VIEWS: dict[str, Callable[[ChatClovaX], object]] = {
    "repr": repr,
    "str": str,
    "vars": lambda chat: repr(vars(chat)),
    "model_dump": lambda chat: repr(chat.model_dump()),
    "model_dump_json": lambda chat: chat.model_dump_json(),
    "langchain's dumps": dumps,
    "langchain's dumpd": lambda chat: repr(dumpd(chat)),
    "deepcopy": lambda chat: repr(vars(copy.deepcopy(chat))),
    "model_copy": lambda chat: repr(chat.model_copy(update={"temperature": 0.1})),
    "a bound model": lambda chat: repr(chat.bind_tools([TOOL])) + dumps(chat.bind_tools([TOOL])),
    "structured output": lambda chat: repr(chat.with_structured_output({"title": "t", "type": "object"})),
    "invocation parameters": lambda chat: repr(chat._get_invocation_params()),  # what tracers see
    "identifying parameters": lambda chat: repr(chat._identifying_params),  # the same
    "cache key": lambda chat: chat._get_llm_string(),  # what caches store
}


@pytest.mark.parametrize("view", VIEWS)
def test_s01_no_view_of_the_model_shows_it(chat: ChatClovaX, view: str) -> None:
    """However a model is looked at."""
    assert CANARY not in str(VIEWS[view](chat))


def test_s01_a_pickled_model_works_and_does_not_carry_it(chat: ChatClovaX, monkeypatch: pytest.MonkeyPatch) -> None:
    """The other process takes the key from its own environment."""
    data = pickle.dumps(chat)

    assert CANARY.encode() not in data
    monkeypatch.setenv("CLOVASTUDIO_API_KEY", "nv-of-the-other-process")
    assert pickle.loads(data).invoke("안녕하세요").text  # noqa: S301  # our own


def test_s01_a_deep_copy_works(chat: ChatClovaX) -> None:
    """It has the key, since it stays in the process."""
    assert copy.deepcopy(chat).invoke("안녕하세요").text


async def test_s01_no_log_shows_it(chat: ChatClovaX, caplog: pytest.LogCaptureFixture) -> None:
    """Everything at DEBUG, of every library."""
    with caplog.at_level(logging.DEBUG):
        for name in ("httpx", "httpcore", "aiohttp", "asyncio", "langchain", "clovax_agents"):
            logging.getLogger(name).setLevel(logging.DEBUG)
        chat.invoke("안녕하세요")
        await chat.ainvoke("안녕하세요")
        list(chat.stream("안녕하세요"))

    assert CANARY not in caplog.text


FAULTS = {
    "refused": "error; code=40100; status=401",
    "overloaded": "error; code=42901",
    "page": "html; status=502",
    "broken": "close",
    "reset": "reset; at_byte=5",
    "unreadable": "content_type; value=text/html, truncate",
    "cut": "end; at_byte=40",
}


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("streamed", [False, True])
@pytest.mark.soak(every=9)
async def test_s01_no_error_shows_it(
    chat: ChatClovaX, clovax_simulator: LoopbackSimulator, fault: str, *, streamed: bool
) -> None:
    """Neither text nor arguments, causes, contexts, pickles, nor the local variables of any frame."""
    chat.timeout = 5
    with clovax_simulator.using(faults=FaultPlan.parse(FAULTS[fault])):
        for ask in (_ask, _aask):
            try:
                await ask(chat, streamed=streamed)
            except ServiceError as error:
                _assert_clean(error)
            else:
                assert fault == "unreadable"  # only streams have events to be cut, and a wrong type is no harm


async def _ask(chat: ChatClovaX, *, streamed: bool) -> object:
    return list(chat.stream("안녕하세요")) if streamed else chat.invoke("안녕하세요")


async def _aask(chat: ChatClovaX, *, streamed: bool) -> object:
    return [chunk async for chunk in chat.astream("안녕하세요")] if streamed else await chat.ainvoke("안녕하세요")


def _assert_clean(error: BaseException) -> None:
    shown = "".join(traceback.TracebackException.from_exception(error, capture_locals=True).format())
    assert CANARY not in shown
    assert CANARY.encode() not in pickle.dumps(error)
    seen: BaseException | None = error
    while seen is not None:
        assert CANARY not in repr(seen) + repr(seen.args) + repr(vars(seen))
        assert not type(seen).__module__.startswith(("httpx", "httpcore", "aiohttp", "h11"))
        seen = seen.__cause__ or seen.__context__


class _Recorder(BaseTracer):
    """Keeps what a tracer such as LangSmith's would send."""

    def __init__(self) -> None:
        super().__init__(_schema_format="original+chat")
        self.sent: list[str] = []

    def _persist_run(self, run: Run) -> None:
        self.sent.append(repr([run.serialized, run.inputs, run.outputs, run.extra, run.error]))


def test_s01_no_trace_shows_it(chat: ChatClovaX, clovax_simulator: LoopbackSimulator) -> None:
    """Of good and of failed runs."""
    tracer = _Recorder()
    chat.bind_tools([TOOL]).invoke("날씨는?", {"callbacks": [tracer]})
    with clovax_simulator.using(faults=FaultPlan.parse("error; code=40100; status=401")), pytest.raises(ServiceError):
        chat.invoke("안녕하세요", {"callbacks": [tracer]})

    assert len(tracer.sent) == 2
    assert CANARY not in "".join(tracer.sent)
    assert "naver" in tracer.sent[0]


def test_s01_no_cassette_shows_a_key() -> None:
    """Nothing that looks like a key, and no header that holds one, is in any recording."""
    files = sorted(CASSETTES.rglob("*.yaml"))
    assert len(files) > 20
    for file in files:
        text = file.read_text(encoding="utf-8").lower()
        assert "bearer" not in text, file
        assert "nv-" not in text.replace("nv-test", ""), file


@pytest.mark.parametrize("ending", ["\n", "\r\n", " ", "\t"])
def test_s01_white_space_around_the_key_does_not_matter(chat: ChatClovaX, ending: str) -> None:
    """As a file or a terminal leaves it there."""
    assert ChatClovaX(api_key=CANARY + ending, base_url=chat.base_url).invoke("안녕하세요").text


@pytest.mark.parametrize("place", ["\n", "\r\n", " ", "키", "\x00"])
@pytest.mark.parametrize("maker", [ChatClovaX, ClovaXEmbeddings])
def test_s01_a_key_that_cannot_be_one_is_refused_unshown(maker: Any, place: str) -> None:
    """An HTTP library would quote it in its error."""
    with pytest.raises(ConfigurationError, match="copy it again") as caught:
        _with_key(maker, place)
    caught.value.__traceback__ = _ours(caught.value.__traceback__)
    assert CANARY not in "".join(
        traceback.TracebackException.from_exception(caught.value, capture_locals=True).format()
    )


def _with_key(maker: Any, place: str) -> None:
    maker(api_key=CANARY[:4] + place + CANARY)


def test_s01_a_password_in_the_address_is_refused_unshown() -> None:
    """It would be in every log of it."""
    with pytest.raises(ConfigurationError, match="default_headers") as caught:
        ChatClovaX(api_key="nv-test", base_url=f"https://me:{CANARY}@gateway.example/v1/openai")
    assert CANARY not in repr(caught.value)


@pytest.mark.parametrize("name", ["ainvoke", "astream"])
@pytest.mark.parametrize("how", ["cancelled", "wait_for"])
async def test_s01_no_cancelled_call_shows_it(raw: StartRaw, name: str, how: str) -> None:
    """Nor do the frames of the HTTP library that it was cancelled in."""
    error = await _stopped(raw(Peer.gone).url, name, how)
    shown = "".join(traceback.TracebackException.from_exception(error, capture_locals=True).format())
    assert "aiohttp" in shown
    assert CANARY not in shown


async def _stopped(url: str, name: str, how: str) -> BaseException:
    chat = ChatClovaX(api_key=CANARY, base_url=url + "/v1/openai", default_headers={"X-Extra": CANARY})
    call = asyncio.ensure_future(Way(name).aask(chat))
    try:
        if how == "wait_for":
            await asyncio.wait_for(call, 0.3)
        await asyncio.sleep(0.3)
        call.cancel()
        await call
    except (asyncio.CancelledError, TimeoutError) as error:
        return error
    raise AssertionError


@pytest.mark.parametrize("how", ["assigned", "copied"])
def test_s01_a_key_that_is_set_later_works_and_is_not_shown(raw: StartRaw, how: str) -> None:
    """As text, in whatever way it gets there."""
    server = raw(says(http(answer())))
    chat = ChatClovaX(api_key="nv-test", base_url=server.url + "/v1/openai")
    if how == "assigned":
        chat.api_key = CANARY  # type: ignore[assignment]
        chat.default_headers = {"X-Extra": CANARY}  # type: ignore[dict-item]
    else:
        chat = chat.model_copy(update={"api_key": CANARY, "default_headers": {"X-Extra": CANARY}})
    assert CANARY not in repr(chat) + repr(vars(chat))
    chat.invoke("안녕")
    assert server.requests[0].head.count(CANARY.encode()) == 2


UNUSABLE = [
    {"proxy": f"user:{CANARY}@host:3128"},
    {"proxy": f"ftp://user:{CANARY}@host"},
    {"proxy": f"http://user:{CANARY}@host:99999999"},
    {"default_headers": {"Authorization": f"Bearer {CANARY}\n"}},
    {"default_headers": {"Authorization": f"Bearer {CANARY}’"}},
    {"default_headers": {"Bad Name": CANARY}},
    {"temperature": 3},
    {"nonsense": 1},
]


@pytest.mark.parametrize("settings", UNUSABLE)
def test_s01_a_setting_that_cannot_be_is_refused_unshown(settings: Any) -> None:
    """Neither in the text nor among the variables of a frame."""
    with pytest.raises(ConfigurationError) as caught:
        _made(settings)
    caught.value.__traceback__ = _ours(caught.value.__traceback__)
    shown = "".join(traceback.TracebackException.from_exception(caught.value, capture_locals=True).format())
    assert CANARY not in shown


def _made(settings: dict[str, Any]) -> ChatClovaX:
    return ChatClovaX(api_key=CANARY, **settings)


def _ours(trace: TracebackType | None) -> TracebackType | None:
    """Leave out the frames of this test, which have the key from their own hands."""
    while trace is not None and trace.tb_frame.f_code.co_filename == __file__:
        trace = trace.tb_next
    return trace


def test_s01_a_proxy_of_the_environment_that_cannot_be_is_refused_unshown(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its password stays where it is."""
    monkeypatch.setenv("HTTPS_PROXY", f"ftp://me:{CANARY}@proxy.example")
    with pytest.raises(ConfigurationError, match="the proxy of the environment") as caught:
        ChatClovaX(api_key="nv-test", base_url="https://one.example/v1/openai").invoke("안녕")
    _assert_clean(caught.value)


def test_s01_a_failure_that_repeats_the_key_does_not_show_it(raw: StartRaw, way: Way) -> None:
    """Some gateways do."""
    body = json.dumps({"error": {"code": "40100", "message": f"Invalid key {CANARY}: Bearer {CANARY}"}}).encode()
    server = raw(says(http(body, 401)))
    with pytest.raises(ServiceError, match="Invalid key") as caught:
        way.ask(ChatClovaX(api_key=CANARY, base_url=server.url + "/v1/openai"))
    assert CANARY not in repr(caught.value) + str(caught.value)


def test_s01_a_cookie_of_one_key_is_not_sent_with_another(raw: StartRaw, way: Way) -> None:
    """A proxy's connections serve all keys of a process."""
    proxy = raw(says(way.answer().replace(b"\r\n", b"\r\nSet-Cookie: session=of-one; Path=/\r\n", 1)))
    for key in ("nv-one", "nv-two"):
        way.ask(ChatClovaX(api_key=key, base_url="http://127.0.0.1:9/v1/openai", proxy=proxy.url))
    assert len(proxy.requests) == 2
    assert b"cookie" not in proxy.requests[1].head.lower()


def test_s01_words_of_other_headers_stay_readable(raw: StartRaw) -> None:
    """Only what may be a secret is taken out of a failure's text."""
    body = b'{"error": {"code": "40000", "message": "not in production"}}'
    server = raw(says(http(body, 400)))
    chat = ChatClovaX(api_key=CANARY, base_url=server.url + "/v1/openai", default_headers={"X-Env": "production"})
    with pytest.raises(ServiceError, match="not in production"):
        chat.invoke("안녕")


@pytest.mark.parametrize("status", [200, 400, 502])
@pytest.mark.parametrize("place", range(170, 202, 4))
@pytest.mark.soak(every=2)
def test_s01_a_quote_that_ends_within_the_key_does_not_show_a_part(
    raw: StartRaw, way: Way, place: int, status: int
) -> None:
    """The client masks whole keys, so that none may be cut."""
    server = raw(says(http("x".rjust(place).encode() + f" {CANARY} tail".encode() * 20, status, kind="text/html")))
    with pytest.raises(ServiceError) as caught:
        way.ask(ChatClovaX(api_key=CANARY, base_url=server.url + "/v1/openai", max_retries=0))
    assert CANARY[:6] not in repr(caught.value) + str(caught.value)
