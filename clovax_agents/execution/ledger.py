"""The calls of one message in the journal: what has been done before, and what is written down now (promise 6)."""

from __future__ import annotations

import asyncio
import inspect
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from langchain_core.messages import ToolMessage

from clovax_agents.errors import JournalError
from clovax_agents.execution.canonical import arguments_hash
from clovax_agents.execution.jobs import error_answer, journal_key
from clovax_agents.execution.journal.base import Claim, Ended
from clovax_agents.execution.journal.encoding import decode, encode
from clovax_agents.execution.results import shape
from clovax_agents.execution.texts import error_text
from clovax_agents.execution.wording import say
from clovax_agents.tooling.reconciling import Doubt, Outcome

if TYPE_CHECKING:
    from collections.abc import Sequence

    from clovax_agents.execution.facts import RunFacts
    from clovax_agents.execution.jobs import Job
    from clovax_agents.execution.journal.base import Standing
    from clovax_agents.execution.journal.writer import JournalWriter

__all__ = ["Ledger"]

_UNKNOWN: Final = (
    "this call had begun when the process died, so it may have taken effect or not. It was not run again. "
    "Find out what happened before you call {name} again"
)
_QUARANTINED: Final = (
    "this call has ended the process {attempts} times, so it is not run any more. Do not call it again like this"
)
_FORGOTTEN: Final = (
    "this call has run before, so long ago that its result is not kept any more. It was not run again. "
    "Find out what happened before you call {name} again"
)
_BUSY: Final = "another process is running this very call; its result was waited for in vain"
_FIRST_LOOK: Final = 0.05
_LAST_LOOK: Final = 1.0


def _nothing() -> list[asyncio.Future[Any]]:
    return []  # `list[...]` as a factory takes ten times as long


