"""An ordered collection of tools, each name once."""

from __future__ import annotations

import difflib
import inspect
from typing import TYPE_CHECKING

from langchain_core.tools import BaseTool

from clovax_agents.errors import ConfigurationError
from clovax_agents.tooling.decorator import tool
from clovax_agents.tooling.function_tool import FunctionTool
from clovax_agents.tooling.loading import load_tools
from clovax_agents.tooling.origins import origin_of
from clovax_agents.tooling.policy import DEFAULT_POLICY, ToolPolicy, checked_policy
from clovax_agents.tooling.search import DEFAULT_K, ToolIndex, ToolMatch

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Iterable, Iterator

    from clovax_agents.tooling.lint import Finding

__all__ = ["Toolbox", "own_policy"]


class Toolbox:
    """An ordered collection of tools that never changes: what would change it returns a new one.

    Plain functions become tools on the way in. Two tools of one name are a ConfigurationError at once, because a model
    could not tell them apart. What LangChain and LangGraph ask for as a sequence of tools is ``box.tools``.

    Example:
        >>> def add(a: int, b: int) -> int:
        ...     '''Add two numbers.'''
        ...     return a + b
        >>> box = Toolbox(add)
        >>> box.names, "add" in box, box["add"].invoke({"a": 1, "b": 2})
        (('add',), True, 3)
    """

    __slots__ = ("_by_name", "_index", "_policies")

    def __init__(self, *tools: BaseTool | Callable[..., object]) -> None:
        self._by_name: dict[str, BaseTool] = {}
        self._policies: dict[str, ToolPolicy] = {}
        for item in tools:
            made = item if isinstance(item, BaseTool) else tool(item)
            if made.name in self._by_name:
                raise _duplicate(self._by_name[made.name], made)
            self._by_name[made.name] = made

    @classmethod
    def from_path(cls, path: str | os.PathLike[str], pattern: str = "*.py") -> Toolbox:
        """Load the tools of one file, or of every file of a folder that matches the pattern, sorted by name.

        A relative path starts at the folder of the file that calls this method; where there is none, at the prompt or
        in a notebook, at the working directory. Files and folders whose names begin with ``_`` are skipped: they are
        for shared code. Collected is every tool that a module holds under a name without a leading underscore. The
        folder is loaded as a package under a name of its own: its files may import one another relatively, a second
        call gives the same tools, and ``sys.path`` is left alone.

        Example:
            >>> Toolbox.from_path("/nowhere")
            Traceback (most recent call last):
                ...
            clovax_agents.errors.ConfigurationError: there is no file or folder /nowhere to load tools from
        """
        # The frame is the only thing that knows who asks; a working directory would differ between laptop and server.
        here = inspect.currentframe()
        caller = here.f_back if here else None
        return cls(*load_tools(path, pattern, caller.f_globals.get("__file__") if caller else None))

    def add(self, *tools: BaseTool | Callable[..., object], policy: ToolPolicy | None = None) -> Toolbox:
        """A new Toolbox with these tools at the end; this one stays as it is.

        Args:
            *tools: of any kind that LangChain has, or functions.
            policy: of these tools, whoever made them; None: their own, if they have one.

        Example:
            >>> def ping() -> str:
            ...     '''Answer.'''
            ...     return "pong"
            >>> Toolbox().add(ping).names
            ('ping',)
        """
        checked_policy(policy)
        box = type(self)(*self.tools, *tools)
        given = {} if policy is None else dict.fromkeys(box.names[len(self) :], policy)
        box._policies = {**self._policies, **given}  # noqa: SLF001  # it is one of us
        return box

    def policy(self, name: str) -> ToolPolicy:
        """What may be done with a tool's calls: as the box says, or the tool itself, or the safe default.

        Example:
            >>> def ping() -> str:
            ...     '''Answer.'''
            ...     return "pong"
            >>> Toolbox().add(ping, policy=ToolPolicy(effect="read")).policy("ping").effect
            'read'
        """
        return self._policies.get(name) or own_policy(self[name])

    def search(self, query: str, k: int = DEFAULT_K) -> list[ToolMatch]:
        """The tools that fit a query best, best first; found by their words, without a model or embeddings.

        The first search reads all tools. Where kiwipiepy is installed (the extra ``search``), it also loads that.

        Args:
            query: what is to be done, in Korean or English.
            k: at most so many, 1 or more; tools that have nothing in common with the query are left out.

        Example:
            >>> def add(a: int, b: int) -> int:
            ...     '''두 수를 더한다.'''
            ...     return a + b
            >>> [match.name for match in Toolbox(add).search("3에 4를 더해 줘")]
            ['add']
        """
        index: ToolIndex | None = getattr(self, "_index", None)
        if index is None:
            index = self._index = ToolIndex(self)
        return index.search(query, k)

    def lint(self, *, ignore: Iterable[str] = ()) -> list[Finding]:
        """What makes a model choose wrong tools and write wrong arguments; see `lint_tools`.

        Args:
            ignore: rules not to apply, as ``"L24"``, ``"tool:L24"`` or ``"tool.parameter:L24"``.

        Example:
            >>> def ping() -> str:
            ...     '''Answer.'''
            ...     return "pong"
            >>> print(Toolbox(ping).lint()[0])
            ping: L02 the description 'Answer.' is too short to choose the tool by: say what it does, with what, ...
        """
        from clovax_agents.tooling.lint import lint_tools  # noqa: PLC0415  # it stands on this module

        return lint_tools(self, ignore=ignore)

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
            raise KeyError(self._unknown(name))
        return self._by_name[name]

    def __repr__(self) -> str:
        return f"Toolbox({', '.join(self._by_name)})"

    def _unknown(self, name: str) -> str:
        near = difflib.get_close_matches(name, self._by_name, n=1)
        return f"no tool is named {name!r}; " + (
            f"did you mean {near[0]!r}?" if near else f"there are: {', '.join(self._by_name) or 'none'}"
        )


def own_policy(tool: BaseTool) -> ToolPolicy:
    """The policy that a tool was made with; the default one if it was made by somebody else."""
    return tool.policy if isinstance(tool, FunctionTool) else DEFAULT_POLICY


def _duplicate(first: BaseTool, second: BaseTool) -> ConfigurationError:
    if first is second:
        return ConfigurationError(f"tool {first.name!r} was given twice (it comes from {origin_of(first)}).")
    return ConfigurationError(
        f"two tools are named {first.name!r}: one from {origin_of(first)}, one from {origin_of(second)}. "
        "Give one of them another name: @tool(name='...')."
    )
