"""From MCP servers to tools: connect, list, choose, check against pins, name, and give each its policy."""

from __future__ import annotations

import asyncio
import math
import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypedDict, TypeVar, cast

from clovax_agents.errors import ConfigurationError
from clovax_agents.tooling.algebra import near_miss, several
from clovax_agents.tooling.mcp.connections import read_servers
from clovax_agents.tooling.mcp.definitions import as_name
from clovax_agents.tooling.mcp.pins import PinMode, Pins, read_pins, refuse_changes, write_pins
from clovax_agents.tooling.policy import Label, ToolPolicy, checked_policy
from clovax_agents.tooling.sizes import is_name, shown

if TYPE_CHECKING:
    from clovax_agents.tooling.mcp.definitions import Definition
    from clovax_agents.tooling.mcp.servers import McpServer
    from clovax_agents.tooling.mcp.tools import McpTool

__all__ = ["McpOptions", "Options", "load_mcp"]

T = TypeVar("T")


class McpOptions(TypedDict, total=False):
    """What `Toolbox.from_mcp` takes besides the servers; names are those on the server, or ``"server/name"``.

    Attributes:
        only: names of tools, or a function of a name; the others are left out before anything is checked.
        rename: other names for some of the tools.
        prefix: in front of each name; True for the server's name and ``_``.
        policy: of all tools, or by name.
        labels: of all tools, beside those of their policies.
        trust_annotations: take the server's word that a tool only reads or may be repeated.
        pins: a pin file, or SHA-256 by name: what is not as it was pinned is refused.
        pin: ``"write"`` writes the tools into the pin file instead of checking them.
        connect_timeout: seconds to connect and to list the tools.
    """

    only: Iterable[str] | Callable[[str], bool] | None
    rename: Mapping[str, str] | None
    prefix: str | bool
    policy: ToolPolicy | Mapping[str, ToolPolicy] | None
    labels: Iterable[Label]
    trust_annotations: bool
    pins: Pins | None
    pin: PinMode
    connect_timeout: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """`McpOptions` with the defaults, checked."""

    only: Iterable[str] | Callable[[str], bool] | None = None
    rename: Mapping[str, str] | None = None
    prefix: str | bool = ""
    policy: ToolPolicy | Mapping[str, ToolPolicy] | None = None
    labels: Iterable[Label] = ("untrusted_input",)
    trust_annotations: bool = False
    pins: Pins | None = None
    pin: PinMode = "check"
    connect_timeout: float = 30.0

    def __post_init__(self) -> None:
        """Refuse at once what cannot work."""
        if self.pin not in {"check", "write"}:
            raise ConfigurationError(f"pin={self.pin!r}: it is 'check' or 'write'")
        if self.pin == "write" and not isinstance(self.pins, str | os.PathLike):
            raise ConfigurationError('pin="write" needs a file to write: pins="mcp-pins.json"')
        seconds: Any = self.connect_timeout
        if not isinstance(seconds, int | float) or not 0 < seconds < math.inf:
            raise ConfigurationError(f"connect_timeout={seconds!r}: it is a number of seconds above 0")
        ToolPolicy(labels=_labels(self))
        for policy in self.policy.values() if isinstance(self.policy, Mapping) else [self.policy]:
            checked_policy(policy)


@dataclass(frozen=True, slots=True)
class _Listed:
    """A tool of a server, chosen."""

    server: McpServer
    definition: Definition

    @property
    def names(self) -> tuple[str, str]:
        """What it may be called in options."""
        return self.definition.name, f"{self.definition.server}/{self.definition.name}"

    def of(self, mapping: Mapping[str, T]) -> T | None:
        """Return what a mapping has for it."""
        short, full = self.names
        return mapping.get(full, mapping.get(short))


async def load_mcp(servers: object, options: Options) -> list[McpTool]:
    """Return the tools of MCP servers; on the background loop.

    Raises:
        ConfigurationError: the extra is missing, or servers, options or what is listed cannot work.
        ToolPinError: a tool is not as it was pinned.
        ToolServerError: a server cannot be reached.
    """
    # In a thread: what is imported there reads files, for which an event loop would have to wait.
    opened = await asyncio.to_thread(_servers, servers, options.connect_timeout)
    try:
        listed = await _listed(opened)
        chosen = _chosen(listed, options.only)
        _refuse_problems(chosen)
        await asyncio.to_thread(_check_pins, [one.definition for one in chosen], options)
        tools = _made(chosen, options)
    except BaseException:
        await asyncio.gather(*[server.close() for server in opened], return_exceptions=True)
        raise
    for server in opened:
        server.accept(one.definition for one in chosen if one.server is server)
    return tools