@dataclass(slots=True)
class Ledger:
    """The journal as the calls of one message use it.

    Attributes:
        writer: of the journal.
        facts: of the run.
        always: journal every call, even those that only read, because the journal outlives the process or the task has
            been here before.
        kept: whether calls are journaled at all.
    """

    writer: JournalWriter
    facts: RunFacts
    always: bool
    kept: bool = True
    _writing: list[asyncio.Future[Any]] = field(default_factory=_nothing)

    async def begin(self, jobs: Sequence[Job]) -> None:
        """Claim calls: those that were done before are answered, the others may run."""
        mine = [job for job in jobs if not job.settled and job.twin is None and self._is_kept(job)]
        if not mine:
            return
        for job in mine:
            job.digest = job.digest or arguments_hash(job.call.arguments)
            job.key = journal_key(self.facts.scope, job.call, job.digest)
        standings = await self.writer.begin([self._claim(job) for job in mine])
        await asyncio.gather(*[self._met(job, found) for job, found in zip(mine, standings, strict=True)])

    def ended(self, job: Job) -> None:
        """Write down how a call ended; `written` waits for it."""
        if not job.key:
            if self.kept and job.outcome == "interrupted":
                self._writing.append(asyncio.ensure_future(self._remembered(job)))
            return
        if job.raised is None:
            self._write(job, "done")
        elif job.outcome != "interrupted" and job.plan is not None and job.plan.policy.effect == "once":
            # an error for the graph to handle; should it come here again, the call has this answer
            job.answer = error_answer(job.call, error_text(job.raised, job.plan.policy.redact), job.outcome)
            self._write(job, "failed")
        else:
            self._write(job, "interrupted")

    def refused(self, jobs: Sequence[Job]) -> None:
        """Note calls that were not run, and why."""
        entries = [Ended(key=job.key, how="refused", facts=self._told(job)) for job in jobs]
        if entries:
            self._writing.append(self.writer.end(entries))

    def cancelled(self, jobs: Sequence[Job]) -> None:
        """Write down calls that were cancelled: one that had begun and is to happen once is unknown now."""
        for job in jobs:
            if job.key and job.standing is not None and job.standing.state != "wait":
                begun = bool(job.begun) and job.plan is not None and job.plan.policy.effect == "once"
                job.outcome, job.released = "cancelled", True
                self._write(job, "unknown" if begun else "interrupted")

    def late(self, job: Job, error: BaseException | None = None) -> None:
        """Note that a body that was given up has ended after all."""
        if job.key:
            facts = {**self._told(job), "late": "failed" if error is not None else "done"}
            self.writer.end_later(Ended(key=job.key, how="refused", facts=facts))

    def released(self, jobs: Sequence[Job]) -> None:
        """Give up claims of calls whose turn has not come."""
        for job in jobs:
            if (
                job.key
                and not job.settled
                and job.standing is not None
                and job.standing.state in {"run", "interrupted"}
            ):
                self._write(job, "interrupted")

    async def written(self) -> None:
        """Wait until everything is written down."""
        waiting, self._writing = self._writing, []
        if waiting:
            await asyncio.gather(*waiting)

    def _is_kept(self, job: Job) -> bool:
        return self.kept and job.plan is not None and (self.always or job.alone or job.plan.policy.effect != "read")

    def _claim(self, job: Job, *, again: bool = False) -> Claim:
        effect = "once" if job.plan is None else job.plan.policy.effect
        return Claim(key=job.key, effect=effect, again=again, facts=self._told(job))

    def _told(self, job: Job) -> dict[str, Any]:
        facts = {
            "thread": self.facts.thread_id,
            "run": self.facts.run_id,
            "user": self.facts.user,
            "tool": job.call.name,
            "call": job.call.id,
            "arguments": job.digest,
            "outcome": job.outcome,
        }
        return {name: value for name, value in facts.items() if value}

    def _write(self, job: Job, how: Any) -> None:
        facts = self._told(job)
        result = b""
        if how in {"done", "failed"} and job.answer is not None:
            result = _encoded(job)
            facts["bytes"] = len(result)
        if job.begun:
            facts["seconds"] = round(time.monotonic() - job.begun, 6)
        entry = Ended(key=job.key, how=how, result=result, consumed=job.consumed, facts=facts)
        self._writing.append(self.writer.end([entry]))

    async def _remembered(self, job: Job) -> None:
        """Write down that a call waits for a person, though its tool did not say that it might."""
        job.digest = job.digest or arguments_hash(job.call.arguments)
        job.key = journal_key(self.facts.scope, job.call, job.digest)
        await self.writer.begin([self._claim(job)])
        await self.writer.end([Ended(key=job.key, how="interrupted", facts=self._told(job))])

    async def _met(self, job: Job, found: Standing) -> None:
        """Act on what the journal says; look again while somebody else is running the call."""
        pause = _FIRST_LOOK
        patience = time.monotonic() + (job.plan.policy.timeout if job.plan else 0)
        while found.state == "wait":
            if time.monotonic() > patience:
                job.standing = found
                job.fail(say(_BUSY), "refused")
                return
            await asyncio.sleep(pause)
            pause = min(2 * pause, _LAST_LOOK)
            (found,) = await self.writer.begin([self._claim(job)])
        job.standing = found
        if found.state == "done":
            self._recalled(job, found)
        elif found.state == "forgotten":
            job.consumed, job.alone = found.consumed, job.alone or bool(found.consumed)
            job.fail(say(_FORGOTTEN, name=job.call.name), "forgotten")
        elif found.state == "interrupted":
            job.alone = True
        elif found.state == "quarantined":
            job.fail(say(_QUARANTINED, attempts=found.attempts), "quarantined")
        elif found.state == "unknown":
            await self._reconciled(job, found)

    def _recalled(self, job: Job, found: Standing) -> None:
        job.answer = decode(found.result)
        job.outcome = "recalled"
        job.consumed = found.consumed
        job.alone = job.alone or bool(found.consumed)  # the calls behind it begin to count where it has ended

    async def _reconciled(self, job: Job, found: Standing) -> None:
        """Ask the tool's own hook what became of the call; without an answer it stays unknown."""
        policy = job.plan.policy if job.plan else None
        outcome = Outcome("unknown")
        if policy is not None and policy.reconcile is not None:
            doubt = Doubt(
                tool=job.call.name,
                arguments=job.call.arguments,
                idempotency_key=found.idempotency_key,
                started_at=found.started_at,
            )
            outcome = await _asked(policy.reconcile, doubt)
        if policy is not None and outcome.state == "done":
            job.answer = shape(outcome.result, call_id=job.call.id, name=job.call.name, policy=policy)
            job.outcome = "reconciled"
            self._write(job, "done")
        elif outcome.state == "not_done":
            (again,) = await self.writer.begin([self._claim(job, again=True)])
            await self._met(job, again)
        else:
            job.fail(say(_UNKNOWN, name=job.call.name), "unknown")


def _encoded(job: Job) -> bytes:
    try:
        return encode(job.answer)
    except JournalError as error:
        text = "{name} has run, but its result could not be kept over the interruption ({problem})"
        note = say(text, name=job.call.name, problem=error)
        return encode(ToolMessage(note, tool_call_id=job.call.id, name=job.call.name))


async def _asked(reconcile: Any, doubt: Doubt) -> Outcome:
    try:
        answer = (
            reconcile(doubt) if inspect.iscoroutinefunction(reconcile) else await asyncio.to_thread(reconcile, doubt)
        )
        answer = await answer if inspect.isawaitable(answer) else answer
    except Exception:  # noqa: BLE001  # a hook that fails knows nothing
        return Outcome("unknown")
    return answer if isinstance(answer, Outcome) else Outcome("unknown")
