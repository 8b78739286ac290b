"""The two drivers: they do what a flow says, and tell it what came of it.

What goes wrong becomes a value that is thrown into the flow, so that no error of ours drags an HTTP library's request,
with the key in its headers, along as its context.
"""

from __future__ import annotations

import asyncio
import time
from contextlib import closing
from typing import TYPE_CHECKING, Self, TypeVar

from clovax_agents.client.ops import Deliver, Read, Send
from clovax_agents.client.pools import async_transport, sync_transport
from clovax_agents.errors import ServiceError

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Generator

    from clovax_agents.client.ops import Flow, Head, Op
    from clovax_agents.client.transport import AsyncExchange, AsyncTransport, SyncExchange, SyncTransport

__all__ = ["aiterate", "aone", "iterate", "one"]

T = TypeVar("T")


def iterate(flow: Flow[T]) -> Generator[T, None, None]:
    """Drive a flow and yield what it delivers; closing the iterator closes the connection."""
    with closing(flow), _SyncChannel() as channel:
        outcome: object = None
        while (op := _step(flow, outcome)) is not None:
            if isinstance(op, Deliver):
                yield op.item
                outcome = None
            else:
                outcome = channel.perform(op)


async def aiterate(flow: Flow[T]) -> AsyncGenerator[T, None]:
    """Drive a flow and yield what it delivers; closing the iterator closes the connection."""
    with closing(flow):
        async with _AsyncChannel() as channel:
            outcome: object = None
            while (op := _step(flow, outcome)) is not None:
                if isinstance(op, Deliver):
                    yield op.item
                    outcome = None
                else:
                    outcome = await channel.perform(op)


def one(flow: Flow[T]) -> T:
    """Drive a flow that delivers one thing; return it."""
    with closing(flow), _SyncChannel() as channel:
        outcome: object = None
        while not isinstance(op := _next(flow, outcome), Deliver):
            outcome = channel.perform(op)
        return op.item


async def aone(flow: Flow[T]) -> T:
    """Drive a flow that delivers one thing; return it."""
    with closing(flow):
        async with _AsyncChannel() as channel:
            outcome: object = None
            while not isinstance(op := _next(flow, outcome), Deliver):
                outcome = await channel.perform(op)
            return op.item


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

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._exchange is not None:
            self._exchange.close()

    def perform(self, op: Op) -> object:
        if not isinstance(op, Read | Send):
            time.sleep(op.seconds)
            return None
        if isinstance(op, Send):
            self.__exit__()
            self._exchange, self._sent, self._transport = None, op, sync_transport(op)
        try:
            return self._send(op) if isinstance(op, Send) else self._read(op)
        except self._transport.errors as error:
            return self._transport.explain(error, self._sent)

    def _send(self, op: Send) -> Head:
        self._exchange = self._transport.send(op)
        return self._exchange.head

    def _read(self, op: Read) -> bytes | None:
        return self._exchange.read(op.seconds) if self._exchange else None


class _AsyncChannel:
    _transport: AsyncTransport
    _exchange: AsyncExchange | None = None
    _sent: Send

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._exchange is not None:
            await self._exchange.close()

    async def perform(self, op: Op) -> object:
        if not isinstance(op, Read | Send):
            await asyncio.sleep(op.seconds)
            return None
        if isinstance(op, Send):
            await self.__aexit__()
            self._exchange, self._sent, self._transport = None, op, await async_transport(op)
        try:
            return await self._send(op) if isinstance(op, Send) else await self._read(op)
        except self._transport.errors as error:
            return self._transport.explain(error, self._sent)

    async def _send(self, op: Send) -> Head:
        self._exchange = await self._transport.send(op)
        return self._exchange.head

    async def _read(self, op: Read) -> bytes | None:
        return await self._exchange.read(op.seconds) if self._exchange else None
