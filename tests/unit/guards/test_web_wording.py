"""What a model reads of refused addresses and unreadable pages: each sentence in both languages."""

from pathlib import Path

from wordings import differences, said

import clovax_agents.guards.web as guard
from clovax_agents.guards.web.wording import _KOREAN


def test_each_sentence_is_translated_with_the_same_values() -> None:
    """None is forgotten, none is left over, and none loses what it is to tell."""
    sentences = said(Path(guard.__file__).parent.glob("*.py"), "say")
    assert len(sentences) > 15
    assert differences(_KOREAN, sentences) == []
