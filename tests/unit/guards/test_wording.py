"""Every sentence that the guards and the data tools say, there is in Korean, with the same values in it."""

import re
from pathlib import Path

import pytest

import clovax_agents
from clovax_agents.guards.data_wording import _KOREAN, say

SOURCES = [
    path
    for folder in ("guards", "toolkit")
    for path in (Path(clovax_agents.__file__).parent / folder).glob("*.py")
    if "data_wording import say" in path.read_text(encoding="utf-8")
]
SAID = {
    sentence
    for path in SOURCES
    for sentence in re.findall(r'(?:say\(|_refused\(|text = |words = |text = )\s*"([^"\n]+)"', path.read_text("utf-8"))
}


def test_what_is_said_is_in_the_table() -> None:
    """And nothing else is."""
    assert len(SAID) > 30
    assert SAID - set(_KOREAN) == set()


@pytest.mark.parametrize("sentence", _KOREAN)
def test_both_languages_have_the_same_values(sentence: str) -> None:
    """A value that one language leaves out would be lost to the model."""
    names = re.compile(r"\{(\w+)")
    korean = set(names.findall(_KOREAN[sentence]))
    assert korean == set(names.findall(sentence))


def test_language_is_the_environments(monkeypatch: pytest.MonkeyPatch) -> None:
    """English unless Korean is asked for."""
    assert say("none") == "none"
    monkeypatch.setenv("CLOVAX_LANG", "ko_KR")
    assert say("none") == "없음"
