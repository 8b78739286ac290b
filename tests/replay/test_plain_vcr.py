"""pytest-recording's own marker on the model, as somebody uses it who knows nothing of our cassettes.

To record: pytest tests/replay/test_plain_vcr.py --record-mode=rewrite
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from clovax_agents import ChatClovaX

if TYPE_CHECKING:
    from collections.abc import Iterator

PORT = 8765


@pytest.fixture(scope="module")
def vcr_config() -> dict[str, Any]:
    """Leave the key out of the cassette, as everybody should."""
    return {"filter_headers": ["authorization", "x-ncp-clovastudio-request-id"]}


@pytest.fixture(scope="module")
def vcr_cassette_dir(request: pytest.FixtureRequest) -> str:
    """Keep these cassettes beside the others."""
    return str(request.config.rootpath / "cassettes" / Path(__file__).stem)


@pytest.fixture(scope="module", autouse=True)
def simulator(record_mode: str) -> Iterator[None]:
    """Run the simulator where `clovax simulate` does, while something is recorded."""
    if record_mode == "none":
        yield
        return
    from clovax_agents.simulator import SimulatorServer  # noqa: PLC0415  # replaying needs no server

    with SimulatorServer(port=PORT):
        yield


@pytest.fixture
def chat() -> ChatClovaX:
    """Make a model that talks to the simulator."""
    return ChatClovaX(model="HCX-005", api_key="nv-fake", seed=1, base_url=f"http://127.0.0.1:{PORT}/v1/openai")


@pytest.mark.vcr
@pytest.mark.block_network
def test_plain_marker(chat: ChatClovaX) -> None:
    """A plain vcr marker replays the model's answer with the network blocked."""
    assert chat.invoke("안녕하세요").text == "안녕하세요! 무엇을 도와드릴까요?"


@pytest.mark.vcr
@pytest.mark.block_network
async def test_plain_marker_with_a_stream(chat: ChatClovaX) -> None:
    """It replays an async stream, too."""
    assert "".join([chunk.text async for chunk in chat.astream("안녕하세요")]) == "안녕하세요! 무엇을 도와드릴까요?"
