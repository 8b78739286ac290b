"""Plans: what their steps are, how far they have come, and what models and users read about them."""

from clovax_agents.planning.state import PlanContext, PlanOutput, PlanState, PlanStep

__all__ = ["PlanContext", "PlanOutput", "PlanState", "PlanStep"]
