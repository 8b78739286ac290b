"""What the simulator says of itself, and its list of models."""

from __future__ import annotations

from importlib import metadata
from typing import TYPE_CHECKING

from clovax_agents.capabilities import MODELS

if TYPE_CHECKING:
    from clovax_agents.simulator.json_types import JsonObject

__all__ = ["banner", "model_list", "simulator_version"]


def simulator_version() -> str:
    """Return the version of the installed package; ``0`` where it runs without being installed."""
    try:
        return metadata.version("clovax-agents")
    except metadata.PackageNotFoundError:
        return "0"


def banner(*, strict: bool, profile: str) -> JsonObject:
    """Return what ``GET /`` says, so that nobody takes the simulator for the service."""
    return {
        "simulator": True,
        "name": "clovax-agents simulator",
        "version": simulator_version(),
        "strict": strict,
        "profile": profile,
        "message": "This is a local simulator of CLOVA Studio. It is not NAVER's service, and no model answers here.",
        "message_ko": "CLOVA Studio의 로컬 시뮬레이터입니다. 네이버의 서비스가 아니며 실제 모델이 답하지 않습니다.",
    }


def model_list(now: float) -> JsonObject:
    """Return the list of models in OpenAI's shape; the real body is unconfirmed (docs/wire.md, section 11, U2)."""
    models = [{"id": name, "object": "model", "created": int(now), "owned_by": "naver"} for name in MODELS]
    return {"object": "list", "data": models}
