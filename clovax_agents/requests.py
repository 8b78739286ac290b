"""What one call asks for: options checked against the model table before anything is sent (promises 1 and 2)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from clovax_agents.deployments import DEPLOYMENTS
from clovax_agents.errors import ConfigurationError
from clovax_agents.histories import in_words
from clovax_agents.images import check_images
from clovax_agents.limits import check_ranges, settled_cap
from clovax_agents.messages import to_turns
from clovax_agents.modes import asked_effort, check_features, settled_effort
from clovax_agents.tool_choice import choice_of
from clovax_agents.tool_schemas import ToolSchemas, spec_of
from clovax_agents.wire.neutral import Request, ToolSpec
from clovax_agents.wire.schema import accepted_schema

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from langchain_core.messages import BaseMessage

    from clovax_agents.capabilities import Effort, ModelCard
    from clovax_agents.deployments import Deployment
    from clovax_agents.wire.neutral import Turn

__all__ = [
    "OPEN_CAP",
    "Options",
    "answer_schema",
    "build_request",
    "tool_specs",
]

OPEN_CAP: Final = 4096
"""Tokens to allow time for, where no cap is sent."""


@dataclass(slots=True, kw_only=True)
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
    response_format: Mapping[str, Any] | type | None = None


def build_request(
    messages: Sequence[BaseMessage], options: Options, *, stream: bool, deployment: Deployment = DEPLOYMENTS["public"]
) -> Request:
    """Turn messages and options into a request that the service will take.

    Raises:
        ConfigurationError: two features that exclude each other, or one that the model does not have.
    """
    card = deployment.card(options.model)
    tools, form = tool_specs(options.tools), answer_schema(options.response_format)
    turns = to_turns(messages, limited=deployment.limited)
    if deployment.limited and not tools:  # the service knows calls and results beside tools only
        turns = in_words(turns)
    features = _features(options, tools=tools, turns=turns, form=form)
    if deployment.limited and "images" in features:
        check_images(turns)
    effort = _checked(card, options, features) if deployment.limited else asked_effort(options.thinking)
    return Request(
        model=options.model,
        turns=turns,
        cap=settled_cap(card, options.max_tokens, features, effort) if deployment.limited else options.max_tokens,
        stream=stream and (deployment.streams_tools or not tools),
        tools=tools,
        tool_choice=choice_of(options.tool_choice, tools, required=not deployment.limited),
        response_schema=form[1] if form else None,
        response_name=form[0] if form else "answer",
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


def tool_specs(tools: Sequence[Mapping[str, Any]]) -> list[ToolSpec]:
    """Return tools as the model is told of them; what `ToolSchemas` has worked out before is used as it is."""
    return tools.specs if isinstance(tools, ToolSchemas) else [spec_of(tool) for tool in tools]


def answer_schema(response_format: Mapping[str, Any] | type | None) -> tuple[str, Mapping[str, object]] | None:
    """Return name and schema of a structured answer, None for plain text.

    Args:
        response_format: as OpenAI has it, or a class as of `with_structured_output`.

    Raises:
        ConfigurationError: a form that the service does not have.
    """
    if isinstance(response_format, type):
        from clovax_agents.answers import AnswerForm  # noqa: PLC0415  # seldom needed

        form = AnswerForm.of(response_format)
        return form.name, accepted_schema(form.schema, form.name)
    kind = (response_format or {}).get("type")
    if response_format is None or kind == "text":
        return None
    wanted: Mapping[str, Any] = response_format.get("json_schema") or {}
    if kind != "json_schema" or not wanted.get("schema"):
        raise ConfigurationError(
            f"response_format {kind!r} does not exist on CLOVA Studio: use with_structured_output(Schema), or "
            "{'type': 'json_schema', 'json_schema': {'name': ..., 'schema': {...}}}"
        )
    name = str(wanted.get("name") or "answer")
    return name, accepted_schema(wanted["schema"], name)


def _features(options: Options, *, tools: object, turns: Sequence[Turn], form: object) -> frozenset[str]:
    images = any(not isinstance(turn.content, str) for turn in turns)
    used = (("tools", tools), ("structured output", form), ("images", images), ("stop sequences", options.stop))
    return frozenset(name for name, found in used if found)


def _checked(card: ModelCard, options: Options, features: frozenset[str]) -> Effort | None:
    """Return the effort, once everything goes together."""
    effort = settled_effort(card, options.thinking, features)
    thinks = card.thinking and effort != "none"
    check_features(card, features | {"thinking"} if thinks else features)
    check_ranges(card, options.temperature, options.repetition_penalty, options.repeat_penalty)
    return effort
