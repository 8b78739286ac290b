"""Calls that are paced: against the simulator's own limit, by every way to ask."""

import asyncio
import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from langchain_core.tools import tool
from rawserver import Way, answer, http, model, raw_servers, says

from clovax_agents import ChatClovaX, ClovaXEmbeddings
from clovax_agents.errors import (
    ConfigurationError,
    ConnectionFailedError,
    RateLimitError,
    RateLimitWaitError,
    ReservationTooLargeError,
)
from clovax_agents.pacing import Limit, Pacer, limits
from clovax_agents.pacing.registry import pacer_of
from clovax_agents.simulator import (
    BrainReply,
    Limits,
    RequestRecord,
    ScriptBrain,
    ScriptStep,
    SimulatorServer,
    create_app,
)
from clovax_agents.simulator import Limit as ServerLimit
from clovax_agents.tokens import Estimator

WAYS = [Way(name) for name in ("invoke", "ainvoke", "stream", "astream")]
APIS = pytest.mark.parametrize("api", ["openai", "native"])
EVERY_WAY = pytest.mark.parametrize("way", WAYS, ids=lambda way: way.name)
REFUSED = (b'{"error":{"code":"42901","message":"Too many requests - rate exceeded"}}', 429)
OVERLOADED = (b'{"error":{"code":"42902","message":"Too many requests - overload"}}', 429)


@contextmanager
def _limited(limit: str) -> Iterator[tuple[str, list[RequestRecord]]]:
    records: list[RequestRecord] = []
    app = create_app(limits=Limits.of({"*": ServerLimit.parse(limit)}), log=records.append)
    with SimulatorServer(app=app) as server:
        yield server.base_url, records


def _chat(url: str, pacer: Any, **settings: Any) -> ChatClovaX:
    if settings.get("api") == "native":
        url = url.removesuffix("/v1/openai")
    return ChatClovaX(api_key="nv-test", base_url=url, rate_limit=pacer, **settings)


@EVERY_WAY
@APIS
def test_a_call_reserves_its_input_and_cap_and_is_settled_by_what_was_counted(way: Way, api: str) -> None:
    """Sync, async, whole and streamed: one request, and the tokens that the service counted."""
    pacer = Pacer(Limit(10, 100_000))
    with _limited("-/-") as (url, records):
        assert way.ask(_chat(url, pacer, api=api, max_tokens=300))
    requests, tokens = pacer.usage()
    told = api == "native" or not way.streams  # the other API's streams do not tell what was counted
    assert requests == 1
    assert pacer._gate.holds(0.0) == 60.25  # it was answered, so the next ones are not as long on their way
    assert tokens == pytest.approx(records[0].prompt_tokens + 300, abs=0 if told else 30)


def test_calls_by_prompt_count_each_request() -> None:
    """An emulated tool call is several requests, each of which has to fit."""

    @tool
    def weather(city: str) -> str:
        """도시의 날씨를 알려 준다."""
        return city

    pacer = Pacer(Limit(10, 200_000))
    with _limited("-/-") as (url, records):
        chat = _chat(url, pacer, tool_calling="emulated").bind_tools([weather])
        assert chat.invoke("서울 날씨는?")
    assert pacer.usage() == (len(records), sum(record.prompt_tokens + record.cap for record in records))
    assert len(records) > 1


def test_what_the_first_of_several_requests_waits_is_no_part_of_their_common_deadline() -> None:
    """An emulated call, whose first request waits for longer than all of them may take."""

    @tool
    def get_weather(city: str) -> str:
        """도시의 날씨를 알려 준다."""
        return city

    pacer = Pacer(Limit(requests=1), period=2.0, margin=0.05)
    replies = ['{"tools": ["get_weather"]}', '{"calls": [{"city": "서울"}]}']
    brain = ScriptBrain([ScriptStep(BrainReply(text)) for text in replies])
    with SimulatorServer(brain=brain) as server:
        chat = _chat(server.base_url, pacer, timeout=1.0, tool_calling="emulated", max_retries=0)
        assert pacer.enter(1).poll() is None
        assert chat.bind_tools([get_weather]).invoke("서울 날씨").tool_calls[0]["args"] == {"city": "서울"}


async def test_embeddings_are_paced_too() -> None:
    """Each text is a request."""
    pacer = Pacer(Limit(10, 40_000))
    with _limited("-/-") as (url, _):
        embeddings = ClovaXEmbeddings(api_key="nv-test", base_url=url, rate_limit=pacer)
        await embeddings.aembed_documents(["하나", "둘"])
        embeddings.embed_query("셋")
    assert pacer.usage()[0] == 3


def test_a_call_waits_until_there_is_room_and_that_is_no_part_of_its_timeout() -> None:
    """The service never has to refuse anything."""
    pacer = Pacer(Limit(2), period=1.0, margin=0.1)
    with raw_servers() as start:
        server = start(says(http(answer())))
        chat = model(server, rate_limit=pacer, timeout=0.9)
        for _ in range(5):
            assert chat.invoke("안녕").text == "네"
    assert len(server.requests) == 5


