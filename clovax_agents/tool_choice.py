"""Which tool the model is to call, in the words of LangChain and of other services, and in the service's own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from clovax_agents.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from clovax_agents.wire.neutral import ToolSpec

__all__ = ["choice_of", "must_call"]


def choice_of(choice: object, tools: Sequence[ToolSpec], *, required: bool = False) -> str | None:
    """Return the choice as it is sent; of one tool, "any" is that tool.

    Args:
        choice: "auto", "none", the name of a tool, OpenAI's object with a name, or "any", "required" or True.
        tools: that are bound.
        required: whether the server knows "required", as CLOVA Studio does not.

    Raises:
        ConfigurationError: a tool that is not bound, or several where one must be named.
    """
    names = [tool.name for tool in tools]
    choice = _meant(choice)
    if not tools or choice in (None, "auto", "none"):
        return cast("str | None", choice) if tools else None
    if must_call(choice):
        if required or len(names) == 1:
            return "required" if required else f"name:{names[0]}"
        raise ConfigurationError(
            f"tool_choice={choice!r} for several tools needs tool_calling='emulated': CLOVA Studio itself can force "
            f"one tool only, one of {', '.join(names)}"
        )
    if choice not in names:
        raise ConfigurationError(f"tool_choice names {choice!r}, which is not bound: use one of {', '.join(names)}")
    return f"name:{choice}"


def must_call(choice: object) -> bool:
    """Tell whether some tool has to be called, whichever it is."""
    choice = _meant(choice)
    return choice is True or choice in ("any", "required")


def _meant(choice: object) -> object:
    """Return the word or name that an object means, as other services write it; False and "" choose nothing."""
    if not isinstance(choice, dict):
        return choice or None
    given = cast("dict[str, Any]", choice)
    if meant := given.get("function", given).get("name"):
        return meant
    if given.get("type") in ("auto", "none", "any", "required"):
        return given["type"]
    raise ConfigurationError(f"tool_choice={choice!r} is not known: use 'auto', 'none', 'any' or the name of a tool")
