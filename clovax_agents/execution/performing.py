"""One call that may run, from its permits to its answer: attempts, and what each of them ended with (promise 7)."""

from __future__ import annotations

import asyncio
import inspect
import random
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from langgraph.errors import GraphBubbleUp, is_invalid_resume

from clovax_agents.errors import (
    ConfigurationError,
    InvalidArgumentsError,
    ModelRetry,
    OutcomeUnknownError,
    ToolCrashedError,
    ToolFailed,
    ToolOutputError,
    ToolRefusedError,
    ToolTimeoutError,
)
from clovax_agents.execution.bodies import caps_of, is_real_interrupt, run_body
from clovax_agents.execution.interrupting import Counter, counting
from clovax_agents.execution.observing import Observed, is_silent
from clovax_agents.execution.permits import process_permits
from clovax_agents.execution.results import shape
from clovax_agents.execution.texts import error_text
from clovax_agents.tooling.context import CURRENT, ToolContext

if TYPE_CHECKING:
    from collections.abc import Callable

    from langchain_core.runnables import RunnableConfig

    from clovax_agents.execution.facts import RunFacts
    from clovax_agents.execution.jobs import Job
    from clovax_agents.execution.lanes import Lane
    from clovax_agents.execution.ledger import Ledger
    from clovax_agents.execution.plans import Place, ToolPlan

__all__ = ["MAX_DEPTH", "Performer"]

MAX_DEPTH: Final = 8
"""How deep tools may run inside of tools."""
_LONGEST_BACKOFF: Final = 8.0
_OUTCOMES: Final = (
    (ToolTimeoutError, "timeout"),
    (ToolCrashedError, "crashed"),
    (ToolRefusedError, "refused"),
    (OutcomeUnknownError, "unknown"),
    (InvalidArgumentsError, "invalid"),
)
_NO_HELP: Final = (
    ConfigurationError,
    GraphBubbleUp,
    InvalidArgumentsError,
    ModelRetry,
    ToolFailed,
    ToolOutputError,
    ToolRefusedError,
)
"""After which another attempt with the same arguments ends the same way, or is the graph's to make."""


