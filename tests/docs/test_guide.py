"""The user guide as a whole: it builds without a warning, asks no other host, and says the same in both languages."""

from __future__ import annotations

import importlib.util
import os
import re
import subprocess
import sys
import token
import tokenize
from io import StringIO
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
ENGLISH = sorted(path.name for path in DOCS.glob("*.md") if not path.name.endswith(".ko.md"))
PAIRS = [name for name in ENGLISH if (DOCS / name.replace(".md", ".ko.md")).exists()]
ENGLISH_ONLY = {"benchmarks.md", "faults.md", "releasing.md", "roadmap.md", "unconfirmed.md", "wire.md"}
"""Pages for those who work on the project, and the service's rules, whose words are quoted."""
FENCE = re.compile(r"^```(\w*)[^\n]*\n(.*?)^```", re.DOTALL | re.MULTILINE)
TRANSLATED = {"tools.md", "toolbox.md"}
"""Pages whose Korean examples have Korean docstrings and texts."""
PLAIN = {token.NAME, token.OP, token.NUMBER}
WORDS = {
    "메세지": "메시지",
    "쓰레드": "스레드",
    "에이젼트": "에이전트",
    "컨텐츠": "콘텐츠",
    "워크플로우": "워크플로",
    "체크 포인트": "체크포인트",
    "시뮬레이션 서버": "시뮬레이터",
    "하이퍼클로바": "HyperCLOVA",
    "랭그래프": "LangGraph",
    "랭체인": "LangChain",
}
"""Words that are not used, and what stands in their place."""


class _Loader(yaml.SafeLoader):
    """Reads mkdocs.yml, whose tags name Python objects."""


_Loader.add_multi_constructor("tag:yaml.org,2002:python/", lambda *_: None)


def _settings() -> dict[str, Any]:
    return yaml.load((ROOT / "mkdocs.yml").read_text(encoding="utf-8"), Loader=_Loader)  # noqa: S506  # a safe one


def _korean(name: str) -> str:
    return name.replace(".md", ".ko.md")


def _text(name: str) -> str:
    return (DOCS / name).read_text(encoding="utf-8")


def _codes(name: str, text: str) -> list[object]:
    """Return the code of a page; where texts in it are translated, without them."""
    if name not in TRANSLATED:
        return list(FENCE.findall(text))
    return [
        [found.string for found in tokenize.generate_tokens(StringIO(code).readline) if found.type in PLAIN]
        for _, code in FENCE.findall(text)
    ]


