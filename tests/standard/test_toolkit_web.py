"""LangChain's tests of tools, for the tools that read the web: against servers on loopback."""

from collections.abc import Iterator
from typing import Any, ClassVar

import pytest
from langchain_core.tools import BaseTool
from langchain_tests.integration_tests import ToolsIntegrationTests
from langchain_tests.unit_tests import ToolsUnitTests
from naverweb import KEY, serve_naver
from webserver import WebServer, a_web, html

from clovax_agents.guards.web import URLPolicy
from clovax_agents.toolkit import naver_search, web_fetch


class _OnLoopback:
    """Gives each class a server of its own."""

    web: ClassVar[WebServer]

    @pytest.fixture(autouse=True, scope="class")
    @classmethod
    def _served(cls) -> Iterator[None]:
        with a_web() as web:
            serve_naver(web)
            web.pages["/"] = html("<title>제목</title><p>본문이 여기에 있다.</p>")
            cls.web = web
            yield


class _WebFetch(_OnLoopback):
    @property
    def tool_constructor(self) -> BaseTool:
        """What is tested."""
        return web_fetch(urls=URLPolicy(allow=[self.web.here]))

    @property
    def tool_invoke_params_example(self) -> dict[str, Any]:
        """A call."""
        return {"url": self.web.url()}


class _NaverSearch(_OnLoopback):
    @property
    def tool_constructor(self) -> BaseTool:
        """What is tested."""
        return naver_search(client_id=KEY[0], client_secret=KEY[1], base_url=self.web.url("/search/v1"))

    @property
    def tool_invoke_params_example(self) -> dict[str, Any]:
        """A call."""
        return {"query": "서울", "kind": "news", "sort": "date"}


class TestWebFetchUnit(_WebFetch, ToolsUnitTests):
    """Name, schema, and a call that fits it."""


class TestWebFetch(_WebFetch, ToolsIntegrationTests):
    """Calls, with an id and without, sync and async."""


class TestNaverSearchUnit(_NaverSearch, ToolsUnitTests):
    """Name, schema, and a call that fits it."""


class TestNaverSearch(_NaverSearch, ToolsIntegrationTests):
    """Calls, with an id and without, sync and async."""
