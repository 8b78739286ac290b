"""How MCP servers may be named."""

from typing import Any

import pytest

from clovax_agents.errors import ConfigurationError
from clovax_agents.tooling.mcp.connections import read_servers

STDIO = {"transport": "stdio", "command": "python", "args": ["server.py"]}
HTTP = {"transport": "streamable_http", "url": "https://mcp.example/mcp"}


@pytest.mark.parametrize(
    ("given", "read"),
    [
        ("https://mcp.example/mcp", {"mcp.example/mcp": HTTP}),
        (["/usr/bin/python", "-u", "/srv/server.py"], {
            "python server.py": {"transport": "stdio", "command": "/usr/bin/python", "args": ["-u", "/srv/server.py"]},
        }),
        (STDIO, {"python server.py": STDIO}),
        ({"command": "python", "args": ["server.py"]}, {"python server.py": STDIO}),
        ({"shop": ["python", "server.py"], "web": "https://mcp.example/mcp"}, {"shop": STDIO, "web": HTTP}),
        ({"mcpServers": {"shop": {"command": "python", "args": ["server.py"]}}}, {"shop": STDIO}),
        ({"web": {"type": "http", "url": HTTP["url"]}}, {"web": HTTP}),
        ({"web": {"type": "sse", "url": HTTP["url"]}}, {"web": {**HTTP, "transport": "sse"}}),
        ({"web": {**HTTP, "transport": "streamable-http", "headers": {}}}, {"web": {**HTTP, "headers": {}}}),
        ({"command": ["python", "server.py"]}, {"command": STDIO}),
    ],
    ids=["url", "command", "stdio", "no-transport", "names", "config-file", "type", "sse", "hyphen", "odd-name"],
)  # fmt: skip
def test_every_way_to_name_servers_is_read(given: Any, read: Any) -> None:
    """As langchain-mcp-adapters takes them, under names."""
    assert read_servers(given) == read


def test_a_name_of_ours_holds_no_secrets() -> None:
    """Names stand in errors and pin files."""
    assert list(read_servers("https://user:secret@mcp.example:8443/mcp?key=secret")) == ["mcp.example:8443/mcp"]
    assert list(read_servers(["npx", "--token=secret", "@shop/server"])) == ["npx server"]


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ("python server.py", "is no http URL"),
        ("file:///etc/passwd", "is no http URL"),
        ([], "command of an MCP server is empty"),
        ({}, "no MCP server is given"),
        (7, "int is no MCP server"),
        ({"shop": 7}, "int is no MCP server"),
        ({"shop": {"transport": "carrier-pigeon"}}, "transport='carrier-pigeon'"),
        ({"shop": {"transport": "stdio"}}, "over stdio needs a command"),
        ({"shop": {"transport": "http"}}, "over http needs a url"),
    ],
    ids=["text", "file", "empty-command", "nothing", "number", "number-inside", "transport", "no-command", "no-url"],
)
def test_what_names_no_server_is_refused(given: Any, told: str) -> None:
    """With what may be given instead."""
    with pytest.raises(ConfigurationError, match=told):
        read_servers(given)
