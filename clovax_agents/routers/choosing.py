"""Which branches a message goes to: what a model is asked, and how its answer, or a function's, is read: pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

from langchain_core.messages import AIMessage, SystemMessage

from clovax_agents.conversations import end_of
from clovax_agents.errors import ConfigurationError
from clovax_agents.execution.narrowing import as_list
from clovax_agents.routers.wording import put

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from langchain_core.messages import BaseMessage

__all__ = ["PREFIX", "Choice", "choice_tools", "classifier_input", "described", "read_choice", "read_names"]

PREFIX: Final = "ask_"


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


def choice_tools(branches: Mapping[str, str]) -> list[dict[str, Any]]:
    """Return a tool for each branch: a model that calls several at once chooses several.

    Args:
        branches: their descriptions, by their names.

    Example:
        >>> choice_tools({"orders": "주문 조회"})[0]["function"]["name"]
        'ask_orders'
    """
    return [
        {
            "type": "function",
            "function": {
                "name": f"{PREFIX}{name}",
                "description": about or name,
                "parameters": {"type": "object", "properties": {}},
            },
        }
        for name, about in branches.items()
    ]


def classifier_input(messages: Sequence[BaseMessage]) -> list[BaseMessage]:
    """Return what the classifier reads: the end of the conversation, in texts.

    Args:
        messages: of the state.
    """
    told = put(
        "Call everyone who is needed to answer the user's last message, all at once. Do not answer it yourself. If "
        "nobody fits, call nobody, and ask the user in one sentence what is meant."
    )
    return [SystemMessage(told), *end_of(messages)]


def read_choice(reply: AIMessage, branches: Mapping[str, str], *, several: bool) -> Choice:
    """Read a classifier's answer: what it calls, or, if that is nothing, what it asks.

    Args:
        reply: of the model.
        branches: by name.
        several: whether more than one may be chosen.

    Example:
        >>> read_choice(AIMessage("무엇을 도와드릴까요?"), {"orders": ""}, several=True)
        Choice(branches=[], question='무엇을 도와드릴까요?')
    """
    called = (call["name"].removeprefix(PREFIX) for call in reply.tool_calls)
    names = list(dict.fromkeys(name for name in called if name in branches))
    return Choice(names if several else names[:1], "" if names else reply.text.strip())


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
