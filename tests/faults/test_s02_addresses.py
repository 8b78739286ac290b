"""Addresses that lead inside (fault S02): each spelling is refused before a connection, and the public ones pass."""

import os
from ipaddress import IPv4Address, IPv6Address, ip_address

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clovax_agents.errors import ForbiddenURLError
from clovax_agents.guards.web import GuardedFetcher, URLPolicy, read_url, why_not_public
from clovax_agents.guards.web.addresses import innermost

EXAMPLES = 20_000 if os.environ.get("CLOVAX_SOAK") else 500

REFUSED = {
    # Where clouds keep their keys
    "aws_gcp_azure_naver_metadata": "http://169.254.169.254/latest/meta-data/",
    "aws_ecs_metadata": "http://169.254.170.2/v2/credentials",
    "aws_metadata_ipv6": "http://[fd00:ec2::254]/latest/meta-data/",
    "gcp_metadata_ipv6": "http://[fd20:ce::254]/",
    "alibaba_metadata": "http://100.100.100.200/",
    "oracle_metadata": "http://192.0.0.192/opc/v1/",
    "azure_wire_server": "http://168.63.129.16/machine?comp=goalstate",
    # Inside
    "loopback": "http://127.0.0.1/",
    "loopback_elsewhere": "http://127.255.255.254/",
    "loopback_ipv6": "http://[::1]/",
    "loopback_ipv6_in_full": "http://[0000:0000:0000:0000:0000:0000:0000:0001]/",
    "private_10": "http://10.0.0.1/",
    "private_172": "http://172.31.255.255/",
    "private_192": "http://192.168.0.1/",
    "carrier_grade_nat": "http://100.64.0.1/",
    "link_local_ipv6": "http://[fe80::1]/",
    "unique_local_ipv6": "http://[fc00::1]/",
    "site_local_ipv6": "http://[fec0::1]/",
    "unspecified": "http://0.0.0.0/",
    "unspecified_network": "http://0.1.2.3/",
    "unspecified_ipv6": "http://[::]/",
    "multicast": "http://224.0.0.1/",
    "multicast_ipv6": "http://[ff02::1]/",
    "broadcast": "http://255.255.255.255/",
    "reserved": "http://240.0.0.1/",
    "benchmarking": "http://198.18.0.1/",
    "documentation": "http://203.0.113.5/",
    "documentation_ipv6": "http://[2001:db8::1]/",
    "segment_routing": "http://[5f00::1]/",
    "discard_only": "http://[100::1]/",
    # IPv4 inside of IPv6
    "mapped": "http://[::ffff:127.0.0.1]/",
    "mapped_in_hex": "http://[::ffff:7f00:1]/",
    "mapped_metadata": "http://[::ffff:169.254.169.254]/",
    "mapped_in_full": "http://[0:0:0:0:0:ffff:a9fe:a9fe]/",
    "compatible": "http://[::127.0.0.1]/",
    "compatible_metadata": "http://[::a9fe:a9fe]/",
    "translated": "http://[::ffff:0:127.0.0.1]/",
    "nat64": "http://[64:ff9b::127.0.0.1]/",
    "nat64_metadata": "http://[64:ff9b::a9fe:a9fe]/",
    "nat64_of_a_network": "http://[64:ff9b:1::7f00:1]/",
    "6to4": "http://[2002:7f00:1::]/",
    "6to4_metadata": "http://[2002:a9fe:a9fe::1]/",
    "teredo": "http://[2001:0:4136:e378:8000:63bf:3fff:fdd2]/",
    "isatap": "http://[2a00:1450:4001:800:0:5efe:10.0.0.1]/",
    "isatap_with_the_universal_bit": "http://[2a00:1450:4001:800:200:5efe:7f00:1]/",
    "isatap_link_local": "http://[fe80::5efe:192.168.0.1]/",
    # Other spellings of IPv4
    "decimal": "http://2130706433/",
    "decimal_metadata": "http://2852039166/",
    "hex": "http://0x7f000001/",
    "hex_upper": "http://0X7F000001/",
    "hex_parts": "http://0x7f.0x0.0x0.0x1/",
    "octal": "http://0177.0.0.1/",
    "octal_number": "http://017700000001/",
    "octal_with_more_zeros": "http://0000177.0000000.0.01/",
    "mixed": "http://0x7f.0.0.01/",
    "short": "http://127.1/",
    "shorter": "http://0/",
    "three_parts": "http://127.0.1/",
    "too_large_a_part": "http://127.0.0.257/",
    "overflowing": "http://4294967297/",
    "five_parts": "http://127.0.0.1.1/",
    "hex_without_digits": "http://0x.0x.0/",
    "number_with_a_dot": "http://2130706433./",
    # Dots, letters, signs
    "trailing_dot": "http://127.0.0.1./",
    "two_trailing_dots": "http://127.0.0.1../",
    "leading_dot": "http://.127.0.0.1/",
    "ideographic_dots": "http://127。0。0。1/",
    "halfwidth_dots": "http://127｡0｡0｡1/",
    "fullwidth_dots": "http://127．0．0．1/",
    "fullwidth_digits": "http://１２７.0.0.1/",
    "circled_digits": "http://①②⑦.⓪.⓪.①/",
    "mathematical_digits": "http://𝟏𝟐𝟕.0.0.1/",
    "soft_hyphen": "http://127.0.0.\u00ad1/",
    "zero_width_space": "http://127.0.0.1\u200b/",
    "sign_that_holds_a_slash": "http://example.com\uff0f@127.0.0.1/",
    "sign_that_holds_a_hash": "http://127.0.0.1\uff03.example.com/",
    "percent_encoded": "http://%31%32%37.0.0.1/",
    "percent_encoded_letters": "http://%6c%6f%63alhost/",
    "percent_encoded_dot": "http://127%2e0.0.1/",
    "zone": "http://[fe80::1%25eth0]/",
    "zone_on_loopback": "http://[::1%25lo]/",
    "no_closing_bracket": "http://[::1/",
    "brackets_around_ipv4": "http://[127.0.0.1]/",
    "brackets_around_a_future_version": "http://[v1.127]/",
    "space": "http://127.0.0.1 .example.com/",
    "underlined_nothing": "http://a..example.com/",
    # Users, backslashes, fragments
    "userinfo": "http://example.com@127.0.0.1/",
    "userinfo_with_password": "http://example.com:80@127.0.0.1/",
    "userinfo_of_a_public_host": "http://admin:secret@example.com/",
    "userinfo_twice": "http://a@b@127.0.0.1/",
    "userinfo_fullwidth": "http://example.com\uff20127.0.0.1/",
    "backslash": "http://example.com\\@127.0.0.1/",
    "backslashes_for_slashes": "http:\\\\127.0.0.1\\",
    "backslash_in_the_path": "http://example.com/\\127.0.0.1",
    "fragment_before_the_host": "http://#@127.0.0.1/",
    "line_break": "http://example.com/\r\nHost: 127.0.0.1",
    "tab_in_the_host": "http://127.0\t.0.1/",
    "nul": "http://127.0.0.1\x00.example.com/",
    "half_a_character": "http://example.com/\ud800",
    "no_host": "http:///etc/passwd",
    "no_slashes": "http:127.0.0.1",
    "one_slash": "http:/127.0.0.1",
    "no_scheme": "//127.0.0.1/",
    "only_a_name": "localhost",
    "name_and_port": "localhost:8080/x",
    "nothing": "",
    "endless": "http://example.com/" + "a" * 9_000,
    # Schemes
    "file": "file:///etc/passwd",
    "file_with_a_host": "file://localhost/etc/passwd",
    "gopher": "gopher://127.0.0.1:6379/_INFO",
    "ftp": "ftp://example.com/",
    "dict": "dict://127.0.0.1:11211/stats",
    "ldap": "ldap://127.0.0.1/",
    "data": "data:text/html,<script>",
    "javascript": "javascript:alert(1)",
    "jar": "jar:http://example.com!/",
    "view_source": "view-source:http://127.0.0.1/",
    "unix": "http+unix://%2fvar%2frun%2fdocker.sock/info",
    "websocket": "ws://127.0.0.1/",
    # Ports
    "ssh": "http://example.com:22/",
    "redis": "http://example.com:6379/",
    "metadata_port": "http://example.com:8080/",
    "port_0": "http://example.com:0/",
    "port_too_large": "http://example.com:65616/",
    "port_with_a_sign": "http://example.com:+80/",
    "port_negative": "http://example.com:-1/",
    "port_fullwidth": "http://example.com:８０/",
    "port_with_underscore": "http://example.com:8_0/",
    "two_ports": "http://example.com:80:80/",
}

