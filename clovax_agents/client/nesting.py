"""A flow inside another: its operations are handed on, and what it delivers is taken."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from clovax_agents.client.ops import Deliver
from clovax_agents.errors import ServiceError

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from clovax_agents.client.ops import Flow, Op

__all__ = ["captured", "changed"]

T = TypeVar("T")
U = TypeVar("U")


def captured(flow: Flow[T]) -> Generator[Op, object, list[T]]:
    """Run a flow, and return what it delivers instead of delivering it."""
    items: list[T] = []
    outcome: object = None
    try:
        while True:
            op = _step(flow, outcome)
            if isinstance(op, Deliver):
                items.append(op.item)
                outcome = None
            else:
                outcome = yield from _handed_on(op)
    except StopIteration:
        return items
    finally:
        flow.close()


def changed(flow: Flow[T], change: Callable[[T], U]) -> Flow[U]:
    """Run a flow, and deliver what ``change`` makes of each thing that it delivers."""
    outcome: object = None
    try:
        while True:
            op = _step(flow, outcome)
            outcome = (yield Deliver(change(op.item))) if isinstance(op, Deliver) else (yield from _handed_on(op))
    except StopIteration:
        return
    finally:
        flow.close()


def _handed_on(op: Op) -> Generator[Op, object, object]:
    """Return what came of an operation; a failure is for the inner flow to see, which may try again."""
    try:
        return (yield op)
    except ServiceError as error:
        return error


def _step(flow: Flow[T], outcome: object) -> Op | Deliver[T]:
    """Go on with what came of the last operation, as the drivers do.

    Raises:
        StopIteration: the flow has ended.
    """
    return flow.throw(outcome) if isinstance(outcome, ServiceError) else flow.send(outcome)
