"""CLOVA Studio as an ASGI application: thin routes over validation, brain and framing."""

from __future__ import annotations

import logging
import random
import time
from importlib import metadata
from typing import TYPE_CHECKING, Final

import anyio
from starlette.applications import Starlette
from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from clovax_agents.simulator import replies
from clovax_agents.simulator.brains.rules import RuleBrain
from clovax_agents.simulator.generation import Answer, complete
from clovax_agents.simulator.json_types import dumps
from clovax_agents.simulator.refusals import SimulatedError, not_found
from clovax_agents.simulator.streaming import events
from clovax_agents.simulator.switches import Switches
from clovax_agents.simulator.validation.chat import read_chat_request
from clovax_agents.simulator.validation.transport import check_auth, check_media_type, check_size, parse_body

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from clovax_agents.simulator.brains.protocol import Brain, BrainReply, ChatRequest
    from clovax_agents.simulator.json_types import JsonObject

__all__ = ["VERSION_HEADER", "create_app", "simulator_version"]

VERSION_HEADER: Final = "x-clovax-simulator"
_STREAM_TYPE: Final = "text/event-stream;charset=UTF-8"
_CLIENT_CLOSED: Final = 499
_log = logging.getLogger(__name__)


def create_app(
    *,
    brain: Brain | None = None,
    strict: bool = True,
    clock: Callable[[], float] = time.time,
    switches: Switches | None = None,
) -> Starlette:
    """Build the simulator as an ASGI application.

    Args:
        brain: decides what the model says; default a `RuleBrain` on the same clock.
        strict: refuse every field and value that the service may refuse; False ignores unsupported fields.
        clock: seconds since 1970, for ``created`` and for words like "tomorrow".
        switches: stances on points that no source settles.
    """
    service = _Service(brain or RuleBrain(clock=clock), strict=strict, clock=clock, switches=switches or Switches())
    return Starlette(
        routes=[
            Route("/", service.banner, methods=["GET"]),
            Route("/v1/openai/models", service.models, methods=["GET"]),
            Route("/v1/openai/chat/completions", service.chat, methods=["POST"]),
        ],
        middleware=[Middleware(_Marked)],
        exception_handlers={SimulatedError: _refuse, HTTPException: _refuse_path, Exception: _fail},
    )


def simulator_version() -> str:
    """Return the version of the installed package; ``0`` where it runs without being installed."""
    try:
        return metadata.version("clovax-agents")
    except metadata.PackageNotFoundError:
        return "0"


class _Service:
    """The endpoints, with what they share."""

    def __init__(self, brain: Brain, *, strict: bool, clock: Callable[[], float], switches: Switches) -> None:
        self._brain = brain
        self._strict = strict
        self._clock = clock
        self._switches = switches
        self._version = simulator_version()
        # Not for secrets: ids only have to differ, and to repeat when a recording asks for it.
        self._rng = random.Random(switches.id_seed)  # noqa: S311

    async def banner(self, _request: Request) -> Response:
        """Say that this is a simulator."""
        return _json(replies.banner(self._version, strict=self._strict))

    async def models(self, request: Request) -> Response:
        """List the models."""
        check_auth(request.headers.get("authorization"), self._switches.keys)
        return _json(replies.model_list(self._clock()))

    async def chat(self, request: Request) -> Response:
        """Answer a chat request, as JSON or as a stream."""
        chat_request = await self._admit(request)
        reply = self._ask(chat_request)
        if not await _still_there_after(reply.delay, request):
            return Response(status_code=_CLIENT_CLOSED)
        answer = complete(chat_request, reply, rng=self._rng, now=self._clock())
        if chat_request.stream:
            return StreamingResponse(self._stream(answer, reply), headers={"content-type": _STREAM_TYPE})
        return _json(replies.chat_body(answer, self._switches))

    async def _admit(self, request: Request) -> ChatRequest:
        check_auth(request.headers.get("authorization"), self._switches.keys)
        body = await _read_body(request, self._switches.max_body_bytes)
        check_media_type(request.headers.get("content-type"))
        return read_chat_request(parse_body(body), strict=self._strict, switches=self._switches)

    def _ask(self, request: ChatRequest) -> BrainReply:
        try:
            return self._brain.reply(request)
        except Exception as error:
            _log.exception("the brain of the simulator failed")
            raise SimulatedError(500, "50000", f"Simulator brain failed: {type(error).__name__}: {error}") from error

    async def _stream(self, answer: Answer, reply: BrainReply) -> AsyncIterator[str]:
        """Send event by event; Starlette cancels this as soon as the client is gone."""
        for number, event in enumerate(events(answer, self._switches)):
            if number == reply.abort_after_events:
                return
            if number and reply.event_delay:
                await anyio.sleep(reply.event_delay)
            yield event


class _Marked:
    """Middleware that puts the simulator's header on every response."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._version = simulator_version()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def marked(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message)[VERSION_HEADER] = self._version
            await send(message)

        await self._app(scope, receive, marked)


async def _read_body(request: Request, limit: int) -> bytes:
    """Read the body, and stop as soon as it is known to be too large."""
    declared = request.headers.get("content-length", "")
    check_size(int(declared) if declared.isascii() and declared.isdigit() else 0, limit)
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        check_size(len(body), limit)
    return bytes(body)


async def _still_there_after(delay: float, request: Request) -> bool:
    """Wait before the answer; return False if the client hangs up meanwhile."""
    if delay <= 0:
        return True
    with anyio.move_on_after(delay):
        while (await request.receive())["type"] != "http.disconnect":
            pass
        return False
    return True


def _json(body: JsonObject, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    return Response(dumps(body), status, headers, media_type="application/json")


async def _refuse(_request: Request, error: Exception) -> Response:
    if not isinstance(error, SimulatedError):
        raise error
    return _json(error.body(), error.status, error.headers)


async def _refuse_path(request: Request, _error: Exception) -> Response:
    return await _refuse(request, not_found())


async def _fail(request: Request, error: Exception) -> Response:
    """Answer a mistake of the simulator itself; the marking middleware is inside of this handler."""
    if isinstance(error, ClientDisconnect):
        return Response(status_code=_CLIENT_CLOSED)
    refusal = SimulatedError(500, "50000", "Internal server error", {VERSION_HEADER: simulator_version()})
    return await _refuse(request, refusal)
