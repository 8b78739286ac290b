"""`Recovery`: what an agent does when its model fails it, as plain settings."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal, Self, cast, get_args

from clovax_agents.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Collection

__all__ = ["DEFAULT_RECOVERY", "Recovery", "Repair", "ThinkingStep", "UnknownToolStep"]

UnknownToolStep = Literal["hint", "emulated", "no_tools"]
ThinkingStep = Literal["cap", "effort"]
Repair = Literal["fence", "enum", "list"]

_MOST_TRUNCATED: Final = 4
_LEAST_REPEATS: Final = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Recovery:
    """What an agent does when its model fails it; the defaults are what helped in the field.

    Attributes:
        unknown_tool: steps, always in this order, after the model named a tool that does not exist and the service
            threw the answer away (40009): ``"hint"`` (the real names), ``"emulated"`` (by prompt), ``"no_tools"``.
        truncated: how often a text that was cut off is asked for again, each time with twice the cap, up to the
            model's most: 0 to 4. An explicit ``max_tokens`` is raised, too.
        thinking: steps after thinking that left no room for an answer: ``"cap"``, then ``"effort"`` down to none.
        empty: ask once more after an empty or refused answer; then it is an error.
        final_tool: ask once more for the final tool after an answer in prose.
        repairs: of arguments, where only one reading is possible: ``"fence"`` (JSON in a code fence), ``"enum"``
            (spelling or label of a value), ``"list"`` (a list of one text where a text is wanted).
        note_at: after how many equal calls in a row the model is told, from 2; None for never.
        stop_at: after how many the run ends, from 2; None for never. Calls whose results differ may be twice as many.
        most: how often the model is asked within one turn, all steps together: from 1.

    Raises:
        ConfigurationError: a step that does not exist, or a number out of range.
    """

    unknown_tool: tuple[UnknownToolStep, ...] = ("hint", "emulated", "no_tools")
    truncated: int = 2
    thinking: tuple[ThinkingStep, ...] = ("cap", "effort")
    empty: bool = True
    final_tool: bool = True
    repairs: frozenset[Repair] = frozenset({"fence", "enum"})
    note_at: int | None = 3
    stop_at: int | None = 5
    most: int = 8

    def __post_init__(self) -> None:
        """Refuse what cannot work."""
        for name, known in (("unknown_tool", UnknownToolStep), ("thinking", ThinkingStep), ("repairs", Repair)):
            made = _checked(name, getattr(self, name), get_args(known))
            object.__setattr__(self, name, frozenset(made) if name == "repairs" else made)
        _check_number("truncated", self.truncated, 0, _MOST_TRUNCATED)
        _check_number("most", self.most, 1, 100)
        for name in ("note_at", "stop_at"):
            if getattr(self, name) is not None:
                _check_number(name, getattr(self, name), _LEAST_REPEATS, 100)
        if not isinstance(cast("Any", self.empty), bool) or not isinstance(cast("Any", self.final_tool), bool):
            raise ConfigurationError("Recovery: empty and final_tool are True or False")

    @classmethod
    def off(cls) -> Self:
        """Return settings with which nothing is asked twice and nothing is repaired; flaws are still marked or raised.

        Example:
            >>> Recovery.off().truncated
            0
        """
        return cls(
            unknown_tool=(),
            truncated=0,
            thinking=(),
            empty=False,
            final_tool=False,
            repairs=frozenset(),
            note_at=None,
            stop_at=None,
        )


def _checked(name: str, given: object, known: Collection[str]) -> tuple[Any, ...]:
    """Return the values in the order in which they are tried, however they were given."""
    listed: Any = given
    if not isinstance(given, str | Iterable):
        raise ConfigurationError(f"Recovery({name}={given!r}): give a list; () for none of {', '.join(known)}")
    values: tuple[Any, ...] = (given,) if isinstance(given, str) else tuple(listed)
    if wrong := [value for value in values if value not in known]:
        raise ConfigurationError(f"Recovery({name}=...): {wrong[0]!r} does not exist; choose from {', '.join(known)}")
    return tuple(value for value in known if value in values)


def _check_number(name: str, given: object, least: int, most: int) -> None:
    if type(given) is not int or not least <= given <= most:
        raise ConfigurationError(f"Recovery({name}={given!r}): give a whole number from {least} to {most}")


DEFAULT_RECOVERY: Final = Recovery()
"""What agents do unless they are told otherwise."""
