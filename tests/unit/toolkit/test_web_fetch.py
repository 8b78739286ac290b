"""`web_fetch`: what a model reads of a page."""

import json
import os
import re
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from toolruns import both, call, outcomes
from webserver import Page, WebServer, a_web, html, leads_to

from clovax_agents.errors import ConfigurationError, FetchError, ForbiddenURLError, ModelRetry
from clovax_agents.guards.web import GuardedFetcher, URLPolicy
from clovax_agents.toolkit import web_fetch
from clovax_agents.toolkit.page_text import extracted

SENTENCES = "\n".join(
    f"<p>{number}번째 문장은 서울의 날씨가 맑다고 말하며 조금 더 길게 이어진다.</p>" for number in range(1, 200)
)
ARTICLE = f"""<!doctype html><html><head><title>오늘의
 날씨 &amp; 소식</title><script>var secret = 1;</script></head><body>
<nav><a href="/menu">메뉴</a></nav><article><h1>날씨</h1>{SENTENCES}
<p>자세한 것은 <a href="/more">기상청</a>에서 볼 수 있다고 한다.</p>
<table><tr><td>서울</td><td>3도</td></tr></table></article><footer>회사 소개</footer></body></html>"""


@pytest.fixture
def web() -> Iterator[WebServer]:
    """Give a server on loopback."""
    with a_web() as server:
        yield server


def tool_for(web: WebServer, **settings: Any) -> Any:
    """Return a tool that may read this server."""
    return web_fetch(urls=URLPolicy(allow=[web.here]), **settings)


def test_a_page_is_its_title_its_address_and_its_text(web: WebServer) -> None:
    """Menus, scripts and the foot of the page are left out."""
    web.pages |= {"/": leads_to("/weather"), "/weather": html(ARTICLE)}
    told = tool_for(web, page_size=100_000).invoke({"url": web.url()})
    assert told.startswith(f"Title: 오늘의 날씨 & 소식\nAddress: {web.url('/weather')}\n\n")
    assert "1번째 문장은" in told
    assert "199번째 문장은" in told
    assert "서울 | 3도" in told
    assert not any(word in told for word in ("secret", "메뉴", "회사 소개", "<p>", "offset"))


def test_a_long_page_is_read_part_by_part(web: WebServer) -> None:
    """Each part ends with how to go on; together the parts are the whole."""
    web.pages["/"] = html(ARTICLE)
    tool = tool_for(web, page_size=1_000)
    whole = tool_for(web, page_size=100_000).invoke({"url": web.url()}).partition("\n\n")[2]
    offset, parts = 0, []
    while True:
        told = tool.invoke({"url": web.url(), "offset": offset})
        body = told.partition("\n\n")[2]
        text, _, last = body.rpartition("\n")
        parts.append(text)
        assert last.startswith(f"[characters {offset} to ")
        assert len(text) <= 1_000
        found = re.search(r"call again with offset=(\d+) to read on\]$", last)
        if found is None:
            assert last.endswith("this is the end]")
            break
        offset = int(found[1])
    assert len(parts) > 5
    assert "".join(parts) == whole


def test_an_offset_behind_the_end_is_told(web: WebServer) -> None:
    """The model reads how long the page is."""
    web.pages["/"] = Page("짧은 글".encode(), headers={"Content-Type": "text/plain"})
    with pytest.raises(ModelRetry, match=r"the page ends after 4 characters, before offset 4"):
        tool_for(web).invoke({"url": web.url(), "offset": 4})


def test_links_are_shown_if_they_are_wanted(web: WebServer) -> None:
    """As whole addresses that can be fetched next."""
    web.pages["/"] = html(ARTICLE)
    shown = tool_for(web, page_size=100_000, links=True).invoke({"url": web.url()})
    assert f"[기상청]({web.url('/more')})" in shown
    assert web.url("/more") not in tool_for(web, page_size=100_000).invoke({"url": web.url()})


