"""`web_fetch`: a tool that reads a page of the web, from public addresses only."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Final
from urllib.parse import urlsplit

from pydantic import Field

from clovax_agents.errors import ConfigurationError, FetchError, ModelRetry
from clovax_agents.guards.web import GuardedFetcher, URLPolicy
from clovax_agents.tooling import ToolPolicy, tool
from clovax_agents.toolkit.page_text import extracted, part_of
from clovax_agents.toolkit.web_wording import say

if TYPE_CHECKING:
    from langchain_core.tools import StructuredTool

    from clovax_agents.guards.web import Fetched

__all__ = ["web_fetch"]

_DESCRIPTION: Final = (
    "웹 페이지를 열어 본문 글을 읽는다. 사용자가 준 주소나 검색 결과의 링크를 읽을 때 쓴다. "
    "글이 길면 나누어 주며, 끝에 적힌 offset으로 다시 호출하면 이어서 읽는다."
)
_ACCEPT: Final = "text/html,application/xhtml+xml,application/json,text/plain;q=0.9,*/*;q=0.5"
_ERROR: Final = 400
_MISSING: Final = frozenset({404, 410})
_CLOSED: Final = frozenset({401, 402, 403, 407, 429, 451})
_LONGEST_URL: Final = 500
_LEAST_PAGE: Final = 200
_ROOM: Final = 500
"""Tokens for title, address and the last line, besides the page's own."""
_TOKENS_OF_CHARACTER: Final = 0.6

Url = Annotated[str, Field(description="https://로 시작하는 전체 주소. 예: https://www.naver.com/")]
Offset = Annotated[int, Field(ge=0, description="몇 번째 글자부터 읽을지. 처음에는 0")]


def web_fetch(
    *,
    name: str = "web_fetch",
    description: str = _DESCRIPTION,
    urls: URLPolicy | None = None,
    fetcher: GuardedFetcher | None = None,
    page_size: int = 6_000,
    links: bool = False,
    cache_ttl: float | None = 300.0,
) -> StructuredTool:
    """Make a tool that reads a page: HTML (its main text), plain text or JSON, part by part.

    Pages are written by strangers, and an address can carry away what it is made of, so it is labelled
    ``untrusted_input`` and ``exfiltration``. Needs the extra ``web`` for HTML.

    Args:
        name: what the model calls it.
        description: for the model.
        urls: what may be read; the public internet by default.
        fetcher: instead of ``urls``, with a timeout, a size and redirects of your own.
        page_size: characters of one part, at least 200.
        links: whether links of a page are shown.
        cache_ttl: seconds for which a part is not fetched again; None for never.

    Example:
        >>> web_fetch(urls=URLPolicy(only=["*.naver.com"])).invoke({"url": "https://example.com/"})
        Traceback (most recent call last):
            ...
        clovax_agents.errors.ForbiddenURLError: example.com is not on the list of hosts that may be fetched from
    """
    if page_size < _LEAST_PAGE:
        raise ConfigurationError(f"page_size={page_size!r}: give at least {_LEAST_PAGE} characters")
    if fetcher is not None and urls is not None:
        raise ConfigurationError("give either urls or fetcher: GuardedFetcher(policy=urls) has both")
    guarded = fetcher or GuardedFetcher(policy=urls or URLPolicy())

    def fetch(url: Url, offset: Offset = 0) -> str:
        fetched = guarded.get(url, {"Accept": _ACCEPT, "Accept-Language": "ko,en;q=0.8"})
        return _told(fetched, offset, page_size, links=links)

    return tool(name=name, description=description, policy=_policy(guarded.timeout, page_size, cache_ttl))(fetch)


def _policy(timeout: float, page_size: int, cache_ttl: float | None) -> ToolPolicy:
    return ToolPolicy(
        effect="read",
        timeout=timeout + 10,  # the extraction takes its time, too
        cache_ttl=cache_ttl,
        max_result_tokens=int(page_size * _TOKENS_OF_CHARACTER) + _ROOM,
        labels=frozenset({"untrusted_input", "exfiltration"}),
    )


def _told(fetched: Fetched, offset: int, most: int, *, links: bool) -> str:
    """Return a part of a page in the words that the model reads."""
    _check_status(fetched)
    page = extracted(fetched.body, fetched.headers.get("content-type", ""), fetched.url, links=links)
    total = len(page.text)
    if offset and offset >= total:
        sentence = "the page ends after {total} characters, before offset {offset}"
        raise ModelRetry(say(sentence, total=total, offset=offset))
    part, end = part_of(page.text, offset, most)
    lines = [say("Title: {title}", title=page.title)] if page.title else []
    lines += [say("Address: {url}", url=_shown(fetched.url)), "", part or say("[the page has no text]")]
    if end is not None:
        sentence = "[characters {offset} to {end} of {total}; call again with offset={end} to read on]"
        lines.append(say(sentence, offset=offset, end=end, total=total))
    elif offset:
        lines.append(say("[characters {offset} to {total} of {total}; this is the end]", offset=offset, total=total))
    return "\n".join(lines)


def _shown(url: str) -> str:
    return url if len(url) <= _LONGEST_URL else url[:_LONGEST_URL] + "…"


def _check_status(fetched: Fetched) -> None:
    status, host = fetched.status, urlsplit(fetched.url).hostname
    if status < _ERROR:
        return
    if status in _MISSING:
        raise FetchError(say("{host} answered with status {status}: there is no such page", host=host, status=status))
    if status in _CLOSED:
        sentence = "{host} answered with status {status}: it does not let us read this page"
        raise FetchError(say(sentence, host=host, status=status))
    raise FetchError(say("{host} answered with status {status}", host=host, status=status))
