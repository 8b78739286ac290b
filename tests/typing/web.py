"""Every public call of the web's tools and of their guard as a user writes it; type-checked, never run."""

from typing import assert_type

from langchain_core.tools import StructuredTool
from pydantic import SecretStr

from clovax_agents.guards.web import Fetched, GuardedFetcher, URLPolicy, WebAddress, read_url
from clovax_agents.toolkit import naver_search, web_fetch

policy = URLPolicy(allow=["wiki.corp"], deny=("evil.example",), only={"*.wiki.corp"}, ports=[80, 443])
fetcher = GuardedFetcher(policy=policy, timeout=5, max_bytes=1_000, redirects=0, resolve=lambda _host, _port: ["::1"])
assert_type(web_fetch(), StructuredTool)
assert_type(web_fetch(urls=policy, page_size=2_000, links=True, cache_ttl=None), StructuredTool)
assert_type(web_fetch(fetcher=fetcher, name="read", description="읽는다"), StructuredTool)
assert_type(naver_search(), StructuredTool)
assert_type(
    naver_search(kinds=["news"], service="developers", client_id="a", client_secret=SecretStr("b")), StructuredTool
)
assert_type(fetcher.get("https://example.com/", {"Accept": "text/html"}), Fetched)
assert_type(read_url("https://example.com/"), WebAddress)


async def fetch() -> None:
    """Without a thread."""
    assert_type(await fetcher.aget("https://example.com/"), Fetched)
