"""CLOVA Studio as an ASGI application: paths, bodies, timings, faults and the request log."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import anyio
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from clovax_agents.simulator.banner import simulator_version
from clovax_agents.simulator.brains.rules import RuleBrain
from clovax_agents.simulator.catalogue import paths
from clovax_agents.simulator.envelopes import error_body, family_of, native_status, native_success
from clovax_agents.simulator.faults import FAULTS, Fault, FaultMiddleware, FaultPlan
from clovax_agents.simulator.formats.events import EventWriter
from clovax_agents.simulator.jobs import ChatJob, Rules
from clovax_agents.simulator.json_types import dumps
from clovax_agents.simulator.keys import Key, KeyRing
from clovax_agents.simulator.marks import VERSION_HEADER, SimulatorApp, record_of
from clovax_agents.simulator.refusals import SimulatedError, not_found
from clovax_agents.simulator.responses import CLIENT_CLOSED, EventResponse, gone_within, json_response
from clovax_agents.simulator.service import OverLimitError, Service
from clovax_agents.simulator.switches import Profile, Switches
from clovax_agents.simulator.validation.transport import check_size, wants_events

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable

    from clovax_agents.simulator.brains.protocol import Brain, BrainReply
    from clovax_agents.simulator.envelopes import Family
    from clovax_agents.simulator.generation import Answer
    from clovax_agents.simulator.jobs import Endpoint, Job
    from clovax_agents.simulator.limits import Limits
    from clovax_agents.simulator.record import RequestRecord

__all__ = ["VERSION_HEADER", "SimulatorApp", "create_app", "simulator_version"]


def create_app(  # noqa: PLR0913  # every part can be replaced, and is named where it is
    *,
    brain: Brain | None = None,
    strict: bool = True,
    clock: Callable[[], float] = time.time,
    switches: Switches | None = None,
    profile: Profile = "public",
    keys: Iterable[Key] | None = None,
    limits: Limits | None = None,
    faults: FaultPlan | None = None,
    log: Callable[[RequestRecord], None] | None = None,
) -> SimulatorApp:
    """Build the simulator as an ASGI application.

    Args:
        brain: decides what the model says; default a `RuleBrain` on the same clock.
        strict: refuse every field and value that the service may refuse; False ignores unsupported fields.
        clock: seconds since 1970, for ``created``, for limits and for words like "tomorrow".
        switches: stances on points that no source settles.
        profile: whose paths and features: the public cloud's, the government cloud's or the old host's.
        keys: the accepted API keys; None accepts every ``nv-`` key.
        limits: requests and tokens per minute; None counts nothing.
        faults: what goes wrong on purpose; requests can ask for more in the header ``x-clovax-fault``.
        log: gets a `RequestRecord` after each request.
    """
    rules = Rules(strict, switches or Switches(), profile, KeyRing(keys))
    service = Service(brain or RuleBrain(clock=clock), rules, limits, clock)
    http = _Http(service)
    inner = Starlette(routes=_routes(http, rules), exception_handlers=http.handlers)
    inner.router.redirect_slashes = False
    faulty = FaultMiddleware(inner, plan=faults, error_body=http.error_bytes)
    return SimulatorApp(faulty, limiter=service.limiter, log=log)


def _routes(http: _Http, rules: Rules) -> list[Route]:
    return [
        Route("/", http.banner, methods=["GET"]),
        Route("/v1/openai/models", http.models, methods=["GET"]),
        *(Route(path, http.endpoint(endpoint), methods=["POST"]) for path, endpoint in paths(rules)),
    ]


class _Http:
    """Turns requests into calls of the service, and its answers into responses."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._switches = service.rules.switches
        self.handlers: dict[Any, Callable[[Request, Exception], Awaitable[Response]]] = {
            SimulatedError: self.refuse,
            HTTPException: self.refuse_path,
            ClientDisconnect: self.gone,
            Exception: self.fail,
        }

    async def banner(self, _request: Request) -> Response:
        """Say that this is a simulator."""
        return json_response(self._service.banner())

    async def models(self, request: Request) -> Response:
        """List the models."""
        self._service.identify(request.headers, "openai", request.url.path)
        return json_response(self._service.models())

    def endpoint(self, endpoint: Endpoint) -> Callable[[Request], Awaitable[Response]]:
        """Return the handler of one API."""

        async def handle(request: Request) -> Response:
            key = self._service.identify(request.headers, endpoint.family, request.url.path)
            body = await self._body(request)
            job = self._service.read(endpoint, key, request.headers, request.path_params, body)
            record_of(request.scope).asked(job)
            headers = self._admit(job, key, endpoint.family, request)
            if isinstance(job, ChatJob):
                return await self._chat(job, endpoint.family, request, headers)
            result = job.result()
            return json_response(native_success(result) if endpoint.family == "native" else result, 200, headers)

        return handle

    async def _body(self, request: Request) -> bytes:
        """Read the body, and stop as soon as it is known to be too large or too slow."""
        limit = self._switches.max_body_bytes
        declared = request.headers.get("content-length", "")
        check_size(int(declared) if declared.isascii() and declared.isdigit() else 0, limit)
        body = bytearray()
        with anyio.move_on_after(self._switches.body_seconds):
            async for chunk in request.stream():
                body += chunk
                check_size(len(body), limit)
            return bytes(body)
        raise SimulatedError(408, "40800", "Request timeout", {"connection": "close"})

    def _admit(self, job: Job, key: Key, family: Family, request: Request) -> dict[str, str]:
        try:
            return self._service.admit(job, key, family)
        except OverLimitError:
            asked = any(fault.kind == "hang" for fault in request.scope.get(FAULTS, ()))
            if asked or self._switches.over_limit == "hang":
                request.scope.setdefault(FAULTS, []).append(Fault(kind="black_hole"))
            raise

    async def _chat(self, job: ChatJob, family: Family, request: Request, headers: dict[str, str]) -> Response:
        reply = self._service.ask(job.request)
        record_of(request.scope).quirk = reply.quirk
        request.scope.setdefault(FAULTS, []).extend(reply.faults)
        if reply.delay > 0 and await gone_within(reply.delay, request.receive):
            return Response(status_code=CLIENT_CLOSED)
        answer = self._service.answer(job, reply)
        record_of(request.scope).answered(answer)
        if job.request.stream:
            return self._stream(job, answer, reply, headers)
        return json_response(self._service.whole(job, answer, family), 200, headers)

    def _stream(self, job: ChatJob, answer: Answer, reply: BrainReply, headers: dict[str, str]) -> Response:
        events = job.format.events(answer, self._switches)
        return EventResponse(events, pause=reply.event_delay, headers=headers)

    async def refuse(self, request: Request, error: Exception) -> Response:
        """Answer with an error of the service, in the envelope of the API."""
        if not isinstance(error, SimulatedError):
            raise error
        record = record_of(request.scope)
        record.code, record.message = error.code, error.message
        family = family_of(request.url.path)
        if family == "native" and self._as_event(request):
            writer = EventWriter(self._service.rng, self._switches)
            return EventResponse([writer.event("error", native_status(error))], headers=error.headers)
        status = 200 if family == "native" and self._switches.failure_status == "200" else error.status
        return json_response(self._error(error, family), status, error.headers)

    def _as_event(self, request: Request) -> bool:
        return self._switches.stream_errors == "event" and wants_events(request.headers.get("accept"))

    def _error(self, error: SimulatedError, family: Family) -> dict[str, object]:
        return error_body(error, family, null_result=self._switches.null_result)

    def error_bytes(self, path: str, status: int, code: str, message: str) -> bytes:
        """Return the body of an error that was asked for as a fault."""
        return dumps(self._error(SimulatedError(status, code, message), family_of(path))).encode()

    async def refuse_path(self, request: Request, _error: Exception) -> Response:
        """Answer 404/40400, also where the method is wrong."""
        return await self.refuse(request, not_found())

    async def gone(self, _request: Request, _error: Exception) -> Response:
        """Say nothing to a client that hung up before it had asked."""
        return Response(status_code=CLIENT_CLOSED)

    async def fail(self, request: Request, _error: Exception) -> Response:
        """Answer a mistake of the simulator itself."""
        return await self.refuse(request, SimulatedError(500, "50000", "Internal server error"))
