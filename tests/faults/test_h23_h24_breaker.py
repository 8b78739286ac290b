"""H23 and H24: a service that is down is left alone and probed, and however many calls fail, retries are few."""

import asyncio
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rawserver import Peer, StartRaw, Way, answer, http, model, says

from clovax_agents.client import health as healths
from clovax_agents.client.health import Health
from clovax_agents.errors import (
    CircuitOpenError,
    ConnectionFailedError,
    RateLimitError,
    RequestError,
    ServerError,
    ServiceError,
)
from clovax_agents.pacing import Limit, Pacer

DOWN = http(b'{"error":{"code":"50000","message":"Internal server error"}}', 500)


def _fail(health: Health, times: int, now: float = 0.0) -> None:
    for _ in range(times):
        health.failed(now, ServerError("down"))


def _is_admitted(health: Health, now: float) -> bool:
    try:
        health.admit(now)
    except CircuitOpenError:
        return False
    return True


def test_h23_it_opens_probes_and_closes() -> None:
    """Ten failures in a row open it; after 5 s one probe is let through, whose success closes it."""
    health = Health()
    _fail(health, 9)
    assert _is_admitted(health, 0.0)
    _fail(health, 1)
    assert [_is_admitted(health, now) for now in (0.0, 4.9)] == [False, False]
    assert [_is_admitted(health, now) for now in (5.1, 5.2)] == [True, False]
    health.succeeded()
    assert [_is_admitted(health, 5.3) for _ in range(3)] == [True, True, True]


def test_h23_a_probe_that_fails_has_it_wait_longer() -> None:
    """Twice as long each time, up to a minute."""
    health = Health()
    _fail(health, 10)
    pauses, now = [], 0.0
    for _ in range(6):
        start = now
        while not _is_admitted(health, now):
            now += 0.5
        pauses.append(now - start)
        _fail(health, 1, now)
    assert pauses == [5.0, 10.0, 20.0, 40.0, 60.0, 60.0]


@pytest.mark.parametrize("ending", ["given up", "limited"])
def test_h23_a_probe_that_tells_nothing_makes_room_for_the_next(ending: str) -> None:
    """Its caller went away, or the limit was used up: the service may be there again, and nobody is kept waiting."""
    health = Health()
    _fail(health, 10)
    assert [_is_admitted(health, now) for now in (6.0, 6.1)] == [True, False]
    health.left() if ending == "given up" else health.failed(6.2, RateLimitError("42901"))
    assert [_is_admitted(health, now) for now in (6.3, 6.4)] == [True, False]


async def test_h23_a_probe_that_is_cancelled_makes_room_for_the_next(
    raw: StartRaw, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever asks next is the probe, and not told for a minute that the service is down."""

    async def silent(peer: Peer) -> None:
        await peer.reader.read()

    monkeypatch.setattr(healths, "_FIRST_PAUSE", 0.05)
    server = raw(*[says(DOWN)] * 10, silent, says(http(answer("네"))))
    chat = model(server, max_retries=0)
    for _ in range(10):
        with pytest.raises(ServerError):
            await chat.ainvoke("?")
    await asyncio.sleep(0.1)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.5):
            await chat.ainvoke("?")
    assert (await chat.ainvoke("?")).text == "네"


def test_h23_an_open_circuit_is_not_waited_for_in_the_line(raw: StartRaw, way: Way) -> None:
    """Nothing would be sent when the turn comes."""
    server = raw(*[says(DOWN)] * 10)
    pacer = Pacer(Limit(requests=10))
    chat = model(server, max_retries=0, rate_limit=pacer)
    for _ in range(10):
        with pytest.raises(ServerError):
            way.ask(chat)
    assert pacer.usage()[0] == 10
    with pytest.raises(CircuitOpenError):
        way.ask(model(server, max_retries=0, rate_limit=pacer, max_wait=0.5))
    assert pacer.waiting == 0


def test_h23_more_than_half_of_the_last_calls_open_it() -> None:
    """Failures need not be in a row."""
    health = Health()
    for number in range(20):
        health.succeeded() if number % 9 in {0, 3, 6} else _fail(health, 1)
    assert not _is_admitted(health, 0.0)


@pytest.mark.parametrize("error", [RequestError("40001"), RateLimitError("42901")])
def test_h23_what_is_not_the_services_fault_does_not_open_it(error: ServiceError) -> None:
    """A wrong request or a limit that is used up says nothing about the service."""
    health = Health()
    for _ in range(50):
        health.failed(0.0, error)
    assert _is_admitted(health, 0.0)


@given(st.lists(st.sampled_from(["succeeded", "failed", "admit"]), max_size=200))
def test_h23_it_is_never_shut_for_ever(events: list[str]) -> None:
    """Whatever happened, a call is let through two minutes later."""
    health, now = Health(), 0.0
    for event in events:
        now += 0.7
        if event == "admit":
            _is_admitted(health, now)
        else:
            health.succeeded() if event == "succeeded" else _fail(health, 1, now)
    assert _is_admitted(health, now + 121)


def test_h23_an_open_circuit_fails_fast(raw: StartRaw, way: Way) -> None:
    """Without a request, with an error that says what to do; and it can be turned off."""
    server = raw(*[says(DOWN)] * 12)
    chat = model(server, max_retries=0)
    for _ in range(10):
        with pytest.raises(ServerError):
            way.ask(chat)
    sent, began = len(server.requests), time.perf_counter()
    with pytest.raises(CircuitOpenError, match="circuit_breaker=False"):
        way.ask(chat)
    assert len(server.requests) == sent
    assert time.perf_counter() - began < 1.0
    with pytest.raises(ServerError, match="Internal"):
        way.ask(model(server, max_retries=0, circuit_breaker=False))
    assert len(server.requests) == sent + 1


async def test_h24_a_hundred_runs_against_a_dead_server(raw: StartRaw) -> None:
    """They make no storm: no more requests than runs and the budget of retries."""
    server = raw(*[says(DOWN)] * 200)
    chat = model(server)
    found = await asyncio.gather(*[chat.ainvoke("?") for _ in range(100)], return_exceptions=True)
    assert all(isinstance(error, ServerError | ConnectionFailedError) for error in found)
    assert len(server.requests) <= 100 + 20
