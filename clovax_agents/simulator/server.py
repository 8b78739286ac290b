"""The simulator on a socket: in a thread for tests, or blocking for the command line."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import socket
import threading
import time
from typing import TYPE_CHECKING, Final

import uvicorn

from clovax_agents.errors import ConfigurationError
from clovax_agents.simulator.app import create_app
from clovax_agents.simulator.faults.sockets import WatchedProtocol

if TYPE_CHECKING:
    from collections.abc import Generator
    from types import TracebackType
    from typing import Self

    from starlette.types import ASGIApp

    from clovax_agents.simulator.brains.protocol import Brain

__all__ = ["BoundServer", "SimulatorServer", "bound_server", "serve"]

_LAST_PORT: Final = 65_535
_START_SECONDS: Final = 10.0
_STOP_SECONDS: Final = 10.0


class SimulatorServer:
    """The simulator on a loopback socket, served from a daemon thread of this process.

    It works under synchronous and asynchronous callers alike, since it has an event loop of its own.

    Args:
        app: any ASGI application; default `create_app` with the brain.
        brain: for the default application; not together with ``app``.
        host: address to listen on.
        port: 0 takes a free one.
        log_level: of uvicorn.

    Example:
        >>> with SimulatorServer() as server:
        ...     server.base_url.endswith("/v1/openai")
        True
    """

    def __init__(
        self,
        *,
        app: ASGIApp | None = None,
        brain: Brain | None = None,
        host: str = "127.0.0.1",
        port: int = 0,
        log_level: str = "warning",
    ) -> None:
        """Bind the socket, start the thread and wait until it accepts connections (at most 10 s)."""
        if app is not None and brain is not None:
            raise ConfigurationError("give SimulatorServer either an app or a brain, not both: the app has its brain")
        self._socket = _bind(host, port)
        self._host = f"[{host}]" if ":" in host else host
        self._port = int(self._socket.getsockname()[1])
        self._failure: BaseException | None = None
        self._server = uvicorn.Server(_config(app or create_app(brain=brain), log_level))
        self._thread = threading.Thread(target=self._run, name="clovax-simulator", daemon=True)
        self._thread.start()
        self._wait_until_started()

    @property
    def port(self) -> int:
        """The port that the simulator listens on."""
        return self._port

    @property
    def url(self) -> str:
        """Address of the simulator, without a path."""
        return f"http://{self._host}:{self._port}"

    @property
    def base_url(self) -> str:
        """Base of the OpenAI-compatible API; give it to a client as it is."""
        return f"{self.url}/v1/openai"

    def close(self) -> None:
        """Stop serving and free the port; closing twice is harmless."""
        self._server.should_exit = True
        if self._thread is not threading.current_thread():
            self._thread.join(_STOP_SECONDS)
        self._socket.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await asyncio.to_thread(self.close)

    def _run(self) -> None:
        try:
            self._server.run(sockets=[self._socket])
        except BaseException as error:  # noqa: BLE001  # whatever it is, the starting thread must hear of it
            self._failure = error

    def _wait_until_started(self) -> None:
        deadline = time.monotonic() + _START_SECONDS
        while not self._server.started:
            if time.monotonic() > deadline or not self._thread.is_alive():
                self.close()
                raise ConfigurationError(f"the simulator did not start on {self.url}") from self._failure
            time.sleep(0.002)


def serve(
    host: str = "127.0.0.1",
    port: int = 8765,
    *,
    app: ASGIApp | None = None,
    brain: Brain | None = None,
    strict: bool = True,
    log_level: str = "info",
) -> None:
    """Serve the simulator until interrupted, for the command line.

    Args:
        host: address to listen on; anything but loopback opens the simulator to the network.
        port: 0 takes a free one, which uvicorn's log names.
        app: any ASGI application; default `create_app` with the brain.
        brain: for the default application.
        strict: as for `create_app`.
        log_level: of uvicorn.

    Raises:
        ConfigurationError: the port is in use or the address is not ours.
    """
    with bound_server(app or create_app(brain=brain, strict=strict), host, port, log_level=log_level) as server:
        server.run()


class BoundServer:
    """A server that has its port already, so that its address can be told before it runs."""

    def __init__(self, app: ASGIApp, bound: socket.socket, log_level: str) -> None:
        """Take the socket over; `run` serves on it until interrupted."""
        host, port = bound.getsockname()[:2]
        self.port: int = port
        self.base_url: str = f"http://{f'[{host}]' if ':' in host else host}:{self.port}/v1/openai"
        self._socket = bound
        config = uvicorn.Config(
            app,
            http=WatchedProtocol,
            lifespan="off",
            ws="none",
            log_level=log_level,
            access_log=False,
            timeout_graceful_shutdown=1,
        )
        self._server = uvicorn.Server(config)

    def run(self) -> None:
        """Serve until interrupted."""
        self._server.run(sockets=[self._socket])


@contextlib.contextmanager
def bound_server(app: ASGIApp, host: str, port: int, *, log_level: str = "warning") -> Generator[BoundServer]:
    """Bind a port, and give a server for it.

    Raises:
        ConfigurationError: the port is in use or the address is not ours.
    """
    with contextlib.closing(_bind(host, port)) as bound:
        yield BoundServer(app, bound, log_level)


def _config(app: ASGIApp, log_level: str) -> uvicorn.Config:
    """Leave the process's logging and event loop policy alone: in a test they belong to the caller."""
    return uvicorn.Config(
        app,
        http=WatchedProtocol,
        loop="asyncio",
        lifespan="off",
        ws="none",
        log_config=None,
        log_level=log_level,
        timeout_graceful_shutdown=1,
    )


def _bind(host: str, port: int) -> socket.socket:
    """Bind before any thread starts, so that a port in use is an error of the caller's line."""
    if not 0 <= port <= _LAST_PORT:
        raise ConfigurationError(f"{port} is not a port: ports go from 0 to {_LAST_PORT}")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        server = socket.create_server((host, port), family=family, backlog=2048)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            text = (
                f"port {port} on {host} is in use; stop what listens there or choose another port (0 takes a free one)"
            )
            raise ConfigurationError(text) from error
        raise ConfigurationError(f"cannot listen on {host}:{port}: {error.strerror or error}") from error
    # asyncio sets it for sockets that it has made itself; without it a body waits some 40 ms behind its head
    server.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return server
