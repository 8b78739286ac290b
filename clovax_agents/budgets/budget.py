"""`Budget`: how much an agent may use up before it has to stop."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Final, Literal, get_args

from clovax_agents.errors import ConfigurationError

__all__ = ["Budget", "BudgetName", "Exceeded", "Scope"]

BudgetName = Literal["model_calls", "tool_calls", "tokens", "cost", "seconds"]
Scope = Literal["run", "thread"]
_LIMITS: Final = get_args(BudgetName)
_LEAST = {"model_calls": 1, "tool_calls": 0, "tokens": 1}
"""Of what is counted in whole numbers; an agent without tool calls is one, without model calls it is none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """How much an agent may use up; None, everywhere the default, is without end.

    Attributes:
        model_calls: requests to models, attempts after a failure included; from 1.
        tool_calls: calls of tools that the model makes; from 0.
        tokens: of input and output together; from 1.
        cost: in KRW, by the prices of the model table, VAT excluded; above 0.
        seconds: in which the agent is at work; waiting for a person does not count; above 0.

    Raises:
        ConfigurationError: a value that is out of range.

    Example:
        >>> Budget(model_calls=10, cost=50).lowered(Budget(model_calls=99, seconds=60))
        Budget(model_calls=10, tool_calls=None, tokens=None, cost=50, seconds=60)
    """

    model_calls: int | None = None
    tool_calls: int | None = None
    tokens: int | None = None
    cost: float | None = None
    seconds: float | None = None

    def __post_init__(self) -> None:
        """Refuse what is no budget."""
        for name in _LIMITS:
            value: Any = getattr(self, name)
            least = _LEAST.get(name)
            if value is None:
                continue
            if least is not None and (type(value) is not int or value < least):
                raise ConfigurationError(f"Budget({name}={value!r}): give a whole number from {least}, or None")
            if least is None and (type(value) not in {int, float} or not 0 < value < math.inf):
                raise ConfigurationError(f"Budget({name}={value!r}): give a number above 0, or None")

    @property
    def is_endless(self) -> bool:
        """Whether nothing is limited."""
        return all(getattr(self, name) is None for name in _LIMITS)

    def lowered(self, other: Budget) -> Budget:
        """Return the lower of two budgets, each limit for itself."""
        pairs = {name: (getattr(self, name), getattr(other, name)) for name in _LIMITS}
        known = {name: [limit for limit in pair if limit is not None] for name, pair in pairs.items()}
        return Budget(**{name: min(limits) for name, limits in known.items() if limits})


@dataclass(frozen=True, slots=True)
class Exceeded:
    """A budget that is used up.

    Attributes:
        name: of the limit.
        scope: whose it is: the run's, or all runs' of the thread.
        limit: that was set.
        used: so far.
    """

    name: BudgetName
    scope: Scope
    limit: float
    used: float
