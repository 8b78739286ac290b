"""`naver_search` against a stand-in written from NAVER's public documentation: we have no key."""

import logging
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs

import pytest
from naverweb import ERRORS, KEY, error, gateway_error, serve_naver
from pydantic import SecretStr
from toolruns import both, call, outcomes
from webserver import Page, WebServer, a_web

from clovax_agents.errors import ConfigurationError, FetchError, ModelRetry, ToolFailed
from clovax_agents.toolkit import naver_search


@pytest.fixture
def naver() -> Iterator[WebServer]:
    """Give the stand-in."""
    with a_web() as web:
        serve_naver(web)
        yield web


def search(web: WebServer, **settings: Any) -> Any:
    """Return a tool that asks the stand-in."""
    path = "/v1/search" if settings.get("service") == "developers" else "/search/v1"
    settings = {"client_id": KEY[0], "client_secret": KEY[1], "base_url": web.url(path)} | settings
    return naver_search(**settings)


def sent(web: WebServer) -> dict[str, str]:
    """Return the parameters of the last request."""
    return {name: values[0] for name, values in parse_qs(web.asked[-1].query).items()}


def test_results_are_short_and_without_markup(naver: WebServer) -> None:
    """Title, summary, date and link; tags are gone, and what was written as an entity is text."""
    told = search(naver).invoke({"query": "서울", "kind": "news"})
    assert told == (
        "뉴스 search for '서울': results 1 to 2 of 2566589\n"
        '1. 서울 지하철 요금 "150원" 인상\n'
        "   서울시는 <b>내년</b>부터 &hellip;\n"
        "   2026-11-30 07:50\n"
        "   https://n.news.naver.com/article/001/1\n"
        "2. 둘째 기사\n"
        "   어제\n"
        "   https://press.example/2"
    )


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("web", "1. 서울특별시\n   서울시 누리집\n   https://www.seoul.go.kr/"),
        ("blog", "1. 서울 나들이\n   지난 주말에\n   2026-11-28 | 걷는 사람\n   https://blog.naver.com/someone/1"),
        ("encyc", "1. 서울\n   한반도의 도시\n   https://terms.naver.com/1"),
        ("local", "1. 조선갈비\n   한식>육류,고기요리 | 서울특별시 중구 을지로15길 6-5"),
    ],
)
@pytest.mark.parametrize("service", ["hub", "developers"])
async def test_each_kind_is_asked_for_at_both_services(
    naver: WebServer, kind: str, expected: str, service: str
) -> None:
    """The same results, over the addresses and headers of each service."""
    told = await search(naver, service=service).ainvoke({"query": "서울", "kind": kind})
    assert told.partition("\n")[2] == expected
    assert sent(naver)["query"] == "서울"
    assert (sent(naver).get("format") == "json") is (service == "hub")


def test_shopping_is_for_old_keys_only(naver: WebServer) -> None:
    """The hub never had it; a price is told in won."""
    told = search(naver, service="developers", kinds=["shop"]).invoke({"query": "가방", "sort": "price_low"})
    assert "   6,700원 | 네이버 | 허니 | 보스턴백" in told
    assert sent(naver)["sort"] == "asc"
    with pytest.raises(ConfigurationError, match="NAVER API HUB has no search for 'shop'"):
        search(naver, kinds=["web", "shop"])


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ({"kind": "news"}, {"display": "5", "start": "1", "sort": "sim"}),
        (
            {"kind": "news", "sort": "date", "count": 100, "start": 1000},
            {"display": "100", "start": "1000", "sort": "date"},
        ),
        ({"kind": "local", "sort": "reviews"}, {"display": "5", "start": "1", "sort": "comment"}),
        ({"kind": "web", "count": 1}, {"display": "1", "start": "1"}),
        ({}, {"display": "5", "start": "1"}),
    ],
)
def test_parameters_are_those_of_the_documentation(
    naver: WebServer, arguments: dict[str, Any], expected: dict[str, str]
) -> None:
    """Our names become the service's."""
    search(naver).invoke({"query": "서울", **arguments})
    assert {name: value for name, value in sent(naver).items() if name not in {"query", "format"}} == expected


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        ({"query": "   "}, "the query is empty"),
        ({"query": "x", "kind": "local", "count": 6}, "장소 search gives at most 5 results at a time"),
        ({"query": "x", "kind": "local", "start": 2}, "장소 search begins at 1 at the latest"),
        ({"query": "x", "kind": "local", "sort": "date"}, "장소 search has no sort date; it has: relevance, reviews"),
        ({"query": "x", "kind": "web", "sort": "date"}, "웹 문서 search has no sort date; it has: relevance"),
    ],
)
def test_what_a_kind_does_not_have_is_told_before_anything_is_sent(
    naver: WebServer, arguments: dict[str, Any], problem: str
) -> None:
    """The model reads what would work."""
    with pytest.raises(ModelRetry, match=re.escape(problem)):
        search(naver).invoke(arguments)
    assert not naver.asked


