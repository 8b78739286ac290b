"""The tools of the web in an agent: the strict simulator takes their schemas, and calls lead to answers."""

from collections.abc import Iterator
from typing import Any

import pytest
from langchain_core.messages import ToolMessage
from naverweb import KEY, serve_naver
from webserver import WebServer, a_web, html

from clovax_agents import ChatClovaX
from clovax_agents.guards.web import URLPolicy
from clovax_agents.prebuilt import react_agent
from clovax_agents.toolkit import naver_search, web_fetch


@pytest.fixture
def web() -> Iterator[WebServer]:
    """Give a page and the stand-in of NAVER."""
    with a_web() as server:
        serve_naver(server)
        server.pages["/"] = html("<title>공지</title><p>내일은 쉽니다.</p>")
        yield server


@pytest.mark.usefixtures("clovax_simulator")
@pytest.mark.parametrize("api", ["openai", "native"])
@pytest.mark.parametrize(
    ("question", "name", "expected"),
    [
        ("서울 뉴스를 네이버에서 검색해 줘", "naver_search", "뉴스"),
        ("{url} 웹 페이지 본문을 읽어 줘", "web_fetch", "내일은 쉽니다."),
    ],
    ids=["search", "read"],
)
def test_an_agent_uses_them(web: WebServer, api: Any, question: str, name: str, expected: str) -> None:
    """One question, one call, one result."""
    search = naver_search(client_id=KEY[0], client_secret=KEY[1], base_url=web.url("/search/v1"))
    tools = [search, web_fetch(urls=URLPolicy(allow=[web.here]))]
    model = ChatClovaX(model="HCX-005", api=api)
    state = (
        react_agent(model=model, tools=tools).compile().invoke({"messages": [("user", question.format(url=web.url()))]})
    )
    results = [message for message in state["messages"] if isinstance(message, ToolMessage)]
    assert [(result.name, result.status) for result in results] == [(name, "success")]
    assert expected in str(results[0].content)
