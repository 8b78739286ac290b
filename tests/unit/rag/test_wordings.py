"""What models and users read in an agent that answers from documents is in both languages, sentence by sentence."""

from pathlib import Path

from wordings import differences, said

from clovax_agents.rag import wording

PACKAGE = Path(__file__).parents[3] / "clovax_agents"
FILES = [*(PACKAGE / "rag").glob("*.py"), PACKAGE / "nodes" / "retrieving.py"]


def test_everything_is_translated() -> None:
    """And nothing else is."""
    assert differences(wording._KOREAN, said(FILES, "phrase")) == []
