"""What a call of the tools node is answered with: exactly one message, in our words or in the user's (promise 4)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from langchain_core.messages import ToolMessage

from clovax_agents.execution.jobs import error_answer
from clovax_agents.execution.stamping import carried_by, stamped
from clovax_agents.execution.toolnode import CONTAIN, handled

if TYPE_CHECKING:
    from clovax_agents.execution.executor import ToolExecutor
    from clovax_agents.execution.jobs import Job
    from clovax_agents.execution.toolnode import Shape

__all__ = ["Answering", "described"]

T = TypeVar("T")


@dataclass(slots=True)
class Answering:
    """Makes the answers of one visit.

    Apart from the visit, since what runs the calls holds on to it: otherwise each visit would be a cycle of objects,
    and those of a thousand visits have the whole memory searched for garbage.

    Attributes:
        node: that is visited.
        shape: of what it was given.
    """

    node: ToolExecutor
    shape: Shape

    def finish(self, job: Job, value: Any) -> Any:
        """Make an answer of what a tool returned: exactly one message, under the call's own id, with its marks."""
        return _marked(job, self._finished(job, value))

    def _finished(self, job: Job, value: Any) -> Any:
        if type(value) is ToolMessage and value.tool_call_id == job.call.id:
            return value
        node: Any = self.node
        answer = node._normalize_tool_response(value, described(job), self.shape)  # noqa: SLF001
        if isinstance(answer, ToolMessage) and answer.tool_call_id != job.call.id:
            return answer.model_copy(update={"tool_call_id": job.call.id})
        return answer

    def contain(self, job: Job, error: BaseException, text: str) -> ToolMessage:
        """Make an answer of an error, in our words or in the user's.

        Raises:
            BaseException: the error, if the user does not want it contained.
        """
        flag = self.node._handle_tool_errors  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]
        if flag is CONTAIN:
            return _marked(job, error_answer(job.call, text, job.outcome or "error"))
        injected = self.node._injected_args.get(job.call.name)  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]
        content = handled(error, flag, described(job), injected)
        return _marked(job, ToolMessage(content, tool_call_id=job.call.id, name=job.call.name, status="error"))


def _marked(job: Job, answer: T) -> T:
    labels = carried_by(job)
    return stamped(answer, labels) if labels else answer


def described(job: Job) -> dict[str, Any]:
    """Return the call as LangChain writes it."""
    return {"name": job.call.name, "args": job.call.arguments, "id": job.call.id, "type": "tool_call"}