@EVERY_WAY
def test_a_call_that_may_not_wait_so_long_fails_before_anything_is_sent(way: Way) -> None:
    """The error says what is full, and what to do."""
    pacer = Pacer(Limit(1, 5000))
    with raw_servers() as start:
        server = start(says(http(answer())))
        pacer.enter(10).poll()
        with pytest.raises(RateLimitWaitError, match=r"1 requests and 5,000 tokens a minute.*raise max_wait") as caught:
            way.ask(model(server, rate_limit=pacer, max_wait=0.05))
        assert not server.requests
    assert caught.value.facts.attempts == 0
    assert pacer.waiting == 0


def test_a_request_that_is_larger_than_the_limit_is_refused_at_once() -> None:
    """Where the limit was set; it never gets into the line."""
    chat = ChatClovaX(api_key="nv-x", base_url="http://127.0.0.1:9/v1/openai", rate_limit="60/1000", max_tokens=2000)
    with pytest.raises(ReservationTooLargeError, match="lower max_tokens"):
        chat.invoke("안녕")


@EVERY_WAY
@pytest.mark.soak(every=2)
def test_a_refused_call_is_sent_again_without_counting_as_an_attempt(way: Way) -> None:
    """Even where nothing may be tried again, and the ceiling is lower afterwards."""
    pacer = Pacer(Limit(60), period=1.0, margin=0.0)
    for _ in range(3):
        first = pacer.enter(0)
        first.poll()
        first.answered()
    with raw_servers() as start:
        refused = says(http(REFUSED[0], REFUSED[1]))
        whole = says(http(answer()))
        server = start(refused, whole)
        chat = model(server, rate_limit=pacer, max_retries=0)
        if way.streams:
            chat = chat.model_copy(update={"disable_streaming": True})
        assert way.ask(chat) == "네"
        assert len(server.requests) == 2
    assert pacer.ceiling[0] <= 3 + 1


def test_an_overloaded_service_says_nothing_about_the_limit() -> None:
    """42902 is an attempt as any other failure, and the ceiling stays."""
    pacer = Pacer(Limit(60), period=1.0)
    with raw_servers() as start:
        server = start(says(http(*OVERLOADED)))
        with pytest.raises(RateLimitError):
            model(server, rate_limit=pacer, max_retries=0).invoke("안녕")
        assert len(server.requests) == 1
    assert pacer.ceiling[0] == 60
    assert pacer.waiting == 0


def test_refusals_without_end_end() -> None:
    """After eight, they count as attempts."""
    pacer = Pacer(Limit(60), period=0.2, margin=0.0)
    with raw_servers() as start:
        server = start(says(http(*REFUSED)))
        with pytest.raises(RateLimitError):
            model(server, rate_limit=pacer, max_retries=0).invoke("안녕")
        assert len(server.requests) == 9
    assert pacer.waiting == 0


def test_what_did_not_reach_the_service_does_not_count() -> None:
    """No connection: the room is given back. A broken one: the request may have been counted, so it stays."""
    pacer = Pacer(Limit(60))
    chat = ChatClovaX(api_key="nv-x", base_url="http://127.0.0.1:9/v1/openai", rate_limit=pacer, max_retries=0)
    with pytest.raises(ConnectionFailedError):
        chat.invoke("안녕")
    with pytest.raises(ConnectionFailedError):
        asyncio.run(chat.ainvoke("안녕"))
    assert pacer.usage()[0] == 0

    async def resets(peer: Any) -> None:
        peer.reset()

    with raw_servers() as start:
        server = start(resets)
        with pytest.raises(ConnectionFailedError):
            model(server, rate_limit=pacer, max_retries=0).invoke("안녕")
    assert pacer.usage()[0] == 1


async def test_cancelled_calls_give_their_places_back() -> None:
    """R10: a thousand of them leave nothing behind, and the one that stays is served."""
    pacer = Pacer(Limit(1))
    held = pacer.enter(0)
    assert held.poll() is None
    with raw_servers() as start:
        chat = model(start(says(http(answer()))), rate_limit=pacer)
        jobs = [asyncio.ensure_future(chat.ainvoke("안녕")) for _ in range(1000)]
        last = asyncio.ensure_future(chat.ainvoke("안녕"))
        while pacer.waiting < 1001:  # noqa: ASYNC110  # nothing else tells
            await asyncio.sleep(0)
        for job in jobs:
            job.cancel()
        await asyncio.wait(jobs)
        assert pacer.waiting == 1
        held.leave()
        assert (await asyncio.wait_for(last, 30)).text == "네"
    assert pacer.waiting == 0


