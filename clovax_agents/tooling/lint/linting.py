"""`lint_tools`: every rule over every tool."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clovax_agents.tooling.lint.describing import check_description
from clovax_agents.tooling.lint.ignoring import Ignored
from clovax_agents.tooling.lint.likeness import check_likeness
from clovax_agents.tooling.lint.naming import check_name
from clovax_agents.tooling.lint.parameters import check_parameters
from clovax_agents.tooling.lint.policies import check_policy
from clovax_agents.tooling.lint.sizes import check_sizes
from clovax_agents.tooling.lint.subject import subjects_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from clovax_agents.tooling.lint.finding import Finding
    from clovax_agents.tooling.lint.subject import Subject, Tool
    from clovax_agents.tooling.toolbox import Toolbox

__all__ = ["lint_tools"]

_OF_ONE = (check_name, check_description, check_parameters, check_policy)


def lint_tools(tools: Toolbox | Iterable[Tool], *, ignore: Iterable[str] = ()) -> list[Finding]:
    """Return what is wrong with tools, in their order; an empty list if nothing is.

    Args:
        tools: a `Toolbox`, LangChain tools, functions, or definitions as they are sent (of which no policy is known).
        ignore: rules not to apply, as ``"L24"``, ``"tool:L24"`` or ``"tool.parameter:L24"``.

    Raises:
        ConfigurationError: a rule to ignore that does not exist.
        ToolDefinitionError: a function that cannot become a tool.

    Example:
        >>> def search(q: str) -> str:
        ...     '''Search.'''
        ...     return q
        >>> [finding.rule for finding in lint_tools([search])]
        ['L12', 'L03', 'L04', 'L20', 'L22', 'L51']
    """
    ignored = Ignored(ignore)
    subjects = list(subjects_of(tools))
    return [finding for finding in _findings(subjects) if finding not in ignored]


def _findings(subjects: Sequence[Subject]) -> Iterator[Finding]:
    yield from check_sizes(subjects)
    for subject in subjects:
        for check in _OF_ONE:
            yield from check(subject)
    yield from check_likeness(subjects)
