"""LangChain's suites for tools, for those that search and the one that ends with sources."""

from typing import Any

from langchain_core.tools import BaseTool
from langchain_tests.integration_tests import ToolsIntegrationTests
from langchain_tests.unit_tests import ToolsUnitTests

from clovax_agents.tooling import Toolbox, tool
from clovax_agents.toolkit import finish_tool, retriever_tool, tool_search_tool


@tool
def get_stock(product: str) -> int:
    """상품의 재고를 조회합니다."""
    return len(product)


class _Retriever:
    tool_constructor: BaseTool = retriever_tool(["환불은 7일 안에 됩니다."], morphemes=False)
    tool_invoke_params_example: dict[str, Any] = {"query": "환불"}  # noqa: RUF012  # LangChain reads it


class _Finish:
    tool_constructor: BaseTool = finish_tool()
    tool_invoke_params_example: dict[str, Any] = {"answer": "안녕하세요", "sources": []}  # noqa: RUF012


class _ToolSearch:
    tool_constructor: BaseTool = tool_search_tool(Toolbox(get_stock))
    tool_invoke_params_example: dict[str, Any] = {"query": "재고"}  # noqa: RUF012


class TestRetrieverUnit(_Retriever, ToolsUnitTests):
    """Schema and name."""


class TestRetrieverIntegration(_Retriever, ToolsIntegrationTests):
    """Calls, sync and async."""


class TestFinishUnit(_Finish, ToolsUnitTests):
    """Schema and name."""


class TestFinishIntegration(_Finish, ToolsIntegrationTests):
    """Calls, sync and async."""


class TestToolSearchUnit(_ToolSearch, ToolsUnitTests):
    """Schema and name."""


class TestToolSearchIntegration(_ToolSearch, ToolsIntegrationTests):
    """Calls, sync and async."""
