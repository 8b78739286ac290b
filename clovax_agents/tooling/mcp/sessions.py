"""A session with an MCP server: held open by a task of its own on the background loop, and noticed when it breaks.

What the libraries below leave to luck is settled here. A request whose server dies ends at once: over stdio because
the pipe ends, over HTTP because a ping beside the running call finds nobody. Not one request waits for ever.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from contextvars import Context, copy_context
from typing import TYPE_CHECKING, Any, Final, TypeVar, cast

import anyio
from mcp import McpError
from mcp.types import CONNECTION_CLOSED, ServerNotification, ToolListChangedNotification

from clovax_agents.errors import ToolServerError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Coroutine

    from mcp import ClientSession

__all__ = ["GoneError", "Session"]

T = TypeVar("T")

PING_SECONDS: Final = 1.0
"""Between two questions whether a server beyond a URL is still there, while a call runs."""
_PING_PATIENCE: Final = 5.0
_CLOSING_SECONDS: Final = 5.0
_SESSION_TERMINATED: Final = 32600
_BROKEN: Final = (anyio.ClosedResourceError, anyio.BrokenResourceError, anyio.EndOfStream)


class GoneError(Exception):
    """The server went away, or this session of it.

    Attributes:
        is_unheard: the server has said so itself: it has not looked at what it was asked.
    """

    def __init__(self, text: str, *, is_unheard: bool = False) -> None:
        """Keep what is known."""
        super().__init__(text)
        self.is_unheard = is_unheard


class Session:
    """One session; made, used and closed on the background loop.

    Args:
        settings: of the connection, as langchain-mcp-adapters takes them.
    """

    def __init__(self, settings: dict[str, Any]) -> None:
        """Keep the settings; `open` connects."""
        self._settings = self._listening(settings)
        self._closing = asyncio.Event()
        self._session: ClientSession | None = None
        self._task: asyncio.Task[None] | None = None
        self._ping: asyncio.Task[Any] | None = None
        self._pings = "url" in settings
        self._pinged = 0.0
        self._is_broken = False
        self.is_stale = False
        """The server has said that its list of tools is another now."""

    @property
    def is_alive(self) -> bool:
        """Whether nothing speaks against asking it something."""
        return not (self._is_broken or self._task is None or self._task.done() or _has_ended(self._session))

    async def open(self, seconds: float) -> None:
        """Connect.

        Raises:
            GoneError: there is nobody, or nobody who speaks MCP, within that time.
        """
        opened = asyncio.get_running_loop().create_future()
        # Not in the context of the call that happens to come first: the session outlives it.
        self._task = _started(self._hold(opened), Context())
        try:
            await asyncio.wait({opened, self._task}, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        except asyncio.CancelledError:
            await self.close()
            raise
        if opened.done() and not self._task.done():
            return
        cause = _cause_of(self._task) if self._task.done() else TimeoutError(f"no answer within {seconds:g} s")
        await self.close()
        raise GoneError(_said(cause)) from cause

    async def ask(self, work: Callable[[ClientSession], Coroutine[Any, Any, T]], seconds: float | None) -> T:
        """Ask the server something.

        Raises:
            GoneError: the session ended meanwhile.
            TimeoutError: no answer came in time.
            McpError: the answer is an error.
        """
        if self._session is None or self._task is None:
            raise GoneError("the session is not open")
        request = _started(work(self._session), copy_context())
        try:
            return await self._answer(request, self._task, seconds)
        except _BROKEN as error:
            raise self._gone(error) from error
        except McpError as error:
            if error.error.code in {CONNECTION_CLOSED, _SESSION_TERMINATED}:
                raise self._gone(error, is_unheard=error.error.code == _SESSION_TERMINATED) from error
            raise
        finally:
            request.cancel()

    async def close(self) -> None:
        """End the session, by force if it does not end by itself."""
        self.end_soon()
        if self._task is None:
            return
        done, _ = await asyncio.wait({self._task}, timeout=0 if self._session is None else _CLOSING_SECONDS)
        if not done:
            self._task.cancel()
            done, _ = await asyncio.wait({self._task}, timeout=_CLOSING_SECONDS)
        if done:
            _cause_of(self._task)

    def end_soon(self) -> None:
        """Let the session end; on the background loop."""
        self._is_broken = True
        self._closing.set()

    async def _hold(self, opened: asyncio.Future[None]) -> None:
        from langchain_mcp_adapters.sessions import create_session  # noqa: PLC0415  # an extra

        async with create_session(cast("Any", self._settings)) as session:
            await session.initialize()
            self._session = session
            if not opened.done():
                opened.set_result(None)
            await self._closing.wait()

    async def _answer(self, request: asyncio.Task[T], holder: asyncio.Task[None], seconds: float | None) -> T:
        loop = asyncio.get_running_loop()
        end = None if seconds is None else loop.time() + seconds
        while True:
            left = PING_SECONDS if end is None else min(PING_SECONDS, max(end - loop.time(), 0))
            waiting: set[Any] = {request, holder, *([self._ping] if self._ping else [])}
            await asyncio.wait(waiting, timeout=left, return_when=asyncio.FIRST_COMPLETED)
            if request.done():
                return request.result()
            if holder.done():
                raise self._gone(_cause_of(holder))
            self._look_at_ping()
            if end is not None and loop.time() >= end:
                raise TimeoutError

    def _look_at_ping(self) -> None:
        """Ask beside a running call whether the server is there; one that is merely busy answers late, or never."""
        now = asyncio.get_running_loop().time()
        if self._ping is not None and self._ping.done():
            error = None if self._ping.cancelled() else self._ping.exception()
            self._ping = None
            if isinstance(error, _BROKEN) or (isinstance(error, McpError) and error.error.code == _SESSION_TERMINATED):
                raise self._gone(error)
            self._pings = self._pings and error is None  # a server that knows no pings is not asked again
        elif self._ping is not None and now - self._pinged > _PING_PATIENCE:
            self._ping.cancel()  # its answer may have been cut off, of which nobody is told: another finds out
        elif self._ping is None and self._pings and self._session is not None:
            self._pinged = now
            self._ping = _started(self._session.send_ping(), Context())

    def _gone(self, cause: BaseException | None, *, is_unheard: bool = False) -> GoneError:
        self.end_soon()
        return GoneError(_said(cause), is_unheard=is_unheard)

    def _listening(self, settings: dict[str, Any]) -> dict[str, Any]:
        """Return the settings with a handler that notices a changed list of tools, before the user's own."""
        given: dict[str, Any] = settings.get("session_kwargs") or {}
        handler: Callable[[Any], Awaitable[None]] | None = given.get("message_handler")

        async def notice(message: Any) -> None:
            if isinstance(message, ServerNotification) and isinstance(message.root, ToolListChangedNotification):
                self.is_stale = True
            if handler is not None:
                await handler(message)

        return {**settings, "session_kwargs": {**given, "message_handler": notice}}


def _started(work: Coroutine[Any, Any, T], context: Context) -> asyncio.Task[T]:
    """Start a task whose error nobody has to ask for."""
    task = asyncio.get_running_loop().create_task(work, context=context)
    task.add_done_callback(lambda done: done.cancelled() or done.exception())
    return task


def _has_ended(session: Any) -> bool:
    """Whether the other side has hung up: then nobody sends into the stream that the session reads."""
    with suppress(AttributeError):
        return bool(session._read_stream.statistics().open_send_streams == 0)  # noqa: SLF001  # no public way to ask
    return False


def _cause_of(task: asyncio.Task[None]) -> BaseException | None:
    """Return why a session ended; the first of a group of reasons."""
    error = None if task.cancelled() else task.exception()
    while isinstance(error, BaseExceptionGroup):
        error = cast("BaseExceptionGroup[BaseException]", error).exceptions[0]
    return error


def _said(cause: BaseException | None) -> str:
    if cause is None or isinstance(cause, ToolServerError):
        return str(cause or "the connection ended")
    return f"{type(cause).__name__}: {cause}" if str(cause) else type(cause).__name__
