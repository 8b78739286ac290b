"""The language in which models and people read us: the environment variable ``CLOVAX_LANG``, ``en`` or ``ko``."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = ["is_korean", "speaker"]

_LANGUAGE: Final = "CLOVAX_LANG"


def is_korean() -> bool:
    """Whether models and people read Korean; else they read English."""
    return os.environ.get(_LANGUAGE, "").lower().startswith("ko")


def speaker(korean: Mapping[str, str]) -> Callable[..., str]:
    """Return what says the sentences of a table in the language that is asked for, with values put in.

    Args:
        korean: by the English sentences, which are format strings.

    Example:
        >>> speaker({"no {what}": "{what} 없음"})("no {what}", what="page")
        'no page'
    """

    def say(sentence: str, /, **values: Any) -> str:
        return (korean.get(sentence, sentence) if is_korean() else sentence).format(**values)

    return say
