"""Bytes for what reads addresses of pages: they are refused with our error, or read as one address, always the same."""

import sys

import atheris

with atheris.instrument_imports(include=["clovax_agents.guards.web"]):
    from clovax_agents.guards.web import URLPolicy, read_url
    from clovax_agents.guards.web.addresses import parse_address, why_not_public

from clovax_agents.errors import ForbiddenURLError

POLICY = URLPolicy()


def one(data: bytes) -> None:
    """Read a text as an address, and again what it was read as; one that is numbers passes only if it is public."""
    try:
        url = read_url(data.decode("utf-8", "surrogateescape"))
        POLICY.check(url)
        POLICY.check_addresses(url, [url.host])
    except ForbiddenURLError:
        return
    assert read_url(str(url)) == url
    assert (address := parse_address(url.host)) is not None
    assert why_not_public(address) is None


atheris.Setup(sys.argv, one)
atheris.Fuzz()
