"""Embeddings, natively and over the OpenAI-compatible API (docs/wire.md, sections 3.6 and 7.1)."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

from clovax_agents.simulator.jobs import ToolJob
from clovax_agents.simulator.json_types import JsonObject, as_array
from clovax_agents.simulator.refusals import SimulatedError, invalid, too_long
from clovax_agents.simulator.tokens import LONGEST, count
from clovax_agents.simulator.tool_apis.vectors import DIMENSIONS, embed
from clovax_agents.simulator.validation.fields import read_integer, read_string, refuse_foreign_fields
from clovax_agents.simulator.validation.models import EMBEDDING_MODELS, embedding_model

if TYPE_CHECKING:
    from clovax_agents.simulator.jobs import Call, Rules

__all__ = ["read_embedding_v1", "read_embedding_v2", "read_openai_embeddings"]

_V2: Final = "bge-m3"
_NATIVE_FIELDS: Final = frozenset({"text"})
_OPENAI_FIELDS: Final = frozenset({"dimensions", "encoding_format", "input", "model"})
_MOST_TEXTS: Final = 2_048
"""OpenAI's own limit: one request must not keep the simulator busy for long."""


def read_embedding_v1(call: Call, rules: Rules) -> ToolJob:
    """Check a request to ``/v1/api-tools/embedding/{model}``, which serves the two dolphin models.

    Raises:
        SimulatedError: 400 with 40080 or 40084 (model), 40001 (no text), 40004 (empty) or 40003 (over 500 tokens).
    """
    model = embedding_model(call.path.get("model"), rules)
    if model == _V2:
        raise _other_api()
    return _native(model, call, rules)


def read_embedding_v2(call: Call, rules: Rules) -> ToolJob:
    """Check a request to ``/v1/api-tools/embedding/v2``, which serves bge-m3.

    Raises:
        SimulatedError: 400 with 40001 (no text), 40004 (empty) or 40003 (over 8,192 tokens).
    """
    return _native(embedding_model(_V2, rules), call, rules)


def read_openai_embeddings(call: Call, rules: Rules) -> ToolJob:
    """Check a request to ``/v1/openai/embeddings``, which serves all three models.

    An absent ``encoding_format`` is ``float``; the OpenAI SDK asks for base64 unless it is told not to.

    Raises:
        SimulatedError: 400 with 40080 or 40084 (model), 40002 (other fields, strict), 40001 (values, and a list of
            texts unless a switch accepts it), 40004 (empty) or 40003 (too long).
    """
    body = call.body
    model = embedding_model(body.get("model"), rules)
    if rules.profile == "gov" and model != _V2:
        raise _other_api()
    if rules.strict:
        refuse_foreign_fields(body, _OPENAI_FIELDS)
    read_integer(body, "dimensions", DIMENSIONS, DIMENSIONS)
    if body.get("encoding_format") not in (None, "float"):
        raise invalid("encoding_format")
    texts = _read_input(body.get("input"), arrays=rules.switches.embedding_arrays == "accept")
    tokens = sum(_tokens(text, model) for text in texts)
    return ToolJob(model, tokens, partial(_openai_result, model, texts, tokens))


def _native(model: str, call: Call, rules: Rules) -> ToolJob:
    if rules.switches.unknown_native_fields == "refuse":
        refuse_foreign_fields(call.body, _NATIVE_FIELDS)
    text = read_string(call.body, "text")
    tokens = _tokens(text, model)
    return ToolJob(model, tokens, partial(_native_result, model, text, tokens))


def _read_input(value: object, *, arrays: bool) -> list[str]:
    """Return the texts; lists of numbers, OpenAI's form for texts that are tokens already, are refused."""
    items = [value] if isinstance(value, str) else as_array(value) if arrays else None
    texts = [item for item in items or () if isinstance(item, str)]
    if not items or len(texts) < len(items) or len(items) > _MOST_TEXTS:
        raise invalid("input")
    return texts


def _tokens(text: str, model: str) -> int:
    """Return the tokens of a text that the model can read."""
    most = EMBEDDING_MODELS[model]
    if not text.strip():
        raise SimulatedError(400, "40004", "Text empty")
    if len(text) > most * LONGEST or (tokens := count(text)) > most:
        raise too_long()
    return tokens


def _native_result(model: str, text: str, tokens: int) -> JsonObject:
    return {"embedding": embed(model, text), "inputTokens": tokens}


def _openai_result(model: str, texts: list[str], tokens: int) -> JsonObject:
    return {
        "object": "list",
        "data": [
            {"object": "embedding", "index": index, "embedding": embed(model, text)} for index, text in enumerate(texts)
        ],
        "model": model,
        "usage": {"prompt_tokens": tokens, "total_tokens": tokens},
    }


def _other_api() -> SimulatedError:
    return SimulatedError(400, "40084", "Unsupported API for model")
