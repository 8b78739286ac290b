"""Stems of Korean words from kiwipiepy, where it is installed (the extra ``search``)."""

from __future__ import annotations

import importlib
import importlib.util
import re
import threading
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from clovax_agents.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["has_morphemes", "morphemes_of"]

_KEPT: Final = frozenset({"NNG", "NNP", "NR", "VV", "VA", "XR"})
"""Nouns, numerals, verbs, adjectives and roots: what a text is about."""
_NAME: Final = re.compile(r"(?<=[a-z])(?=[A-Z])|_")
_LOADING: Final = threading.Lock()


def has_morphemes() -> bool:
    """Whether kiwipiepy is installed; nothing is loaded for it.

    Example:
        >>> has_morphemes() in {True, False}
        True
    """
    return importlib.util.find_spec("kiwipiepy") is not None


def morphemes_of(text: str) -> list[str]:
    """Return the stems of a text, marked so that no pair of syllables equals one.

    The first call loads the dictionary: about two seconds and half a gigabyte, once per process.

    Raises:
        ConfigurationError: kiwipiepy is not installed.
    """
    readable = _NAME.sub(" ", text).encode("utf-8", "replace").decode()  # half a character is no text for Kiwi
    return [f"={token.form}" for token in _tokenize()(readable) if token.tag.partition("-")[0] in _KEPT]


def _tokenize() -> Callable[[str], Any]:
    with _LOADING:  # not to load it twice
        return _loaded()


@cache
def _loaded() -> Callable[[str], Any]:
    try:
        kiwi: Any = importlib.import_module("kiwipiepy")
    except ImportError as error:
        raise ConfigurationError(
            'morphemes need kiwipiepy, which is not installed: pip install "clovax-agents[search]", '
            "or leave morphemes out"
        ) from error
    tokenize: Callable[[str], Any] = kiwi.Kiwi(num_workers=1).tokenize  # texts are short
    return tokenize
