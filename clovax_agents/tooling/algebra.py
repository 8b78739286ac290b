"""What `Toolbox` is made of: tools chosen, renamed and put together, pure and without touching what was given."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from clovax_agents.errors import ConfigurationError
from clovax_agents.tooling.origins import origin_of
from clovax_agents.tooling.sizes import check_size, is_name, shown

if TYPE_CHECKING:
    from langchain_core.tools import BaseTool

    from clovax_agents.tooling.policy import ToolPolicy

__all__ = ["Choice", "NewNames", "Texts", "by_name", "chosen", "near_miss", "new_names", "renamed", "several"]

NewNames: TypeAlias = Mapping[str, str] | Callable[[str], str]
Texts: TypeAlias = str | Iterable[str] | None

_MOST_SAID: Final = 20


@dataclass(frozen=True, slots=True)
class Choice:
    """Which tools are meant: those to which everything applies that is not None.

    Attributes:
        names: of which the tool's is one.
        where: a function of the tool that says yes.
        labels: of which the tool's policy has at least one.
        effects: of which the tool's policy has one.
    """

    names: frozenset[str] | None
    where: Callable[[BaseTool], object] | None
    labels: frozenset[str] | None
    effects: frozenset[str] | None

    @property
    def is_empty(self) -> bool:
        """Whether nothing was asked for."""
        return all(part is None for part in (self.names, self.where, self.labels, self.effects))

    def fits(self, tool: BaseTool, policy: ToolPolicy) -> bool:
        """Whether a tool is meant."""
        return (
            (self.names is None or tool.name in self.names)
            and (self.labels is None or not self.labels.isdisjoint(policy.labels))
            and (self.effects is None or policy.effect in self.effects)
            and (self.where is None or bool(self.where(tool)))
        )


def chosen(
    known: Iterable[str],
    names: Texts,
    where: Callable[[BaseTool], object] | None,
    labels: Texts,
    effect: Texts,
) -> Choice:
    """Read what was asked for.

    Args:
        known: names that there are.
        names: one or more of them.
        where: a function of a tool.
        labels: one or more.
        effect: one or more.

    Raises:
        ConfigurationError: a name or a word that there is not: it would choose nothing, or leave everything in.
    """
    if callable(names):
        raise ConfigurationError("a function is passed as where=: box.filter(where=lambda tool: ...)")
    wanted = several(names)
    if wanted is not None:
        _check_known(wanted, known)
    return Choice(
        names=wanted,
        where=where,
        labels=_words("labels", labels, ("private_data", "untrusted_input", "exfiltration")),
        effects=_words("effect", effect, ("read", "idempotent", "once")),
    )


def several(given: Texts) -> frozenset[str] | None:
    """Return one text or several as a set; None for None."""
    if given is None:
        return None
    return frozenset([given]) if isinstance(given, str) else frozenset(given)


def _words(name: str, given: Texts, allowed: tuple[str, ...]) -> frozenset[str] | None:
    words = several(given)
    if words is not None and (strange := sorted(words - set(allowed))):
        raise ConfigurationError(f"{name}={strange[0]!r} does not exist; there are {', '.join(map(repr, allowed))}")
    return words


def _check_known(wanted: Iterable[str], known: Iterable[str]) -> None:
    there = dict.fromkeys(known)
    if strange := sorted(name for name in wanted if name not in there):
        raise ConfigurationError(near_miss(strange[0], there))


def near_miss(name: str, known: Iterable[str]) -> str:
    """Say that no tool has a name, and which one may have been meant.

    Example:
        >>> near_miss("get_ordr", ["get_order"])
        "no tool is named 'get_ordr'; did you mean 'get_order'?"
    """
    there = list(known)
    if near := difflib.get_close_matches(name[:64], there, n=1):
        return f"no tool is named {shown(name)}; did you mean {near[0]!r}?"
    listed = ", ".join(there[:_MOST_SAID]) or "none"
    more = f" and {len(there) - _MOST_SAID} more" if len(there) > _MOST_SAID else ""
    return f"no tool is named {shown(name)}; there are: {listed}{more}"


def by_name(tools: Iterable[BaseTool]) -> dict[str, BaseTool]:
    """Return tools under their names, in order.

    Raises:
        ConfigurationError: two have one name, or one is too large to be shown to a model.
    """
    found: dict[str, BaseTool] = {}
    for tool in tools:
        if tool.name in found:
            raise _duplicate(found[tool.name], tool)
        check_size(tool)
        found[tool.name] = tool
    return found


def _duplicate(first: BaseTool, second: BaseTool) -> ConfigurationError:
    name = first.name
    if first is second:
        return ConfigurationError(f"tool {name!r} was given twice (it comes from {origin_of(first)}).")
    return ConfigurationError(
        f"two tools are named {name!r}: one from {origin_of(first)}, one from {origin_of(second)}. Give one of them "
        f"another name: @tool(name='...'), or for a whole box box.prefix('shop_') or box.rename({{{name!r}: '...'}})."
    )


def new_names(names: Iterable[str], given: NewNames) -> dict[str, str]:
    """Return the new name of each tool; one that a mapping does not have keeps its own.

    Raises:
        ConfigurationError: a name that there is not, or a new one that models do not take.
    """
    old = list(names)
    if isinstance(given, Mapping):
        mapping: dict[str, Any] = dict(given)  # pyright: ignore[reportUnknownArgumentType]
        _check_known(mapping, old)
        pairs = {name: mapping.get(name, name) for name in old}
    elif callable(given):
        pairs = {name: given(name) for name in old}
    else:
        raise ConfigurationError(f"rename takes a mapping or a function of the name, not {shown(given)}")
    for name, new in pairs.items():
        if new != name and not is_name(new):
            raise ConfigurationError(
                f"the tool {shown(name)} cannot be renamed to {shown(new)}: a name has 1 to 64 characters of A-Z, a-z, "
                "0-9, '_' and '-'"
            )
    return pairs


def renamed(tool: BaseTool, name: str, description: str | None = None) -> BaseTool:
    """Return a tool that does the same under another name; the one that was given stays as it is.

    Args:
        tool: of any kind.
        name: of the new one.
        description: of the new one; None: the same.
    """
    changes = {} if name == tool.name else {"name": name}
    if description is not None and description != tool.description:
        changes["description"] = description
    if not changes:
        return tool
    copy = tool.model_copy(update=changes)
    if copy.name != name:
        raise ConfigurationError(f"the tool {shown(tool.name)} cannot be renamed: its class says what it is called")
    return copy
