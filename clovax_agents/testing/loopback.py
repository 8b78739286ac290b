"""One simulator on a loopback socket for a whole test session, with another brain for each test that wants one."""

from __future__ import annotations

import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

from clovax_agents.simulator import SimulatorServer, Switches, create_app

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from starlette.types import Receive, Scope, Send

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
        self._answer_with(None)
        self._server = SimulatorServer(app=self._serve)
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
        self._answer_with(brain, clock, id_seed)
        try:
            yield
        finally:
            self._answer_with(None)

    def _answer_with(
        self, brain: Brain | None, clock: Callable[[], float] = time.time, id_seed: int | None = None
    ) -> None:
        self.brain = brain
        self._app = create_app(brain=brain, clock=clock, switches=Switches(id_seed=id_seed))

    def close(self) -> None:
        """Stop serving."""
        self._server.close()

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._app(scope, receive, send)
