"""The service behind the paths: who asks, what is asked, is there room, and what is the answer."""

from __future__ import annotations

import logging
import random
from typing import TYPE_CHECKING

from clovax_agents.simulator.banner import banner, model_list
from clovax_agents.simulator.catalogue import SERVICE_PREFIX
from clovax_agents.simulator.envelopes import native_success
from clovax_agents.simulator.generation import complete
from clovax_agents.simulator.jobs import Call, ChatJob
from clovax_agents.simulator.limits import Limiter, Limits, rate_limit_headers
from clovax_agents.simulator.refusals import SimulatedError
from clovax_agents.simulator.validation.transport import check_accept, check_media_type, parse_body, wants_events

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from clovax_agents.simulator.brains.protocol import Brain, BrainReply, ChatRequest
    from clovax_agents.simulator.envelopes import Family
    from clovax_agents.simulator.generation import Answer
    from clovax_agents.simulator.jobs import Endpoint, Job, Rules
    from clovax_agents.simulator.json_types import JsonObject
    from clovax_agents.simulator.keys import Key
    from clovax_agents.simulator.limits import Verdict

__all__ = ["OverLimitError", "Service"]

_log = logging.getLogger(__name__)
_LIMIT_TEXTS = {
    "documented": "Too many requests - rate exceeded",
    "observed": "Too many requests: rate exceeded. Check response headers for current limits and retry information.",
}


class OverLimitError(SimulatedError):
    """The rate limit refuses a request; the application may choose to hang instead."""


class Service:
    """The simulated service, without HTTP: everything here is a function of the request and the clock."""

    def __init__(self, brain: Brain, rules: Rules, limits: Limits | None, clock: Callable[[], float]) -> None:
        """Keep what all requests share."""
        self.rules = rules
        self._brain = brain
        self._clock = clock
        if limits is None and any(key.limits for key in rules.ring.keys):
            limits = Limits.of({})  # nothing is limited but the keys that say so themselves
        self._limiter = Limiter(limits, clock) if limits is not None else None
        # Not for secrets: ids only have to differ, and to repeat when a recording asks for it.
        self.rng: random.Random = random.Random(rules.switches.id_seed)  # noqa: S311

    @property
    def limiter(self) -> Limiter | None:
        """What counts requests and tokens; None without limits."""
        return self._limiter

    def banner(self) -> JsonObject:
        """Say that this is a simulator."""
        return banner(strict=self.rules.strict, profile=self.rules.profile)

    def models(self) -> JsonObject:
        """List the models."""
        return model_list(self._clock())

    def identify(self, headers: Mapping[str, str], family: Family, path: str) -> Key:
        """Return the key of a request.

        Raises:
            SimulatedError: 401 or 403; also 401/40100 for a service app that a test key calls.
        """
        key = self.rules.ring.identify(headers, family, old_only=self.rules.profile == "legacy-host")
        if self.rules.strict and path.startswith(SERVICE_PREFIX) and key.kind == "test":
            raise SimulatedError(401, "40100", "Unauthorized")
        return key

    def read(
        self, endpoint: Endpoint, key: Key, headers: Mapping[str, str], path: Mapping[str, str], body: bytes
    ) -> Job:
        """Check a request, and return the work that it asks for."""
        check_media_type(headers.get("content-type"))
        if self.rules.strict:
            check_accept(headers.get("accept"))
        stream = wants_events(headers.get("accept")) and self.rules.profile != "legacy-host"
        return endpoint.read(Call(parse_body(body), path, stream, key), self.rules)

    def admit(self, job: Job, key: Key, family: Family) -> dict[str, str]:
        """Count a request, and return the headers that tell about it.

        Raises:
            OverLimitError: 429/42901.
        """
        if self._limiter is None:
            return {}
        verdict = self._limiter.admit(
            account=key.owner, kind=key.kind, model=job.counted, tokens=job.tokens, own=key.limits
        )
        headers = self._limit_headers(verdict, family)
        if not verdict.admitted:
            raise OverLimitError(429, "42901", _LIMIT_TEXTS[self.rules.switches.limit_text], headers)
        return headers

    def _limit_headers(self, verdict: Verdict, family: Family) -> dict[str, str]:
        switches = self.rules.switches
        if family == "native" and switches.limit_headers_on == "openai":
            return {}
        return rate_limit_headers(verdict, style=switches.limit_headers, refused=not verdict.admitted)

    def ask(self, request: ChatRequest) -> BrainReply:
        """Let the brain answer.

        Raises:
            SimulatedError: 500/50000 that names the mistake of the brain.
        """
        try:
            return self._brain.reply(request)
        except Exception as error:
            _log.exception("the brain of the simulator failed")
            raise SimulatedError(500, "50000", f"Simulator brain failed: {type(error).__name__}: {error}") from error

    def answer(self, job: ChatJob, reply: BrainReply) -> Answer:
        """Return the answer that a reply becomes: cut, counted, with ids.

        Raises:
            SimulatedError: the error that the brain asks for, or 400/40009 for a tool that was not offered.
        """
        return complete(
            job.request,
            reply,
            model=job.counted,
            rng=self.rng,
            now=self._clock(),
            mask=self.rules.switches.mask,
        )

    def whole(self, job: ChatJob, answer: Answer, family: Family) -> JsonObject:
        """Return the body of an answer that is not streamed, in its envelope."""
        body = job.format.body(answer, self.rules.switches)
        return native_success(body) if family == "native" else body