RESOLVED = {
    "localhost": ["127.0.0.1"],
    "localhost_ipv6": ["::1"],
    "metadata_by_name": ["169.254.169.254"],
    "one_of_several": ["93.184.216.34", "10.0.0.1"],
    "the_last_of_many": ["93.184.216.34"] * 30 + ["2606:2800:220:1:248:1893:25c8:1946", "::ffff:10.0.0.1"],
    "mapped": ["::ffff:192.168.0.1"],
    "nat64": ["64:ff9b::10.0.0.1"],
    "unspecified": ["0.0.0.0"],  # noqa: S104
    "with_a_zone": ["fe80::1%eth0"],
    "public_with_a_zone": ["2606:2800:220:1:248:1893:25c8:1946%eth0"],
    "not_an_address": ["localhost"],
    "decimal": ["2130706433"],
}

PUBLIC = {
    "name": "https://www.naver.com/",
    "name_and_query": "https://search.naver.com/search.naver?query=%EB%82%A0%EC%94%A8&where=news",
    "korean_path_and_query": "https://ko.wikipedia.org/wiki/대한민국?검색=서울",
    "korean_name": "http://한국인터넷정보센터.한국/",
    "korean_name_decomposed": "http://\u1112\u1161\u11ab\u1100\u116e\u11a8.kr/",
    "punycode": "https://xn--3e0b707e.kr/",
    "umlaut": "https://bücher.example/",
    "upper_case": "HTTPS://WWW.NAVER.COM/Index.HTML",
    "trailing_dot": "https://www.naver.com./",
    "underscore": "https://_dmarc.example.com/",
    "default_port": "https://example.com:443/",
    "empty_port": "https://example.com:/",
    "http_on_443": "http://example.com:443/",
    "no_path": "https://example.com",
    "query_without_a_path": "https://example.com?a=b",
    "fragment": "https://example.com/a#127.0.0.1",
    "address_in_the_path": "https://example.com/127.0.0.1",
    "address_in_the_query": "https://example.com/?to=http://127.0.0.1/@x",
    "at_in_the_path": "https://www.threads.net/@naver",
    "encoded_slash": "https://example.com/a%2Fb",
    "space_in_the_path": "https://example.com/a b",
    "spaces_around": "  https://example.com/\n",
    "dots_in_the_path": "https://example.com/../../etc/passwd",
    "ipv4": "http://93.184.216.34/",
    "ipv6": "http://[2606:2800:220:1:248:1893:25c8:1946]/",
    "mapped_public": "http://[::ffff:8.8.8.8]/",
    "nat64_public": "http://[64:ff9b::8.8.8.8]/",
    "next_to_private": "http://172.32.0.1/",
    "next_to_metadata": "http://168.63.129.17/",
    "digits_in_a_name": "https://11st.co.kr/",
    "name_of_digits": "https://163.com/",
    "name_that_begins_like_hex": "https://0x7f.example.com/",
}


