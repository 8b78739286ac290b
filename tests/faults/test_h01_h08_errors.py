"""H01 to H08 and H25 to H28: refusals, failures and broken answers, each way a model can be asked."""

import socket
import ssl
import subprocess
import threading
import time
from email.utils import formatdate
from typing import Any

import pytest
from rawserver import Peer, StartRaw, Way, answer, http, model, says

from clovax_agents import ChatClovaX
from clovax_agents.errors import (
    AuthenticationError,
    CertificateError,
    ConnectionFailedError,
    InvalidResponseError,
    RateLimitError,
    RequestError,
    ServerError,
    ServiceError,
)

BUSY = b'{"error":{"code":"42901","message":"Too many requests"}}'
HINTS = {
    "seconds": "Retry-After: 1",
    "milliseconds": "Retry-After-Ms: 400",
    "duration": "x-ratelimit-reset-tokens: 300ms",
    "date": f"Date: {formatdate(0, usegmt=True)}\r\nRetry-After: {formatdate(1, usegmt=True)}",
}
SECONDS = {"seconds": 1.0, "milliseconds": 0.4, "duration": 0.3, "date": 1.0}


@pytest.mark.parametrize("hint", HINTS)
@pytest.mark.soak(every=5)
def test_h01_a_429_is_waited_out_as_long_as_it_says(raw: StartRaw, way: Way, hint: str) -> None:
    """In seconds, milliseconds, CLOVA's own durations, or as a date by the server's clock; one answer comes of it."""
    server = raw(says(http(BUSY, 429, HINTS[hint])), says(way.answer()))

    began = time.monotonic()
    assert way.ask(model(server)) == "네"

    assert SECONDS[hint] <= time.monotonic() - began <= SECONDS[hint] * 1.2 + 0.6
    assert len(server.requests) == 2


def test_h02_a_429_for_ever_is_a_rate_limit_error(raw: StartRaw, way: Way) -> None:
    """With the attempts made and the wait that was asked for."""
    server = raw(says(http(BUSY, 429, "Retry-After-Ms: 50")))

    with pytest.raises(RateLimitError) as caught:
        way.ask(model(server))

    assert (caught.value.facts.attempts, caught.value.facts.retry_after) == (3, 0.05)
    assert len(server.requests) == 3


def test_h03_a_wait_beyond_the_deadline_is_not_begun(raw: StartRaw, way: Way) -> None:
    """The error comes at once and says how long the wait would have been."""
    server = raw(says(http(BUSY, 429, "Retry-After: 999999")))

    began = time.monotonic()
    with pytest.raises(RateLimitError) as caught:
        way.ask(model(server))

    assert time.monotonic() - began < 1
    assert caught.value.facts.retry_after == 999999
    assert len(server.requests) == 1


@pytest.mark.parametrize("status", [500, 502, 503, 504, 529])
@pytest.mark.soak(every=3)
def test_h04_failures_of_the_server_are_tried_again(raw: StartRaw, way: Way, status: int) -> None:
    """A gateway's page of HTML is quoted in 200 characters."""
    server = raw(says(http(b"<html>" + b"x" * 5000, status)))

    with pytest.raises(ServerError) as caught:
        way.ask(model(server, max_retries=1))

    assert len(server.requests) == 2
    assert caught.value.facts.status == status
    assert len(caught.value.message) < 230


@pytest.mark.parametrize("status", [400, 401, 403, 404, 413, 422])
def test_h05_refusals_are_not_tried_again(raw: StartRaw, way: Way, status: int) -> None:
    """One request, and an error of its kind."""
    server = raw(says(http(b'{"error":{"message":"no"}}', status)))

    with pytest.raises(AuthenticationError if status in {401, 403} else RequestError):
        way.ask(model(server))

    assert len(server.requests) == 1


