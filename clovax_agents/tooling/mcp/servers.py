"""An MCP server: its session is opened when it is needed, and again when it has broken; its tools stay as they were."""

from __future__ import annotations

import asyncio
import atexit
import logging
import math
import os
import time
import weakref
from typing import TYPE_CHECKING, Any, Final

from mcp import McpError
from mcp.types import CallToolRequest, CallToolRequestParams, CallToolResult, ClientRequest, PaginatedRequestParams

from clovax_agents.errors import ConfigurationError, ToolError, ToolRefusedError, ToolServerError, ToolTimeoutError
from clovax_agents.tooling.background import background_loop, in_background
from clovax_agents.tooling.mcp.definitions import definition_of
from clovax_agents.tooling.mcp.pins import Pinned, changes
from clovax_agents.tooling.mcp.sessions import GoneError, Session
from clovax_agents.tooling.mcp.texts import revealed
from clovax_agents.tooling.mcp.wording import say
from clovax_agents.tooling.sizes import shown

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mcp import ClientSession
    from mcp.types import Tool

    from clovax_agents.tooling.mcp.definitions import Definition

__all__ = ["McpServer"]

_MOST_TOOLS: Final = 5_000
_LONGEST_ERROR: Final = 2_000
_EXIT_SECONDS: Final = 5.0
_WENT_AWAY: Final = (
    "the MCP server {server} went away during the call, which may have taken effect or not: find out before you call "
    "{name} again"
)
_CHANGED: Final = "the MCP server {server} has changed {name} since it was loaded, so it was not run; do not call it"
_NO_TOOL: Final = "the MCP server {server} has no tool {name} any more, so nothing was run"
_log: Final = logging.getLogger(__name__)


class _Held:
    """The session of a server, apart from it, so that nothing that runs keeps a server alive that nobody uses."""

    def __init__(self) -> None:
        self.session: Session | None = None
        self.lock = asyncio.Lock()
        self.process = os.getpid()

    def end_soon(self) -> None:
        """Let the session end; from any thread, but not from a forked child: it is not the child's."""
        session, self.session = self.session, None
        if session is not None and self.process == os.getpid():
            background_loop().call_soon_threadsafe(session.end_soon)


_held: Final[weakref.WeakSet[_Held]] = weakref.WeakSet()


@atexit.register
def _end_all() -> None:
    """End what is still open, so that no server process is left behind, and wait for it a little."""
    open_ = [held.session for held in list(_held) if held.session is not None and held.process == os.getpid()]
    if not open_:
        return

    async def close() -> None:
        await asyncio.gather(*[session.close() for session in open_], return_exceptions=True)

    waiting = asyncio.run_coroutine_threadsafe(close(), background_loop())
    try:
        waiting.result(_EXIT_SECONDS)
    except Exception:  # noqa: BLE001  # the process ends anyway, and the pipes with it
        waiting.cancel()


