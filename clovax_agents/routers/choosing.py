"""Which branches a message goes to: what a model is asked, and how its answer, or a function's, is read: pure."""

from __future__ import annotations

from types import GenericAlias
from typing import TYPE_CHECKING, Any, Final, Literal, NamedTuple, cast

from langchain_core.messages import AIMessage, HumanMessage, SystemMessage
from pydantic import BaseModel, Field, create_model

from clovax_agents.errors import ConfigurationError
from clovax_agents.execution.narrowing import as_list
from clovax_agents.routers.wording import put

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from langchain_core.messages import BaseMessage

__all__ = ["Choice", "choice_form", "classifier_input", "described", "read_choice", "read_names"]

_SHOWN: Final = 6
"""Messages at the end of the conversation that the classifier reads: enough for "and the second one?"."""


class Choice(NamedTuple):
    """What was chosen.

    Attributes:
        branches: their names, each once, in order; empty if none fits.
        question: to ask the user back then.
    """

    branches: list[str]
    question: str = ""


def described(branches: Mapping[str, str]) -> str:
    """Return names and descriptions as a list for a model.

    Example:
        >>> described({"orders": "주문 조회"})
        '- orders: 주문 조회'
    """
    return "\n".join(f"- {name}: {about}" if about else f"- {name}" for name, about in branches.items())


def choice_form(branches: Mapping[str, str]) -> type[BaseModel]:
    """Return the form of a classifier's answer.

    Args:
        branches: their descriptions, by their names.
    """
    names = cast("Any", Literal).__getitem__(tuple(branches))  # known at run time only
    about = put("Names of those who handle it; empty if nobody fits")
    asking = put("What to ask the user back if nobody fits; else empty")
    fields: dict[str, Any] = {
        "branches": (GenericAlias(list, names), Field(description=about)),
        "question": (str, Field(default="", description=asking)),
    }
    return create_model("Route", __doc__=put("Who handles the user's last message"), **fields)


def classifier_input(messages: Sequence[BaseMessage], branches: Mapping[str, str]) -> list[BaseMessage]:
    """Return what the classifier reads: the end of the conversation, in texts.

    Args:
        messages: of the state.
        branches: their descriptions, by their names.
    """
    told = put(
        "Choose who handles the user's last message. Choose several if it asks for several things, one after the other "
        "in the order in which they are asked for. Choose none if nobody fits, and write what to ask the user then."
        "\n\n{branches}",
        branches=described(branches),
    )
    texts = [m for m in messages if isinstance(m, HumanMessage) or (isinstance(m, AIMessage) and m.text)]
    shown = texts[-_SHOWN:]
    while shown and isinstance(shown[0], AIMessage):
        shown = shown[1:]
    return [SystemMessage(told), *shown]


def read_choice(answer: Any, branches: Mapping[str, str], *, several: bool) -> Choice:
    """Read a classifier's answer; one that cannot be read chooses nothing.

    Args:
        answer: with ``parsed``, as structured output gives it.
        branches: by name.
        several: whether more than one may be chosen.
    """
    form = answer.get("parsed")
    if form is None:
        return Choice([])
    names = list(dict.fromkeys(name for name in form.branches if name in branches))
    return Choice(names if several else names[:1], form.question.strip())


def read_names(answer: Any, branches: Mapping[str, str], *, several: bool) -> Choice:
    """Read what a function of the user's has chosen.

    Raises:
        ConfigurationError: a name that is none of the branches'.

    Example:
        >>> read_names("orders", {"orders": ""}, several=True).branches
        ['orders']
    """
    listed = as_list(answer)
    wanted: list[Any] = ([answer] if answer else []) if listed is None else listed
    if unknown := [name for name in wanted if name not in branches]:
        raise ConfigurationError(f"classify chose {unknown[0]!r:.80}, and the branches are: {', '.join(branches)}")
    names = list(dict.fromkeys(wanted))
    return Choice(names if several else names[:1])
