"""Fetching what leads inside only on the way (fault S02): rebinding names, redirects, bombs, slow and endless pages."""

import asyncio
import gzip
import ssl
import threading
import zlib
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import trustme
from webserver import Page, WebServer, a_web, html, leads_to

from clovax_agents.errors import ConfigurationError, FetchError, ForbiddenURLError
from clovax_agents.guards.web import Fetched, GuardedFetcher, URLPolicy

Get = Callable[..., Fetched]
PUBLIC = "93.184.216.34"


@pytest.fixture
def web() -> Iterator[WebServer]:
    """Give a server on loopback."""
    with a_web() as server:
        yield server


@pytest.fixture(params=["get", "aget"])
def get(request: pytest.FixtureRequest) -> Get:
    """Give each of the two ways to fetch."""

    def fetch(fetcher: GuardedFetcher, url: str, **more: Any) -> Fetched:
        if request.param == "get":
            return fetcher.get(url, **more)
        return asyncio.run(fetcher.aget(url, **more))

    return fetch


def fetcher(web: WebServer, **settings: Any) -> GuardedFetcher:
    """Return one for which this server's loopback address is public, as if it were out there, and every name is its."""
    settings = {"policy": URLPolicy(allow=[web.here]), "resolve": lambda _host, _port: ["127.0.0.1"]} | settings
    return GuardedFetcher(**settings)


def test_s02_a_name_is_looked_up_once_and_the_connection_pinned(web: WebServer, get: Get) -> None:
    """A name server that answers with the inside the second time is not asked a second time."""
    web.pages["/"] = html("<p>here")
    answers = iter([["127.0.0.1"]])
    fetched = get(fetcher(web, resolve=lambda _host, _port: next(answers)), web.url(host="rebinding.example"))
    assert fetched.body == b"<p>here"
    assert web.asked[0].headers["host"] == f"rebinding.example:{web.port}"


def test_s02_each_redirect_is_looked_up_and_checked_again(web: WebServer, get: Get) -> None:
    """A page that leads on to its own name, which by then leads inside, gets nowhere."""
    web.pages["/"] = leads_to("/again")
    web.pages["/again"] = html("secret")
    answers = iter([["127.0.0.1"], ["10.0.0.1"]])
    with pytest.raises(ForbiddenURLError, match=r"leads on to another address.*not on the public internet"):
        get(fetcher(web, resolve=lambda _host, _port: next(answers)), web.url(host="rebinding.example"))
    assert [asked.path for asked in web.asked] == ["/"]


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize(
    "location",
    [
        pytest.param("http://169.254.169.254/latest/", id="metadata"),
        pytest.param("//169.254.169.254/", id="without_a_scheme"),
        pytest.param("http://127.0.0.1:1/", id="another_port"),
        pytest.param("http://[::ffff:10.0.0.1]/", id="mapped"),
        pytest.param("http://2130706433/", id="decimal"),
        pytest.param("file:///etc/passwd", id="file"),
        pytest.param("gopher://127.0.0.1:6379/_", id="gopher"),
        pytest.param("http://user@example.com/", id="userinfo"),
        pytest.param("/\\169.254.169.254/", id="backslash"),
        pytest.param("http://[::1", id="half_a_bracket"),
    ],
)
def test_s02_a_redirect_inside_is_refused(web: WebServer, location: str, status: int) -> None:
    """Whatever a page leads on to is read and checked as the first address was."""
    web.pages["/"] = leads_to(location, status)
    for_literals = fetcher(web, resolve=lambda host, _port: ["127.0.0.1" if host == "out.example" else PUBLIC])
    with pytest.raises(ForbiddenURLError, match="the page leads on to another address"):
        for_literals.get(web.url(host="out.example"))
    assert len(web.asked) == 1


