"""What was used up: counted from what models tell of their answers, and priced by the model table."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from typing import TYPE_CHECKING, Any, Final

from clovax_agents.capabilities import model_card

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from langchain_core.messages import BaseMessage

__all__ = ["STEPS", "RunUsage", "as_usage", "usage_of", "usage_of_call"]

STEPS: Final = "steps"
"""Where the metadata of an answer names the model calls that led to it and are no messages of their own."""


@dataclass(frozen=True, slots=True)
class RunUsage:
    """What was used up.

    Attributes:
        model_calls: requests to models.
        tool_calls: calls of tools.
        input_tokens: that models have read.
        output_tokens: that models have written, thinking included.
        cost: in KRW, VAT excluded, of the models that have a price.
        unpriced_tokens: of models whose price is not known; see `register_model`.
        seconds: at work.
    """

    model_calls: int = 0
    tool_calls: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    cost: float = 0.0
    unpriced_tokens: int = 0
    seconds: float = 0.0

    @property
    def tokens(self) -> int:
        """Input and output together."""
        return self.input_tokens + self.output_tokens

    def __add__(self, other: RunUsage) -> RunUsage:
        """Add up."""
        return RunUsage(*(getattr(self, field.name) + getattr(other, field.name) for field in fields(self)))

    def __sub__(self, other: RunUsage) -> RunUsage:
        """Return what is more."""
        return RunUsage(*(getattr(self, field.name) - getattr(other, field.name) for field in fields(self)))

    def as_dict(self) -> dict[str, float]:
        """Return it as JSON has it."""
        return asdict(self)


def as_usage(given: Mapping[str, Any] | None) -> RunUsage:
    """Read what `RunUsage.as_dict` wrote; what is not known stays 0."""
    known = {field.name for field in fields(RunUsage)}
    return RunUsage(**{name: value for name, value in (given or {}).items() if name in known})


def usage_of_call(model: str, read: int, written: int) -> RunUsage:
    """Return the tokens of a model call with what they cost; the call itself is not counted.

    Args:
        model: its name.
        read: tokens of input; a count below 0, as some servers send it, is none.
        written: tokens of output.

    Example:
        >>> usage_of_call("HCX-007", 2000, 1000).cost
        7.5
    """
    read, written = max(read, 0), max(written, 0)
    price = model_card(model).price
    if price is None:
        return RunUsage(input_tokens=read, output_tokens=written, unpriced_tokens=read + written)
    cost = (price[0] * read + price[1] * written) / 1000
    return RunUsage(input_tokens=read, output_tokens=written, cost=cost)


def usage_of(messages: Iterable[BaseMessage]) -> RunUsage:
    """Add up what the messages of a history tell of their usage, with the price in KRW.

    Calls whose answers are not in the history, of other agents inside of tools for instance, are not in it either. An
    agent with a budget counts those, too: ``response_metadata["run_usage"]`` of its last answer.

    Args:
        messages: as an agent returns them.

    Example:
        >>> from langchain_core.messages import AIMessage
        >>> usage = {"input_tokens": 800, "output_tokens": 200, "total_tokens": 1000}
        >>> answer = AIMessage("네", usage_metadata=usage, response_metadata={"model_name": "HCX-005"})
        >>> usage_of([answer]).cost
        2.0
    """
    total = RunUsage()
    for message in messages:
        metadata: dict[str, Any] = message.response_metadata
        if message.type == "tool":
            total += RunUsage(tool_calls=metadata.get("outcome") != "budget")
            continue
        for step in metadata.get(STEPS) or ():
            total += _counted(step.get("model"), step.get("usage"))
        usage = getattr(message, "usage_metadata", None)
        if usage or metadata.get("model_name"):
            total += _counted(metadata.get("model_name"), usage)
    return total


def _counted(model: str | None, usage: Mapping[str, Any] | None) -> RunUsage:
    read, written = ((usage or {}).get(name) or 0 for name in ("input_tokens", "output_tokens"))
    return RunUsage(model_calls=1) + usage_of_call(model or "", read, written)
