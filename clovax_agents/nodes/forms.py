"""A model that fills in forms: held to a schema where it can be, else by the one tool that it must call."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

from langgraph.runtime import get_runtime

from clovax_agents.deployments import deployment_of
from clovax_agents.execution.calls import is_cut_off
from clovax_agents.extracting.reading import filled_in
from clovax_agents.nodes.driven import Wanted
from clovax_agents.nodes.turns import reach_of
from clovax_agents.recovering.steps import steps_for
from clovax_agents.structured import bound_to, settled_method

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping

    from langchain_core.language_models import BaseChatModel
    from langchain_core.messages import AIMessage, BaseMessage

    from clovax_agents.answers import AnswerForm
    from clovax_agents.recovering import Recovery
    from clovax_agents.structured import Method

__all__ = ["FormModel"]

_EVENT: Final = "recovery"


class FormModel:
    """A model that fills in forms; made when it is first needed, so that a graph loads and draws without a key.

    Args:
        given: a model, or the name of one, for which a `ChatClovaX` is made.
        recovery: how often an answer that was cut off is asked for again.
    """

    def __init__(self, given: BaseChatModel | str, recovery: Recovery) -> None:
        self._given = given
        self._recovery = recovery

    @cached_property
    def _model(self) -> BaseChatModel:
        from clovax_agents.chat_models import ChatClovaX  # noqa: PLC0415  # only where a name is given

        return ChatClovaX(model=self._given) if isinstance(self._given, str) else self._given

    def asked(
        self, form: AnswerForm, messages: list[BaseMessage], options: Mapping[str, Any], *, by_call: bool = False
    ) -> Generator[Wanted, AIMessage, dict[str, Any]]:
        """Have a form filled in; what was cut off is asked for again with a larger cap, and everybody told.

        Args:
            form: to fill in.
            messages: to send.
            options: of the call.
            by_call: by a call of a tool in any case.

        Raises:
            InvalidArgumentsError: there is no whole JSON object in the answer.
        """
        method = "function_calling" if by_call else self._method(options.get("model"))
        bound = bound_to(self._model, form, method=method, options={})
        answer = yield Wanted(bound, messages, dict(options))
        if is_cut_off(answer):
            reach = reach_of(self._model, options, has_tools=True)  # as with a form: without thinking
            for step in steps_for("truncated", self._recovery, reach, names=(), answer=answer, ran=False):
                get_runtime().stream_writer({"type": _EVENT, "kind": step.kind, "step": step.step})
                answer = yield Wanted(bound, messages, {**options, **step.options})
                if not is_cut_off(answer):
                    break
        return filled_in(answer, form)

    def _method(self, name: str | None) -> Method:
        from clovax_agents.chat_models import ChatClovaX  # noqa: PLC0415  # loaded by then

        model: Any = self._model
        if not isinstance(model, ChatClovaX):
            return "function_calling"
        place = deployment_of(model.deployment, model.base_url)
        return settled_method(None, place.card(name or model.model))
