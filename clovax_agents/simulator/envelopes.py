"""The two envelopes of answers: CLOVA's own and OpenAI's (docs/wire.md, section 1.5)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from clovax_agents.simulator.json_types import JsonObject
    from clovax_agents.simulator.refusals import SimulatedError

__all__ = ["Family", "error_body", "family_of", "native_status", "native_success"]

Family = Literal["openai", "native"]
"""Which envelope an API uses."""


def family_of(path: str) -> Family:
    """Return the family of a path, also of one that does not exist.

    Example:
        >>> family_of("/v1/openai/nowhere"), family_of("/v3/chat-completions/HCX-005")
        ('openai', 'native')
    """
    return "openai" if path.startswith("/v1/openai") else "native"


def error_body(error: SimulatedError, family: Family, *, null_result: bool = False) -> JsonObject:
    """Return the body of a failure; a native one has ``"result": null`` where a switch asks for it."""
    if family == "openai":
        return {"error": {"message": error.message, "type": None, "param": None, "code": error.code}}
    return {**native_status(error), **({"result": None} if null_result else {})}


def native_status(error: SimulatedError) -> JsonObject:
    """Return the status object of a failure, as it also stands in an ``error`` event of a stream."""
    return {"status": {"code": error.code, "message": error.message}}


def native_success(result: JsonObject) -> JsonObject:
    """Return the body of a native answer: status first, then the result."""
    return {"status": {"code": "20000", "message": "OK"}, "result": result}