def test_s02_redirects_are_followed_so_often_and_no_more(web: WebServer, get: Get) -> None:
    """Five by default; a loop ends."""
    for number in range(6):
        web.pages[f"/{number}"] = leads_to(f"{number + 1}")
    web.pages["/6"] = html("end")
    assert get(fetcher(web), web.url("/1")).url == web.url("/6")
    with pytest.raises(FetchError, match="more than 5 times"):
        get(fetcher(web), web.url("/0"))
    web.pages["/loop"] = leads_to("/loop")
    with pytest.raises(FetchError, match="more than 2 times"):
        get(fetcher(web, redirects=2), web.url("/loop"))


def test_s02_credentials_stay_with_the_origin_that_they_are_for(web: WebServer, get: Get) -> None:
    """Another host, and another port of the same one, gets none of them, nor does the first one after a detour."""
    secrets = {"Authorization": "Bearer s", "Cookie": "id=s", "X-Api-Key": "s", "Accept-Language": "ko"}
    web.pages["/"] = leads_to("/same")
    web.pages["/same"] = leads_to(web.url("/other", host="other.example"))
    web.pages["/other"] = leads_to(web.url("/back", host="first.example"))
    web.pages["/back"] = html("end")
    get(fetcher(web), web.url(host="first.example"), headers=secrets)
    sent = [{name for name in ("authorization", "cookie", "x-api-key") if name in asked.headers} for asked in web.asked]
    assert sent == [{"authorization", "cookie", "x-api-key"}] * 2 + [set(), set()]
    assert all(asked.headers["accept-language"] == "ko" for asked in web.asked)
    with a_web() as second:
        second.pages["/"] = html("end")
        web.pages["/"] = leads_to(second.url())
        both = URLPolicy(allow=[web.here, second.here])
        get(GuardedFetcher(policy=both), web.url(), headers=secrets)
        assert not {"authorization", "cookie", "x-api-key"} & set(second.asked[0].headers)


def test_s02_a_cookie_that_a_page_sets_is_not_kept(web: WebServer, get: Get) -> None:
    """Each request stands alone."""
    web.pages["/"] = Page(status=302, headers={"Location": "/next", "Set-Cookie": "id=1"})
    web.pages["/next"] = html("end")
    get(fetcher(web), web.url())
    assert "cookie" not in web.asked[1].headers


@pytest.mark.parametrize("name", ["Host", "Transfer-Encoding", "Proxy-Authorization", "X-A\r\nX-B"])
def test_s02_headers_that_would_change_the_request_are_refused(web: WebServer, get: Get, name: str) -> None:
    """They are ours; the error does not repeat a value."""
    with pytest.raises(ConfigurationError, match="cannot be set") as caught:
        get(fetcher(web), web.url(), headers={name: "hunter2"})
    assert "hunter2" not in str(caught.value)
    assert not web.asked


