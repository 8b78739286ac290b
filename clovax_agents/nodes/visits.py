"""A visit of a node, from the outside: one generator for sync and async says what to hand to the node inside."""

from __future__ import annotations

import asyncio
import math
from contextlib import closing
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Generator

    from langchain_core.runnables import RunnableConfig

__all__ = ["Handed", "Steps", "avisit", "visit"]


class Handed(NamedTuple):
    """What the node inside is handed.

    Attributes:
        given: as a rule the state.
        config: of the visit.
        seconds: that it has; only async nodes can be stopped.
    """

    given: Any
    config: RunnableConfig | None
    seconds: float = math.inf


Steps = "Generator[Handed, Any, Any]"


def visit(steps: Generator[Handed, Any, Any], node: Callable[[Any, RunnableConfig | None], Any]) -> Any:
    """Carry out a visit."""
    with closing(steps):
        try:
            handed = next(steps)
            while True:
                try:
                    found = node(handed.given, handed.config)
                except BaseException as error:  # noqa: BLE001  # whatever it is, the generator knows better
                    handed = steps.throw(error)
                else:
                    handed = steps.send(found)
        except StopIteration as stop:
            return stop.value


async def avisit(
    steps: Generator[Handed, Any, Any], node: Callable[[Any, RunnableConfig | None], Awaitable[Any]]
) -> Any:
    """Carry out a visit."""
    with closing(steps):
        try:
            handed = next(steps)
            while True:
                try:
                    work = node(handed.given, handed.config)
                    found = await (work if handed.seconds == math.inf else _within(handed.seconds, work))
                except BaseException as error:  # noqa: BLE001  # whatever it is, the generator knows better
                    handed = steps.throw(error)
                else:
                    handed = steps.send(found)
        except StopIteration as stop:
            return stop.value


async def _within(seconds: float, work: Awaitable[Any]) -> Any:
    async with asyncio.timeout(max(seconds, 0.0)):
        return await work
