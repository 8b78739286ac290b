"""`McpTool`: a tool of an MCP server as a tool of ours."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from pydantic import Field

from clovax_agents.tooling.context import CURRENT
from clovax_agents.tooling.function_tool import FunctionTool

if TYPE_CHECKING:
    from mcp.types import CallToolResult

    from clovax_agents.tooling.mcp.definitions import Definition
    from clovax_agents.tooling.mcp.servers import McpServer
    from clovax_agents.tooling.policy import ToolPolicy

__all__ = ["McpTool", "make_tool"]


class McpTool(FunctionTool):
    """A tool of an MCP server; it works on every event loop, and without one.

    Attributes:
        definition: as the server lists it.
        server: that runs it.
    """

    definition: Any = Field(exclude=True, repr=False)
    server: Any = Field(exclude=True, repr=False)

    @property
    def clovax_origin(self) -> str:
        """Where it comes from, for errors."""
        return str(self.definition.origin)

    def _to_args_and_kwargs(
        self, tool_input: str | dict[str, Any], tool_call_id: str | None
    ) -> tuple[tuple[str, ...], dict[str, Any]]:
        """Keep the arguments in one parcel: among LangChain's own, one that is called ``config`` would be lost."""
        _, arguments = super()._to_args_and_kwargs(tool_input, tool_call_id)
        return (), {"arguments": arguments}


def make_tool(
    server: McpServer, definition: Definition, *, name: str, schema: dict[str, Any], policy: ToolPolicy
) -> McpTool:
    """Return the tool.

    Args:
        server: that runs it.
        definition: as the server lists it.
        name: ours for it.
        schema: of its arguments, checked.
        policy: of its calls.
    """
    from langchain_mcp_adapters.tools import convert_mcp_tool_to_langchain_tool  # noqa: PLC0415  # an extra
    from mcp.types import Tool  # noqa: PLC0415

    listed = Tool(name=definition.name, description=definition.description, inputSchema=dict(definition.schema))
    relay: Any = _Relay(server, definition.name, policy.timeout)
    converted: Any = convert_mcp_tool_to_langchain_tool(relay, listed, server_name=server.name)

    async def call(arguments: dict[str, Any]) -> Any:
        content, artifact = await converted.coroutine(parcel=arguments)
        return _plain(content), artifact

    return McpTool(
        name=name,
        description=definition.text,
        args_schema=schema,
        coroutine=call,
        response_format="content_and_artifact",
        handle_tool_error=converted.handle_tool_error,
        policy=policy,
        definition=definition,
        server=server,
        return_direct=bool(policy.return_direct),
    )


def _plain(content: Any) -> Any:
    """Return content that is nothing but text as a text."""
    if not isinstance(content, list):
        return content
    blocks = cast("list[dict[str, Any]]", content)
    if any(block.get("type") != "text" for block in blocks):
        return blocks
    return "\n".join(str(block.get("text", "")) for block in blocks)


class _Relay:
    """Stands for a session where the adapter wants one, and reaches whichever session is there."""

    def __init__(self, server: McpServer, name: str, timeout: float) -> None:
        self._server = server
        self._name = name
        self._timeout = timeout

    async def call_tool(self, _: str, arguments: dict[str, Any], **__: Any) -> CallToolResult:
        """Call the tool with what is in the parcel, until the deadline of the call, or of the policy."""
        context = CURRENT.get()
        seconds = self._timeout if context is None else context.remaining
        return await self._server.call(self._name, arguments["parcel"], seconds)
