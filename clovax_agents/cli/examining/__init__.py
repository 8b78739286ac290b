"""``clovax doctor``: what is wrong with settings, versions and the project here, and what to do about it."""

from clovax_agents.cli.examining.doctor import DoctorOptions, examine

__all__ = ["DoctorOptions", "examine"]
