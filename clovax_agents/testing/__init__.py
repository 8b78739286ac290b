"""Testing kit for agents on HyperCLOVA X: scripted models, the simulator as a fixture, and recorded cassettes.

Installing the package registers the pytest plugin; the extra ``testing`` holds what its fixtures need.

- `ScriptedChatModel`: a model that says what the test wrote down; a test that leaves some of it unsaid fails.
- ``@pytest.mark.clovax_cassette``: the requests of the test are answered from a cassette, with the network blocked.
  ``pytest --clovax-record`` records it, against the local simulator, or the service if CLOVASTUDIO_API_KEY is set.
- ``clovax_simulator``: `ChatClovaX()` talks to a local simulator.
- ``clovax_script``: the same, with the answers that the test wants.
- ``clovax_asgi``: an HTTP client of a simulator in this process, without a socket.
- `check_cassettes`: fails for cassettes that no test uses, or that hold a key.

Tests of a run that uses the package reach this machine only: ``@pytest.mark.clovax_network`` lets one out.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from clovax_agents.testing.cassettes.errors import CassetteError, UnmatchedRequestError
    from clovax_agents.testing.cassettes.fixture import Cassette
    from clovax_agents.testing.cassettes.model import Exchange, RecordedRequest, RecordedResponse
    from clovax_agents.testing.checks import check_cassettes
    from clovax_agents.testing.errors import ScriptedModelError
    from clovax_agents.testing.loopback import LoopbackSimulator
    from clovax_agents.testing.network import NetworkBlockedError, blocked_network
    from clovax_agents.testing.plugin import StartClient, StartScript
    from clovax_agents.testing.scripted.asked import ScriptedRequest
    from clovax_agents.testing.scripted.model import ScriptedChatModel
    from clovax_agents.testing.scripted.replies import Said, ScriptedReply
    from clovax_agents.testing.scripts import Script

__all__ = [
    "Cassette",
    "CassetteError",
    "Exchange",
    "LoopbackSimulator",
    "NetworkBlockedError",
    "RecordedRequest",
    "RecordedResponse",
    "Said",
    "Script",
    "ScriptedChatModel",
    "ScriptedModelError",
    "ScriptedReply",
    "ScriptedRequest",
    "StartClient",
    "StartScript",
    "UnmatchedRequestError",
    "blocked_network",
    "check_cassettes",
]

_LAZY = {
    "Cassette": "cassettes.fixture",
    "CassetteError": "cassettes.errors",
    "Exchange": "cassettes.model",
    "LoopbackSimulator": "loopback",
    "NetworkBlockedError": "network",
    "RecordedRequest": "cassettes.model",
    "RecordedResponse": "cassettes.model",
    "Said": "scripted.replies",
    "Script": "scripts",
    "ScriptedChatModel": "scripted.model",
    "ScriptedModelError": "errors",
    "ScriptedReply": "scripted.replies",
    "ScriptedRequest": "scripted.asked",
    "StartClient": "plugin",
    "StartScript": "plugin",
    "UnmatchedRequestError": "cassettes.errors",
    "blocked_network": "network",
    "check_cassettes": "checks",
}


def __getattr__(name: str) -> object:
    """Import what is asked for when it is asked for: pytest imports this package in every run."""
    if name not in _LAZY:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_LAZY[name]}"), name)


def __dir__() -> list[str]:
    """List the lazy names, too."""
    return sorted(__all__)
