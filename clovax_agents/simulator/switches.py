"""The points on which no source says what the service does, as switches with a default (docs/wire.md, section 11)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["MAX_BODY_BYTES", "Profile", "Switches"]

MAX_BODY_BYTES: Final = 50 * 1024 * 1024
"""Whole request body (docs/wire.md, section 2.2)."""

Profile = Literal["public", "gov", "legacy-host"]
"""The public cloud, the government cloud, and the old host that takes old keys only (docs/wire.md, section 1.1)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Switches:
    """What the simulator does where the service's behaviour is unconfirmed; ``Switches()`` is the documented stance.

    docs/unconfirmed.md says of each field which open point it is about, and lists its values.
    """

    # The OpenAI-compatible API
    stream_usage: Literal["absent", "last", "separate"] = "absent"
    created_unit: Literal["mixed", "seconds", "milliseconds"] = "mixed"
    reasoning_field: Literal["reasoning_content", "thinking_content"] = "reasoning_content"
    thinking_caps: bool = False
    schema_elsewhere: Literal["refuse", "ignore"] = "refuse"
    embedding_arrays: Literal["refuse", "accept"] = "refuse"
    # The native API
    native_created_unit: Literal["seconds", "milliseconds"] = "seconds"
    native_arguments: Literal["object", "text"] = "object"
    unknown_native_fields: Literal["ignore", "refuse"] = "ignore"
    signal_id: bool = False
    schema_filter: bool = False
    v1_stop_reason: Literal["lower", "upper"] = "lower"
    # Both
    documented_schema_only: bool = False
    history_tools_declared: bool = False
    app_prefixes: bool = True
    mask: bool = False
    # Failures and limits
    null_result: bool = False
    stream_errors: Literal["json", "event"] = "json"
    failure_status: Literal["documented", "200"] = "documented"
    limit_headers: Literal["observed", "full", "none"] = "observed"
    limit_headers_on: Literal["openai", "both"] = "openai"
    limit_text: Literal["documented", "observed"] = "documented"
    over_limit: Literal["refuse", "hang"] = "refuse"
    # For tests: they settle no open point
    id_seed: int | None = None
    images: Mapping[str, bytes] | None = None
    ended_models: frozenset[str] = frozenset()
    max_body_bytes: int = MAX_BODY_BYTES
    body_seconds: float = 60.0
