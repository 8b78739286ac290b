"""Marks on messages and tools: what they carry besides their words, kept where no model reads and no wire sends it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, TypeVar, cast

from langchain_core.tools import BaseTool

from clovax_agents.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from langchain_core.messages import BaseMessage

    from clovax_agents.tooling.policy import Label

    T = TypeVar("T", BaseMessage, BaseTool)


__all__ = ["CARRIED", "LABELS_KEY", "checked_labels", "labelled", "labels_of", "read_labels"]

LABELS_KEY: Final = "clovax_labels"
"""In a message's ``response_metadata``, or a tool's ``metadata``."""
CARRIED: Final[frozenset[Label]] = frozenset({"private_data", "untrusted_input"})
"""What content can carry; "exfiltration" is what a tool does with it."""


def labelled(thing: T, *labels: Label) -> T:
    """Return a copy of a message or a tool that says what it carries, besides what it said before.

    Mark a message when your application puts text of strangers, or private data, into a conversation itself. Mark a
    tool when strangers wrote its name or description, as those of somebody else's MCP server: whoever is shown it has
    read them.

    Args:
        thing: the message or tool.
        *labels: ``"untrusted_input"``, ``"private_data"``.

    Raises:
        ConfigurationError: content cannot carry such a label.

    Example:
        >>> from langchain_core.messages import HumanMessage
        >>> labels_of(labelled(HumanMessage("a mail: ..."), "untrusted_input"))
        frozenset({'untrusted_input'})
    """
    together = sorted(checked_labels(labels) | labels_of(thing))
    name = _place(thing)
    return thing.model_copy(update={name: {**(getattr(thing, name) or {}), LABELS_KEY: together}})


def labels_of(thing: object) -> frozenset[Label]:
    """Return what a message or a tool says that it carries.

    Args:
        thing: a message, a tool, or anything: that carries nothing.
    """
    given: Any = getattr(thing, _place(thing), None)
    return read_labels(given.get(LABELS_KEY)) if given else frozenset()


def _place(thing: object) -> str:
    return "metadata" if isinstance(thing, BaseTool) else "response_metadata"


def read_labels(value: object) -> frozenset[Label]:
    """Read labels that were stored somewhere; what cannot be read may have been anything, so it counts as everything.

    Example:
        >>> read_labels(["private_data"]), read_labels(None), len(read_labels({"forged": 1}))
        (frozenset({'private_data'}), frozenset(), 2)
    """
    if value is None:
        return frozenset()
    if isinstance(value, list | tuple | set | frozenset):
        names = cast("Iterable[Any]", value)
        if all(isinstance(name, str) and (name in CARRIED or name == "exfiltration") for name in names):
            return CARRIED & frozenset(names)
    return CARRIED


def checked_labels(labels: Iterable[Label]) -> frozenset[Label]:
    """Return labels that content can carry; refuse others.

    Raises:
        ConfigurationError: with those that there are.
    """
    given = frozenset(labels)
    if wrong := sorted(given - CARRIED):
        raise ConfigurationError(f"content is labelled {' or '.join(map(repr, sorted(CARRIED)))}, not {wrong[0]!r}")
    return given
