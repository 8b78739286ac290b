"""An ordered collection of tools, each name once."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any

from clovax_agents.errors import ConfigurationError
from clovax_agents.tooling.algebra import chosen, near_miss, new_names, renamed
from clovax_agents.tooling.background import in_background, run_in_background
from clovax_agents.tooling.collection import ToolCollection
from clovax_agents.tooling.loading import load_tools
from clovax_agents.tooling.policy import checked_policy
from clovax_agents.tooling.search import DEFAULT_K, ToolIndex, ToolMatch
from clovax_agents.tooling.visibility import RunView

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Iterable, Mapping
    from typing import Unpack

    from langchain_core.tools import BaseTool

    from clovax_agents.tooling.algebra import Choice, NewNames, Texts
    from clovax_agents.tooling.lint import Finding
    from clovax_agents.tooling.mcp.connections import Servers
    from clovax_agents.tooling.mcp.loading import McpOptions
    from clovax_agents.tooling.policy import ToolPolicy

__all__ = ["Toolbox"]


class Toolbox(ToolCollection):
    """An ordered collection of tools that never changes: what would change it returns a new one.

    Plain functions become tools on the way in. Two tools of one name are a ConfigurationError at once, because a model
    could not tell them apart. What LangChain and LangGraph ask for as a sequence of tools is ``box.tools``. Whatever a
    box is made of, its tools keep their policies.

    Example:
        >>> def add(a: int, b: int) -> int:
        ...     '''Add two numbers.'''
        ...     return a + b
        >>> box = Toolbox(add)
        >>> box.names, "add" in box, box["add"].invoke({"a": 1, "b": 2})
        (('add',), True, 3)
    """

    __slots__ = ("_index",)

    @classmethod
    def from_path(cls, path: str | os.PathLike[str], pattern: str = "*.py") -> Toolbox:
        """Load the tools of one file, or of every file of a folder that matches the pattern, sorted by name.

        A relative path starts at the folder of the file that calls this method; where there is none, at the prompt or
        in a notebook, at the working directory. Files and folders whose names begin with ``_`` are skipped: they are
        for shared code. Collected is every tool that a module holds under a name without a leading underscore, by
        itself or in a Toolbox, with the policies of that. The folder is loaded as a package under a name of its own:
        its files may import one another relatively, a second call gives the same tools, and ``sys.path`` is left alone.

        Example:
            >>> Toolbox.from_path("/nowhere")
            Traceback (most recent call last):
                ...
            clovax_agents.errors.ConfigurationError: there is no file or folder /nowhere to load tools from
        """
        # The frame is the only thing that knows who asks; a working directory would differ between laptop and server.
        here = inspect.currentframe()
        caller = here.f_back if here else None
        loaded = load_tools(path, pattern, caller.f_globals.get("__file__") if caller else None)
        given = {made.name: policy for made, policy in loaded if policy is not None}
        return cls(*[made for made, _ in loaded])._with(given)  # noqa: SLF001  # it is one of us

    @classmethod
    async def from_mcp(cls, servers: Servers, **options: Unpack[McpOptions]) -> Toolbox:
        """Connect to MCP servers and take their tools, over stdio, streamable HTTP or SSE; needs the extra ``mcp``.

        Sessions stay open and are opened again after a server has died; `close` ends them. What strangers wrote is not
        trusted: calls count as ``effect="once"``, results as untrusted input, characters that nobody would see are
        taken out of descriptions, and a tool that its server has changed since it was loaded is refused.

        Args:
            servers: a URL, a command as a list, a connection of langchain-mcp-adapters, or a mapping of names to these.
            **options: see `McpOptions`; ``pins="mcp-pins.json"`` refuses what is not as it was pinned.

        Raises:
            ConfigurationError: the extra is missing, or something that is given or listed cannot work.
            ToolPinError: a tool is not as it was pinned.
            ToolServerError: a server cannot be reached.
        """
        from clovax_agents.tooling.mcp.loading import Options, load_mcp  # noqa: PLC0415  # only who uses it pays for it

        return cls(*await in_background(load_mcp(servers, Options(**options))))

    @classmethod
    def from_mcp_sync(cls, servers: Servers, **options: Unpack[McpOptions]) -> Toolbox:
        """Do what `from_mcp` does, for code that has no event loop, as modules with a graph are."""
        from clovax_agents.tooling.mcp.loading import Options, load_mcp  # noqa: PLC0415

        return cls(*run_in_background(load_mcp(servers, Options(**options))))

    async def aclose(self) -> None:
        """End the sessions with MCP servers that tools of this box use; a later call opens them again."""
        from clovax_agents.tooling.mcp.tools import McpTool  # noqa: PLC0415

        for server in {made.server for made in self if isinstance(made, McpTool)}:
            await server.close()

    def close(self) -> None:
        """Do what `aclose` does, for code that has no event loop."""
        run_in_background(self.aclose())

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
        return box._with({**self._policies, **given})  # noqa: SLF001  # it is one of us

    def filter(
        self,
        names: Texts = None,
        *,
        where: Callable[[BaseTool], object] | None = None,
        labels: Texts = None,
        effect: Texts = None,
    ) -> Toolbox:
        """A new Toolbox with the tools to which all of this applies, in their order.

        Args:
            names: one or more; an empty list keeps nothing.
            where: a function of the tool that says yes.
            labels: the tool's policy has at least one of them.
            effect: of the tool's policy, one or more.

        Raises:
            ConfigurationError: there is no such tool, label or effect.

        Example:
            >>> def ping() -> str:
            ...     '''Answer.'''
            ...     return "pong"
            >>> Toolbox(ping).filter(effect="read").names
            ()
        """
        choice = chosen(self.names, names, where, labels, effect)
        return self if choice.is_empty else self._kept(choice, keep=True)

    def without(
        self,
        names: Texts = None,
        *,
        where: Callable[[BaseTool], object] | None = None,
        labels: Texts = None,
        effect: Texts = None,
    ) -> Toolbox:
        """A new Toolbox without the tools that `filter` would keep.

        Raises:
            ConfigurationError: there is no such tool, label or effect: a misspelt one would stay in.

        Example:
            >>> def ping() -> str:
            ...     '''Answer.'''
            ...     return "pong"
            >>> Toolbox(ping).without("ping").names
            ()
        """
        choice = chosen(self.names, names, where, labels, effect)
        return self if choice.is_empty else self._kept(choice, keep=False)

    def prefix(self, text: str) -> Toolbox:
        """A new Toolbox in which each name begins with a text.

        Example:
            >>> def ping() -> str:
            ...     '''Answer.'''
            ...     return "pong"
            >>> Toolbox(ping).prefix("net_").names
            ('net_ping',)
        """
        return self.rename(lambda name: f"{text}{name}")

    def rename(self, names: NewNames, *, descriptions: Mapping[str, str] | None = None) -> Toolbox:
        """A new Toolbox with copies of the tools under other names; they do the same and keep their policies.

        Args:
            names: from old to new, the others stay; or a function from each old name to the new one.
            descriptions: other texts for the model, under the new names.

        Raises:
            ConfigurationError: there is no such tool, a name is none that models take, or two tools would share one.

        Example:
            >>> def ping() -> str:
            ...     '''Answer.'''
            ...     return "pong"
            >>> box = Toolbox(ping).rename({"ping": "echo"}, descriptions={"echo": "Ask whether somebody is there."})
            >>> box["echo"].invoke({})
            'pong'
        """
        pairs = new_names(self.names, names)
        texts = dict(descriptions or {})
        if strange := [name for name in texts if name not in pairs.values()]:
            raise ConfigurationError(f"descriptions are under the new names: {near_miss(strange[0], pairs.values())}")
        made = [renamed(self._by_name[old], new, texts.get(new)) for old, new in pairs.items()]
        return self._made(made, {pairs[old]: policy for old, policy in self._policies.items()})

    def combine(self, *others: Toolbox) -> Toolbox:
        """A new Toolbox with the tools of all, in order; ``box + other`` says the same for two.

        Raises:
            ConfigurationError: two tools have one name; it says where both come from.

        Example:
            >>> def ping() -> str:
            ...     '''Answer.'''
            ...     return "pong"
            >>> (Toolbox(ping).prefix("a_") + Toolbox(ping).prefix("b_")).names
            ('a_ping', 'b_ping')
        """
        given: Any = others
        if strange := [other for other in given if not isinstance(other, Toolbox)]:
            raise ConfigurationError(f"combine takes Toolboxes, not {type(strange[0]).__name__}; add() takes tools")
        boxes = (self, *others)
        policies = {name: policy for box in boxes for name, policy in box._policies.items()}  # noqa: SLF001
        return self._made([made for box in boxes for made in box], policies)

    def __add__(self, other: object) -> Toolbox:
        return self.combine(other) if isinstance(other, Toolbox) else NotImplemented

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

    def visible(
        self, scopes: Iterable[str] = (), *, context: Any = None, state: Any = None, user: str | None = None
    ) -> Toolbox:
        """A new Toolbox with the tools that a run of this kind may see and call; see ``ToolPolicy.visible_when``.

        Prebuilt graphs ask this before each turn of the model, and refuse calls of any other tool.

        Args:
            scopes: that the run is granted.
            context: of the run.
            state: of the graph.
            user: who is logged in.

        Example:
            >>> from clovax_agents import ToolPolicy
            >>> def ping() -> str:
            ...     '''Answer.'''
            ...     return "pong"
            >>> box = Toolbox().add(ping, policy=ToolPolicy(scopes={"net"}))
            >>> box.visible().names, box.visible({"net"}).names
            ((), ('ping',))
        """
        if isinstance(scopes, str):
            raise ConfigurationError(f"scopes={scopes!r} is one text; give a list: [{scopes!r}]")
        hidden = self.hidden_from(RunView(scopes=frozenset(scopes), context=context, state=state, user=user))
        return self.without(hidden) if hidden else self

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

    def _kept(self, choice: Choice, *, keep: bool) -> Toolbox:
        kept = [made for made in self if choice.fits(made, self.policy(made.name)) is keep]
        return self._made(kept, self._policies)