class McpServer:
    """One server; its methods may be awaited on any event loop.

    Args:
        name: ours for it.
        settings: of the connection, as langchain-mcp-adapters takes them.
        connect_timeout: seconds to connect and to list the tools.
    """

    def __init__(self, name: str, settings: dict[str, Any], connect_timeout: float) -> None:
        """Keep what is needed to connect."""
        self.name = name
        self._settings = settings
        self._connect_timeout = connect_timeout
        self._accepted: dict[str, Definition] = {}
        self._refused: dict[str, str] = {}
        self._own = self._new()

    async def definitions(self) -> list[Definition]:
        """Return what the server lists now.

        Raises:
            ToolServerError: it cannot be reached.
        """
        return await in_background(self._definitions())

    def accept(self, definitions: Iterable[Definition]) -> None:
        """Take tools as they are to stay: one that is listed in another way later does not run."""
        self._accepted = {definition.name: definition for definition in definitions}

    async def call(self, name: str, arguments: dict[str, Any], seconds: float) -> CallToolResult:
        """Call a tool.

        Args:
            name: on the server.
            arguments: as the model wrote them.
            seconds: until it must have ended; infinity for no limit.

        Raises:
            ToolServerError: the server cannot be reached, or went away during the call.
            ToolRefusedError: the server has changed the tool.
            ToolTimeoutError: the time was over.
            ToolError: the server refuses the call.
        """
        return await in_background(self._call(name, arguments, seconds))

    async def close(self) -> None:
        """End the session; a later call opens another."""
        session, held = self._held.session, self._held
        held.session = None
        if session is not None:
            await in_background(session.close())

    @property
    def _held(self) -> _Held:
        if self._own.process != os.getpid():  # forked: the session is the parent's
            self._own = self._new()
        return self._own

    def _new(self) -> _Held:
        held = _Held()
        _held.add(held)
        weakref.finalize(self, held.end_soon).atexit = False
        return held

    async def _definitions(self) -> list[Definition]:
        try:
            async with self._held.lock:
                session = await self._connected()
                session.is_stale = False
                return await self._listed(session)
        except GoneError as error:
            raise self._unreachable(error) from error

    async def _call(self, name: str, arguments: dict[str, Any], seconds: float) -> CallToolResult:
        end = time.monotonic() + seconds
        try:
            try:
                return await self._asked(name, arguments, end)
            except GoneError as error:
                if not error.is_unheard:
                    raise
                return await self._asked(name, arguments, end)  # a server that was started anew knows no old session
        except GoneError as error:
            _log.warning("the MCP server %s went away during a call: %s", shown(self.name), revealed(str(error)))
            raise ToolServerError(say(_WENT_AWAY, server=shown(self.name), name=shown(name))) from error
        except TimeoutError:
            raise ToolTimeoutError(say("it did not end within {seconds:g} s", seconds=seconds)) from None
        except McpError as error:
            raise ToolError(error.error.message[:_LONGEST_ERROR]) from error

    async def _asked(self, name: str, arguments: dict[str, Any], end: float) -> CallToolResult:
        try:
            session = await self._ready()
        except GoneError as error:
            raise self._unreachable(error) from error
        if problem := self._refused.get(name):
            raise ToolRefusedError(problem)
        left = None if math.isinf(end) else max(end - time.monotonic(), 0)
        return await session.ask(lambda client: _call_tool(client, name, arguments), left)

    async def _ready(self) -> Session:
        """Return a session that is alive and whose tools are known."""
        held = self._held
        if held.session is not None and held.session.is_alive and not held.session.is_stale:
            return held.session
        async with held.lock:
            session = await self._connected()
            if session.is_stale:
                session.is_stale = False  # before it is asked: what changes meanwhile is asked for again
                self._compare(await self._listed(session))
            return session

    async def _connected(self) -> Session:
        held = self._held
        if held.session is None or not held.session.is_alive:
            if held.session is not None:
                held.session.end_soon()
            held.session = None
            session = Session(self._settings)
            await session.open(self._connect_timeout)
            session.is_stale = True  # it may be another server than last time
            held.session = session
        return held.session

    async def _listed(self, session: Session) -> list[Definition]:
        try:
            tools = await session.ask(_list_tools, self._connect_timeout)
        except (TimeoutError, McpError) as error:
            session.end_soon()
            raise GoneError(f"it does not list its tools: {str(error) or 'no answer in time'}") from error
        return [definition_of(self.name, tool) for tool in tools]

    def _compare(self, listed: list[Definition]) -> None:
        """Find out which tools are not what they were when they were loaded; what they are now stays unsaid here."""
        now = {definition.name: definition for definition in listed}
        self._refused = {}
        for name, before in self._accepted.items():
            after = now.get(name)
            if after is None:
                text = _NO_TOOL
            elif after.digest != before.digest:
                text = _CHANGED
                pinned = Pinned(before.digest, before.description, before.schema)
                _log.warning("%s of %s has changed:\n%s", shown(name), before.origin, changes(pinned, after))
            else:
                continue
            self._refused[name] = say(text, server=shown(self.name), name=shown(name))

    def _unreachable(self, error: GoneError) -> ToolServerError:
        _log.warning("the MCP server %s cannot be reached: %s", shown(self.name), revealed(str(error)))
        text = say("the MCP server {server} cannot be reached, so nothing was run", server=shown(self.name))
        return ToolServerError(f"{text} ({revealed(str(error))[:_LONGEST_ERROR]})")


async def _list_tools(session: ClientSession) -> list[Tool]:
    found: list[Tool] = []
    cursor: str | None = None
    while True:
        page = await session.list_tools(params=PaginatedRequestParams(cursor=cursor))
        found += page.tools
        if len(found) > _MOST_TOOLS or (page.nextCursor and not page.tools):
            raise ConfigurationError(f"an MCP server lists more than {_MOST_TOOLS:,} tools, or pages without any")
        cursor = page.nextCursor
        if not cursor:
            return found


async def _call_tool(session: ClientSession, name: str, arguments: dict[str, Any]) -> CallToolResult:
    # Not ClientSession.call_tool: it checks results by a schema of the server's, whose patterns could take for ever.
    request = CallToolRequest(params=CallToolRequestParams(name=name, arguments=arguments))
    return await session.send_request(ClientRequest(request), CallToolResult)
