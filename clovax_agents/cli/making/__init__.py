"""``clovax new``: a project of one's own, whose tests pass at once."""

from clovax_agents.cli.making.project import make_project

__all__ = ["make_project"]
