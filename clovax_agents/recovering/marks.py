"""What was done for an answer, written into its ``response_metadata``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from langchain_core.messages import AIMessage

    from clovax_agents.recovering.steps import Step

__all__ = ["RECOVERIES", "Taken", "marked", "with_metadata"]

RECOVERIES: Final = "recoveries"
NO_TOOL_RAN: Final = "no_tool_ran"


class Taken(NamedTuple):
    """A step that was taken.

    Attributes:
        kind: the flaw.
        step: what was done about it.
        tokens: of the answer that was not good enough; None where nobody said.
    """

    kind: str
    step: str
    tokens: int | None = None

    @classmethod
    def of(cls, step: Step, answer: AIMessage | None) -> Taken:
        """Note a step and the answer that it is taken because of."""
        usage = answer.usage_metadata if answer is not None else None
        return cls(step.kind, step.step, usage["total_tokens"] if usage else None)

    def entry(self) -> dict[str, Any]:
        """Return it as plain data."""
        return {key: value for key, value in self._asdict().items() if value is not None}


def marked(answer: AIMessage, taken: Sequence[Taken]) -> AIMessage:
    """Return the answer with the steps that led to it in ``response_metadata["recoveries"]``; unchanged if none did.

    Where tools were turned off for it, ``no_tool_ran`` says so: whatever it claims to have done, it did not do here.

    Example:
        >>> from langchain_core.messages import AIMessage
        >>> marked(AIMessage("네"), [Taken("unknown_tool", "hint")]).response_metadata
        {'recoveries': [{'kind': 'unknown_tool', 'step': 'hint'}]}
    """
    if not taken:
        return answer
    metadata: dict[str, Any] = {RECOVERIES: [step.entry() for step in taken]}
    if any(step.step == "no_tools" for step in taken):
        metadata[NO_TOOL_RAN] = True
    return with_metadata(answer, metadata)


def with_metadata(answer: AIMessage, more: Mapping[str, Any]) -> AIMessage:
    """Return the answer with more in its ``response_metadata``."""
    return answer.model_copy(update={"response_metadata": {**answer.response_metadata, **more}})
