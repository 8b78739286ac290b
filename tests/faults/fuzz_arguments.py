"""Bytes for whatever reads the arguments of a call: they are read, or refused with our error."""

import sys

import atheris

with atheris.instrument_imports(include=["clovax_agents.wire.arguments", "clovax_agents.execution.arguments"]):
    from clovax_agents.execution.arguments import ArgumentReader
    from clovax_agents.wire.arguments import parse_arguments

from clovax_agents import tool
from clovax_agents.errors import InvalidArgumentsError


@tool
def book(city: str, days: int, rooms: list[dict[str, int]], price: float | None = None) -> str:
    """Book rooms."""
    return f"{city} {days} {rooms} {price}"


READER = ArgumentReader.of(book)


def one(data: bytes) -> None:
    """Read a text as arguments, and these as those of a tool."""
    raw = data.decode("utf-8", "surrogateescape")
    try:
        given = parse_arguments(raw)
        read = READER(given)
    except InvalidArgumentsError:
        return
    assert type(read["days"]) is int
    assert type(read["city"]) is str


atheris.Setup(sys.argv, one)
atheris.Fuzz()
