"""The two drivers: they do what a flow says, and tell it what came of it.

What goes wrong becomes a value that is thrown into the flow, so that no error of ours drags an HTTP library's request,
with the key in its headers, along as its context.
"""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, TypeVar

from clovax_agents.client.ops import Deliver, Read, Send, Sleep, Wait
from clovax_agents.client.pools import async_transport, sync_transport
from clovax_agents.errors import ServiceError

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Generator

    from clovax_agents.client.ops import Flow, Op
    from clovax_agents.client.transport import AsyncExchange, AsyncTransport, SyncExchange, SyncTransport

__all__ = ["aiterate", "aone", "iterate", "one"]

T = TypeVar("T")


def iterate(flow: Flow[T]) -> Generator[T, None, None]:
    """Drive a flow and yield what it delivers; closing the iterator closes the connection."""
    outcome: object = None
    channel = _SyncChannel()
    try:
        while (op := _step(flow, outcome)) is not None:
            if isinstance(op, Deliver):
                yield op.item
                outcome = None
            else:
                outcome = channel.perform(op)
    finally:
        flow.close()
        channel.close()


async def aiterate(flow: Flow[T]) -> AsyncGenerator[T, None]:
    """Drive a flow and yield what it delivers; closing the iterator closes the connection."""
    outcome: object = None
    channel = _AsyncChannel()
    try:
        while (op := _step(flow, outcome)) is not None:
            if isinstance(op, Deliver):
                yield op.item
                outcome = None
            else:
                outcome = await channel.perform(op)
    finally:
        flow.close()
        await channel.close()


def one(flow: Flow[T]) -> T:
    """Drive a flow that delivers one thing; return it."""
    outcome: object = None
    channel = _SyncChannel()
    try:
        while not isinstance(op := _next(flow, outcome), Deliver):
            outcome = channel.perform(op)
        return op.item
    finally:
        flow.close()
        channel.close()


async def aone(flow: Flow[T]) -> T:
    """Drive a flow that delivers one thing; return it."""
    outcome: object = None
    channel = _AsyncChannel()
    try:
        while not isinstance(op := _next(flow, outcome), Deliver):
            outcome = await channel.perform(op)
        return op.item
    finally:
        flow.close()
        await channel.close()


def _step(flow: Flow[T], outcome: object) -> Op | Deliver[T] | None:
    try:
        return _next(flow, outcome)
    except StopIteration:
        return None


def _next(flow: Flow[T], outcome: object) -> Op | Deliver[T]:
    return flow.throw(outcome) if isinstance(outcome, ServiceError) else flow.send(outcome)


class _SyncChannel:
    _transport: SyncTransport
    _exchange: SyncExchange | None = None
    _sent: Send

    def close(self) -> None:
        if self._exchange is not None:
            self._exchange.close()

    def perform(self, op: Op) -> object:
        if isinstance(op, Sleep):
            time.sleep(op.seconds)
            return None
        if isinstance(op, Wait):
            op.signal.wait(op.seconds)
            return None
        if isinstance(op, Send):
            self.close()
            self._exchange, self._sent, self._transport = None, op, sync_transport(op)
        try:
            if isinstance(op, Read):
                return self._exchange.read(op.seconds) if self._exchange else None
            self._exchange = self._transport.send(op)
        except self._transport.errors as error:
            return self._transport.explain(error, self._sent)
        return self._exchange.head


class _AsyncChannel:
    _transport: AsyncTransport
    _exchange: AsyncExchange | None = None
    _sent: Send

    async def close(self) -> None:
        if self._exchange is not None:
            await self._exchange.close()

    async def perform(self, op: Op) -> object:
        if isinstance(op, Sleep):
            await asyncio.sleep(op.seconds)
            return None
        if isinstance(op, Wait):
            await op.signal.heard(op.seconds)
            return None
        if isinstance(op, Send):
            await self.close()
            self._exchange, self._sent, self._transport = None, op, await async_transport(op)
        try:
            if isinstance(op, Read):
                return await self._exchange.read(op.seconds) if self._exchange else None
            self._exchange = await self._transport.send(op)
        except self._transport.errors as error:
            return self._transport.explain(error, self._sent)
        return self._exchange.head
