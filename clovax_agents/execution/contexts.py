"""Coroutines that run in a context of their own without a task of their own: what one tool sets, no other sees."""

from __future__ import annotations

from types import coroutine
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Awaitable, Coroutine, Generator
    from contextvars import Context

__all__ = ["in_context"]


@coroutine
def in_context(context: Context, awaitable: Awaitable[Any]) -> Generator[Any, Any, Any]:
    """Await something with the given context variables; they are changed for nobody else.

    Args:
        context: a copy made for it.
        awaitable: as a rule what an async function returned.
    """
    work: Coroutine[Any, Any, Any] = awaitable if hasattr(awaitable, "send") else _awaited(awaitable)  # type: ignore[assignment]
    step, given = work.send, None
    try:
        while True:
            yielded = context.run(step, given)
            try:
                step, given = work.send, (yield yielded)
            except GeneratorExit:
                context.run(work.close)
                raise
            except BaseException as error:  # noqa: BLE001  # cancellation, too, is the coroutine's to handle
                step, given = work.throw, error
    except StopIteration as done:
        return done.value


async def _awaited(awaitable: Awaitable[Any]) -> Any:
    return await awaitable