@pytest.mark.parametrize("variable", ["HTTP_PROXY", "http_proxy", "ALL_PROXY", "HTTPS_PROXY"])
def test_s02_proxies_of_the_environment_are_not_used(
    web: WebServer, get: Get, variable: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A proxy would connect to wherever the name leads it."""
    web.pages["/"] = html("direct")
    monkeypatch.setenv(variable, "http://127.0.0.1:1")
    assert get(fetcher(web), web.url()).body == b"direct"


def _endless() -> Iterator[bytes]:
    while True:
        yield b"x" * 65_536


def _raw_deflate(data: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return packer.compress(data) + packer.flush()


BOMB = gzip.compress(bytes(50_000_000))
TOO_MUCH = {
    "longer_than_announced_is_allowed": Page(bytes(200_000)),
    "announced": Page(b"x", headers={"Content-Length": "99999999999"}),
    "endless": Page(chunks=_endless),
    "gzip_bomb": Page(BOMB, headers={"Content-Encoding": "gzip"}),
    "gzip_bomb_in_many_members": Page(gzip.compress(bytes(60_000)) * 50, headers={"Content-Encoding": "x-gzip"}),
    "deflate_bomb": Page(zlib.compress(bytes(50_000_000)), headers={"Content-Encoding": "deflate"}),
    "headless_deflate_bomb": Page(_raw_deflate(bytes(50_000_000)), headers={"Content-Encoding": "deflate"}),
}


@pytest.mark.parametrize("page", TOO_MUCH.values(), ids=TOO_MUCH.keys())
def test_s02_a_body_is_read_and_unpacked_up_to_a_limit(web: WebServer, get: Get, page: Page) -> None:
    """Whatever it would become: after so many bytes it is refused."""
    web.pages["/"] = page
    with pytest.raises(FetchError, match="larger than 100,000 bytes"):
        get(fetcher(web, max_bytes=100_000), web.url())


@pytest.mark.parametrize(
    ("coding", "body", "problem"),
    [
        pytest.param("br", b"\x8b\x02\x80", "compressed as br", id="brotli"),
        pytest.param("zstd", b"(\xb5/\xfd", "compressed as zstd", id="zstd"),
        pytest.param("gzip, gzip", gzip.compress(gzip.compress(b"x")), "compressed as gzip, gzip", id="twice"),
        pytest.param("gzip", b"no gzip", "cannot be unpacked", id="not_gzip"),
        pytest.param("gzip", gzip.compress(b"x" * 999)[:-9], "cannot be unpacked", id="cut_off"),
        pytest.param("gzip", gzip.compress(b"") * 200_000, "cannot be unpacked", id="nothing_200000_times"),
    ],
)
def test_s02_only_what_was_asked_for_is_unpacked(
    web: WebServer, get: Get, coding: str, body: bytes, problem: str
) -> None:
    """Bombs of other kinds are never lit; what is broken is no bare zlib error."""
    web.pages["/"] = Page(body, headers={"Content-Encoding": coding})
    with pytest.raises(FetchError, match=problem):
        get(fetcher(web), web.url())
    assert web.asked[0].headers["accept-encoding"] == "gzip, deflate"


@pytest.mark.parametrize("coding", ["gzip", "deflate", "raw", ""])
def test_s02_harmless_bodies_are_unpacked(web: WebServer, get: Get, coding: str) -> None:
    """Each of the usual ways to compress."""
    text = "안녕하세요 ".encode() * 1_000
    packed = {"gzip": gzip.compress, "deflate": zlib.compress, "raw": _raw_deflate, "": bytes}[coding](text)
    named = {"Content-Encoding": coding.replace("raw", "deflate")} if coding else {}
    web.pages["/"] = Page(packed, headers=named)
    assert get(fetcher(web), web.url()).body == text


def test_s02_all_of_it_has_one_deadline(web: WebServer, get: Get) -> None:
    """A page that sends a byte now and then, or nothing at all, is left when the time is over."""
    stop = threading.Event()

    def drip() -> Iterator[bytes]:
        while not stop.wait(0.02):
            yield b"."

    def hang() -> Iterator[bytes]:
        stop.wait(20)
        yield b""

    web.pages |= {"/drip": Page(chunks=drip), "/hang": Page(chunks=hang)}
    for path in ("/drip", "/hang"):
        with pytest.raises(FetchError, match=r"did not send its whole answer within 0\.2 s"):
            get(fetcher(web, timeout=0.2), web.url(path))
    stop.set()


def test_s02_a_lookup_that_hangs_ends_with_the_deadline(web: WebServer, get: Get) -> None:
    """The name server's silence is not waited out."""
    stop = threading.Event()

    def resolve(_host: str, _port: int) -> list[str]:
        stop.wait(20)
        return ["127.0.0.1"]

    with pytest.raises(FetchError, match="did not send its whole answer"):
        get(fetcher(web, timeout=0.2, resolve=resolve), web.url(host="slow.example"))
    stop.set()
    assert not web.asked


def test_s02_the_next_address_is_tried(web: WebServer, get: Get) -> None:
    """An address where nobody listens does not stand in the way of the next one."""
    web.pages["/"] = html("found")
    both = URLPolicy(allow=["127.0.0.0/8"], ports=[web.port])
    tried = fetcher(web, policy=both, resolve=lambda _host, _port: ["127.0.0.2", "127.0.0.1"])
    assert get(tried, web.url(host="two.example")).body == b"found"


def test_s02_what_cannot_be_reached_is_an_error_of_ours(web: WebServer, get: Get) -> None:
    """No host, nobody there, or somebody who does not speak HTTP."""

    def unknown(_host: str, _port: int) -> list[str]:
        raise OSError("Name or service not known")

    with pytest.raises(FetchError, match=r"there is no host no\.example"):
        get(fetcher(web, resolve=unknown), web.url(host="no.example"))
    with pytest.raises(FetchError, match=r"there is no host empty\.example"):
        get(fetcher(web, resolve=lambda _host, _port: []), web.url(host="empty.example"))
    closed = URLPolicy(allow=["127.0.0.1:1"])
    with pytest.raises(FetchError, match=r"cannot connect to 127\.0\.0\.1"):
        get(fetcher(web, policy=closed), "http://127.0.0.1:1/")
    web.pages["/"] = Page(status=200, headers={"Content-Length": "5", "Bad\x01Name": "x"})
    with pytest.raises(FetchError, match="broke"):
        get(fetcher(web), web.url())


def test_s02_no_error_drags_the_credentials_along(web: WebServer, get: Get) -> None:
    """Neither its text nor what it was raised from shows a header that was sent."""
    web.pages["/"] = Page(status=200, headers={"Content-Length": "5", "Bad\x01Name": "x"})
    with pytest.raises(FetchError) as caught:
        get(fetcher(web), web.url(), headers={"Authorization": "Bearer hunter2"})
    seen: list[str] = []
    error: BaseException | None = caught.value
    while error is not None:
        seen.append(repr(error))
        assert getattr(error, "_request", None) is None
        error = error.__cause__ or error.__context__
    assert "hunter2" not in "".join(seen)


def test_s02_tls_is_for_the_name_not_for_the_address(get: Get) -> None:
    """The certificate has to be the name's, although the connection is pinned to an address."""
    authority = trustme.CA()
    served = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("good.example").configure_cert(served)
    trusting = ssl.create_default_context()
    authority.configure_trust(trusting)
    with a_web(served) as web:
        web.pages["/"] = html("safe")
        ours = fetcher(web, tls=trusting)
        assert get(ours, web.url(host="good.example", scheme="https")).body == b"safe"
        with pytest.raises(FetchError, match=r"the certificate of bad\.example is not trusted"):
            get(ours, web.url(host="bad.example", scheme="https"))
        with pytest.raises(FetchError, match=r"the certificate of good\.example is not trusted"):
            get(fetcher(web), web.url(host="good.example", scheme="https"))
        assert len(web.asked) == 1


async def test_s02_a_cancelled_fetch_hangs_up(web: WebServer) -> None:
    """Nothing of it goes on."""
    gone, begun = threading.Event(), threading.Event()

    def drip() -> Iterator[bytes]:
        try:
            for _ in range(2_000):
                begun.set()
                yield b"." * 65_536
        finally:
            gone.set()

    web.pages["/"] = Page(chunks=drip)
    task = asyncio.create_task(fetcher(web, max_bytes=10**12).aget(web.url()))
    await asyncio.to_thread(begun.wait, 10)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert await asyncio.to_thread(gone.wait, 10)


def test_s02_many_at_once_do_not_mix(web: WebServer) -> None:
    """Each fetch has a connection of its own."""
    web.pages |= {f"/{number}": html(str(number)) for number in range(40)}

    async def all_of_them() -> list[Fetched]:
        ours = fetcher(web)
        return await asyncio.gather(*(ours.aget(web.url(f"/{number}")) for number in range(40)))

    assert [fetched.body.decode() for fetched in asyncio.run(all_of_them())] == [str(number) for number in range(40)]
