"""How much an agent may use up, and what it has used: calls, tokens, money and time."""

from clovax_agents.budgets.budget import Budget
from clovax_agents.budgets.usage import RunUsage, usage_of

__all__ = ["Budget", "RunUsage", "usage_of"]
