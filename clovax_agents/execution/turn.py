"""The calls of one message, from their checks to their answers: together, in order where order matters (promise 4)."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Final

from langchain_core.messages import ToolMessage
from langgraph.errors import GraphInterrupt

from clovax_agents.execution.blocking import watch
from clovax_agents.execution.bodies import flush
from clovax_agents.execution.canonical import arguments_hash
from clovax_agents.execution.checks import find_twins
from clovax_agents.execution.lanes import Lanes
from clovax_agents.execution.wording import say

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from clovax_agents.execution.jobs import Job
    from clovax_agents.execution.ledger import Ledger
    from clovax_agents.execution.performing import Performer

__all__ = ["DEFAULT_WIDTH", "run_turn", "segments"]

DEFAULT_WIDTH: Final = 32
"""How many calls of a message run at once, unless ``max_concurrency`` of the run says otherwise."""


async def run_turn(jobs: Sequence[Job], performer: Performer, ledger: Ledger, width: int) -> None:
    """Settle all jobs: afterwards each has an answer, or what the graph has to handle.

    Args:
        jobs: in call order; those that are settled already are left alone.
        performer: runs one of them.
        ledger: knows what has been done before.
        width: how many run at once.
    """
    if not ledger.always and all(map(_is_simple, jobs)):
        try:
            await _together(jobs, performer, width)
        finally:
            await ledger.written()
        return
    find_twins(jobs)
    _recall(jobs)
    refused = [job for job in jobs if job.settled and job.outcome != "cached"]
    await ledger.begin(jobs)
    try:
        await _run(jobs, performer, width)
    except asyncio.CancelledError:
        ledger.cancelled([job for job in jobs if not job.settled])
        raise
    finally:
        ledger.released(jobs)
        ledger.refused(refused)
        await ledger.written()
    _share(jobs)


async def _run(jobs: Sequence[Job], performer: Performer, width: int) -> None:
    for segment in segments([job for job in jobs if job.twin is None]):
        alone = segment[0].alone if segment else False
        if alone and segment[0].settled:
            performer.answered += segment[0].consumed
        await _together([job for job in segment if not job.settled], performer, width)
        if alone and isinstance(segment[0].raised, GraphInterrupt):
            return  # the next one would be asked before this one is answered, and given its answer


async def _together(jobs: Sequence[Job], performer: Performer, width: int) -> None:
    with watch(jobs):
        await Lanes(performer.perform, performer.overdue, flush).run(jobs, width)


def _is_simple(job: Job) -> bool:
    """Whether a call need not be told apart from others, kept or looked up: most only read."""
    return job.plan is not None and job.plan.is_simple and job.answer is None and job.raised is None


def segments(jobs: Sequence[Job]) -> Iterator[list[Job]]:
    """Divide jobs into those that may run together; what may interrupt comes last, one by one.

    A sequential call runs after those before it in the message, and before those behind it.
    """
    together: list[Job] = []
    for job in (job for job in jobs if not job.alone):
        if job.plan is not None and job.plan.policy.sequential:
            yield together
            yield [job]
            together = []
        else:
            together.append(job)
    yield together
    yield from ([job] for job in jobs if job.alone)


def _recall(jobs: Sequence[Job]) -> None:
    """Answer calls whose result is still fresh."""
    for job in jobs:
        if not job.settled and job.plan is not None and job.plan.cache is not None:
            job.digest = job.digest or arguments_hash(job.call.arguments)
            job.answer = job.plan.cache.get(job.digest, job.call.id)
            job.outcome = "cached" if job.answer is not None else ""


def _share(jobs: Sequence[Job]) -> None:
    """Keep fresh results, and let calls that say the same as another have its answer."""
    for job in jobs:
        if job.twin is not None and job.twin.answer is not None:
            job.answer, job.outcome = _copied(job, job.twin.answer), "repeated"
        elif job.plan is not None and job.plan.cache is not None and job.outcome == "done":
            answer: Any = job.answer
            if isinstance(answer, ToolMessage) and answer.status == "success":
                job.plan.cache.put(job.digest, answer)


def _copied(job: Job, answer: Any) -> ToolMessage:
    """Return the answer of an equal call under this call's id; what else that one did is not done again."""
    note = {"outcome": "repeated"}
    if isinstance(answer, ToolMessage):
        return answer.model_copy(update={"tool_call_id": job.call.id, "id": None, "response_metadata": note})
    text = say("this call says the same as one before it in the message, and ran once for both")
    return ToolMessage(text, tool_call_id=job.call.id, name=job.call.name, response_metadata=note)
