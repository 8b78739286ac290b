"""Questions that go to one branch of several, or to several at once: what is asked, chosen, merged and checked."""

from clovax_agents.routers.state import RouterContext, RouterState

__all__ = ["RouterContext", "RouterState"]
