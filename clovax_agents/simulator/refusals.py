"""How the service says no: one exception, and the constructors of its commonest forms (docs/wire.md, section 4.1)."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = [
    "SimulatedError",
    "bad_request",
    "invalid",
    "not_found",
    "too_long",
    "unsupported",
    "unsupported_function",
    "unsupported_input",
]


class SimulatedError(Exception):
    """An error answer of the simulated service.

    Attributes:
        status: HTTP status.
        code: CLOVA's own code, five digits.
        message: text of the answer.
        headers: extra response headers, for instance ``x-ratelimit-reset-requests``.
    """

    def __init__(self, status: int, code: str, message: str, headers: Mapping[str, str] | None = None) -> None:
        """Keep the four parts of the answer."""
        super().__init__(f"{status}/{code} {message}")
        self.status = status
        self.code = code
        self.message = message
        self.headers: dict[str, str] = dict(headers or {})


def invalid(*names: str) -> SimulatedError:
    """Return 400/40001; several names mean features that exclude each other."""
    return SimulatedError(400, "40001", f"Invalid parameter: {', '.join(names)}")


def unsupported(name: str) -> SimulatedError:
    """Return 400/40002: a field outside the OpenAI compatibility."""
    return SimulatedError(400, "40002", f"Unsupported parameter: {name}")


def unsupported_function() -> SimulatedError:
    """Return 400/40009: tools where none are possible, or a tool that does not exist."""
    return SimulatedError(400, "40009", "Unsupported function")


def unsupported_input() -> SimulatedError:
    """Return 400/40009: an image for a model that cannot see."""
    return SimulatedError(400, "40009", "Unsupported input format")


def too_long() -> SimulatedError:
    """Return 400/40003: input and cap do not fit into the model."""
    return SimulatedError(400, "40003", "Context length exceeded")


def bad_request(message: str = "Bad request") -> SimulatedError:
    """Return 400/40000: not the JSON that the specification asks for."""
    return SimulatedError(400, "40000", message)


def not_found() -> SimulatedError:
    """Return 404/40400: no such path."""
    return SimulatedError(404, "40400", "Not found")
