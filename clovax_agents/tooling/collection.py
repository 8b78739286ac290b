"""What every box of tools is: tools in order, each name once, each with its policy."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from langchain_core.tools import BaseTool

from clovax_agents.tooling.algebra import by_name, near_miss
from clovax_agents.tooling.decorator import tool
from clovax_agents.tooling.function_tool import FunctionTool
from clovax_agents.tooling.policy import DEFAULT_POLICY, ToolPolicy

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from clovax_agents.tooling.visibility import RunView

__all__ = ["ToolCollection", "own_policy"]


class ToolCollection:
    """Tools in order, each name once; `Toolbox` adds what makes new boxes of them."""

    __slots__ = ("_by_name", "_gated", "_policies")

    def __init__(self, *tools: BaseTool | Callable[..., object]) -> None:
        self._by_name = by_name(item if isinstance(item, BaseTool) else tool(item) for item in tools)
        self._policies: dict[str, ToolPolicy] = {}
        self._gated: tuple[str, ...] | None = None

    def policy(self, name: str) -> ToolPolicy:
        """What may be done with a tool's calls: as the box says, or the tool itself, or the safe default.

        Example:
            >>> from clovax_agents import Toolbox
            >>> def ping() -> str:
            ...     '''Answer.'''
            ...     return "pong"
            >>> Toolbox().add(ping, policy=ToolPolicy(effect="read")).policy("ping").effect
            'read'
        """
        return self._policies.get(name) or own_policy(self[name])

    @property
    def names(self) -> tuple[str, ...]:
        """The names that a model sees, in order."""
        return tuple(self._by_name)

    @property
    def tools(self) -> tuple[BaseTool, ...]:
        """The tools themselves, in order."""
        return tuple(self._by_name.values())

    def __iter__(self) -> Iterator[BaseTool]:
        return iter(self.tools)

    def __len__(self) -> int:
        return len(self._by_name)

    def __contains__(self, item: object) -> bool:
        if isinstance(item, str):
            return item in self._by_name
        return isinstance(item, BaseTool) and self._by_name.get(item.name) is item

    def __getitem__(self, name: str) -> BaseTool:
        if name not in self._by_name:
            raise KeyError(near_miss(name, self._by_name))
        return self._by_name[name]

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(self._by_name)})"

    @property
    def is_gated(self) -> bool:
        """Whether it depends on the run which of the tools it may see."""
        return bool(self._gates())

    def hidden_from(self, run: RunView) -> frozenset[str]:
        """The names of the tools that a run may not see; asks only those that have something to say about it."""
        return frozenset(name for name in self._gates() if not self.policy(name).admits(run))

    def _gates(self) -> tuple[str, ...]:
        if self._gated is None:
            self._gated = tuple(name for name in self.names if _is_gated(self.policy(name)))
        return self._gated

    def _made(self, tools: Iterable[BaseTool], policies: Mapping[str, ToolPolicy]) -> Self:
        return type(self)(*tools)._with(policies)  # noqa: SLF001

    def _with(self, policies: Mapping[str, ToolPolicy]) -> Self:
        self._policies = {name: policy for name, policy in policies.items() if name in self._by_name}
        return self


def _is_gated(policy: ToolPolicy) -> bool:
    return bool(policy.scopes) or policy.visible_when is not None


def own_policy(tool: BaseTool) -> ToolPolicy:
    """The policy that a tool was made with; the default one if it was made by somebody else."""
    return tool.policy if isinstance(tool, FunctionTool) else DEFAULT_POLICY
