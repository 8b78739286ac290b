"""What a call asks for: the mode matrix and the floor under the cap (promises 1 and 2)."""

import warnings
from typing import Any

import pytest
from langchain_core.messages import HumanMessage

from clovax_agents.capabilities import MODELS
from clovax_agents.errors import ConfigurationError
from clovax_agents.limits import _warn_of_floor
from clovax_agents.requests import Options, build_request
from clovax_agents.tool_choice import choice_of
from clovax_agents.wire.neutral import Request, ToolSpec

TOOL = {"type": "function", "function": {"name": "f", "description": "does f", "parameters": {"type": "object"}}}
OTHER = {"type": "function", "function": {"name": "g", "description": "does g"}}
IMAGE = [{"type": "text", "text": "뭐야?"}, {"type": "image_url", "image_url": {"url": "https://x.kr/a.png"}}]


def _build(content: Any = "안녕", **options: Any) -> Request:
    return build_request([HumanMessage(content)], Options(**options), stream=False)


@pytest.mark.parametrize("asked", [1, 10, 100, 1023])
def test_a_cap_below_the_floor_is_raised_with_one_warning(asked: int) -> None:
    """However often it is asked for, the user is told once (promise 2)."""
    _warn_of_floor.cache_clear()
    with pytest.warns(UserWarning, match=f"max_tokens={asked} was raised to 1024"):
        assert _build(model="HCX-005", max_tokens=asked, tools=[TOOL]).cap == 1024
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert _build(model="HCX-005", max_tokens=asked, tools=[TOOL]).cap == 1024


@pytest.mark.parametrize("asked", [1024, 2000, 4096])
def test_a_cap_at_or_above_the_floor_is_sent_as_it_is(asked: int) -> None:
    """The floor changes nothing that is legal."""
    assert _build(model="HCX-005", max_tokens=asked, tools=[TOOL]).cap == asked


def test_without_tools_a_small_cap_is_kept() -> None:
    """The floor holds with tools only."""
    assert _build(model="HCX-005", max_tokens=10).cap == 10


@pytest.mark.parametrize(
    ("options", "cap"),
    [
        ({"model": "HCX-005"}, 512),
        ({"model": "HCX-005", "tools": [TOOL]}, 1024),
        ({"model": "HCX-007"}, 5120),
        ({"model": "HCX-007", "thinking": {"effort": "none"}}, 512),
        ({"model": "HCX-007", "thinking": {"effort": "low"}}, 5120),
        ({"model": "HCX-007", "thinking": {"effort": "medium"}}, 10_240),
        ({"model": "HCX-007", "thinking": {"effort": "high"}}, 20_480),
        ({"model": "HCX-007", "tools": [TOOL]}, 1024),
    ],
)
def test_a_cap_is_always_sent_even_if_none_was_set(options: dict[str, Any], cap: int) -> None:
    """The service's own defaults are stated, so that no answer depends on which API assumes what (U10)."""
    assert _build(**options).cap == cap


def test_hcx_007_with_tools_is_told_not_to_think() -> None:
    """It thinks by default, and would refuse the tools."""
    assert _build(model="HCX-007", tools=[TOOL]).effort == "none"
    assert _build(model="HCX-007").effort is None
    assert _build(model="HCX-005", tools=[TOOL]).effort is None


def test_an_effort_of_none_is_not_sent_to_models_that_cannot_think() -> None:
    """Even the word is refused there (docs/wire.md, section 2.5)."""
    assert _build(model="HCX-005", thinking={"effort": "none"}).effort is None


@pytest.mark.parametrize(
    ("options", "both"),
    [
        ({"model": "HCX-007", "tools": [TOOL], "thinking": {"effort": "low"}}, ("tools", "thinking")),
        ({"model": "HCX-007", "stop": ["끝"], "thinking": {"effort": "low"}}, ("stop", "thinking")),
        ({"model": "HCX-005", "thinking": {"effort": "low"}}, ("HCX-005", "HCX-007")),
        ({"model": "HCX-007", "thinking": {"effort": "mid"}}, ("mid", "medium")),
        ({"model": "HCX-003", "tools": [TOOL]}, ("HCX-003", "tools")),
        ({"model": "ft:a1b2c3d4", "tools": [TOOL]}, ("ft:a1b2c3d4", "tools")),
        ({"model": "HCX-007", "content": IMAGE}, ("images", "HCX-005")),
        ({"model": "HCX-005", "content": IMAGE, "tools": [TOOL]}, ("images", "tools")),
        ({"model": "HCX-005", "tools": [TOOL, OTHER], "tool_choice": "any"}, ("any", "f, g")),
        ({"model": "HCX-005", "tools": [TOOL], "tool_choice": "h"}, ("'h'", "f")),
        ({"model": "HCX-005", "tools": [{"name": "f", "parameters": {}}]}, ("'f'", "docstring")),
    ],
)
def test_what_cannot_go_together_is_refused_with_the_way_out(options: dict[str, Any], both: tuple[str, str]) -> None:
    """The error names both sides, before anything is sent (promise 1)."""
    with pytest.raises(ConfigurationError) as caught:
        _build(**options)
    assert all(part in str(caught.value) for part in both)


@pytest.mark.parametrize(
    ("choice", "sent"),
    [(None, None), ("auto", "auto"), ("none", "none"), ("f", "name:f"), ("any", "name:f"), ("required", "name:f"),
     (True, "name:f"), ({"type": "function", "function": {"name": "f"}}, "name:f")],
)  # fmt: skip
def test_tool_choice_is_sent_only_in_forms_that_exist(choice: object, sent: str | None) -> None:
    """The service knows no "any" and no "required"; for one tool they mean that tool."""
    assert _build(model="HCX-005", tools=[TOOL], tool_choice=choice).tool_choice == sent


def test_a_tool_choice_without_tools_is_not_sent() -> None:
    """There is nothing to choose."""
    assert _build(model="HCX-005", tool_choice="auto").tool_choice is None


def test_a_model_that_is_not_in_the_table_is_passed_on() -> None:
    """The service has the last word on models younger than this package."""
    assert "HCX-900" not in MODELS
    assert _build(model="HCX-900", tools=[TOOL]).model == "HCX-900"


CHOICES: dict[str, tuple[Any, str | None]] = {
    "Anthropic's tool": ({"type": "tool", "name": "get_weather"}, "name:get_weather"),
    "OpenAI's responses": ({"type": "function", "name": "get_weather"}, "name:get_weather"),
    "an object without type": ({"name": "get_weather"}, "name:get_weather"),
    "Anthropic's any": ({"type": "any"}, "name:get_weather"),
    "Anthropic's auto": ({"type": "auto"}, "auto"),
    "False": (False, None),
    "nothing": ("", None),
}


@pytest.mark.parametrize("name", CHOICES)
def test_a_choice_as_other_services_write_it_is_understood(name: str) -> None:
    """It would be left away otherwise, and the model would be free."""
    choice, sent = CHOICES[name]
    tools = [ToolSpec("get_weather", "날씨", {"type": "object", "properties": {}})]
    assert choice_of(choice, tools) == sent


def test_a_choice_of_unknown_form_is_refused() -> None:
    """It names what there is."""
    with pytest.raises(ConfigurationError, match="use 'auto', 'none', 'any' or the name of a tool"):
        choice_of({"type": "allowed_tools"}, [ToolSpec("f", "f", {})])
