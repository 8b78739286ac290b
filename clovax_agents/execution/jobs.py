"""One tool call on its way from a request to its answer."""

from __future__ import annotations

from dataclasses import dataclass, field
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from langchain_core.messages import ToolMessage

from clovax_agents.execution.wording import say

if TYPE_CHECKING:
    from langchain_core.runnables import RunnableConfig
    from langgraph.prebuilt import ToolRuntime

    from clovax_agents.execution.calls import TurnCall
    from clovax_agents.execution.journal.base import Standing
    from clovax_agents.execution.plans import ToolPlan
    from clovax_agents.tooling.policy import Label

__all__ = ["Job", "error_answer", "journal_key"]


def _no_labels() -> set[Label]:
    return set()  # `set[Label]` as a factory takes ten times as long


def _no_arguments() -> dict[str, Any]:
    return {}


@dataclass(slots=True, eq=False)
class Job:
    """What is known about a call, more at each step.

    Attributes:
        call: as the model made it.
        config: under which it runs.
        plan: of its tool; None if there is no such tool.
        runtime: LangGraph's, for tools that ask for it; made when one does.
        arguments: keyword arguments of the function, injected ones included.
        digest: hash of the model's arguments; empty until somebody needs it.
        key: in the journal; empty if it is not journaled.
        standing: what the journal said.
        alone: it may interrupt, so it runs by itself.
        twin: a call with the same arguments before it, whose result serves this one, too.
        begun: when the body was first entered, on ``time.monotonic()``'s clock; 0 before.
        attempts: how often it was entered.
        seconds: that the present attempt has.
        consumed: answers of a person that it has had.
        answer: a message, a Command or a list of them; None until it is answered.
        raised: what the graph has to handle: an interrupt, or an error that nobody wanted contained.
        outcome: in one word, for the audit.
        released: the journal knows that it is not run any more.
        carried: what was seen while it ran; see `ToolContext`.
    """

    call: TurnCall
    config: RunnableConfig
    plan: ToolPlan | None = None
    runtime: ToolRuntime[Any, Any] | None = None
    arguments: dict[str, Any] = field(default_factory=_no_arguments)
    digest: str = ""
    key: str = ""
    standing: Standing | None = None
    alone: bool = False
    twin: Job | None = None
    begun: float = 0.0
    attempts: int = 0
    seconds: float = 0.0
    consumed: int = 0
    answer: Any = None
    raised: BaseException | None = None
    outcome: str = ""
    released: bool = False
    carried: set[Label] = field(default_factory=_no_labels)

    @property
    def settled(self) -> bool:
        """Whether nothing is left to do."""
        return self.answer is not None or self.raised is not None

    def fail(self, text: str, outcome: str) -> None:
        """Answer the call with an error.

        Args:
            text: for the model.
            outcome: in one word.
        """
        self.answer = error_answer(self.call, text, outcome)
        self.outcome = outcome


def error_answer(call: TurnCall, text: str, outcome: str) -> ToolMessage:
    """Return an error as the answer to a call; its ``response_metadata`` tells programs what kind it is of."""
    metadata = {"outcome": outcome}
    content = say("Error: {text}", text=text)
    return ToolMessage(content, tool_call_id=call.id, name=call.name, status="error", response_metadata=metadata)


def journal_key(scope: str, call: TurnCall, digest: str) -> str:
    """Return under what a call stands in the journal: the same after every resume, and for no other call.

    Args:
        scope: thread and namespace, see `RunFacts`.
        call: whose id is unique in its message; between messages, ids repeat.
        digest: hash of the arguments.
    """
    parts = (scope, call.message_id, call.id, call.name, digest)
    return sha256("\n".join(parts).encode("utf-8", "surrogatepass")).hexdigest()
