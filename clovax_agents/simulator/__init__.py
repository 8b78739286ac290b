"""A strict simulator of CLOVA Studio: try, develop and test agents without a key, without cost and offline.

It shares no code with the client, so a mistake in one cannot hide in the other. It serves the OpenAI-compatible and the
native API; what it says comes from a brain, and points on which no source says what the service does are `Switches`.

Serving needs the extra ``simulator`` (starlette, uvicorn); writing a brain needs nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from clovax_agents.errors import ConfigurationError
from clovax_agents.simulator.brains.protocol import (
    Brain,
    BrainError,
    BrainReply,
    ChatRequest,
    Message,
    ToolCall,
    ToolSpec,
)
from clovax_agents.simulator.brains.quirks import QuirkBrain, Quirks
from clovax_agents.simulator.brains.rules import RuleBrain
from clovax_agents.simulator.brains.script import ScriptBrain, ScriptStep
from clovax_agents.simulator.brains.script_file import load_brain
from clovax_agents.simulator.clock import VirtualClock
from clovax_agents.simulator.faults.plan import FaultPlan
from clovax_agents.simulator.faults.spec import Fault, parse_faults
from clovax_agents.simulator.keys import Key
from clovax_agents.simulator.limits import Limit, Limits
from clovax_agents.simulator.record import RequestRecord
from clovax_agents.simulator.switches import Switches

if TYPE_CHECKING:
    from clovax_agents.simulator.app import create_app
    from clovax_agents.simulator.marks import SimulatorApp
    from clovax_agents.simulator.server import SimulatorServer, serve

__all__ = [
    "Brain",
    "BrainError",
    "BrainReply",
    "ChatRequest",
    "Fault",
    "FaultPlan",
    "Key",
    "Limit",
    "Limits",
    "Message",
    "QuirkBrain",
    "Quirks",
    "RequestRecord",
    "RuleBrain",
    "ScriptBrain",
    "ScriptStep",
    "SimulatorApp",
    "SimulatorServer",
    "Switches",
    "ToolCall",
    "ToolSpec",
    "VirtualClock",
    "create_app",
    "load_brain",
    "parse_faults",
    "serve",
]

_LAZY = {"SimulatorApp": "marks", "SimulatorServer": "server", "create_app": "app", "serve": "server"}
_EXTRA = {"anyio", "starlette", "uvicorn"}


def __getattr__(name: str) -> object:
    """Import what stands on starlette and uvicorn at first use, and say which extra is missing."""
    if name not in _LAZY:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    try:
        module = import_module(f"{__name__}.{_LAZY[name]}")
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] not in _EXTRA:
            raise
        text = f'{name} needs {error.name}; install it with: pip install "clovax-agents[simulator]"'
        raise ConfigurationError(text) from error
    return getattr(module, name)


def __dir__() -> list[str]:
    """List the lazy names, too."""
    return sorted(__all__)