KOREAN = "똠방각하 펲시콜라"  # of syllables that EUC-KR lacks and its code page 949 has
CHARSETS = {
    "utf8_in_the_header": ("text/html; charset=utf-8", "", "utf-8"),
    "euckr_in_the_header": ("text/html; charset=euc-kr", "", "cp949"),
    "ksc5601_in_the_header": ('text/html; charset="ks_c_5601-1987"', "", "cp949"),
    "cp949_in_the_header": ("text/html;charset=CP949", "", "cp949"),
    "euckr_in_the_page": ("text/html", '<meta charset="euc-kr">', "cp949"),
    "euckr_in_an_old_page": (
        "text/html",
        "<meta http-equiv=Content-Type content='text/html; charset=euc-kr'>",
        "cp949",
    ),
    "euckr_in_xhtml": ("application/xhtml+xml", "", "cp949"),
    "none_utf8": ("text/html", "", "utf-8"),
    "none_cp949": ("text/html", "", "cp949"),
    "wrong_header": ("text/html; charset=utf-8", "", "cp949"),
    "wrong_page": ("text/html", '<meta charset="euc-kr">', "utf-8"),
    "unknown": ("text/html; charset=klingon", "", "utf-8"),
    "no_charset_for_text": ("text/html; charset=base64", "", "cp949"),
    "no_charset_of_pages": ("text/html; charset=punycode", "", "cp949"),
    "escapes": ("text/html; charset=unicode_escape", "", "cp949"),
    "idna": ("text/html; charset=idna", "", "cp949"),
    "latin1_said_utf8_meant": ("text/html; charset=iso-8859-1", "", "utf-8"),
    "utf16_without_a_mark": ("text/html; charset=utf-16le", "", "utf-16-le"),
    "utf16_with_a_mark": ("text/html", "", "utf-16"),
    "utf8_with_a_mark": ("text/html; charset=euc-kr", "", "utf-8-sig"),
    "no_type_at_all": ("", "", "utf-8"),
}


@pytest.mark.parametrize(("kind", "meta", "charset"), CHARSETS.values(), ids=CHARSETS.keys())
def test_korean_is_read_in_whatever_charset(web: WebServer, kind: str, meta: str, charset: str) -> None:
    """What the header says, or the page, or what it turns out to be."""
    declared = '<?xml version="1.0" encoding="euc-kr"?>' if "xhtml" in kind else "<!doctype html>"
    page = f"{declared}<html><head>{meta}<title>제목</title></head><body><p>{KOREAN}</p></body></html>"
    web.pages["/"] = Page(page.encode(charset), headers={"Content-Type": kind} if kind else {})
    told = tool_for(web).invoke({"url": web.url()})
    assert told.startswith("Title: 제목\n")
    assert KOREAN in told


@pytest.mark.parametrize(
    ("kind", "body", "expected"),
    [
        pytest.param("application/json", b'{"city": "\\uc11c\\uc6b8", "t": 3}', '{"city":"서울","t":3}', id="json"),
        pytest.param("application/problem+json", b"[1, 2]", "[1,2]", id="json_of_a_kind"),
        pytest.param("application/json", b"[" * 50_000, "[" * 5_000, id="json_too_deep"),
        pytest.param("application/json", b"{oops", "{oops", id="json_broken"),
        pytest.param("text/plain; charset=utf-8", "안녕\n하세요".encode(), "안녕\n하세요", id="plain"),
        pytest.param("text/csv", b"a,b\n1,2", "a,b\n1,2", id="csv"),
        pytest.param("application/rss+xml", b"<rss><item>x</item></rss>", "<rss><item>x</item></rss>", id="xml"),
        pytest.param("application/octet-stream", b"just text", "just text", id="text_without_a_type"),
        pytest.param("text/html", b"", "[the page has no text]", id="empty"),
        pytest.param("text/html", b"<script>x</script>", "[the page has no text]", id="only_a_script"),
        pytest.param("text/html", b"<p>" * 20_000 + b"deep" + b"</p>" * 20_000, "deep", id="deep_html"),
        pytest.param("text/html", b"OK", "OK", id="plain_text_that_is_called_html"),
        pytest.param("text/html", b"<html>" + b"<b>many</b> " * 70_000, "many many", id="more_tags_than_are_looked_at"),
        pytest.param("text/html", b"<a <b <<>> & &bogus; \x00\xff broken", "broken", id="broken_html"),
    ],
)
@pytest.mark.soak(every=2)
def test_other_texts_are_read_too(web: WebServer, kind: str, body: bytes, expected: str) -> None:
    """JSON in its shortest form, plain texts as they are, and nothing breaks on what is broken."""
    web.pages["/"] = Page(body, headers={"Content-Type": kind})
    assert expected in tool_for(web).invoke({"url": web.url()})


@pytest.mark.parametrize(
    ("page", "problem"),
    [
        (Page(b"%PDF-1.7", headers={"Content-Type": "application/pdf"}), "no text but application/pdf"),
        (Page(b"\x89PNG\x00", headers={"Content-Type": "image/png"}), "no text but image/png"),
        (Page(b"\x00\x01\x02"), "no text but application/octet-stream"),
        (Page(b"<p>not here", 404, {"Content-Type": "text/html"}), "status 404: there is no such page"),
        (Page(b"", 410), "status 410: there is no such page"),
        (Page(b"", 403), "status 403: it does not let us read"),
        (Page(b"", 429), "status 429: it does not let us read"),
        (Page(b"", 500), "answered with status 500"),
    ],
    ids=["pdf", "png", "unknown", "404", "410", "403", "429", "500"],
)
def test_what_cannot_be_read_is_told(web: WebServer, page: Page, problem: str) -> None:
    """By its kind or its status, and without what the page says."""
    web.pages["/"] = page
    with pytest.raises(FetchError, match=problem):
        tool_for(web).invoke({"url": web.url()})


