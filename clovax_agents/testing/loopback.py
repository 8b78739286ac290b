"""One simulator on a loopback socket for a whole test session, with another brain for each test that wants one."""

from __future__ import annotations

import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

from clovax_agents.simulator import SimulatorServer, Switches, create_app

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from starlette.types import ASGIApp, Receive, Scope, Send

    from clovax_agents.simulator import Brain

__all__ = ["LoopbackSimulator"]


class LoopbackSimulator:
    """The strict simulator, over real HTTP. Starting it takes a moment, changing its brain none.

    Attributes:
        base_url: give it to a client as it is.
        brain: what answers at the moment; None for the default, a `RuleBrain`.
    """

    def __init__(self) -> None:
        """Start it; `close` stops it."""
        self._switch = _Switch()
        self.brain: Brain | None = None
        self._server = SimulatorServer(app=self._switch)
        self.base_url = self._server.base_url

    @contextmanager
    def using(
        self, brain: Brain | None, *, clock: Callable[[], float] = time.time, id_seed: int | None = None
    ) -> Generator[None, None, None]:
        """Answer with another brain for a while.

        Args:
            brain: None for the default one.
            clock: seconds since 1970.
            id_seed: fixes ids, so that recordings repeat.
        """
        before = self.brain, self._switch.app
        self.brain = brain
        self._switch.app = create_app(brain=brain, clock=clock, switches=Switches(id_seed=id_seed))
        try:
            yield
        finally:
            self.brain, self._switch.app = before

    def close(self) -> None:
        """Stop serving."""
        self._server.close()


class _Switch:
    """An application that can be exchanged while it is served."""

    def __init__(self) -> None:
        self.app: ASGIApp = create_app()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self.app(scope, receive, send)
