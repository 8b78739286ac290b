"""Calls that wait for a person, one after the other in one task, each with its own answers (promise 4).

LangGraph numbers the interrupts of a task in the order in which they are raised. A call that has had its answers does
not run again when the task does, so the next one would be handed the answers of the first. Here each call begins to
count where those before it have ended.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final, cast

from clovax_agents.execution.narrowing import as_dict

if TYPE_CHECKING:
    from collections.abc import Mapping

    from langchain_core.runnables import RunnableConfig

__all__ = ["Counter", "counting", "is_resumed"]

_SCRATCHPAD: Final = "__pregel_scratchpad"  # LangGraph exports no name for it


class Counter:
    """Numbers the interrupts of one call, and knows how many there were.

    Example:
        >>> counter = Counter(2)
        >>> counter(), counter(), counter.used
        (2, 3, 2)
    """

    def __init__(self, first: int) -> None:
        self._first = first
        self.used: int = 0

    def __call__(self) -> int:
        """Return the next number."""
        self.used += 1
        return self._first + self.used - 1


def counting(config: RunnableConfig, counter: Counter) -> RunnableConfig:
    """Return the configuration with its interrupts numbered by the counter."""
    given = config.get("configurable") or {}
    pad = given.get(_SCRATCHPAD)
    if pad is None:
        return config
    numbered = replace(pad, interrupt_counter=counter)
    return cast("RunnableConfig", {**config, "configurable": {**given, _SCRATCHPAD: numbered}})


def is_resumed(config: Mapping[str, Any]) -> bool:
    """Whether the task has been here before, and a person has answered."""
    pad: Any = (as_dict(config.get("configurable")) or {}).get(_SCRATCHPAD)
    return pad is not None and bool(pad.resume or pad.get_null_resume(False) is not None)  # noqa: FBT003