def _never(host: str, port: int) -> list[str]:
    raise AssertionError(f"{host}:{port} was looked up")


@pytest.mark.parametrize("url", REFUSED.values(), ids=REFUSED.keys())
async def test_s02_an_address_that_leads_inside_is_refused(url: str) -> None:
    """Nothing is looked up and nothing is sent, sync or async; the error is the one that tools are refused with."""
    fetcher = GuardedFetcher(resolve=_never)
    with pytest.raises(ForbiddenURLError):
        fetcher.get(url)
    with pytest.raises(ForbiddenURLError):
        await fetcher.aget(url)


@pytest.mark.parametrize("addresses", RESOLVED.values(), ids=RESOLVED.keys())
async def test_s02_a_name_that_leads_inside_is_refused(addresses: list[str]) -> None:
    """All addresses of a name count, and the error does not say what they are."""
    fetcher = GuardedFetcher(resolve=lambda _host, _port: addresses)
    with pytest.raises(ForbiddenURLError, match=r"innocent\.example is not on the public internet") as caught:
        fetcher.get("http://innocent.example/")
    assert not any(address in str(caught.value) for address in addresses)
    with pytest.raises(ForbiddenURLError, match="not on the public internet"):
        await fetcher.aget("http://innocent.example/")


@pytest.mark.parametrize("url", PUBLIC.values(), ids=PUBLIC.keys())
def test_s02_a_public_address_passes(url: str) -> None:
    """What people fetch is read, checked and let through, and HTTP asks the very host that was checked."""
    read = read_url(url)
    URLPolicy().check(read)
    URLPolicy().check_addresses(read, ["93.184.216.34", "2606:2800:220:1:248:1893:25c8:1946"])
    sent = httpx.URL(str(read))
    assert (sent.raw_host.decode().strip("[]"), sent.port or {"http": 80, "https": 443}[sent.scheme]) == (
        read.host,
        read.port,
    )