def test_h06_a_refused_connection_is_tried_again(way: Way) -> None:
    """And named with its address."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        chat = _model(f"http://127.0.0.1:{port}/v1/openai")
        with pytest.raises(ConnectionFailedError, match=f"127.0.0.1:{port}.*base_url right") as caught:
            way.ask(chat)

    assert caught.value.facts.attempts == 2


def test_h06_a_name_that_does_not_exist_is_tried_again(way: Way) -> None:
    """DNS can be down for a moment."""
    with pytest.raises(ConnectionFailedError) as caught:
        way.ask(_model("https://nowhere.invalid/v1/openai", timeout=5))

    assert caught.value.facts.attempts == 2


@pytest.mark.soak(every=2)
def test_h06_an_untrusted_certificate_is_not_tried_again(way: Way, tls_server: str) -> None:
    """Trying again would not make it trusted."""
    with pytest.raises(CertificateError, match=r"certificate of 127.0.0.1:\d+ is not trusted") as caught:
        way.ask(_model(tls_server))

    assert caught.value.facts.attempts == 1


def _model(url: str, **settings: Any) -> ChatClovaX:
    return ChatClovaX(api_key="nv-test", base_url=url, max_retries=1, **settings)


def test_h07_a_connection_that_is_reset_before_the_answer_is_tried_again(raw: StartRaw, way: Way) -> None:
    """Whether or not the connection was a fresh one."""

    async def resets(peer: Peer) -> None:
        peer.reset()

    server = raw(resets, says(way.answer()))

    assert way.ask(model(server)) == "네"
    assert len(server.requests) == 2


def test_h07_so_is_one_of_tools_by_prompt(raw: StartRaw, way: Way) -> None:
    """Whatever a call is part of: the request for the names of tools, and the one for the answer."""

    async def resets(peer: Peer) -> None:
        peer.reset()

    server = raw(resets, says(http(answer('{"tools": []}'))), resets, says(way.answer()))
    chat = model(server, model="HCX-003", tool_calling="emulated")

    assert way.ask(chat.bind_tools([{"name": "f", "description": "날씨", "parameters": {}}])) == "네"
    assert len(server.requests) == 4


def test_h07_and_in_the_end_it_is_an_error_that_names_the_request(raw: StartRaw, way: Way) -> None:
    """With its id and the attempts, as for any other call."""

    async def resets(peer: Peer) -> None:
        peer.reset()

    chat = model(raw(resets), model="HCX-003", tool_calling="emulated", max_retries=1)
    with pytest.raises(ConnectionFailedError, match=r"request clovax-\w+, 2 attempts"):
        way.ask(chat.bind_tools([{"name": "f", "description": "날씨", "parameters": {}}]))


NONSENSE = {
    "half of it": answer()[:40],
    "HTML": b"<html>maintenance</html>",
    "nothing": b"",
    "another form": b'{"choices": 3}',
    "not an object": b"[]",
}


@pytest.mark.parametrize("kind", NONSENSE)
@pytest.mark.soak(every=4)
def test_h08_nonsense_with_status_200_is_asked_for_once_more(raw: StartRaw, way: Way, kind: str) -> None:
    """Never a bare decoding error, and never a third bill."""
    body = b"data: " + NONSENSE[kind] + b"\n\n" if way.streams and NONSENSE[kind] else NONSENSE[kind]
    server = raw(says(http(body)))

    with pytest.raises(ServiceError) as caught:
        way.ask(model(server, max_retries=5, timeout=3))

    expected = (InvalidResponseError,) if body else (InvalidResponseError, ServiceError)
    assert isinstance(caught.value, expected)
    if isinstance(caught.value, InvalidResponseError):
        assert len(server.requests) == 2


def test_h25_a_connection_that_the_server_closed_meanwhile_is_replaced(raw: StartRaw, way: Way) -> None:
    """Idle connections end; the next call does not notice, even without retries."""

    async def answers_and_closes(peer: Peer) -> None:
        await peer.send(way.answer())
        peer.writer.close()

    server = raw(answers_and_closes)
    chat = model(server)

    assert [way.ask(chat) for _ in range(3)] == ["네"] * 3


def test_h26_a_redirect_is_not_followed(raw: StartRaw, way: Way) -> None:
    """The key goes where it was meant to go, and nowhere else."""
    elsewhere = raw(says(way.answer()))
    server = raw(says(http(b"", 307, f"Location: {elsewhere.url}/v1/openai/chat/completions")))

    with pytest.raises(ServiceError):
        way.ask(model(server, max_retries=0))

    assert elsewhere.requests == []


@pytest.fixture
def tls_server(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Give the address of a server with a certificate of its own making."""
    folder = tmp_path_factory.mktemp("tls")
    key, cert = folder / "key.pem", folder / "cert.pem"
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj", "/CN=127.0.0.1"]
    subprocess.run([*command, "-keyout", key, "-out", cert], check=True, capture_output=True)  # noqa: S603
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert, key)
    listener = socket.create_server(("127.0.0.1", 0))

    def accept() -> None:
        while True:
            try:
                connection, _ = listener.accept()
                context.wrap_socket(connection, server_side=True).close()
            except ssl.SSLError:
                continue
            except OSError:
                return

    threading.Thread(target=accept, daemon=True).start()
    return f"https://127.0.0.1:{listener.getsockname()[1]}/v1/openai"
