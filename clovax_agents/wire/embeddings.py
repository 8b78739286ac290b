"""Embeddings over both APIs: one text per request (docs/wire.md, sections 3.6 and 7.1)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, cast

from clovax_agents.errors import InvalidResponseError
from clovax_agents.wire.encoding import encoded
from clovax_agents.wire.payload import object_of
from clovax_agents.wire.quoting import snippet

if TYPE_CHECKING:
    from clovax_agents.wire.codecs import Api

__all__ = ["DIMENSIONS", "MODELS", "decode", "encode", "path"]

DIMENSIONS: Final = 1024
MODELS: Final = {"clir-emb-dolphin": 500, "clir-sts-dolphin": 500, "bge-m3": 8192}
"""The models, and the tokens that a text may have."""


def path(api: Api, model: str) -> str:
    """Return the path of a model, behind the root of the API."""
    if api == "openai":
        return "/embeddings"
    return f"/v1/api-tools/embedding/{'v2' if model == 'bge-m3' else model}"


def encode(api: Api, model: str, text: str) -> bytes:
    """Write the body for a text. The compatible API would send base64 to some clients, so floats are asked for."""
    body = {"model": model, "input": text, "encoding_format": "float"} if api == "openai" else {"text": text}
    return encoded(body)


def decode(body: bytes) -> list[float]:
    """Read an answer of either API.

    Raises:
        InvalidResponseError: it is not a vector of 1,024 numbers.
        ServiceError: it describes a failure.
    """
    payload = object_of(body)
    try:
        result: dict[str, Any] = payload.get("result") or payload["data"][0]
        vector = [_number(number) for number in cast("list[object]", result["embedding"])]
    except (KeyError, IndexError, TypeError, AttributeError):
        raise InvalidResponseError(f"not an embedding: {snippet(body)}") from None
    if len(vector) != DIMENSIONS:
        raise InvalidResponseError(f"an embedding of {len(vector)} numbers instead of {DIMENSIONS}")
    return vector


def _number(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TypeError
    return float(value)
