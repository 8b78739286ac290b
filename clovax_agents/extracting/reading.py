"""What a model has filled in, however it has written it: pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from clovax_agents.errors import InvalidArgumentsError
from clovax_agents.execution.calls import calls_of, is_cut_off
from clovax_agents.extracting.wording import say
from clovax_agents.recovering.mending import mended
from clovax_agents.recovering.settings import DEFAULT_RECOVERY
from clovax_agents.wire.arguments import parse_arguments, unfenced

if TYPE_CHECKING:
    from langchain_core.messages import AIMessage

    from clovax_agents.answers import AnswerForm

__all__ = ["filled_in"]


def filled_in(answer: AIMessage, form: AnswerForm) -> dict[str, Any]:
    """Return the object of an answer, whether it fits the form or not.

    It may be the arguments of a call or the text, in a code fence or without.

    Args:
        answer: of the model.
        form: that it was given.

    Raises:
        InvalidArgumentsError: there is no whole JSON object; the text says why, for a model.
    """
    if is_cut_off(answer):
        raise InvalidArgumentsError(say("the answer was cut off"))
    spelled = mended(answer, lambda _: form.schema, DEFAULT_RECOVERY.repairs)
    calls = [call for call in calls_of(spelled) if call.name == form.name]
    for call in calls:
        if call.problem is None:
            return call.arguments
    if calls:
        raise InvalidArgumentsError(calls[0].problem or "")
    if not answer.text.strip():
        raise InvalidArgumentsError(say("the answer is empty"))
    return parse_arguments(unfenced(answer.text))
