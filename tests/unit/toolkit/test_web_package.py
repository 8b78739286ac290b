"""The toolkit's tools of the web as a user imports them, and the sentences that they say."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from wordings import differences, said

import clovax_agents.toolkit
from clovax_agents.toolkit.web_wording import _KOREAN

FILES = ("naver.py", "naver_kinds.py", "naver_service.py", "page_text.py", "web.py")


def _loaded_by(statement: str) -> set[str]:
    code = f"import json, sys; {statement}; print(json.dumps(sorted(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)  # noqa: S603
    return set(json.loads(done.stdout))


@pytest.mark.parametrize("name", ["naver_search", "web_fetch"])
@pytest.mark.soak(every=2)
def test_a_tool_loads_no_library_of_an_extra_and_no_other_tool(name: str) -> None:
    """Not even its own, before it is used."""
    loaded = _loaded_by(f"from clovax_agents.toolkit import {name}")
    assert not loaded & {"trafilatura", "lxml", "kiwipiepy", "bm25s", "psycopg"}
    other = {"naver_search": "clovax_agents.toolkit.web", "web_fetch": "clovax_agents.toolkit.naver"}[name]
    assert other not in loaded
    assert not {module for module in _loaded_by("import clovax_agents.toolkit") if module.startswith("langchain")}


def test_names_are_those_of_tools_however_often_they_are_imported() -> None:
    """No module of the package takes the name of a tool."""
    for _ in range(2):
        assert all(callable(getattr(clovax_agents.toolkit, name)) for name in ("naver_search", "web_fetch"))


def test_each_sentence_is_translated_with_the_same_values() -> None:
    """None is forgotten in Korean, none is left over, and none loses what it is to tell."""
    folder = Path(clovax_agents.toolkit.__file__).parent
    assert differences(_KOREAN, said([folder / name for name in FILES], "say")) == []
