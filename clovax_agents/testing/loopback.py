"""One simulator on a loopback socket for a whole test session, with other options for each test that wants some."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, TypedDict

import httpx

from clovax_agents.simulator import SimulatorServer, create_app
from clovax_agents.testing.settings import FAKE_KEY

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable
    from typing import Unpack

    from starlette.types import ASGIApp, Receive, Scope, Send

    from clovax_agents.simulator import Brain, FaultPlan, Key, Limits, RequestRecord, Switches
    from clovax_agents.simulator.switches import Profile

__all__ = ["LoopbackSimulator", "SimulatorOptions", "asgi_client"]


class SimulatorOptions(TypedDict, total=False):
    """The options of `create_app` that a test may set beside the brain; ``log`` is the fixture's own."""

    strict: bool
    clock: Callable[[], float]
    switches: Switches | None
    profile: Profile
    keys: Iterable[Key] | None
    limits: Limits | None
    faults: FaultPlan | None


class LoopbackSimulator:
    """The strict simulator, over real HTTP. Starting it takes a moment, changing its options none.

    Attributes:
        url: of the simulator; the native API is beneath it.
        base_url: of the OpenAI-compatible API; give it to a client as it is.
        brain: what answers at the moment; None for the default, a `RuleBrain`.
        requests: what was asked, in the order in which it was answered.
    """

    def __init__(self) -> None:
        """Start it; `close` stops it."""
        self.requests: list[RequestRecord] = []
        self.brain: Brain | None = None
        self._switch = _Switch(create_app(log=self._note))
        self._server = SimulatorServer(app=self._switch)
        self.url: str = self._server.url
        self.base_url: str = self._server.base_url

    @contextmanager
    def using(self, brain: Brain | None = None, **options: Unpack[SimulatorOptions]) -> Generator[None]:
        """Answer in another way for a while: with another brain, limits, faults, switches.

        Args:
            brain: None for the default one.
            **options: as for `create_app`.
        """
        before = self.brain, self._switch.app
        self.brain = brain
        self._switch.app = create_app(brain=brain, log=self._note, **options)
        try:
            yield
        finally:
            self.brain, self._switch.app = before

    def close(self) -> None:
        """Stop serving."""
        self._server.close()

    def _note(self, record: RequestRecord) -> None:
        self.requests.append(record)


def asgi_client(brain: Brain | None = None, **options: Unpack[SimulatorOptions]) -> httpx.AsyncClient:
    """Return a client of a simulator of its own, in this process and without a socket.

    Args:
        brain: None for the default one.
        **options: as for `create_app`.

    Example:
        >>> str(asgi_client().base_url)
        'http://simulator'
    """
    transport = httpx.ASGITransport(app=create_app(brain=brain, **options))
    headers = {"Authorization": f"Bearer {FAKE_KEY}"}
    return httpx.AsyncClient(transport=transport, base_url="http://simulator", headers=headers)


class _Switch:
    """An application that can be exchanged while it is served."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self.app(scope, receive, send)
