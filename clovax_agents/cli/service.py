"""Which service a command talks to: CLOVA Studio with a key, else the simulator of this process."""

from __future__ import annotations

import os
from contextlib import contextmanager
from typing import TYPE_CHECKING

from clovax_agents.capabilities import DEFAULT_BASE_URL
from clovax_agents.cli.wording import say

if TYPE_CHECKING:
    from collections.abc import Generator

    from clovax_agents.testing.loopback import SimulatorOptions

__all__ = ["service"]

_KEY, _URL = "CLOVASTUDIO_API_KEY", "CLOVASTUDIO_API_BASE_URL"


@contextmanager
def service(*, simulator: bool | None = None, options: SimulatorOptions | None = None) -> Generator[str, None, None]:
    """Make the environment point at a service; yield a line that says which.

    Args:
        simulator: True for the simulator, False for the service; None takes the service if there is a key.
        options: of the simulator.
    """
    if not (simulator if simulator is not None else not os.environ.get(_KEY)):
        yield say("model: {name}", name=os.environ.get(_URL) or DEFAULT_BASE_URL)
        return
    from clovax_agents.simulator import SimulatorServer, create_app  # noqa: PLC0415  # an extra

    before = {name: os.environ.get(name) for name in (_KEY, _URL)}
    with SimulatorServer(app=create_app(**options) if options else None) as server:
        os.environ.update({_KEY: "nv-simulated", _URL: server.base_url})
        try:
            text = "SIMULATED model (모의 모델): {url}. Set {key} to talk to HyperCLOVA X."
            yield say(text, url=server.base_url, key=_KEY)
        finally:
            for name, value in before.items():
                os.environ.pop(name, None)
                if value is not None:
                    os.environ[name] = value