def _module(name: str) -> Any:
    spec = importlib.util.spec_from_file_location(f"guide_{name}", DOCS / "theme" / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _entries(nav: list[Any]) -> list[tuple[str, str]]:
    """Return titles and pages of the navigation; a section has no page."""
    found: list[tuple[str, str]] = []
    for entry in nav:
        ((title, below),) = entry.items()
        found += [(title, ""), *_entries(below)] if isinstance(below, list) else [(title, below)]
    return found


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the guide strictly, where nothing outside of this machine can be reached."""
    folder = tmp_path_factory.mktemp("guide") / "site"
    nowhere = dict.fromkeys(("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"), "http://127.0.0.1:9")
    done = subprocess.run(  # noqa: S603  # ourselves
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", str(folder)],
        cwd=ROOT,
        env={**os.environ, **nowhere, "PYTHONPATH": str(ROOT), "NO_MKDOCS_2_WARNING": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    assert "WARNING" not in done.stderr
    return folder


def test_each_page_is_there_in_both_languages(site: Path) -> None:
    """Those that exist in English only are shown in English."""
    for name in ENGLISH:
        for folder in (site, site / "ko"):
            page = (folder / name.replace(".md", ".html")).read_text(encoding="utf-8")
            assert 'class="md-content"' in page, name
    for decision in (DOCS / "decisions").glob("*.md"):
        assert f"decisions/{decision.stem}.html" in (site / "index.html").read_text(encoding="utf-8")
    assert '<html lang="ko"' in (site / "ko" / "index.html").read_text(encoding="utf-8")


def test_nothing_is_fetched_from_another_host(site: Path) -> None:
    """No script, style, font or picture; links that a reader follows are another matter."""
    for page in site.rglob("*.html"):
        text = page.read_text(encoding="utf-8")
        assert re.findall(r'<(?:script|img|iframe)\b[^>]*\bsrc="(?:https?:)?//[^"]+"', text) == [], page
        assert re.findall(r'<link\b[^>]*rel="(?:stylesheet|preconnect|preload)"[^>]*href="(?:https?:)?//', text) == []
        assert 'class="mermaid"' not in text, "a drawing that would be drawn by a script of another host"
    for style in site.rglob("*.css"):
        assert not re.search(r"(?:url\(|@import\s+)['\"]?(?:https?:)?//", style.read_text(encoding="utf-8")), style


def test_each_drawing_became_a_picture(site: Path) -> None:
    """With the ways in words, for those who do not see it."""
    for name in ENGLISH:
        drawings = len(re.findall(r"^```mermaid", _text(name), re.MULTILINE))
        page = (site / name.replace(".md", ".html")).read_text(encoding="utf-8")
        assert page.count('src="data:image/svg+xml;base64,') == drawings, name
    assert 'alt="__start__ → ' in (site / "graphs.html").read_text(encoding="utf-8")


def test_every_page_is_in_the_navigation_once_under_a_name_in_both_languages() -> None:
    """No page can be reached by nobody."""
    settings = _settings()
    entries = _entries(settings["nav"])
    assert sorted(page for _, page in entries if page) == ENGLISH
    (languages,) = (plugin["i18n"]["languages"] for plugin in settings["plugins"] if "i18n" in plugin)
    assert {title for title, _ in entries} == set(languages[1]["nav_translations"])


def test_what_is_for_users_is_in_both_languages() -> None:
    """The rest is listed here, so that a page cannot be forgotten."""
    assert set(ENGLISH) - set(PAIRS) == ENGLISH_ONLY
    assert {_korean(name) for name in PAIRS} == {path.name for path in DOCS.glob("*.ko.md")}


@pytest.mark.parametrize("name", PAIRS)
def test_both_languages_have_the_same_parts(name: str) -> None:
    """Headings, tables with as many columns, lists, pictures, and the same code."""

    def shape(text: str) -> list[object]:
        lines = re.findall(r"^(#+ |\|.*\||- |\d+\. |!!! \w+|!\[)", FENCE.sub(r"", text), re.MULTILINE)
        return [line.count("|") - line.count("\\|") if line.startswith("|") else line for line in lines]

    assert shape(_text(name)) == shape(_text(_korean(name)))
    assert _codes(name, _text(name)) == _codes(name, _text(_korean(name)))


@pytest.mark.parametrize("name", PAIRS)
def test_each_language_links_to_its_own_pages(name: str) -> None:
    """A Korean page leads to Korean pages where there are any; only the first link changes the language."""
    links = re.findall(r"\]\(([\w-]+(?:\.ko)?\.md)", _text(_korean(name)))
    assert {link for link in links if not link.endswith(".ko.md")} - ENGLISH_ONLY <= {name}
    assert set(re.findall(r"\]\(([\w-]+\.ko\.md)", _text(name))) <= {_korean(name)}


@pytest.mark.parametrize("name", [*ENGLISH, *map(_korean, PAIRS)])
def test_what_should_be_a_list_or_a_table_is_one(name: str) -> None:
    """The guide's Markdown wants an empty line before them, GitHub's does not."""
    lines = FENCE.sub("", _text(name)).splitlines()
    for before, line in pairwise(lines):
        if line.startswith(("- ", "|")) and before.strip() and not before.startswith(("- ", "|", "  ", "<!--")):
            pytest.fail(f"{name}: no empty line before {line!r}")


@pytest.mark.parametrize("name", [_korean(name) for name in PAIRS])
def test_korean_words_are_spelled_in_one_way(name: str) -> None:
    """As the list above says."""
    assert [f"{wrong}: {right}" for wrong, right in WORDS.items() if wrong in _text(name)] == []


@pytest.mark.parametrize("name", ENGLISH)
def test_code_on_a_page_has_a_test_that_runs_it(name: str) -> None:
    """A module of this folder names the page and runs what it shows."""
    kinds = {kind for kind, _ in FENCE.findall(_text(name))}
    if name == "releasing.md" or not kinds & {"python", "sh"}:  # its commands take the better part of an hour
        return
    stem = name.removesuffix(".md")
    sources = [path.read_text(encoding="utf-8") for path in Path(__file__).parent.glob("test_*.py")]
    runs = re.compile(r"exec\(|subprocess\.run\(|CliRunner\(\)|SPEC|load_page")
    naming = [text for text in sources if re.search(rf"[\"'/]{re.escape(stem)}(?:\.md)?[\"'{{]", text)]
    assert any(runs.search(text) for text in naming), f"nothing runs the code of {name}"


def test_pictures_are_those_of_the_code() -> None:
    """Run ``python docs/theme/generated.py`` if this fails."""
    generated = _module("generated")
    assert _text("layers.svg") == generated.layer_picture()
    for name in ("graphs.md", "graphs.ko.md"):
        assert generated.with_pictures(_text(name)) == _text(name)


def test_a_drawing_keeps_every_way() -> None:
    """Read from Mermaid text, it is the graph that was drawn; other text is refused."""
    hooks = _module("hooks")
    drawn = hooks.graph_of("graph TD;\n\t__start__ --> a;\n\ta -. &nbsp;yes&nbsp; .-> b;\n\tb -.-> __end__;\n")
    ways = [(edge.source, edge.target, edge.data, edge.conditional) for edge in drawn.edges]
    assert ways == [("__start__", "a", None, False), ("a", "b", "yes", True), ("b", "__end__", None, True)]
    for wrong in ("flowchart LR\n", "graph TD;\n\ta ==> b;\n"):
        with pytest.raises(ValueError, match="drawing"):
            hooks.graph_of(wrong)


@pytest.mark.parametrize("name", ["architecture.md", "architecture.ko.md"])
def test_the_table_of_layers_is_the_contract(name: str) -> None:
    """In its order, each with all its modules."""
    rows = [re.findall(r"`(\w+)`", row) for row in re.findall(r"^\| (`\w+`(?:, `\w+`)*) \|", _text(name), re.MULTILINE)]
    layers = _module("generated").layers()
    assert rows[: len(layers)] == layers
    assert name.endswith(".ko.md") or not re.search(r"[가-힣]", _text(name).replace("[한국어]", ""))
    for module in re.findall(r"\| `(\w+)` \|$", _text(name), re.MULTILINE):
        assert module in {one for layer in layers for one in layer}


@pytest.mark.parametrize("name", ["promises.md", "promises.ko.md"])
def test_each_promise_names_tests_that_exist(name: str) -> None:
    """Twelve promises, each held by two tests at least."""
    parts = re.split(r"^## \d+\. ", _text(name), flags=re.MULTILINE)[1:]
    assert len(parts) == 12
    sources = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "tests").rglob("test_*.py"))
    for part in parts:
        tests = re.findall(r"^- `(test_\w+)`$", part, re.MULTILINE)
        assert len(tests) >= 2
        assert [test for test in tests if f"def {test}(" not in sources] == []


def test_the_makefile_builds_and_serves_it() -> None:
    """As CONTRIBUTING and the guide say."""
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    assert re.search(r"^docs:.*\n\t.*mkdocs build --strict", makefile, re.MULTILINE)
    assert re.search(r"^docs-serve:.*\n\t.*mkdocs serve", makefile, re.MULTILINE)