async def test_in_a_graph_a_refusal_is_an_answer(web: WebServer) -> None:
    """In sync graphs and in async ones; nothing inside is reached, and the model reads why."""
    tool = tool_for(web)
    web.pages["/"] = leads_to("http://169.254.169.254/latest/meta-data/")
    made = call("web_fetch", "c1", url=web.url()), call("web_fetch", "c2", url="http://127.0.0.1/")
    for messages in await both([tool], *made):
        assert outcomes(messages) == ["refused", "refused"]
        assert "169.254.169.254 is not on the public internet (link-local address)" in str(messages[0].content)


async def test_a_page_is_kept_for_a_while(web: WebServer) -> None:
    """The same part of the same page is fetched once in five minutes, unless that is not wanted."""
    web.pages["/"] = html(ARTICLE)
    again = [call("web_fetch", f"c{number}", url=web.url()) for number in range(2)]
    from clovax_agents import ToolExecutor  # noqa: PLC0415

    for ttl, expected in ((300.0, 1), (None, 2)):
        web.asked.clear()
        executor = ToolExecutor([tool_for(web, cache_ttl=ttl)])
        for made in again:
            messages = await both_ways(executor, made)
            assert messages[0].status == "success"
        assert len(web.asked) == expected


async def both_ways(executor: Any, made: Any) -> Any:
    """Run one call."""
    from toolruns import answers  # noqa: PLC0415

    return await answers(executor, made)


async def test_a_part_fits_into_what_the_model_may_read(web: WebServer) -> None:
    """The last line, which says how to go on, is never cut away, whatever a page consists of."""
    web.pages["/"] = Page(("가나다라" * 50_000).encode(), headers={"Content-Type": "text/plain; charset=utf-8"})
    for messages in await both([tool_for(web)], call("web_fetch", url=web.url("/?" + "q=1&" * 1_900))):
        assert str(messages[0].content).endswith("call again with offset=6000 to read on]")
        assert "characters left out" not in str(messages[0].content)


@settings(max_examples=5_000 if os.environ.get("CLOVAX_SOAK") else 200)
@given(
    st.one_of(
        st.binary(max_size=200), st.text(max_size=200).map(lambda text: f"<html>{text}".encode("utf-8", "replace"))
    ),
    st.one_of(
        st.sampled_from(["text/html", "application/json", "text/plain; charset=cp949", ""]), st.text(max_size=40)
    ),
)
def test_any_bytes_of_any_type_are_a_text_or_an_error_of_ours(body: bytes, content_type: str) -> None:
    """Nothing that a stranger sends breaks the tool in another way."""
    try:
        page = extracted(body, content_type, "http://example.com/", links=True)
    except FetchError:
        return
    assert isinstance(page.text, str)


def test_it_is_labelled_as_what_it_is() -> None:
    """Strangers write what it reads, and an address can carry something away; it changes nothing."""
    policy = web_fetch().policy
    assert policy.labels == {"untrusted_input", "exfiltration"}
    assert policy.effect == "read"
    assert policy.timeout > GuardedFetcher().timeout


def test_settings_that_cannot_be_are_refused() -> None:
    """Where the tool is made."""
    with pytest.raises(ConfigurationError, match="page_size=10"):
        web_fetch(page_size=10)
    with pytest.raises(ConfigurationError, match="either urls or fetcher"):
        web_fetch(urls=URLPolicy(), fetcher=GuardedFetcher())


def test_without_the_extra_html_says_what_to_install(web: WebServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """JSON and plain texts are read without it."""
    monkeypatch.setitem(sys.modules, "trafilatura", None)
    web.pages |= {
        "/": html(ARTICLE),
        "/json": Page(json.dumps({"a": 1}).encode(), headers={"Content-Type": "text/json"}),
    }
    with pytest.raises(ConfigurationError, match=re.escape('pip install "clovax-agents[web]"')):
        tool_for(web).invoke({"url": web.url()})
    assert '{"a":1}' in tool_for(web).invoke({"url": web.url("/json")})


def test_what_the_model_reads_can_be_korean(web: WebServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """CLOVAX_LANG decides, as everywhere."""
    monkeypatch.setenv("CLOVAX_LANG", "ko")
    web.pages["/"] = html(ARTICLE)
    told = tool_for(web).invoke({"url": web.url()})
    assert told.startswith("제목: 오늘의 날씨 & 소식\n주소: ")
    assert "이어서 읽으려면 offset=" in told
    with pytest.raises(ForbiddenURLError, match="공개 인터넷의 주소가 아닙니다"):
        tool_for(web).invoke({"url": "http://10.0.0.1/"})
