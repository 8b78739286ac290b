"""One line of the request log: what was asked, what came of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from clovax_agents.simulator.jobs import ChatJob

if TYPE_CHECKING:
    from clovax_agents.simulator.generation import Answer
    from clovax_agents.simulator.jobs import Job

__all__ = ["RequestRecord"]


@dataclass(slots=True)
class RequestRecord:
    """What the simulator tells about one request; it never holds a key or the text of a message.

    Attributes:
        at: when it came, in seconds since 1970.
        method: of HTTP.
        path: of the URL.
        status: of the answer; 0 if there was none.
        code: CLOVA's code of a refusal, with its text in ``message``.
        message: text of a refusal.
        model: that was asked, or the tool API.
        stream: whether the answer was streamed.
        messages: number of messages.
        tools: number of declared tools.
        calls: names of the tools that the answer calls.
        prompt_tokens: of the input.
        cap: most tokens of the answer.
        completion_tokens: of the answer.
        finish_reason: of the answer.
        faults: what went wrong on purpose.
        quirk: bad habit that the answer shows.
        seconds: from the first byte of the request to the end of the answer.
        size: bytes of the body of the answer.
    """

    at: float
    method: str
    path: str
    status: int = 0
    code: str = ""
    message: str = ""
    model: str = ""
    stream: bool = False
    messages: int = 0
    tools: int = 0
    calls: tuple[str, ...] = ()
    prompt_tokens: int = 0
    cap: int = 0
    completion_tokens: int = 0
    finish_reason: str = ""
    faults: str = ""
    quirk: str = ""
    seconds: float = 0.0
    size: int = 0

    def asked(self, job: Job) -> None:
        """Note what was asked."""
        if not isinstance(job, ChatJob):
            self.model, self.prompt_tokens = job.counted, job.tokens
            return
        request = job.request
        self.model, self.stream = request.model, request.stream
        self.messages, self.tools = len(request.messages), len(request.tools)
        self.prompt_tokens, self.cap = request.prompt_tokens, request.cap

    def answered(self, answer: Answer) -> None:
        """Note what was answered."""
        self.calls = tuple(call.name for call in answer.calls)
        self.completion_tokens = answer.completion_tokens
        self.finish_reason = answer.finish_reason
