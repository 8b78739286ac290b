"""How many tokens a request has: estimated from its bytes, and calibrated by what the service counted.

The service's tokenizer is not public. Korean has about half a token for a syllable, English a fifth for a letter; each
message has markers around it. These weights are where an estimator begins (docs/wire.md, sections 6 and 7.4), and every
answer that tells its usage moves them, for each model apart.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

__all__ = ["Estimator", "Size", "estimator_of", "size_of", "size_of_text"]

_IMAGE_TOKENS: Final = 1478
_NOT_ASCII: Final = bytes(range(0x80, 0x100))
_INSIDE_A_CHARACTER: Final = bytes(range(0x80, 0xC0))
_DEFINITIONS: Final = b',"tools":['
_IMAGE: Final = b'"type":"image_url"'
_DATA_URI: Final = re.compile(rb'data:image/[^"]*')
_FRAME_BYTES: Final = 29
_BODY_BYTES: Final = 45
"""Of JSON around the content of a message, and around all messages."""

_WEIGHTS: Final = (0.2, 0.48, 5.0, 0.2)
"""Tokens for an ASCII character, for another one, for a message, for a byte of definitions."""
_PACE: Final = 0.2
_LOWEST: Final = (0.25, 0.25, 0.25, 0.0)
"""Definitions may turn out to be free: whether they are billed is UNCONFIRMED."""
_HIGHEST: Final = 4.0
_EAGER: Final = 32
_EVERY: Final = 8


@dataclass(frozen=True, slots=True)
class Size:
    """What a request consists of.

    Attributes:
        narrow: ASCII characters.
        wide: all other characters.
        messages: number of messages.
        definitions: bytes of tools and schemas.
        images: number of images.
    """

    narrow: int
    wide: int
    messages: int = 0
    definitions: int = 0
    images: int = 0

    def parts(self) -> tuple[float, ...]:
        """Return the tokens of each part as the first weights have it."""
        counts = (self.narrow, self.wide, self.messages, self.definitions)
        return tuple(weight * count for weight, count in zip(_WEIGHTS, counts, strict=True))


def size_of_text(text: str) -> Size:
    """Return the size of a text alone.

    Example:
        >>> size_of_text("서울 weather")
        Size(narrow=8, wide=2, messages=0, definitions=0, images=0)
    """
    narrow = len(text.encode("utf-8", "surrogatepass").translate(None, _NOT_ASCII))
    return Size(narrow, len(text) - narrow)


def size_of(body: bytes, messages: int) -> Size:
    """Return the size of a request as it is sent, over either API.

    Args:
        body: the JSON, in which tools and schemas stand behind the messages.
        messages: how many there are.
    """
    head, _, tail = body.partition(_DEFINITIONS)
    images = head.count(_IMAGE)
    if images:
        head = _DATA_URI.sub(b"", head)
    narrow = len(head.translate(None, _NOT_ASCII))
    wide = len(head.translate(None, _INSIDE_A_CHARACTER)) - narrow
    return Size(max(narrow - _FRAME_BYTES * messages - _BODY_BYTES, 0), wide, messages, len(tail), images)


class Estimator:
    """Estimates the tokens of requests to one model, and learns from the counts that come back.

    Example:
        >>> estimator = Estimator()
        >>> size = size_of_text("내일 서울 날씨를 알려 주세요")
        >>> before = estimator.tokens(size)
        >>> for _ in range(50):
        ...     estimator.learn(size, 2 * before)
        >>> estimator.tokens(size) == 2 * before
        True
    """

    def __init__(self) -> None:
        self._factors = [1.0] * len(_WEIGHTS)
        self._seen = 0

    def tokens(self, size: Size) -> int:
        """Return the estimate, rounded up; 0 only for nothing at all."""
        written = sum(factor * part for factor, part in zip(self._factors, size.parts(), strict=True))
        return -int(-written // 1) + _IMAGE_TOKENS * size.images

    def wants(self) -> bool:
        """Tell whether to learn from the next answer: from all of the first, later now and then."""
        self._seen += 1
        return self._seen <= _EAGER or self._seen % _EVERY == 0

    def learn(self, size: Size, tokens: int) -> None:
        """Move the weights towards what the service counted; each by its share, none beyond four times its first.

        Args:
            size: of the request. Of one with images nothing is learned.
            tokens: of its input, as the service counted them.
        """
        parts = size.parts()
        total = sum(part * part for part in parts)
        if tokens <= 0 or size.images or not total:
            return
        missing = tokens - sum(factor * part for factor, part in zip(self._factors, parts, strict=True))
        self._factors = [
            min(max(factor + _PACE * missing * part / total, lowest), _HIGHEST)
            for factor, part, lowest in zip(self._factors, parts, _LOWEST, strict=True)
        ]


_estimators: dict[str, Estimator] = {}


def estimator_of(model: str) -> Estimator:
    """Return the estimator of a model; there is one for the whole process."""
    return _estimators.get(model) or _estimators.setdefault(model, Estimator())
