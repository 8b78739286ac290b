"""What one call asks for: options checked against the model table before anything is sent (promises 1 and 2)."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final, cast

from clovax_agents.capabilities import EFFORTS, TOOL_CAP_FLOOR, model_card
from clovax_agents.errors import ConfigurationError
from clovax_agents.messages import to_turns
from clovax_agents.wire.neutral import Request, ToolSpec

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from langchain_core.messages import BaseMessage

    from clovax_agents.capabilities import Effort, ModelCard
    from clovax_agents.wire.neutral import Turn

__all__ = ["Options", "build_request"]

DEFAULT_CAP: Final = 512
"""What the service assumes itself; we always state it (docs/wire.md, section 3.2)."""
_THINKING_CAPS: Final[dict[Effort | None, int]] = {"low": 5120, "medium": 10_240, "high": 20_480}
_INSTEAD: Final = (
    "Either leave the tools away for this call, or set thinking={'effort': 'none'}; "
    "to have both, let one model object think and another one call tools"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """Everything that a constructor or a call may set; None means not set. Units and ranges as on `ChatClovaX`."""

    model: str
    max_tokens: int | None = None
    temperature: float | None = None
    top_p: float | None = None
    top_k: int | None = None
    repetition_penalty: float | None = None
    repeat_penalty: float | None = None
    stop: Sequence[str] | None = None
    seed: int | None = None
    thinking: Mapping[str, Any] | None = None
    include_ai_filters: bool | None = None
    tools: Sequence[Mapping[str, Any]] = ()
    tool_choice: object = None


def build_request(messages: Sequence[BaseMessage], options: Options, *, stream: bool) -> Request:
    """Turn messages and options into a request that the service will take.

    Raises:
        ConfigurationError: two features that exclude each other, or one that the model does not have.
    """
    card = model_card(options.model)
    tools = [_tool(tool) for tool in options.tools]
    effort = _effort(card, options.thinking, tools)
    turns = to_turns(messages)
    _refuse(card, options, tools, turns, effort)
    _check_penalty(card, options)
    return Request(
        model=options.model,
        turns=turns,
        cap=_cap(card, options.max_tokens, tools, effort),
        stream=stream,
        tools=tools,
        tool_choice=_choice(options.tool_choice, tools),
        effort=effort,
        temperature=options.temperature,
        top_p=options.top_p,
        top_k=options.top_k,
        repetition_penalty=options.repetition_penalty,
        repeat_penalty=options.repeat_penalty,
        stop=options.stop or (),
        seed=options.seed,
        ai_filters=options.include_ai_filters,
    )


def _tool(tool: Mapping[str, Any]) -> ToolSpec:
    function: Mapping[str, Any] = tool.get("function", tool)
    name: str = function["name"]
    if not function.get("description"):
        raise ConfigurationError(
            f"the tool {name!r} has no description, and CLOVA Studio refuses tools without one: write a docstring"
        )
    parameters: Mapping[str, object] = function.get("parameters") or {"type": "object", "properties": {}}
    return ToolSpec(name, function["description"], parameters)


def _effort(card: ModelCard, thinking: Mapping[str, Any] | None, tools: Sequence[ToolSpec]) -> Effort | None:
    effort = (thinking or {}).get("effort")
    if effort is not None and effort not in EFFORTS:
        raise ConfigurationError(f"thinking effort {effort!r} does not exist: use one of {', '.join(EFFORTS)}")
    if not card.thinking:
        if effort not in {None, "none"}:
            raise ConfigurationError(f"{card.name} cannot think: leave thinking away, or use HCX-007")
        return None
    if tools and effort is None:
        return "none"  # HCX-007 thinks unless told not to, and then refuses tools
    return effort


def _refuse(
    card: ModelCard, options: Options, tools: Sequence[ToolSpec], turns: Sequence[Turn], effort: Effort | None
) -> None:
    thinks = card.thinking and effort != "none"
    if tools and not card.tools:
        raise ConfigurationError(f"{card.name} cannot call tools: use HCX-005, HCX-007 or HCX-DASH-002")
    if tools and thinks:
        raise ConfigurationError(f"tools and thinking exclude each other on {card.name}. {_INSTEAD}")
    if options.stop and thinks:
        raise ConfigurationError(
            f"stop sequences and thinking exclude each other on {card.name}: set thinking={{'effort': 'none'}}"
        )
    images = any(not isinstance(turn.content, str) for turn in turns)
    if images and not card.images:
        raise ConfigurationError(f"{card.name} cannot read images: use HCX-005")
    if images and tools:
        raise ConfigurationError("images and tools exclude each other: have the image described by a call of its own")


def _check_penalty(card: ModelCard, options: Options) -> None:
    """Each generation of models has its own penalty, on a scale of its own (docs/wire.md, sections 2.2 and 2.7)."""
    wrong, right = (
        ("repeat_penalty", "repetition_penalty")
        if card.generation == "v3"
        else ("repetition_penalty", "repeat_penalty")
    )
    if getattr(options, wrong) is not None:
        raise ConfigurationError(f"{card.name} does not know {wrong}: set {right}, which has another scale")


def _cap(card: ModelCard, asked: int | None, tools: Sequence[ToolSpec], effort: Effort | None) -> int:
    """Return the cap to send: with tools never under 1024, whichever door a lower one came through."""
    if asked is None:
        thinks = card.thinking and effort != "none"
        return TOOL_CAP_FLOOR if tools else _THINKING_CAPS.get(effort or "low", 5120) if thinks else DEFAULT_CAP
    if tools and asked < TOOL_CAP_FLOOR:
        _warn_of_floor(asked)
        return TOOL_CAP_FLOOR
    return asked


@lru_cache
def _warn_of_floor(asked: int) -> None:
    """Warn once for each value; Python's own filter forgets what it has shown."""
    text = f"max_tokens={asked} was raised to {TOOL_CAP_FLOOR}: CLOVA Studio refuses tools below that"
    warnings.warn(text, stacklevel=2)


def _choice(choice: object, tools: Sequence[ToolSpec]) -> str | None:
    names = [tool.name for tool in tools]
    if isinstance(choice, dict):
        choice = cast("dict[str, Any]", choice).get("function", {}).get("name")
    if not tools or choice in (None, "auto", "none"):
        return cast("str | None", choice) if tools else None
    if choice in ("any", "required", True):
        if len(names) == 1:
            return f"name:{names[0]}"
        raise ConfigurationError(
            f"tool_choice={choice!r} does not exist on CLOVA Studio: name the tool to force, one of {', '.join(names)}"
        )
    if choice not in names:
        raise ConfigurationError(f"tool_choice names {choice!r}, which is not bound: use one of {', '.join(names)}")
    return f"name:{choice}"
