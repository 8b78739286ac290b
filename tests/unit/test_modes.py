"""The mode matrix: every model with every two features, over both APIs, against the strict simulator's own opinion."""

from itertools import combinations_with_replacement
from typing import Any

import pytest
from langchain_core.messages import HumanMessage

from clovax_agents import ChatClovaX
from clovax_agents.errors import ConfigurationError
from clovax_agents.modes import EXCLUSIONS
from clovax_agents.testing import LoopbackSimulator

TOOL = {"name": "get_weather", "description": "날씨", "parameters": {"type": "object", "properties": {}}}
FORM = {
    "type": "json_schema",
    "json_schema": {"name": "답", "schema": {"type": "object", "properties": {"x": {"type": "string"}}}},
}
IMAGE = HumanMessage([{"type": "text", "text": "?"}, {"type": "image_url", "image_url": "https://example.com/a.png"}])
FEATURES: dict[str, dict[str, Any]] = {
    "tools": {"tools": [TOOL]},
    "thinking": {"thinking": {"effort": "low"}},
    "structured output": {"response_format": FORM},
    "images": {},
    "stop sequences": {"stop": ["끝"]},
}
HAS: dict[str, set[str]] = {
    "HCX-007": {"tools", "thinking", "structured output", "stop sequences"},
    "HCX-005": {"tools", "images", "stop sequences"},
    "HCX-DASH-002": {"tools", "stop sequences"},
    "HCX-003": {"stop sequences"},
    "HCX-DASH-001": {"stop sequences"},
    "ft:a1b2c3": {"stop sequences"},
}
CASES = [(model, *pair) for model in HAS for pair in combinations_with_replacement(FEATURES, 2)]


def _goes(model: str, used: set[str]) -> bool:
    return used <= HAS[model] and not any(used >= set(pair) for pair in EXCLUSIONS)


@pytest.mark.parametrize("api", ["openai", "native"])
@pytest.mark.parametrize(("model", "one", "other"), CASES)
def test_the_client_and_the_service_agree(
    clovax_simulator: LoopbackSimulator, api: Any, model: str, one: str, other: str
) -> None:
    """What goes together is answered by the strict service, what does not is refused here, before any request."""
    used = {one, other}
    question = IMAGE if "images" in used else HumanMessage("안녕")
    chat = ChatClovaX(model=model, api=api, max_retries=0)
    options = {**FEATURES[one], **FEATURES[other]}
    before = len(clovax_simulator.requests)
    if _goes(model, used):
        assert chat.invoke([question], **options).response_metadata["finish_reason"]
        assert len(clovax_simulator.requests) == before + 1
        return

    with pytest.raises(ConfigurationError) as caught:
        chat.invoke([question], **options)

    missing = {feature for feature in used if feature not in HAS[model]}
    assert len(clovax_simulator.requests) == before
    assert any(word in str(caught.value) for word in ("use ", "set ", "leave ", "let ", "have "))
    assert missing or (one in str(caught.value) and other in str(caught.value))
