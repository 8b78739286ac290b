"""Lint: what makes a model choose wrong tools, invent names and write wrong arguments, found before it does."""

from __future__ import annotations

from clovax_agents.tooling.lint.finding import Finding
from clovax_agents.tooling.lint.linting import lint_tools
from clovax_agents.tooling.lint.rules import RULES, Rule

__all__ = ["RULES", "Finding", "Rule", "lint_tools"]
