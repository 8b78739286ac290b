"""`URLPolicy`: lists of hosts and networks, as an operator writes them."""

import re

import pytest

from clovax_agents.errors import ConfigurationError, ForbiddenURLError, ToolError, ToolRefusedError
from clovax_agents.guards.web import GuardedFetcher, URLPolicy, read_url

PUBLIC = "93.184.216.34"


def passes(policy: URLPolicy, url: str, *addresses: str) -> bool:
    """Say whether a URL whose host has these addresses may be fetched."""
    read = read_url(url)
    try:
        policy.check(read)
        policy.check_addresses(read, addresses or [PUBLIC])
    except ForbiddenURLError:
        return False
    return True


@pytest.mark.parametrize(
    ("entry", "url", "address", "expected"),
    [
        ("wiki.corp", "http://wiki.corp/", "10.0.0.1", True),
        ("Wiki.Corp.", "http://wiki.corp/", "10.0.0.1", True),
        ("wiki.corp", "http://wiki.corp./", "10.0.0.1", True),
        ("wiki.corp", "http://wiki.corp:8080/", "10.0.0.1", False),
        ("wiki.corp:8080", "http://wiki.corp:8080/", "10.0.0.1", True),
        ("wiki.corp:8080", "http://wiki.corp/", "10.0.0.1", False),
        ("wiki.corp", "http://evil.wiki.corp/", "10.0.0.1", False),
        ("wiki.corp", "http://evilwiki.corp/", "10.0.0.1", False),
        ("wiki.corp", "http://wiki.corp.evil.example/", "10.0.0.1", False),
        ("*.corp", "http://wiki.corp/", "10.0.0.1", True),
        ("*.corp", "http://a.wiki.corp/", "10.0.0.1", True),
        ("*.corp", "http://wikicorp/", "10.0.0.1", False),
        ("*.wiki.corp", "http://wiki.corp/", "10.0.0.1", False),
        ("10.1.0.0/16", "http://anything.example/", "10.1.2.3", True),
        ("10.1.0.0/16", "http://anything.example/", "10.2.0.1", False),
        ("10.1.0.0/16", "http://anything.example/", "::ffff:10.1.2.3", True),
        ("127.0.0.1:8000", "http://127.0.0.1:8000/", "127.0.0.1", True),
        ("127.0.0.1:8000", "http://127.0.0.1/", "127.0.0.1", False),
        ("127.0.0.1:8000", "http://public.example:8000/", PUBLIC, False),
        ("[::1]:8000", "http://[::1]:8000/", "::1", True),
        ("::1", "http://[::1]/", "::1", True),
        ("fd00::/8", "http://anything.example/", "fd12::1", True),
        ("한국.kr", "http://xn--3e0b707e.kr/", "10.0.0.1", True),
    ],
)
def test_allow_lets_through_what_it_names_and_nothing_else(
    entry: str, url: str, address: str, *, expected: bool
) -> None:
    """Hosts, what is beneath them, addresses, networks, ports; public hosts pass as before."""
    policy = URLPolicy(allow=[entry])
    assert passes(policy, url, address) is expected
    assert passes(policy, "https://www.naver.com/")


@pytest.mark.parametrize(
    ("entry", "url", "address"),
    [
        ("evil.example", "http://EVIL.example./", PUBLIC),
        ("*.evil.example", "http://a.evil.example/", PUBLIC),
        ("93.184.216.0/24", "http://innocent.example/", PUBLIC),
        ("93.184.216.0/24", "http://93.184.216.34/", PUBLIC),
        ("8.8.8.8", "http://innocent.example/", "::ffff:8.8.8.8"),
        ("8.8.8.8", "http://innocent.example/", "64:ff9b::8.8.8.8"),
    ],
)
def test_deny_wins_over_everything(entry: str, url: str, address: str) -> None:
    """By name, and by any address that a name has, however it is written."""
    policy = URLPolicy(deny=[entry], allow=["0.0.0.0/0", "::/0", "evil.example", "*.evil.example"])
    assert not passes(policy, url, address)
    assert passes(policy, "http://good.example/", "93.184.217.1")


def test_only_is_all_there_is() -> None:
    """Other hosts are refused before they are looked up; those on the list still have to be public."""
    policy = URLPolicy(only=["naver.com", "*.naver.com"])
    assert passes(policy, "https://naver.com/")
    assert passes(policy, "https://news.naver.com/")
    assert not passes(policy, "https://naver.com.evil.example/")
    assert not passes(policy, "https://news.naver.com/", "10.0.0.1")
    with pytest.raises(ForbiddenURLError, match="not on the list of hosts that may be fetched from"):
        policy.check(read_url("https://example.com/"))
    with pytest.raises(ForbiddenURLError, match="not on the list"):
        policy.check(read_url(f"https://{PUBLIC}/"))
    assert not passes(URLPolicy(only=[]), "https://naver.com/")


@pytest.mark.parametrize(
    "settings",
    [
        {"allow": ["http://example.com"]},
        {"allow": ["example.com/path"]},
        {"allow": ["exa mple.com"]},
        {"allow": ["0x7f.1"]},
        {"allow": ["10.0.0.1/8"]},
        {"allow": ["*"]},
        {"allow": ["*.10.0.0.1"]},
        {"allow": ["example.com:0"]},
        {"allow": ["example.com:99999"]},
        {"allow": ["example.com:http"]},
        {"allow": ["user@example.com"]},
        {"allow": [""]},
        {"allow": [5]},
        {"deny": "example.com"},
        {"only": "example.com"},
        {"only": 5},
        {"ports": [0]},
        {"ports": ["80"]},
        {"ports": [True]},
    ],
    ids=str,
)
def test_a_mistake_in_a_list_is_found_where_it_is_written(settings: dict[str, object]) -> None:
    """The error names the setting and what it may be."""
    with pytest.raises(ConfigurationError, match=rf"URLPolicy\({next(iter(settings))}="):
        URLPolicy(**settings)  # type: ignore[arg-type]


@pytest.mark.parametrize("settings", [{"timeout": 0}, {"timeout": float("inf")}, {"max_bytes": 0}, {"redirects": -1}])
def test_limits_that_cannot_be_are_refused(settings: dict[str, float]) -> None:
    """A fetch without an end is none."""
    with pytest.raises(ConfigurationError, match=re.escape(next(iter(settings)))):
        GuardedFetcher(**settings)  # type: ignore[arg-type]


def test_a_refusal_is_a_tool_error_that_can_be_read_in_korean(monkeypatch: pytest.MonkeyPatch) -> None:
    """`except ToolError` catches it, and what a model reads follows CLOVAX_LANG."""
    assert issubclass(ForbiddenURLError, ToolRefusedError)
    monkeypatch.setenv("CLOVAX_LANG", "ko")
    with pytest.raises(ToolError, match=r"공개 인터넷의 주소가 아닙니다"):
        GuardedFetcher().get("http://127.0.0.1/")
    with pytest.raises(ToolError, match=r"전체 주소를 쓰세요"):
        GuardedFetcher().get("www.naver.com")
