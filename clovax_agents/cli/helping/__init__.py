"""Help and usage errors in English and Korean: what typer prints of the commands, and of how they were typed."""

from clovax_agents.cli.helping.commands import Command, Group

__all__ = ["Command", "Group"]
