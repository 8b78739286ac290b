"""A checkpointer by its URL, with the strict serializer: in memory, in a SQLite file, in Postgres."""

from __future__ import annotations

import asyncio
import re
from contextlib import AsyncExitStack, ExitStack
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal

from langgraph.checkpoint.memory import InMemorySaver

from clovax_agents.checkpoints.serializer import MessageSerializer
from clovax_agents.errors import ConfigurationError

if TYPE_CHECKING:
    from types import TracebackType

    from langgraph.checkpoint.base import BaseCheckpointSaver
    from langgraph.checkpoint.serde.base import SerializerProtocol

__all__ = ["open_checkpointer"]

_POSTGRES: Final = re.compile(r"postgres(ql)?://")
_WAYS: Final = 'give "memory", "sqlite:///file.sqlite" or "postgresql://user:password@host/database"'
_PATIENCE: Final = 10.0
"""Seconds in which there has to be a connection."""

_CONNECTION: Final = {"autocommit": True, "prepare_threshold": 0}
"""As LangGraph's checkpointer needs it."""


def open_checkpointer(url: str, *, serde: SerializerProtocol | None = None, pool_size: int = 10) -> _Opening:
    """Return a context manager that opens a checkpointer, with its tables, and closes it.

    ``with`` gives one for ``invoke`` and ``stream``, ``async with`` one for ``ainvoke`` and ``astream``.

    Args:
        url: ``"memory"``, ``"sqlite:///relative.sqlite"``, ``"sqlite:////absolute.sqlite"`` or ``"postgresql://..."``.
        serde: the serializer; None: `MessageSerializer()`.
        pool_size: most connections to Postgres.

    Raises:
        ConfigurationError: there is no such checkpointer, or its package is not installed.

    Example:
        >>> with open_checkpointer("memory") as saver:
        ...     type(saver).__name__
        'InMemorySaver'
    """
    return _Opening(url.strip(), serde or MessageSerializer(), pool_size)


class _Opening:
    """Opens and closes one checkpointer; see `open_checkpointer`."""

    def __init__(self, url: str, serde: SerializerProtocol, pool_size: int) -> None:
        self._url = url
        self._kind = _kind(url)
        self._serde = serde
        self._size = pool_size
        self._stack = ExitStack()
        self._async_stack = AsyncExitStack()

    def __enter__(self) -> BaseCheckpointSaver[Any]:
        with ExitStack() as stack:
            saver: BaseCheckpointSaver[Any] = self._opened(stack)
            self._stack = stack.pop_all()
        return saver

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.__exit__(kind, error, trace)

    async def __aenter__(self) -> BaseCheckpointSaver[Any]:
        async with AsyncExitStack() as stack:
            saver: BaseCheckpointSaver[Any] = await self._opened_async(stack)
            self._async_stack = stack.pop_all()
        return saver

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._async_stack.__aexit__(kind, error, trace)

    def _opened(self, stack: ExitStack) -> Any:
        if self._kind == "memory":
            return InMemorySaver(serde=self._serde)
        if self._kind == "sqlite":
            made = _imported("langgraph.checkpoint.sqlite", "sqlite").SqliteSaver.from_conn_string(_file(self._url))
            saver = stack.enter_context(made)
            saver.serde = self._serde
        else:
            pool = stack.enter_context(_imported("psycopg_pool", "postgres").ConnectionPool(**self._pool()))
            saver = _imported("langgraph.checkpoint.postgres", "postgres").PostgresSaver(pool, serde=self._serde)
        saver.setup()
        return saver

    async def _opened_async(self, stack: AsyncExitStack) -> Any:
        if self._kind == "memory":
            return InMemorySaver(serde=self._serde)
        if self._kind == "sqlite":
            file = await asyncio.to_thread(_file, self._url)
            made = _imported("langgraph.checkpoint.sqlite.aio", "sqlite").AsyncSqliteSaver.from_conn_string(file)
            saver = await stack.enter_async_context(made)
            saver.serde = self._serde
        else:
            made = _imported("psycopg_pool", "postgres").AsyncConnectionPool(**self._pool())
            pool = await stack.enter_async_context(made)
            saver = _imported("langgraph.checkpoint.postgres.aio", "postgres").AsyncPostgresSaver(
                pool, serde=self._serde
            )
        await saver.setup()
        return saver

    def _pool(self) -> dict[str, Any]:
        rows = _imported("psycopg.rows", "postgres")
        kwargs = {**_CONNECTION, "row_factory": rows.dict_row}
        sizes = {"min_size": 1, "max_size": self._size}
        return {"conninfo": self._url, **sizes, "timeout": _PATIENCE, "open": False, "kwargs": kwargs}


def _kind(url: str) -> Literal["memory", "sqlite", "postgres"]:
    if url == "memory":
        return "memory"
    if url.startswith("sqlite:///") and len(url) > len("sqlite:///"):
        return "sqlite"
    if _POSTGRES.match(url):
        return "postgres"
    scheme = url.partition("://")[0][:20]  # the rest may hold a password
    raise ConfigurationError(f"no checkpointer can be opened at {scheme!r}...: {_WAYS}")


def _file(url: str) -> str:
    path = Path(url.removeprefix("sqlite:///"))
    path.parent.mkdir(parents=True, exist_ok=True)
    return str(path)


def _imported(module: str, extra: str) -> Any:
    try:
        return import_module(module)
    except ImportError as error:
        raise ConfigurationError(f'for this checkpointer, pip install "clovax-agents[{extra}]"') from error
