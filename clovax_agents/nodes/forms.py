"""A model that fills in forms: held to a schema where it can be, else by the one tool that it must call."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

from langchain_core.messages import HumanMessage
from langgraph.runtime import get_runtime

from clovax_agents.deployments import deployment_of
from clovax_agents.errors import InvalidArgumentsError, InvalidResponseError, UnsupportedFunctionError
from clovax_agents.execution.calls import is_cut_off
from clovax_agents.extracting.reading import filled_in
from clovax_agents.extracting.wording import say
from clovax_agents.nodes.driven import Wanted
from clovax_agents.nodes.recovered import made
from clovax_agents.nodes.turns import reach_of
from clovax_agents.recovering.steps import steps_for
from clovax_agents.structured import bound_to, settled_method

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping

    from langchain_core.language_models import BaseChatModel
    from langchain_core.messages import AIMessage, BaseMessage

    from clovax_agents.answers import AnswerForm
    from clovax_agents.nodes.recovered import Given
    from clovax_agents.recovering import Recovery
    from clovax_agents.structured import Method

__all__ = ["NO_FORM", "FormModel"]

NO_FORM: Final = (InvalidArgumentsError, InvalidResponseError, UnsupportedFunctionError)
"""What an answer is from which no form can be read: it is none, of another shape, or names another tool (40009)."""
_EVENT: Final = "recovery"
_ROUNDS: Final = 2
"""How often a model is asked whose form cannot be read."""


class FormModel:
    """A model that fills in forms; made when it is first needed, so that a graph loads and draws without a key.

    Args:
        given: a model, the name of one, or what makes it.
        recovery: how often an answer that was cut off is asked for again.
    """

    def __init__(self, given: Given, recovery: Recovery) -> None:
        self._given = given
        self._recovery = recovery

    @cached_property
    def _model(self) -> BaseChatModel:
        return made(self._given)

    def filled(
        self, form: AnswerForm, messages: list[BaseMessage], options: Mapping[str, Any] | None = None
    ) -> Generator[Wanted, AIMessage, Any]:
        """Have a form filled in and read; a model whose answer does not fit is told why, once.

        Args:
            form: to fill in.
            messages: to send.
            options: of the call.

        Returns:
            What was read, as structured output gives it: its ``parsed`` is None if there is nothing.
        """
        asked = messages
        for _ in range(_ROUNDS):
            try:
                return {"parsed": form.read((yield from self.asked(form, asked, options or {})))}
            except NO_FORM as error:
                asked = [*messages, HumanMessage(say("That does not fit the form: {problem}", problem=str(error)))]
        return {"parsed": None}

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
