"""The page on the model, in both languages: its examples run, and its tables are what the code does."""

import json
import re
from pathlib import Path

import pytest

from clovax_agents import ChatClovaX
from clovax_agents.capabilities import MODELS
from clovax_agents.deployments import DEPLOYMENTS
from clovax_agents.testing import LoopbackSimulator

DOCS = Path(__file__).parents[2] / "docs"
PAGES = ("model.md", "model.ko.md")
BLOCK = re.compile(r"^```python\n(.*?)^```", re.DOTALL | re.MULTILINE)


def _text(page: str) -> str:
    return (DOCS / page).read_text(encoding="utf-8")


@pytest.mark.parametrize("page", PAGES)
def test_the_examples_run(page: str, clovax_simulator: LoopbackSimulator, capsys: pytest.CaptureFixture[str]) -> None:
    """One after the other, as a reader would type them."""
    names: dict[str, object] = {"__name__": "page"}
    for block in BLOCK.findall(_text(page)):
        exec(compile(block, page, "exec"), names)  # noqa: S102  # running it is the test

    printed = capsys.readouterr().out
    assert "'location': '성남시" in printed
    assert "'location': '부산" in printed
    assert len(clovax_simulator.requests) >= 8


def test_both_languages_say_the_same() -> None:
    """The same headings, examples and rows."""
    one, other = map(_text, PAGES)
    for pattern in (r"^#+ ", r"^\|", r"^```"):
        count = [len(re.findall(pattern, text, re.MULTILINE)) for text in (one, other)]
        assert count[0] == count[1], pattern
    assert BLOCK.findall(one) == BLOCK.findall(other)


CAPS = [
    ("HCX-005", {}, 512),
    ("HCX-005", {"tools": True}, 1024),
    ("HCX-007", {"response_format": True}, 1024),
    ("HCX-007", {"thinking": {"effort": "none"}}, 512),
    ("HCX-007", {}, 5120),
    ("HCX-007", {"thinking": {"effort": "low"}}, 5120),
    ("HCX-007", {"thinking": {"effort": "medium"}}, 10_240),
    ("HCX-007", {"thinking": {"effort": "high"}}, 20_480),
]
TOOL = {"name": "f", "description": "d", "parameters": {}}
FORM = {"type": "json_schema", "json_schema": {"name": "f", "schema": {"type": "object"}}}


@pytest.mark.parametrize(("model", "options", "cap"), CAPS)
@pytest.mark.parametrize("page", PAGES)
def test_what_is_sent_without_max_tokens(
    page: str, clovax_simulator: LoopbackSimulator, model: str, options: dict[str, object], cap: int
) -> None:
    """The request asks for the number that the page names."""
    given = {"tools": [TOOL], "response_format": FORM}
    ChatClovaX(model=model).invoke("안녕", **{name: given.get(name, value) for name, value in options.items()})

    assert clovax_simulator.requests[-1].cap == cap
    assert f"| {cap:,} |" in _text(page)


@pytest.mark.parametrize("page", PAGES)
def test_every_model_and_profile_is_listed(page: str) -> None:
    """A new row of the code is missed here."""
    text = _text(page)
    assert all(model in text for model in MODELS if model != "HCX-TEST")  # which an example adds
    assert all(f"| `{json.dumps(profile)}` |" in text for profile in DEPLOYMENTS)
