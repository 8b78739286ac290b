"""Answers that are judged and tried again: what a judge reads and says, and which attempt is the best. Pure."""

from clovax_agents.reflecting.state import ReflectionContext, ReflectionState
from clovax_agents.reflecting.verdicts import Verdict

__all__ = ["ReflectionContext", "ReflectionState", "Verdict"]