def _servers(given: object, connect_timeout: float) -> list[McpServer]:
    connections = read_servers(given)
    try:
        import langchain_mcp_adapters.sessions  # noqa: PLC0415  # pyright: ignore[reportUnusedImport]
        import langchain_mcp_adapters.tools  # noqa: F401, PLC0415  # pyright: ignore[reportUnusedImport]

        from clovax_agents.tooling.mcp.servers import McpServer  # noqa: PLC0415  # needs the extra
    except ImportError as error:
        raise ConfigurationError(
            f'tools of MCP servers need an extra ({error}): pip install "clovax-agents[mcp]"'
        ) from error
    return [McpServer(name, settings, connect_timeout) for name, settings in connections.items()]


async def _listed(servers: list[McpServer]) -> list[_Listed]:
    found = await asyncio.gather(*[server.definitions() for server in servers], return_exceptions=True)
    for result in found:
        if isinstance(result, BaseException):
            raise result
    pairs = zip(servers, cast("list[list[Definition]]", found), strict=True)
    return [_Listed(server, definition) for server, definitions in pairs for definition in definitions]


def _chosen(listed: list[_Listed], only: Any) -> list[_Listed]:
    if only is None:
        return listed
    if callable(only):
        return [one for one in listed if only(one.definition.name)]
    wanted = several(only) or frozenset()
    _check_known(wanted, listed)
    return [one for one in listed if not wanted.isdisjoint(one.names)]


def _refuse_problems(chosen: list[_Listed]) -> None:
    for one in chosen:
        if one.definition.problem is not None:
            raise ConfigurationError(
                f"the tool {shown(one.definition.name)} of {one.definition.origin} {one.definition.problem}; or leave "
                "it out with only="
            )


def _check_known(names: Iterable[str], listed: list[_Listed]) -> None:
    known = [name for one in listed for name in one.names]
    if strange := sorted(set(names) - set(known)):
        raise ConfigurationError(f"of the MCP servers, {near_miss(strange[0], known)}")


def _check_pins(definitions: list[Definition], options: Options) -> None:
    if options.pins is None:
        return
    if options.pin == "write":
        write_pins(Path(cast("str", options.pins)), definitions)
    else:
        refuse_changes(read_pins(options.pins), definitions)


def _made(chosen: list[_Listed], options: Options) -> list[McpTool]:
    from clovax_agents.tooling.mcp.tools import make_tool  # noqa: PLC0415  # needs the extra

    names = options.rename or {}
    policies: Mapping[str, ToolPolicy] = options.policy if isinstance(options.policy, Mapping) else {}
    _check_known([*names, *policies], chosen)
    return [
        make_tool(
            one.server,
            one.definition,
            name=_name(one, names, options),
            schema=one.definition.arguments,
            policy=_policy(one, options),
        )
        for one in chosen
    ]


def _name(one: _Listed, names: Mapping[str, str], options: Options) -> str:
    front = f"{as_name(one.definition.server)}_" if options.prefix is True else options.prefix or ""
    name = f"{front}{one.of(names) or as_name(one.definition.name)}"
    if not is_name(name):
        raise ConfigurationError(
            f"the tool {shown(one.definition.name)} of {one.definition.origin} would be called {shown(name)}, but a "
            "name has 1 to 64 characters of A-Z, a-z, 0-9, '_' and '-': give it another with rename={...}, or leave it "
            "out with only="
        )
    return name


def _policy(one: _Listed, options: Options) -> ToolPolicy:
    given = one.of(options.policy) if isinstance(options.policy, Mapping) else options.policy
    policy = given or _annotated(one.definition, is_trusted=options.trust_annotations)
    return replace(policy, labels=policy.labels | _labels(options))


def _labels(options: Options) -> frozenset[Label]:
    return cast("frozenset[Label]", several(options.labels) or frozenset())


def _annotated(definition: Definition, *, is_trusted: bool) -> ToolPolicy:
    """Return the policy that a server's own word allows, which is the default one unless it is trusted."""
    if is_trusted and definition.read_only:
        return ToolPolicy(effect="read")
    return ToolPolicy(effect="idempotent") if is_trusted and definition.idempotent else ToolPolicy()
