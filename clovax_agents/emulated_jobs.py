"""The job of a call whose tools are asked for by prompt: several requests, as one flow."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from clovax_agents.capabilities import TOOL_CAP_FLOOR
from clovax_agents.client.rounds import Rounds
from clovax_agents.emulated import Choice, choose, emulate
from clovax_agents.jobs import Job
from clovax_agents.requests import build_request, tool_specs
from clovax_agents.tool_choice import choice_of, must_call

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Sequence

    from langchain_core.messages import BaseMessage

    from clovax_agents.client.call import Call
    from clovax_agents.client.ops import Flow
    from clovax_agents.deployments import Deployment
    from clovax_agents.requests import Options
    from clovax_agents.wire.codecs import Codec
    from clovax_agents.wire.neutral import Delta, Reply, Request, Usage

    Open = Callable[[Request], tuple[Call, Codec]]

__all__ = ["emulated_job"]


@dataclass(slots=True)
class _EmulatedJob(Job):
    """A plan of requests that ends in tool calls, or in an answer."""

    plan: Callable[[], Generator[Request, Reply, Choice]] = field(kw_only=True)

    def __post_init__(self) -> None:
        """Let one total deadline hold for all requests."""
        self.open = _at_once(self.open)

    def learn(self, usage: Usage | None) -> None:
        """Learn nothing: the usage is that of several requests."""

    def reply(self) -> Flow[Reply]:
        return emulate(self.plan(), self._whole, self._whole, Choice.reply)

    def deltas(self) -> Flow[Delta]:
        return emulate(self.plan(), self._whole, self._pieces, lambda choice: choice.reply().as_delta())


def _at_once(open_call: Open) -> Open:
    """Let the time of every call begin with that of the first."""
    rounds = Rounds()

    def opened(request: Request) -> tuple[Call, Codec]:
        call, codec = open_call(request)
        return rounds.begin(call), codec

    return opened


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
