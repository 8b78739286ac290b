"""Lets ``python -m clovax_agents.cli`` stand in for ``clovax``."""

from clovax_agents.cli import main

main()
