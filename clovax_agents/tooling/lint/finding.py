"""`Finding`: one thing that a rule has to say of a tool."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from clovax_agents.tooling.lint.rules import RULES

if TYPE_CHECKING:
    from collections.abc import Mapping

    from clovax_agents.tooling.lint.rules import Language, Severity

__all__ = ["Finding"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that a rule has to say.

    Attributes:
        rule: its id, such as ``"L20"``.
        tool: name of the tool; empty for the whole box.
        parameter: of the tool, below another one with a dot; empty for the tool itself.
        values: what the message is about.

    Example:
        >>> print(Finding("L20", "get_order", "order_id"))
        get_order.order_id: L20 the parameter has no description: say what it is, in which form, with an example
    """

    rule: str
    tool: str = ""
    parameter: str = ""
    values: Mapping[str, Any] = field(default_factory=dict[str, Any])

    @property
    def severity(self) -> Severity:
        """How bad it is."""
        return RULES[self.rule].severity

    @property
    def place(self) -> str:
        """Tool and parameter, as they are ignored by."""
        return f"{self.tool}.{self.parameter}" if self.parameter else self.tool

    def message(self, language: Language = "en") -> str:
        """Say what to do."""
        rule = RULES[self.rule]
        return (rule.korean if language == "ko" else rule.english).format(**self.values)

    def as_dict(self, language: Language = "en") -> dict[str, str]:
        """Return it as JSON has it."""
        return {
            "rule": self.rule,
            "severity": self.severity,
            "tool": self.tool,
            "parameter": self.parameter,
            "message": self.message(language),
        }

    def __str__(self) -> str:
        return f"{self.place or '(all tools)'}: {self.rule} {self.message()}"
