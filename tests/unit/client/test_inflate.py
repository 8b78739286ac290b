"""Compressed answers, piece by piece."""

import gzip

import pytest

from clovax_agents.client.inflate import inflater
from clovax_agents.errors import InvalidResponseError


def test_several_gzip_members_are_one_answer() -> None:
    """As the format allows it."""
    unpack = inflater({"content-encoding": "gzip"})
    assert unpack(gzip.compress("안녕".encode()) + gzip.compress(b"!")).decode() == "안녕!"


def test_endless_empty_members_are_refused() -> None:
    """A quarter of a megabyte of them unpacks to nothing, and would cost a copy of the rest for each."""
    unpack = inflater({"content-encoding": "gzip"})
    with pytest.raises(InvalidResponseError, match="more than 100 parts"):
        unpack(gzip.compress(b"") * 13_000)