@pytest.mark.parametrize(
    "arguments",
    [
        {"query": ""},
        {"query": "x" * 301},
        {"query": "x", "count": 0},
        {"query": "x", "count": 101},
        {"query": "x", "start": 1001},
        {"query": "x", "kind": "shop"},
        {"query": "x", "display": 5},
        {"query": "x", "count": "5"},
        {},
    ],
    ids=str,
)
async def test_arguments_outside_of_the_schema_do_not_reach_the_tool(
    naver: WebServer, arguments: dict[str, Any]
) -> None:
    """Refused by the executor, in sync graphs and in async ones."""
    for messages in await both([search(naver)], call("naver_search", **arguments)):
        assert outcomes(messages) == ["invalid"]
    assert not naver.asked


def test_the_schema_is_short_and_flat() -> None:
    """One kind needs no `kind`, places need neither `start` nor more than five results."""
    key = {"client_id": "a", "client_secret": "b"}
    every = naver_search(**key).args
    assert list(every) == ["query", "kind", "sort", "count", "start"]
    assert every["kind"]["enum"] == ["web", "news", "blog", "local", "encyc"]
    assert every["sort"]["enum"] == ["relevance", "date", "reviews"]
    local = naver_search(**key, kinds=["local"])
    assert local.name == "naver_search_local"
    assert list(local.args) == ["query", "sort", "count"]
    assert local.args["count"]["maximum"] == 5
    assert list(naver_search(**key, kinds=["encyc"]).args) == ["query", "count", "start"]
    assert "뉴스" in naver_search(**key, kinds=["news"]).description


FAILURES: dict[str, tuple[Page, type[Exception], str]] = {
    "SE01": (error("SE01"), ToolFailed, "refused the request (SE01): Incorrect query request"),
    "SE02": (error("SE02"), ToolFailed, "refused the request (SE02): Invalid display"),
    "SE05": (error("SE05"), ToolFailed, "has no search for 뉴스 any more"),
    "SE06": (error("SE06"), ToolFailed, "refused the request (SE06): Malformed encoding"),
    "SE99": (error("SE99"), FetchError, "failed on its own side (status 500)"),
    "401": (error("024", "Authentication failed", 401), ToolFailed, "check NAVER_CLIENT_ID and NAVER_CLIENT_SECRET"),
    "401_of_the_gateway": (gateway_error(401, "200", "Authentication Failed"), ToolFailed, "of the service hub"),
    "403": (error("028", "Scope Status Invalid", 403), ToolFailed, "add the search API to the application"),
    "429": (error("012", "API rate limit exceeded", 429), FetchError, "allows is used up"),
    "400_of_the_gateway": (gateway_error(400, "100", "Bad"), ToolFailed, "refused the request (100): Bad"),
    "503_html": (Page(b"<html>down", 503), FetchError, "failed on its own side (status 503)"),
    "html": (Page(b"<html>hello"), FetchError, "no list of results"),
    "no_items": (Page(b'{"total": 1}'), FetchError, "no list of results"),
    "a_list": (Page(b"[1]"), FetchError, "no list of results"),
    "deep": (Page(b"[" * 100_000), FetchError, "no list of results"),
    "redirect": (Page(status=302, headers={"Location": "https://example.com/"}), FetchError, "more than 0 times"),
}  # fmt: skip


@pytest.mark.parametrize(("page", "kind", "text"), FAILURES.values(), ids=FAILURES.keys())
async def test_errors_say_what_can_be_done(naver: WebServer, page: Page, kind: type[Exception], text: str) -> None:
    """By code and by status; nothing of the key is in them."""
    naver.pages["/search/v1/news"] = page
    with pytest.raises(kind, match=re.escape(text)) as caught:
        await search(naver).ainvoke({"query": "서울", "kind": "news"})
    assert not any(secret in repr(caught.value) for secret in KEY)


