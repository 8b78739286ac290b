"""The mode matrix: every model with every two features, over both APIs, against the strict simulator's own opinion."""

from itertools import combinations_with_replacement
from typing import Any

import pytest
from langchain_core.messages import HumanMessage
from rawserver import Way

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
LACKS: dict[str, tuple[str, str]] = {
    "thinking": ("cannot think", "leave thinking away, or use HCX-007"),
    "tools": ("cannot call tools", "use HCX-005, HCX-007 or HCX-DASH-002, or set tool_calling='emulated'"),
    "structured output": (
        "cannot be held to a JSON schema",
        "use HCX-007, or with_structured_output(..., method='function_calling')",
    ),
    "images": ("cannot read images", "use HCX-005"),
}
"""Feature -> how the refusal of a model without it names it, and the way out that it shows; told in this order."""
WAYS_OUT: dict[frozenset[str], tuple[str, ...]] = {
    frozenset({"tools", "thinking"}): ("leave the tools away", "'effort': 'none'", "tool_calling='emulated'"),
    frozenset({"structured output", "thinking"}): ("'effort': 'none'", "think in a call of its own"),
    frozenset({"stop sequences", "thinking"}): ("'effort': 'none'", "leave stop away"),
    frozenset({"tools", "structured output"}): ("ToolStrategy", "method='function_calling'", "a call without tools"),
    frozenset({"tools", "images"}): ("described by a call of its own", "tool_calling='emulated'"),
}
"""Features that exclude each other -> every way out that the refusal shows."""
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

    assert len(clovax_simulator.requests) == before
    _assert_told(str(caught.value), model, used)


def _assert_told(text: str, model: str, used: set[str]) -> None:
    """Check that a refusal names the model, what it lacks or both features that exclude each other, and the way out."""
    assert model in text
    if missing := [feature for feature in LACKS if feature in used - HAS[model]]:
        what, _ = LACKS[missing[0]]
        assert text == f"{model} {what}: {_way_out(model, missing[0], used)}"
        return
    what, _, way_out = text.partition(f" exclude each other on {model}: ")
    assert set(what.split(" and ")) == used
    assert [way for way in WAYS_OUT[frozenset(used)] if way not in way_out] == []


def _way_out(model: str, feature: str, used: set[str]) -> str:
    """Return the way out that is shown, which leads to no other refusal."""
    by_prompt = "with_structured_output(..., method='function_calling') and tool_calling='emulated'"
    if feature == "structured output" and ("images" in used or "tools" not in HAS[model]):
        return f"use {by_prompt}"
    if feature == "images" and used & {"tools", "structured output"}:
        return "use HCX-005, with " + ("tool_calling='emulated'" if "tools" in used else by_prompt)
    return LACKS[feature][1]


def test_every_exclusion_of_the_service_is_in_the_table_above() -> None:
    """A pair that is added to the matrix has to be added here."""
    assert {frozenset(pair) for pair in EXCLUSIONS} == set(WAYS_OUT)


@pytest.mark.parametrize("way", ["ainvoke", "stream", "astream"])
@pytest.mark.parametrize("pair", [sorted(pair) for pair in WAYS_OUT], ids=" and ".join)
def test_a_refusal_is_the_same_however_it_is_asked(
    clovax_simulator: LoopbackSimulator, pair: list[str], way: str
) -> None:
    """Streams and async calls are refused with the same words, before any request."""
    model = "HCX-005" if "images" in pair else "HCX-007"
    question: Any = [IMAGE if "images" in pair else HumanMessage("안녕")]
    chat = ChatClovaX(model=model).bind(**FEATURES[pair[0]], **FEATURES[pair[1]])
    with pytest.raises(ConfigurationError) as caught:
        Way(way).ask(chat, question)

    assert clovax_simulator.requests == []
    _assert_told(str(caught.value), model, set(pair))