_HOSTS = st.one_of(
    st.ip_addresses().map(lambda address: f"[{address}]" if address.version > 4 else str(address)),
    st.integers(0, 2**33).map(str),
    st.text("0123456789abcdefx.:[]%@\\。①-_", max_size=20),
    st.text(max_size=12),
)
_URLS = st.one_of(
    st.text(max_size=60),
    st.builds(
        "{}{}{}{}".format,
        st.sampled_from(["http://", "https://", "HTTP://", "http:", "//", "file://"]),
        _HOSTS,
        st.sampled_from(["", ":80", ":443", ":0", ":x", "@a"]),
        st.text(max_size=20).map(lambda text: "/" + text),
    ),
)


@settings(max_examples=EXAMPLES)
@given(_URLS)
@pytest.mark.soak
def test_s02_whatever_is_read_is_read_by_http_in_the_same_way(url: str) -> None:
    """Any text is either refused by our error, or means the same host and port to us and to httpx."""
    try:
        read = read_url(url)
        URLPolicy().check(read)
    except ForbiddenURLError:
        return
    sent = httpx.URL(str(read))
    assert sent.raw_host.decode().strip("[]") == read.host
    assert (sent.port or {"http": 80, "https": 443}[sent.scheme]) == read.port
    assert not sent.userinfo
    assert read_url(str(read)) == read


@settings(max_examples=EXAMPLES)
@given(st.ip_addresses())
def test_s02_whatever_is_allowed_is_global(address: IPv4Address | IPv6Address) -> None:
    """Our lists let nothing through that Python's own would not."""
    if why_not_public(address) is None:
        assert innermost(address).is_global
        assert not innermost(address).is_multicast


@settings(max_examples=EXAMPLES)
@given(st.sampled_from(["::ffff:0:0", "64:ff9b::"]), st.ip_addresses(v=4))
def test_s02_an_address_inside_of_an_address_counts_as_itself(prefix: str, inner: IPv4Address) -> None:
    """Mapped and NAT64 addresses are public if and only if what they hold is."""
    outer = ip_address(int(ip_address(prefix)) | int(inner))
    assert why_not_public(outer) == why_not_public(inner)
