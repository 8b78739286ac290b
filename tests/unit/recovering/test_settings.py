"""Settings of recoveries: what is no setting is refused by name, where it is written down."""

from typing import Any

import pytest

from clovax_agents.errors import ConfigurationError
from clovax_agents.recovering import Recovery


@pytest.mark.parametrize(
    "wrong",
    [
        {"unknown_tool": None},
        {"unknown_tool": ["ask"]},
        {"thinking": 5},
        {"repairs": None},
        {"repairs": ["fence", ["enum"]]},
        {"truncated": 5},
        {"truncated": True},
        {"most": 0},
        {"note_at": 1},
        {"stop_at": 2.5},
        {"empty": 1},
        {"final_tool": None},
    ],
    ids=str,
)
def test_what_is_no_setting_is_refused_by_name(wrong: dict[str, Any]) -> None:
    """An error of ours, which names the setting."""
    with pytest.raises(ConfigurationError, match=next(iter(wrong))):
        Recovery(**wrong)


def test_steps_are_taken_in_their_order_however_they_are_given() -> None:
    """A text alone is one step."""
    assert Recovery(unknown_tool=("no_tools", "hint")).unknown_tool == ("hint", "no_tools")
    assert Recovery(unknown_tool="hint", repairs={"list"}).repairs == {"list"}  # type: ignore[arg-type]
