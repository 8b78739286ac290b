"""Vectors of texts without a model: the terms of a text, hashed into 1,024 numbers.

Texts about the same thing get similar vectors, so retrieval can be tried offline; they are not the service's vectors.
Each term adds its weight, with either sign, to 16 places that its hash chooses. A direction that all texts share makes
every number differ from zero and the similarity of unrelated texts a little more than that, as real models do.
"""

from __future__ import annotations

import math
import struct
from functools import cache
from hashlib import blake2b
from random import Random
from typing import Final

from clovax_agents.simulator.brains.terms import terms_of

__all__ = ["DIMENSIONS", "embed"]

DIMENSIONS: Final = 1_024
_PLACES: Final = struct.Struct("<16H")
_SIGN: Final = 0x8000
_COMMON: Final = 0.5
"""Length of the shared direction, where the terms together have 1: unrelated texts have a cosine of about 0.2."""

_PEAKS: Final = {"clir-emb-dolphin": 1.6, "clir-sts-dolphin": 1.6}
"""Largest number of a vector; models that are not here have vectors of length 1 (docs/wire.md, W7.1-06)."""


def embed(model: str, text: str) -> list[float]:
    """Return the vector of a text, always the same for the same model and text.

    Args:
        model: ``bge-m3`` (length 1), ``clir-emb-dolphin`` or ``clir-sts-dolphin`` (no number beyond 1.6).
        text: in any language; Korean and English are understood a little.

    Example:
        >>> refund, returns, weather = (embed("bge-m3", text) for text in ("환불 규정", "반품 규정", "내일 날씨"))
        >>> math.dist(refund, returns) < math.dist(refund, weather)
        True
    """
    terms = _term_vector(model, text)
    share = 1.0 / (math.hypot(*terms) or 1.0)
    vector = [own * share + common for own, common in zip(terms, _common(model), strict=True)]
    scale = _PEAKS[model] / max(map(abs, vector)) if model in _PEAKS else 1.0 / math.hypot(*vector)
    return [number * scale for number in vector]


def _term_vector(model: str, text: str) -> list[float]:
    vector = [0.0] * DIMENSIONS
    for term, weight in (terms_of(text) or {text: 1.0}).items():
        digest = blake2b(f"{model} {term}".encode(), digest_size=_PLACES.size).digest()
        for place in _PLACES.unpack(digest):
            vector[place % DIMENSIONS] += weight if place & _SIGN else -weight
    return vector


@cache
def _common(model: str) -> tuple[float, ...]:
    """Return the direction that all vectors of a model share."""
    rng = Random(model)  # noqa: S311  # it only has to be the same every time
    numbers = [rng.gauss(0.0, 1.0) for _ in range(DIMENSIONS)]
    return tuple(_COMMON * number / math.hypot(*numbers) for number in numbers)
