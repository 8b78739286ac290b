"""What is not to be said: a rule everywhere, of one tool, or of one parameter."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clovax_agents.errors import ConfigurationError
from clovax_agents.tooling.lint.rules import RULES

if TYPE_CHECKING:
    from collections.abc import Iterable

    from clovax_agents.tooling.lint.finding import Finding

__all__ = ["Ignored"]


class Ignored:
    """Entries of the form ``"L24"``, ``"search_products:L12"`` or ``"search_products.query:L20"``.

    Args:
        entries: what to ignore; what is ignored of a tool is ignored of its parameters, too.

    Raises:
        ConfigurationError: an entry whose rule does not exist.
    """

    def __init__(self, entries: Iterable[str]) -> None:
        self._entries = frozenset([entries] if isinstance(entries, str) else entries)
        for entry in self._entries:
            rule = str(entry).rpartition(":")[2]
            if rule not in RULES:
                raise ConfigurationError(
                    f"ignore={entry!r}: there is no rule {rule!r}; write 'L24', 'tool:L24' or 'tool.parameter:L24'. "
                    f"The rules are {', '.join(RULES)}"
                )

    def __contains__(self, finding: Finding) -> bool:
        places = {f"{place}:{finding.rule}" for place in (finding.tool, finding.place)}
        return finding.rule in self._entries or not places.isdisjoint(self._entries)
