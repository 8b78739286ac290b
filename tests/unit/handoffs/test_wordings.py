"""What models read about hand-overs and routes is in both languages, sentence by sentence."""

from pathlib import Path

import pytest
from wordings import differences, said

from clovax_agents.handoffs import handoff_to, wording
from clovax_agents.routers import wording as of_routers

PACKAGE = Path(__file__).parents[3] / "clovax_agents"
FILES = [path for folder in ("handoffs", "nodes", "routers") for path in (PACKAGE / folder).glob("*.py")]


def test_everything_about_hand_overs_is_translated() -> None:
    """And nothing else is."""
    assert differences(wording._KOREAN, said(FILES, "tell") - {"sentence"}) == []


def test_everything_about_routes_is_translated() -> None:
    """And nothing else is."""
    assert differences(of_routers._KOREAN, said(FILES, "put") - {"sentence"}) == []


def test_the_tool_says_in_korean_whom_it_hands_over_to(monkeypatch: pytest.MonkeyPatch) -> None:
    """As the environment asks for it."""
    monkeypatch.setenv("CLOVAX_LANG", "ko")
    assert handoff_to("refunds", "환불 담당").description == "다음 답변을 refunds 에이전트에게 넘깁니다. 환불 담당"
