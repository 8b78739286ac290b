"""Headers that do not show what is in them: one of them is the key."""

from __future__ import annotations

__all__ = ["SecretHeaders"]


class SecretHeaders(dict[str, str]):
    """Headers of a request; in logs, and among the local variables of a traceback, only their names are seen.

    Example:
        >>> SecretHeaders(Authorization="Bearer nv-...")
        <headers Authorization>
    """

    def __repr__(self) -> str:
        """Show the names alone."""
        return f"<headers {', '.join(self)}>"
