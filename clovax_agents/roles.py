"""Which model does what in an agent: one calls tools, another writes the answer, thinks, routes or looks at images."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, Literal, cast, get_args

from langchain_core.language_models import BaseChatModel
from typing_extensions import TypedDict

from clovax_agents.errors import ConfigurationError

__all__ = ["RECOMMENDED_MODELS", "Role", "Roles", "checked_roles"]

Role = Literal["tools", "answer", "reasoning", "routing", "vision"]


class Roles(TypedDict, total=False):
    """Models by what they do: chat models, or names, for which a `ChatClovaX` is made. Each but the first is a step.

    Attributes:
        tools: decides which tools are called.
        answer: writes the answer, once nothing is left to be called; it is told the results in words.
        reasoning: thinks before the first tool call, and makes a plan for the model that calls tools.
        routing: decides whether tools are needed at all; if not, the answer is written at once.
        vision: describes the images of the user's messages, which no model can see beside tools.
    """

    tools: BaseChatModel | str
    answer: BaseChatModel | str
    reasoning: BaseChatModel | str
    routing: BaseChatModel | str
    vision: BaseChatModel | str


RECOMMENDED_MODELS: Final[Roles] = {"tools": "HCX-007", "answer": "HCX-005", "vision": "HCX-005"}
"""What worked best in comparisons that others have published: over 30 questions, tool calls succeeded in 79 % with
HCX-007 (55 % with HCX-005, 23 % with HCX-DASH-002), and HCX-005 wrote the better answers (75 % against 69 %). HCX-005
is the one that sees images."""


def checked_roles(models: Mapping[str, Any]) -> Roles:
    """Return the roles, if all of them exist.

    Raises:
        ConfigurationError: a role that does not exist, or something else than a model.

    Example:
        >>> checked_roles({"answer": "HCX-005"})
        {'answer': 'HCX-005'}
    """
    if not isinstance(cast("Any", models), Mapping):
        raise ConfigurationError(f"models={models!r:.60}: give a dictionary from roles to models, or model= for one")
    known = get_args(Role)
    for role, model in models.items():
        if role not in known:
            raise ConfigurationError(
                f"models={{{role!r}: ...}}: there is no such role; the roles are {', '.join(known)}"
            )
        if not (isinstance(model, BaseChatModel) or (isinstance(model, str) and model.strip())):
            raise ConfigurationError(f"models={{{role!r}: {model!r}}}: give the name of a model, or a chat model")
    return cast("Roles", dict(models))