@dataclass(slots=True)
class Performer:
    """Runs the calls of one message.

    Attributes:
        facts: of the run.
        ledger: that is told how each call ended.
        finish: makes an answer of what a tool returned; see `ToolExecutor`.
        contain: makes an answer of an exception, or says that it is not to be contained by raising it.
        is_sync: whether the graph is run by ``invoke``.
        writer: of the run's custom stream.
        answered: how many answers of a person calls before this one have had, in the same task.
    """

    facts: RunFacts
    ledger: Ledger
    finish: Callable[[Job, Any], Any]
    contain: Callable[[Job, BaseException, str], Any]
    is_sync: bool
    writer: Callable[[Any], None] | None
    answered: int = 0

    async def perform(self, job: Job, lane: Lane) -> None:
        """Run a call and settle it; exceptions of the tool stay here."""
        plan = job.plan
        if plan is None or job.settled:
            return
        counter = Counter(self.answered) if job.alone else None
        try:
            value = await self._attempts(job, plan, lane, counter)
        except asyncio.CancelledError:
            if lane.task is None or lane.task.cancelling() or lane.left_behind:
                raise
            self._failed(job, plan, ToolCrashedError("it cancelled itself"))
        except BaseException as error:
            if is_real_interrupt(error):
                raise
            self._raised(job, plan, error, lane)
        else:
            self._returned(job, plan, value, counter, lane)
        if lane.left_behind:
            self.ledger.late(job)
        else:
            self.ledger.ended(job)

    async def overdue(self, job: Job, _: Lane) -> None:
        """Settle a call whose tool did not end when it was told to."""
        if job.plan is not None:
            limit = job.plan.policy.timeout
            error = ToolTimeoutError(f"it did not end within {limit:g} s, and goes on although it was told to stop")
            self._failed(job, job.plan, error)
            self.ledger.ended(job)

    async def _attempts(self, job: Job, plan: ToolPlan, lane: Lane, counter: Counter | None) -> Any:
        policy = plan.policy
        place = plan.place(is_sync=self.is_sync)
        while True:
            try:
                return await self._attempt(job, plan, place, lane, counter)
            except _NO_HELP:
                raise
            except Exception:
                if job.attempts > policy.retries or lane.left_behind or policy.effect == "once":
                    raise
            wait = min(policy.backoff * 2 ** (job.attempts - 1), _LONGEST_BACKOFF)
            await asyncio.sleep(wait * random.uniform(0.5, 1.0))  # noqa: S311  # spreads retries, hides nothing

    async def _attempt(self, job: Job, plan: ToolPlan, place: Place, lane: Lane, counter: Counter | None) -> Any:
        caps = caps_of(plan, place)
        permits = process_permits()
        await self._rate(plan)
        await permits.take(self.facts.scope, caps)
        try:
            job.attempts += 1
            job.begun = job.begun or time.monotonic()
            config = job.config if counter is None else counting(job.config, counter)
            if is_silent(config.get("callbacks")) and not plan.tool.callbacks:
                return shape_of(job, plan, await self._body(job, plan, place, lane, config))
            return await self._observed(job, plan, place, lane, config)
        finally:
            permits.give_back(caps)

    async def _observed(self, job: Job, plan: ToolPlan, place: Place, lane: Lane, config: RunnableConfig) -> Any:
        if not plan.direct:
            # LangChain tells the handlers itself
            return shape_of(job, plan, await self._body(job, plan, place, lane, config))
        run = await Observed.begin(plan.tool, job.call.id, job.call.arguments, config)
        try:
            answer = shape_of(job, plan, await self._body(job, plan, place, lane, run.config))
        except BaseException as error:
            await run.fail(error)
            raise
        await run.end(answer)
        return answer

    async def _body(self, job: Job, plan: ToolPlan, place: Place, lane: Lane, config: RunnableConfig) -> Any:
        value = await run_body(
            job,
            plan,
            place,
            lane,
            context=self._context(job, plan),
            config=config,
            is_sync=self.is_sync,
            late=lambda _, error: self.ledger.late(job, error),
        )
        if inspect.isawaitable(value):
            with lane.deadline(plan.policy.timeout):
                return await value
        return value

    def _context(self, job: Job, plan: ToolPlan) -> ToolContext:
        outer = CURRENT.get()
        depth = 0 if outer is None else outer.depth + 1
        if depth > MAX_DEPTH:
            raise ToolRefusedError(f"tools that call agents that call tools end at a depth of {MAX_DEPTH}")
        more = {} if job.standing is None else {"idempotency_key": job.standing.idempotency_key}
        return ToolContext(
            tool_call_id=job.call.id,
            tool=plan.tool.name,
            attempt=job.attempts,
            deadline=time.monotonic() + plan.policy.timeout,
            depth=depth,
            writer=self.writer,
            **more,
        )

    @staticmethod
    async def _rate(plan: ToolPlan) -> None:
        if plan.window is None:
            return
        wait = plan.window.reserve(within=plan.policy.timeout)
        if wait is None:
            raise ToolRefusedError(
                f"it may be called again in {plan.window.wait():.0f} s and not before: its rate limit is used up"
            )
        if wait:
            await asyncio.sleep(wait)

    def _raised(self, job: Job, plan: ToolPlan, error: BaseException, lane: Lane) -> None:
        if isinstance(error, GraphBubbleUp) or is_invalid_resume(error):
            job.raised, job.outcome = error, "interrupted"
        elif not lane.left_behind:
            self._failed(job, plan, error)

    def _returned(self, job: Job, plan: ToolPlan, value: Any, counter: Counter | None, lane: Lane) -> None:
        if lane.left_behind:
            return
        if counter is not None:
            job.consumed = counter.used
            self.answered += counter.used
        try:
            job.answer = self.finish(job, value)
            job.outcome = job.outcome or "done"
        except Exception as error:  # noqa: BLE001  # what it returned cannot be told: the model reads that
            self._failed(job, plan, error)

    def _failed(self, job: Job, plan: ToolPlan, error: BaseException) -> None:
        job.outcome = next((word for kind, word in _OUTCOMES if isinstance(error, kind)), "error")
        if not isinstance(error, Exception):
            error = ToolCrashedError(f"it tried to end the process ({type(error).__name__})")
            job.outcome = "crashed"
        text = error_text(error, plan.policy.redact)
        if job.outcome == "timeout" and plan.policy.effect == "once":
            text += ". It may have taken effect: find out before you call it again"
        try:
            job.answer = self.contain(job, error, text)
        except Exception as uncontained:  # noqa: BLE001  # the graph is told when all calls have ended
            job.raised = uncontained


def shape_of(job: Job, plan: ToolPlan, value: Any) -> Any:
    """Return what a tool returned as a message, or as it is if the tool made its answer itself."""
    pair = plan.direct and plan.tool.response_format == "content_and_artifact"
    return shape(value, call_id=job.call.id, name=plan.tool.name, policy=plan.policy, has_artifact=pair)
