"""What can be wrong with a cassette."""

from __future__ import annotations

__all__ = ["CassetteError", "CassetteFileError", "UnmatchedRequestError"]


class CassetteError(AssertionError):
    """A cassette and a test that do not fit together."""


class UnmatchedRequestError(CassetteError):
    """The test sent a request that is not in its cassette."""


class CassetteFileError(ValueError):
    """A file that is not a cassette of ours."""
