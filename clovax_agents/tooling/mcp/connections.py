"""How MCP servers may be named: a URL, a command, a connection of langchain-mcp-adapters, or several under names."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import PurePath
from typing import Any, Final, TypeAlias, cast
from urllib.parse import urlsplit

from clovax_agents.errors import ConfigurationError

__all__ = ["Servers", "read_servers"]

Servers: TypeAlias = "str | list[str] | Mapping[str, Any]"

_TRANSPORTS: Final = {
    "stdio": "stdio",
    "http": "streamable_http",
    "streamable_http": "streamable_http",
    "streamable-http": "streamable_http",
    "sse": "sse",
    "websocket": "websocket",
}
_HOW: Final = (
    "give a URL, a command as a list (['python', 'server.py']), a connection of langchain-mcp-adapters "
    "({'transport': 'stdio', 'command': ..., 'args': [...]}), or a mapping of names to these"
)


def read_servers(given: object) -> dict[str, dict[str, Any]]:
    """Return connections as langchain-mcp-adapters takes them, under names.

    Also read is what other programs keep in their configuration: ``{"mcpServers": {...}}``.

    Raises:
        ConfigurationError: it is none of these.

    Example:
        >>> read_servers({"shop": "http://127.0.0.1:8000/mcp"})
        {'shop': {'transport': 'streamable_http', 'url': 'http://127.0.0.1:8000/mcp'}}
    """
    whole = _mapping(given)
    if whole is not None and set(whole) == {"mcpServers"}:
        whole = _mapping(whole["mcpServers"])
    if whole is None or _is_connection(whole):
        connection = _connection(whole or given)
        return {_default_name(connection): connection}
    if not whole:
        raise ConfigurationError(f"no MCP server is given: {_HOW}")
    return {str(name): _connection(one) for name, one in whole.items()}


def _mapping(given: object) -> dict[str, Any] | None:
    return dict(cast("Mapping[str, Any]", given)) if isinstance(given, Mapping) else None


def _is_connection(given: Mapping[str, Any]) -> bool:
    """Whether it is one connection; servers may be called anything, but then a text there is a URL."""
    words = [given.get(key) for key in ("transport", "type", "command", "url")]
    return any(isinstance(word, str) and "://" not in word for word in words[:3]) or isinstance(words[3], str)


def _connection(given: object) -> dict[str, Any]:
    if isinstance(given, str):
        if not given.startswith(("http://", "https://")):
            raise ConfigurationError(f"{given!r} is no http URL of an MCP server: {_HOW}")
        return {"transport": "streamable_http", "url": given}
    if isinstance(given, list | tuple):
        words = [str(word) for word in cast("Iterable[object]", given)]
        if not words:
            raise ConfigurationError(f"the command of an MCP server is empty: {_HOW}")
        return {"transport": "stdio", "command": words[0], "args": words[1:]}
    settings = _mapping(given)
    if settings is None:
        raise ConfigurationError(f"{type(given).__name__} is no MCP server: {_HOW}")
    return _completed(settings)


def _completed(settings: dict[str, Any]) -> dict[str, Any]:
    """Return a connection with its transport named as the adapter names it."""
    kind = settings.pop("type", None)
    named = settings.pop("transport", kind) or ("stdio" if "command" in settings else "http")
    transport = _TRANSPORTS.get(named) if isinstance(named, str) else None
    if transport is None:
        raise ConfigurationError(f"transport={named!r} of an MCP server: there are {', '.join(sorted(_TRANSPORTS))}")
    needed = "command" if transport == "stdio" else "url"
    if not isinstance(settings.get(needed), str):
        raise ConfigurationError(f"a connection to an MCP server over {named} needs a {needed}: {_HOW}")
    if transport == "stdio":
        settings.setdefault("args", [])
    return {"transport": transport, **settings}


def _default_name(connection: Mapping[str, Any]) -> str:
    """Return a name that holds no secrets: of a URL host and path, of a command its program and first argument."""
    if "url" in connection:
        parts = urlsplit(str(connection["url"]))
        port = f":{parts.port}" if parts.port else ""
        return f"{parts.hostname}{port}{parts.path}"
    words = [str(connection["command"]), *map(str, connection["args"])]
    first = next((word for word in words[1:] if not word.startswith("-")), "")
    return f"{PurePath(words[0]).name} {PurePath(first).name}".strip()
