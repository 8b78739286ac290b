"""The simulator on a socket."""

import asyncio
import socket

import httpx
import pytest

from clovax_agents.errors import ConfigurationError
from clovax_agents.simulator import BrainReply, ScriptBrain, ScriptStep, SimulatorServer, create_app

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
    """A stream is not collected first: its beginning is there although its end is an hour away."""
    brain = ScriptBrain([ScriptStep(BrainReply("하나 둘", event_delay=3600)), ScriptStep(BrainReply("셋"))])
    with SimulatorServer(brain=brain) as server:
        address = f"{server.base_url}/chat/completions"
        with httpx.stream("POST", address, json={**BODY, "stream": True}, headers=HEADERS) as answer:
            assert next(answer.iter_lines()).startswith("data: ")
        assert httpx.post(address, json=BODY, headers=HEADERS).status_code == 200


def test_a_client_that_does_not_wait_holds_nobody_up() -> None:
    """An answer that takes an hour times out at the client, and the server closes all the same."""
    brain = ScriptBrain([ScriptStep(BrainReply("늦음", delay=3600))])
    with SimulatorServer(brain=brain) as server, pytest.raises(httpx.ReadTimeout):
        httpx.post(f"{server.base_url}/chat/completions", json=BODY, headers=HEADERS, timeout=0.05)
    with pytest.raises(httpx.ConnectError):
        httpx.get(server.url)


def test_the_clients_headers_and_bodies_pass_a_real_socket() -> None:
    """Refusals have their status, code and header over HTTP, not only inside the process."""
    with SimulatorServer() as server, httpx.Client(base_url=server.base_url, headers=HEADERS) as client:
        refused = client.post("/chat/completions", json={**BODY, "model": "HCX-900"})
        assert (refused.status_code, refused.json()["error"]["code"]) == (400, "40080")
        assert refused.headers["x-clovax-simulator"]
        assert client.get("/models").json()["object"] == "list"
        assert client.post("/chat/completions", content=b"{").status_code == 415


def test_closing_twice_and_odd_arguments() -> None:
    """A second close does nothing; an app and a brain together, or a port that is none, are clear errors."""
    server = SimulatorServer()
    server.close()
    server.close()
    with pytest.raises(ConfigurationError, match="not both"):
        SimulatorServer(app=create_app(), brain=ScriptBrain())
    with pytest.raises(ConfigurationError, match="0 to 65535"):
        SimulatorServer(port=70_000)
