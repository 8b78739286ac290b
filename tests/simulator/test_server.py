"""The simulator on a socket."""

import asyncio
import socket
import time

import httpx
import pytest

from clovax_agents.errors import ConfigurationError
from clovax_agents.simulator import BrainReply, ScriptBrain, ScriptStep, SimulatorServer

BODY = {"model": "HCX-005", "messages": [{"role": "user", "content": "안녕"}]}
HEADERS = {"Authorization": "Bearer nv-test"}


def test_several_servers_run_at_once_and_free_their_ports() -> None:
    """Each has a port of its own, and nothing listens there afterwards."""
    with SimulatorServer() as first, SimulatorServer() as second:
        assert first.port != second.port
        for server in (first, second):
            answer = httpx.post(f"{server.base_url}/chat/completions", json=BODY, headers=HEADERS)
            assert answer.status_code == 200
    with pytest.raises(httpx.ConnectError):
        httpx.get(first.url)


def test_a_port_in_use_is_one_clear_error() -> None:
    """The message says what to do."""
    with socket.create_server(("127.0.0.1", 0)) as taken, pytest.raises(ConfigurationError, match="in use"):
        SimulatorServer(port=taken.getsockname()[1])


async def test_it_works_under_asyncio() -> None:
    """The server has a loop of its own, so the test's may wait."""
    async with SimulatorServer() as server, httpx.AsyncClient(headers=HEADERS) as client:
        answers = await asyncio.gather(
            *[client.post(f"{server.base_url}/chat/completions", json=BODY) for _ in range(8)]
        )
    assert {answer.status_code for answer in answers} == {200}


def test_events_arrive_while_they_are_made() -> None:
    """A stream is not collected first: the first piece comes long before the last."""
    brain = ScriptBrain([ScriptStep(BrainReply("하나 둘 셋 넷 다섯", event_delay=0.1))])
    with (
        SimulatorServer(brain=brain) as server,
        httpx.stream(
            "POST", f"{server.base_url}/chat/completions", json={**BODY, "stream": True}, headers=HEADERS
        ) as answer,
    ):
        moments = [time.monotonic() for _ in answer.iter_raw()]
    assert len(moments) > 3
    assert moments[-1] - moments[0] > 0.2