def test_every_documented_error_is_one_of_ours(naver: WebServer) -> None:
    """None of the codes in the documentation is left to chance."""
    for code in ERRORS:
        naver.pages["/search/v1/news"] = error(code)
        with pytest.raises((ToolFailed, FetchError)):
            search(naver).invoke({"query": "서울", "kind": "news"})


async def test_a_failure_on_its_side_is_tried_once_more(naver: WebServer) -> None:
    """The executor repeats what may have been an accident, and not what was refused."""
    naver.pages["/search/v1/news"] = error("SE99")
    await both([search(naver)], call("naver_search", query="서울", kind="news"))
    assert len(naver.asked) == 4
    naver.asked.clear()
    naver.pages["/search/v1/news"] = error("024", "no", 401)
    await both([search(naver)], call("naver_search", query="서울", kind="news"))
    assert len(naver.asked) == 2


def test_the_key_shows_itself_nowhere(naver: WebServer, caplog: pytest.LogCaptureFixture) -> None:
    """Not in the tool, not in what it is made of, not in logs, nor when the service repeats it."""
    caplog.set_level(logging.DEBUG)
    made = search(naver)
    naver.pages["/search/v1/webkr"] = error("SE01", f"bad key {KEY[0]} {KEY[1]}")
    with pytest.raises(ToolFailed, match=r"bad key \*\*\* \*\*\*") as caught:
        made.invoke({"query": "서울"})
    inside = [repr(cell.cell_contents) for cell in made.coroutine.__closure__]
    seen = " ".join([repr(made), str(made.args), *inside, caplog.text, repr(caught.value)])
    assert not any(secret in seen for secret in KEY)


def test_the_key_comes_from_the_environment(naver: WebServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """As a rule; what is passed wins, and a missing one is named where the tool is made."""
    monkeypatch.setenv("NAVER_CLIENT_ID", f" {KEY[0]}\n")
    monkeypatch.setenv("NAVER_CLIENT_SECRET", KEY[1])
    made = naver_search(base_url=naver.url("/search/v1"))
    assert "서울특별시" in made.invoke({"query": "서울"})
    passed = naver_search(client_secret=SecretStr("other"), base_url=naver.url("/search/v1"))
    with pytest.raises(ToolFailed, match="does not accept the key"):
        passed.invoke({"query": "서울"})
    monkeypatch.delenv("NAVER_CLIENT_SECRET")
    with pytest.raises(ConfigurationError, match=r"NAVER_CLIENT_SECRET, or pass client_secret="):
        naver_search()


@pytest.mark.parametrize(
    ("settings", "problem"),
    [
        ({"kinds": []}, "give a list of kinds"),
        ({"kinds": "news"}, "give a list of kinds"),
        ({"kinds": ["movie"]}, "they are: web, news, blog, local, encyc, shop"),
        ({"service": "ncloud"}, "'hub' or 'developers'"),
        ({"base_url": "http://proxy.example/search"}, "begin with https://"),
        ({"base_url": "proxy.example"}, "write the whole address"),
        ({"client_id": "한글"}, "copy it again"),
        ({"client_id": "a\r\nX: b"}, "copy it again"),
        ({"timeout": 0}, "seconds above 0"),
    ],
    ids=str,
)
def test_a_mistake_is_found_where_the_tool_is_made(settings: dict[str, Any], problem: str) -> None:
    """With what to write instead."""
    with pytest.raises(ConfigurationError, match=re.escape(problem)):
        naver_search(**({"client_id": "a", "client_secret": "b"} | settings))


def test_what_the_model_reads_can_be_korean(naver: WebServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """CLOVAX_LANG decides, as everywhere."""
    monkeypatch.setenv("CLOVAX_LANG", "ko")
    told = search(naver).invoke({"query": "서울", "kind": "news"})
    assert told.startswith("'서울' 뉴스 검색: 전체 2566589건 중 1~2번째\n")
    naver.pages["/search/v1/news"] = Page(b'{"items": []}')
    assert search(naver).invoke({"query": "서울", "kind": "news"}) == "'서울' 뉴스 검색: 결과가 없습니다"


def test_results_that_are_not_as_documented_do_no_harm(naver: WebServer) -> None:
    """Fields that are missing, numbers for texts, and things that are no results."""
    naver.pages["/search/v1/news"] = Page(b'{"items": [{}, {"title": 5, "pubDate": null}, "x", null, [1]]}')
    told = search(naver).invoke({"query": "서울", "kind": "news"})
    assert told.splitlines()[1:] == ["1. ", "2. 5", "   None"]
