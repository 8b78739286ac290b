"""`ScriptedChatModel`: a `ChatClovaX` that sends nothing, and says what a test wrote down."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

from pydantic import PrivateAttr
from typing_extensions import override

from clovax_agents.budgets.accounts import current_account
from clovax_agents.chat_models import ChatClovaX
from clovax_agents.client.ops import Deliver
from clovax_agents.testing.keys import FAKE_KEY
from clovax_agents.testing.scripted.asked import ScriptedRequest
from clovax_agents.testing.scripted.replies import wire_reply
from clovax_agents.testing.scripted.script import Script
from clovax_agents.testing.watching import watch
from clovax_agents.wire.neutral import Delta, Reply

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from types import TracebackType

    from langchain_core.messages import BaseMessage

    from clovax_agents.client.ops import Flow
    from clovax_agents.testing.scripted.replies import Said, ScriptedReply
    from clovax_agents.wire.neutral import Usage

__all__ = ["ScriptedChatModel"]

_SENT_APART = ("tools", "timeout", "tool_calling")


class ScriptedChatModel(ChatClovaX):
    """A `ChatClovaX` without a service: each reply answers the first request that it fits.

    Requests are checked like those of the real model: what CLOVA Studio would refuse before it is sent is refused here,
    too. In a pytest run, a test fails whose models have replies left over, or were asked for more than they have;
    elsewhere call `assert_finished`, or use the model in a ``with`` statement.

    Args:
        replies: see `ScriptedReply` for what one may be; or a function of the request, which answers everything.
        **settings: as of `ChatClovaX`.

    Example:
        >>> model = ScriptedChatModel([("find_order", {"order_id": "A-1"}), "배송 중입니다."])
        >>> model.invoke("주문 A-1은 어디에 있나요?").tool_calls[0]["name"]
        'find_order'
        >>> model.invoke("어디에 있나요?").text, model.requests[1].text
        ('배송 중입니다.', '어디에 있나요?')
    """

    _script: Script = PrivateAttr()

    def __init__(
        self,
        replies: Iterable[Said | Callable[[ScriptedRequest], Said]] | Callable[[ScriptedRequest], Said] = (),
        **settings: Any,
    ) -> None:
        given: dict[str, Any] = {"api_key": FAKE_KEY, **settings}
        super().__init__(**given)
        self._script = Script(replies)
        watch(self._script)

    @property
    def requests(self) -> list[ScriptedRequest]:
        """What it was asked until now."""
        return self._script.requests

    def assert_finished(self) -> None:
        """Check that every reply was asked for, and nothing else.

        Raises:
            ScriptedModelError: it was not so; the text shows what was asked.
        """
        self._script.assert_finished()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: object, trace: TracebackType | None) -> None:
        if kind is None:
            self.assert_finished()

    @override
    def _job(self, messages: list[BaseMessage], stop: list[str] | None, kwargs: dict[str, Any], *, stream: bool) -> Any:
        super()._job(messages, stop, kwargs, stream=stream)  # refuses what the real model would refuse
        settings = self._options(stop, kwargs)
        options = {name: value for name, value in settings.items() if name not in _SENT_APART}
        tools = settings.get("tools") or ()
        request = ScriptedRequest(messages=messages, tools=tools, options=options, stream=stream)
        return _ScriptedJob(self._script, request)


@dataclass(slots=True)
class _ScriptedJob:
    """Stands in for a `Job`: its flows deliver what the script has."""

    script: Script
    request: ScriptedRequest

    @property
    def model(self) -> str:
        """The model that is asked."""
        return str(self.request.options["model"])

    def reply(self) -> Flow[Reply]:
        """Give the whole answer."""
        said, reply = self._taken()
        if said.error is not None:
            raise said.error
        self._billed(reply)
        yield Deliver(reply)

    def deltas(self) -> Flow[Delta]:
        """Give the answer piece by piece."""
        said, reply = self._taken()
        if reply.thinking:
            yield Deliver(Delta(thinking=reply.thinking))
        for piece in said.pieces:
            yield Deliver(Delta(piece))
        if said.error is not None:
            raise said.error
        self._billed(reply)
        rest = reply.as_delta()
        rest.content, rest.thinking = reply.content[len("".join(said.pieces)) :], ""
        yield Deliver(rest)

    def learn(self, usage: Usage | None) -> None:
        """Learn nothing: a script says nothing about the service."""

    def _taken(self) -> tuple[ScriptedReply, Reply]:
        """Take the reply; a budget that is used up forbids it, as it forbids a real request."""
        if (account := current_account()) is not None:
            account.begin_call(self.model)
        number, said = self.script.take(self.request)
        return said, wire_reply(said, self.request, number=number)

    def _billed(self, reply: Reply) -> None:
        if reply.usage is not None and (account := current_account()) is not None:
            account.add_tokens(self.model, reply.usage.input, reply.usage.output)