def test_all_models_of_a_process_share_the_limit_of_a_key(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of one key and model; the environment, the setting and what is documented decide on it."""
    monkeypatch.delenv("CLOVAX_RATE_LIMIT", raising=False)
    url = "https://clovastudio.stream.ntruss.com/v1/openai"
    one, two = (ChatClovaX(api_key="nv-shared")._pacer(url, "HCX-005") for _ in range(2))
    assert one is two is not None
    assert one.limit == Limit(60, 60_000)
    assert ChatClovaX(api_key="nv-other")._pacer(url, "HCX-005") is not one
    assert ChatClovaX(api_key="nv-shared", rate_limit="off")._pacer(url, "HCX-005") is None
    assert ChatClovaX(base_url="http://127.0.0.1:1/v1", api_key="nv-x")._pacer("http://127.0.0.1:1/v1", "m") is None
    unknown = ChatClovaX(api_key="nv-u", rate_limit="unknown")._pacer(url, "HCX-005")
    assert unknown is not None
    assert unknown.ceiling == (60, float("inf"))
    monkeypatch.setenv("CLOVAX_RATE_LIMIT", "180/300000")
    set_by_environment = ChatClovaX(api_key="nv-env")._pacer(url, "HCX-007")
    assert set_by_environment is not None
    assert set_by_environment.limit == Limit(180, 300_000)


def test_a_limit_that_was_set_holds_instead_of_an_assumed_one(caplog: pytest.LogCaptureFixture) -> None:
    """Whichever of the models asks first: an agent that makes its model by name knows of no setting."""
    set_, assumed = Limit(180, 300_000), Limit(60, 60_000)
    first = pacer_of("host", "nv-guess", "HCX-007", assumed, certain=False)
    assert pacer_of("host", "nv-guess", "HCX-007", set_) is first
    assert pacer_of("host", "nv-guess", "HCX-007", assumed, certain=False) is first
    assert (first.limit, first.ceiling) == (set_, (180, 300_000))
    assert not caplog.records


def test_who_waits_for_an_assumed_limit_is_told_once(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """With what to do if the key has more: a program that stands still for a minute would be a riddle."""
    monkeypatch.setattr(limits, "TEST_LIMITS", {"HCX-005": Limit(1, None)})
    monkeypatch.delenv("CLOVAX_RATE_LIMIT", raising=False)
    with SimulatorServer() as server:
        chat = ChatClovaX(api_key="nv-told", base_url=server.base_url, max_wait=0.1)
        chat.invoke("?")
        for _ in range(2):
            with pytest.raises(RateLimitWaitError):
                chat.invoke("?")
    told = [record.getMessage() for record in caplog.records if "documented for test keys" in record.getMessage()]
    assert len(told) == 1
    assert "1 requests" in told[0]
    assert "CLOVAX_RATE_LIMIT" in told[0]


def test_two_limits_for_one_key_mean_the_smaller_one(caplog: pytest.LogCaptureFixture) -> None:
    """With a warning: whoever set the larger one would wonder."""
    first = pacer_of("host", "nv-two", "HCX-005", Limit(60, 60_000))
    assert pacer_of("host", "nv-two", "HCX-005", Limit(30, None)) is first
    assert first.limit == Limit(30, 60_000)
    assert "smaller one holds" in caplog.text


@pytest.mark.parametrize("given", ["60", "0/5", "a/b", (1, 2, 3), 60, "60/60000/1"])
def test_a_limit_that_is_none_is_refused(given: Any) -> None:
    """With what one looks like."""
    with pytest.raises(ConfigurationError, match="REQUESTS/TOKENS"):
        ChatClovaX(api_key="nv-x", rate_limit=given)


def test_a_store_is_checked_when_the_model_is_made_and_never_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its URL may hold a password."""
    with pytest.raises(ConfigurationError, match="rate limit store"):
        ChatClovaX(api_key="nv-x", rate_limit_store="postgres://me:secret@host/db")
    chat = ChatClovaX(api_key="nv-x", rate_limit_store="redis://me:secret@host/0")
    assert "secret" not in repr(chat) + json.dumps(chat.model_dump(mode="json"), default=str)
    monkeypatch.setenv("CLOVAX_RATE_LIMIT_STORE", "nonsense")
    with pytest.raises(ConfigurationError, match="rate limit store"):
        ChatClovaX(api_key="nv-x")


def test_the_estimate_of_an_input_learns_from_what_was_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    """So what is reserved for the next request is nearer to what it will hold."""
    estimator = Estimator()
    monkeypatch.setattr("clovax_agents.connection.estimator_of", lambda _model: estimator)
    monkeypatch.setattr("clovax_agents.jobs.estimator_of", lambda _model: estimator)
    pacer = Pacer(Limit(100, 10_000_000))
    with _limited("-/-") as (url, records):
        chat = _chat(url, pacer, max_tokens=100)
        errors = []
        for _ in range(30):
            chat.invoke("내일 부산의 날씨와 기온을 자세히 알려 주세요. 그리고 우산이 필요한지도 궁금합니다.")
            errors.append(abs(records[-1].prompt_tokens - _reserved(chat)))
    assert errors[-1] <= errors[0]
    assert errors[-1] <= 0.1 * records[-1].prompt_tokens + 1


def _reserved(chat: ChatClovaX) -> float:
    """Return the tokens that the input of the question is taken for now."""
    from langchain_core.messages import HumanMessage  # noqa: PLC0415

    text = "내일 부산의 날씨와 기온을 자세히 알려 주세요. 그리고 우산이 필요한지도 궁금합니다."
    call, _ = chat._call(chat._job([HumanMessage(text)], None, {}, stream=False).request)
    assert call.pace is not None
    return call.pace.tokens
