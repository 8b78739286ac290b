"""One call that may run, from its permits to its answer: attempts, and what each of them ended with (promise 7)."""

from __future__ import annotations

import asyncio
import random
import time
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from langchain_core.runnables.config import var_child_runnable_config
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
from clovax_agents.execution.bodies import is_real_interrupt, run_body
from clovax_agents.execution.canonical import arguments_hash
from clovax_agents.execution.contexts import in_context
from clovax_agents.execution.interrupting import Counter, counting
from clovax_agents.execution.jobs import journal_key
from clovax_agents.execution.journal.rules import idempotency_key
from clovax_agents.execution.observing import Observed
from clovax_agents.execution.permits import Permits, process_permits
from clovax_agents.execution.results import shape
from clovax_agents.execution.texts import error_text
from clovax_agents.execution.times import time_of_run, within_run
from clovax_agents.execution.wording import say
from clovax_agents.tooling.context import CURRENT, ToolContext

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine
    from contextvars import Context

    from langchain_core.runnables import RunnableConfig

    from clovax_agents.execution.answering import Answering
    from clovax_agents.execution.facts import RunFacts
    from clovax_agents.execution.jobs import Job
    from clovax_agents.execution.lanes import Lane
    from clovax_agents.execution.ledger import Ledger
    from clovax_agents.execution.plans import ToolPlan, Way
    from clovax_agents.execution.rates import RateWindow
    from clovax_agents.execution.taint import Taint

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
        answering: makes the answers.
        is_sync: whether the graph is run by ``invoke``.
        is_silent: nobody listens to the run.
        variables: of the caller, with the run's configuration among them.
        writer: of the run's custom stream.
        permits: of this process.
        around: the tool's call that all this runs inside of, if it does.
        answered: how many answers of a person calls before this one have had, in the same task.
        see: says what the conversation carries.
    """

    facts: RunFacts
    ledger: Ledger
    answering: Answering
    is_sync: bool
    is_silent: bool
    variables: Context
    writer: Callable[[Any], None] | None
    answered: int = 0
    see: Callable[[], Taint] = frozenset
    permits: Permits = field(default_factory=process_permits)
    around: ToolContext | None = field(default_factory=CURRENT.get)

    async def perform(self, job: Job, lane: Lane) -> None:
        """Run a call and settle it; exceptions of the tool stay here."""
        plan = job.plan
        if plan is None or job.answer is not None or job.raised is not None:
            return
        counter = Counter(self.answered) if job.alone else None
        try:
            attempt = self._attempts if plan.policy.retries else self._attempt
            value = await attempt(job, plan, lane, counter)
        except asyncio.CancelledError:
            if lane.task is None or lane.task.cancelling() or lane.left_behind:
                raise
            self._failed(job, plan, ToolCrashedError(say("it cancelled itself")))
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
            text = "it did not end within {seconds:g} s, and goes on although it was told to stop"
            self._failed(job, job.plan, ToolTimeoutError(say(text, seconds=job.seconds)))
            self.ledger.ended(job)

    async def _attempts(self, job: Job, plan: ToolPlan, lane: Lane, counter: Counter | None) -> Any:
        policy = plan.policy
        while True:
            try:
                return await self._attempt(job, plan, lane, counter)
            except _NO_HELP:
                raise
            except Exception:
                if job.attempts > policy.retries or lane.left_behind or policy.effect == "once":
                    raise
            job.arguments |= plan.reader(
                job.call.arguments
            )  # what one attempt did to them is not the next one's affair
            wait = min(policy.backoff * 2 ** (job.attempts - 1), _LONGEST_BACKOFF)
            await asyncio.sleep(within_run(wait * random.uniform(0.5, 1.0)))  # noqa: S311  # spreads retries, hides nothing

    async def _attempt(self, job: Job, plan: ToolPlan, lane: Lane, counter: Counter | None) -> Any:
        way = plan.sync if self.is_sync else plan.async_
        if plan.window is not None:
            await _in_time(plan, plan.window)
        permits = self.permits
        level = 0 if self.around is None else self.around.depth + 1
        if level > MAX_DEPTH:
            text = "tools that call agents that call tools end at a depth of {most}"
            raise ToolRefusedError(say(text, most=MAX_DEPTH))
        if not permits.try_take(way.caps, level):
            async with time_of_run():
                await permits.take(self.facts.scope, way.caps, level)
        try:
            job.seconds = within_run(plan.policy.timeout)
            job.attempts += 1
            job.begun = job.begun or time.monotonic()
            if counter is None and self.is_silent and not plan.tool.callbacks:
                return shape_of(job, plan, await self._body(job, plan, way, lane, job.config, self.variables.copy()))
            config = job.config if counter is None else counting(job.config, counter)
            return await self._observed(job, plan, way, lane, config)
        finally:
            permits.give_back(way.caps, level)

    async def _observed(self, job: Job, plan: ToolPlan, way: Way, lane: Lane, config: RunnableConfig) -> Any:
        """Run it and tell who listens; tools with a ``run`` of their own leave that to LangChain."""
        variables = self.variables.copy()
        if not plan.direct or self.is_silent:
            variables.run(var_child_runnable_config.set, config)
            return shape_of(job, plan, await self._body(job, plan, way, lane, config, variables))
        # handlers set variables for the tool to find, and take them back
        run = await in_context(variables, Observed.begin(plan.tool, job.call.id, job.call.arguments, config))
        variables.run(var_child_runnable_config.set, run.config)
        try:
            answer = shape_of(job, plan, await self._body(job, plan, way, lane, run.config, variables))
        except BaseException as error:
            left_running = way.place != "inline" and isinstance(error, ToolTimeoutError | asyncio.CancelledError)
            await in_context(variables.copy() if left_running else variables, run.fail(error))
            raise
        await in_context(variables, run.end(answer))
        return answer

    def _body(
        self, job: Job, plan: ToolPlan, way: Way, lane: Lane, config: RunnableConfig, variables: Context
    ) -> Coroutine[Any, Any, Any]:
        context, late = self._context(job, plan), self.ledger.late
        return run_body(job, plan, way, lane, context=context, config=config, variables=variables, late=late)

    def _context(self, job: Job, plan: ToolPlan) -> ToolContext:
        outer = self.around
        return ToolContext(
            tool_call_id=job.call.id,
            tool=plan.tool.name,
            attempt=job.attempts,
            deadline=time.monotonic() + job.seconds,
            depth=0 if outer is None else outer.depth + 1,
            around=outer,
            writer=self.writer,
            scopes=plan.policy.scopes,
            see=self.see,
            carried=job.carried,
            make_key=partial(self._key_of, job),
        )

    def _key_of(self, job: Job) -> str:
        if job.standing is not None:
            return job.standing.idempotency_key
        return idempotency_key(journal_key(self.facts.scope, job.call, arguments_hash(job.call.arguments)))

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
            job.answer = self.answering.finish(job, value)
            job.outcome = job.outcome or "done"
        except Exception as error:  # noqa: BLE001  # what it returned cannot be told: the model reads that
            self._failed(job, plan, error)

    def _failed(self, job: Job, plan: ToolPlan, error: BaseException) -> None:
        job.outcome = next((word for kind, word in _OUTCOMES if isinstance(error, kind)), "error")
        if not isinstance(error, Exception):
            error = ToolCrashedError(say("it tried to end the process ({kind})", kind=type(error).__name__))
            job.outcome = "crashed"
        text = error_text(error, plan.policy.redact)
        if job.outcome == "timeout" and plan.policy.effect == "once":
            text = say("{text}. It may have taken effect: find out before you call it again", text=text)
        try:
            job.answer = self.answering.contain(job, error, text)
        except Exception as uncontained:  # noqa: BLE001  # the graph is told when all calls have ended
            job.raised = uncontained


async def _in_time(plan: ToolPlan, window: RateWindow) -> None:
    """Wait until the tool's rate limit lets the call in."""
    wait = window.reserve(within=within_run(plan.policy.timeout))
    if wait is None:
        text = "it may be called again in {seconds:.0f} s and not before: its rate limit is used up"
        raise ToolRefusedError(say(text, seconds=window.wait()))
    if wait:
        await asyncio.sleep(wait)


def shape_of(job: Job, plan: ToolPlan, value: Any) -> Any:
    """Return what a tool returned as a message, or as it is if the tool made its answer itself."""
    pair = plan.direct and plan.tool.response_format == "content_and_artifact"
    return shape(value, call_id=job.call.id, name=plan.tool.name, policy=plan.policy, has_artifact=pair)
