"""The points on which no source says what the service does, as switches with a default (docs/wire.md, section 11)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

__all__ = ["MAX_BODY_BYTES", "Switches"]

MAX_BODY_BYTES: Final = 50 * 1024 * 1024
"""Whole request body (docs/wire.md, section 2.2)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Switches:
    """What the simulator does where the service's behaviour is unconfirmed; ``Switches()`` is the documented stance.

    Attributes:
        stream_usage: usage in a stream: nowhere, on the last chunk, or on a chunk of its own without choices (U1).
        created_unit: unit of ``created``; ``mixed`` is milliseconds in JSON answers and seconds in chunks.
        reasoning_field: name of the thinking text in answers and deltas (section 10, point 9).
        thinking_caps: default cap of a thinking call by effort as in the native API, instead of 512 (U10).
        schema_elsewhere: ``response_format`` on a model without structured output (section 10, point 16).
        documented_schema_only: refuse every schema keyword outside the documented list (U8).
        history_tools_declared: refuse tool names in the history that are not in ``tools`` (second half of U12).
        id_seed: fixes the ids of answers and tool calls, so that recordings repeat; None draws fresh ones.
        keys: the only API keys that are accepted; None accepts every ``nv-`` key.
        max_body_bytes: larger request bodies are refused with 413/41300.
    """

    stream_usage: Literal["absent", "last", "separate"] = "absent"
    created_unit: Literal["mixed", "seconds", "milliseconds"] = "mixed"
    reasoning_field: Literal["reasoning_content", "thinking_content"] = "reasoning_content"
    thinking_caps: bool = False
    schema_elsewhere: Literal["refuse", "ignore"] = "refuse"
    documented_schema_only: bool = False
    history_tools_declared: bool = False
    id_seed: int | None = None
    keys: frozenset[str] | None = None
    max_body_bytes: int = MAX_BODY_BYTES
