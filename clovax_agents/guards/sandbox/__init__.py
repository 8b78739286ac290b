"""A sandbox: Python code of strangers, or of a model, in a process that can neither see nor change anything outside.

The kernel holds the process to it (Landlock, seccomp, rlimits), not Python, from which there is always a way out.
"""

from __future__ import annotations

from clovax_agents.guards.sandbox.box import Sandbox
from clovax_agents.guards.sandbox.limits import SandboxLimits
from clovax_agents.guards.sandbox.protecting import Protection, protections
from clovax_agents.guards.sandbox.results import SandboxResult

__all__ = ["Protection", "Sandbox", "SandboxLimits", "SandboxResult", "protections"]
