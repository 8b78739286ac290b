"""What a request to the service used up, told to the account of the run: as the service counts it, or estimated."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeVar

from clovax_agents.client.nesting import changed
from clovax_agents.errors import CallTimeoutError, InvalidResponseError, ServiceError, TruncatedStreamError
from clovax_agents.tokens import estimator_of, size_of, size_of_text
from clovax_agents.wire.neutral import Delta, Reply

if TYPE_CHECKING:
    from clovax_agents.budgets.accounts import Account
    from clovax_agents.client.call import Call
    from clovax_agents.client.ops import Flow
    from clovax_agents.wire.neutral import Request, Usage

__all__ = ["billed"]

P = TypeVar("P", Reply, Delta)
_WORKED_FOR_NOTHING = (CallTimeoutError, InvalidResponseError, TruncatedStreamError)
"""After which the service has worked, or may have; a request that it refused costs nothing."""


def billed(flow: Flow[P], call: Call, request: Request) -> Flow[P]:
    """Return the flow, with its usage counted where a budget holds.

    Args:
        flow: of replies or deltas.
        call: that the flow makes.
        request: that it sends.
    """
    return flow if call.account is None else _billed(flow, _Bill(call.account, call, request))


def _billed(flow: Flow[P], bill: _Bill) -> Flow[P]:
    try:
        yield from changed(flow, bill.noted)
    except ServiceError as error:
        if bill.said or isinstance(error, _WORKED_FOR_NOTHING):
            bill.settle()
        raise
    except GeneratorExit:
        bill.settle()
        raise
    bill.settle()


@dataclass(slots=True)
class _Bill:
    account: Account
    call: Call
    request: Request
    usage: Usage | None = None
    said: list[str] = field(default_factory=list[str])

    def noted(self, piece: P) -> P:
        """Keep what a piece tells of its usage, and in case that none does, what it says."""
        self.usage = piece.usage or self.usage
        self.said += (piece.content, piece.thinking)
        if isinstance(piece, Reply):
            self.said += (f"{call.name}{call.arguments}" for call in piece.calls)
        else:
            self.said += (f"{fragment.name or ''}{fragment.arguments}" for fragment in piece.fragments)
        return piece

    def settle(self) -> None:
        """Count it."""
        if self.usage is not None:
            self.account.add_tokens(self.request.model, self.usage.input, self.usage.output)
            return
        estimator = estimator_of(self.request.model)
        read = estimator.tokens(size_of(self.call.body, len(self.request.turns)))
        written = estimator.tokens(size_of_text("".join(self.said)))
        self.account.add_tokens(self.request.model, read, written)
