"""What a running test has made that must be finished when the test has passed."""

from __future__ import annotations

from typing import Protocol

__all__ = ["Finishing", "begin", "end", "watch", "watched"]


class Finishing(Protocol):
    """Something that can say that it was not used up."""

    def assert_finished(self) -> None:
        """Raise an AssertionError if it was not."""


class _Watch:
    found: list[Finishing] | None = None
    """None while no test runs."""


def begin() -> None:
    """Begin to watch: a test starts."""
    _Watch.found = []


def end() -> None:
    """Watch no more, and keep nothing."""
    _Watch.found = None


def watch(made: Finishing) -> None:
    """Have something looked after when the test that runs has passed; without a test, nobody looks."""
    if _Watch.found is not None:
        _Watch.found.append(made)


def watched() -> list[Finishing]:
    """Return what was made until now; taking something out of the list has it forgotten."""
    return [] if _Watch.found is None else _Watch.found
