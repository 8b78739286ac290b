"""What is done when a model fails its agent: pure decisions, each within a bound; the nodes carry them out."""

from clovax_agents.recovering.settings import Recovery

__all__ = ["Recovery"]
