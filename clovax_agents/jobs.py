"""What one call of a model comes down to: one request, or the several of an emulated tool call."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from clovax_agents.capabilities import TOOL_CAP_FLOOR
from clovax_agents.client.call import complete, stream
from clovax_agents.client.nesting import changed
from clovax_agents.emulated import Choice, choose, emulate
from clovax_agents.requests import build_request, choice_of, must_call, tool_specs
from clovax_agents.tokens import estimator_of, size_of
from clovax_agents.wire.neutral import Reply

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Sequence

    from langchain_core.messages import BaseMessage

    from clovax_agents.client.call import Call
    from clovax_agents.client.ops import Flow
    from clovax_agents.deployments import Deployment
    from clovax_agents.requests import Options
    from clovax_agents.wire.codecs import Codec
    from clovax_agents.wire.neutral import Delta, Request, Usage

    Open = Callable[[Request], tuple[Call, Codec]]

__all__ = ["Job", "emulated_job"]


@dataclass(slots=True)
class Job:
    """One request, ready to be sent as a flow.

    Attributes:
        request: to send.
        open: turns a request into a call and the codec that reads its answer.
    """

    request: Request
    open: Callable[[Request], tuple[Call, Codec]] = field(repr=False)
    _sent: bytes = field(default=b"", init=False, repr=False)

    @property
    def model(self) -> str:
        """The model that is asked."""
        return self.request.model

    def reply(self) -> Flow[Reply]:
        """Ask for the whole answer."""
        return self._whole(self.request)

    def deltas(self) -> Flow[Delta]:
        """Ask for the answer piece by piece; where it cannot be streamed, it comes as one."""
        return self._pieces(self.request)

    def _whole(self, request: Request) -> Flow[Reply]:
        call, codec = self.open(request)
        self._sent = call.body
        return complete(call, codec.decode_reply)

    def _pieces(self, request: Request) -> Flow[Delta]:
        if not request.stream:
            return changed(self._whole(request), Reply.as_delta)
        call, codec = self.open(request)
        self._sent = call.body
        return stream(call, codec.decoder)

    def learn(self, usage: Usage | None) -> None:
        """Calibrate the estimate of tokens by what the service counted."""
        estimator = estimator_of(self.request.model)
        if usage is not None and estimator.wants():
            estimator.learn(size_of(self._sent, len(self.request.turns)), usage.input)


@dataclass(slots=True)
class _EmulatedJob(Job):
    """A plan of requests that ends in tool calls, or in an answer."""

    plan: Callable[[], Generator[Request, Reply, Choice]] = field(kw_only=True)

    def learn(self, usage: Usage | None) -> None:
        """Learn nothing: the usage is that of several requests."""

    def reply(self) -> Flow[Reply]:
        return emulate(self.plan(), self._whole, self._whole, Choice.reply)

    def deltas(self) -> Flow[Delta]:
        return emulate(self.plan(), self._whole, self._pieces, lambda choice: choice.reply().as_delta())


def emulated_job(
    messages: Sequence[BaseMessage], options: Options, open_call: Open, *, stream: bool, deployment: Deployment
) -> Job:
    """Return the job of a call whose tools are asked for by prompt.

    Raises:
        ConfigurationError: as of `build_request`, and for a choice of a tool that is not bound.
    """
    tools = tool_specs(options.tools)
    required = must_call(options.tool_choice)
    choice = None if required else choice_of(options.tool_choice, tools)
    thinks = (options.thinking or {}).get("effort") not in {None, "none"}
    cap = options.max_tokens if thinks else max(options.max_tokens or 0, TOOL_CAP_FLOOR)
    thinking = options.thinking or ({"effort": "none"} if deployment.card(options.model).thinking else None)
    bare = replace(options, tools=(), tool_choice=None, max_tokens=cap, thinking=thinking)
    request = build_request(messages, bare, stream=stream, deployment=deployment)
    schemas = deployment.card(options.model).structured_output

    def plan() -> Generator[Request, Reply, Choice]:
        return choose(request, tools, choice, required=required, schemas=schemas)

    return _EmulatedJob(request, open_call, plan=plan)
