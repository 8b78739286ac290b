"""What one call of a model comes down to: a request, sent as a flow."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from clovax_agents.billing import billed
from clovax_agents.client.call import complete, stream
from clovax_agents.client.nesting import changed
from clovax_agents.pacing.caps import planner
from clovax_agents.tokens import estimator_of, size_of
from clovax_agents.wire.neutral import Reply

if TYPE_CHECKING:
    from collections.abc import Callable

    from clovax_agents.client.call import Call
    from clovax_agents.client.ops import Flow
    from clovax_agents.pacing.caps import Site
    from clovax_agents.wire.codecs import Codec
    from clovax_agents.wire.neutral import Delta, Request, Usage

__all__ = ["Job"]


@dataclass(slots=True)
class Job:
    """One request, ready to be sent as a flow.

    Attributes:
        request: to send.
        open: turns a request into a call and the codec that reads its answer.
        site: whose caps are planned; None where they are not.
    """

    request: Request
    open: Callable[[Request], tuple[Call, Codec]] = field(repr=False)
    site: Site | None = field(default=None, kw_only=True)
    _call: Call | None = field(default=None, init=False, repr=False)

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
        self._call = call

        def decode(body: bytes) -> Reply:
            reply = codec.decode_reply(body)
            call.settle(reply.usage)
            return reply

        return billed(complete(call, decode), call, request)

    def _pieces(self, request: Request) -> Flow[Delta]:
        if not request.stream:
            return changed(self._whole(request), Reply.as_delta)
        call, codec = self.open(request)
        self._call = call
        return billed(stream(call, codec.decoder), call, request)

    def learn(self, usage: Usage | None) -> None:
        """Calibrate the estimate of tokens by what the service counted, and reserve no more than that."""
        if usage is None or self._call is None:
            return
        self._call.settle(usage)
        if self.site is not None and self.request.cap is not None:
            planner().learn(self.site, cap=self.request.cap, written=usage.output)
        estimator = estimator_of(self.request.model)
        if estimator.wants():
            estimator.learn(size_of(self._call.body, len(self.request.turns)), usage.input)
