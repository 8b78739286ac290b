"""The page on moving from langchain-naver, in both languages: its examples run, its tables are what the code does."""

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx
import langchain_naver  # noqa: TID251  # what is moved from
import openai  # noqa: TID251  # whose errors came out of it
import pytest
from pydantic import BaseModel

import clovax_agents
from clovax_agents import ClovaXEmbeddings, embeddings, errors
from clovax_agents.dropin import REFUSED, RENAMED
from clovax_agents.simulator import FaultPlan
from clovax_agents.testing import LoopbackSimulator

DOCS = Path(__file__).parents[2] / "docs"
PAGES = ("migration.md", "migration.ko.md")
BLOCK = re.compile(r"^```python\n(.*?)^```", re.DOTALL | re.MULTILINE)
TABLE = re.compile(r"^\|.*\n\|(?:---\|)+\n((?:\|.*\n)+)", re.MULTILINE)

pytestmark = pytest.mark.filterwarnings(
    "ignore::DeprecationWarning:openai", "ignore::DeprecationWarning:langchain_naver"
)


def _text(page: str) -> str:
    return (DOCS / page).read_text(encoding="utf-8")


def _table(page: str, first: str) -> list[list[str]]:
    """Return the rows of the table whose first row begins with this."""
    found = next(rows for rows in TABLE.findall(_text(page)) if rows.startswith(f"| {first}"))
    return [[cell.strip() for cell in row.strip("|").split("|")] for row in found.splitlines()]


def _names(text: str) -> list[str]:
    return re.findall(r"`([^`]+)`", text)


def _run(*blocks: str) -> dict[str, Any]:
    names: dict[str, Any] = {"__name__": "page"}
    for block in blocks:
        exec(compile(block, "page", "exec"), names)  # noqa: S102  # running it is the test
    return names


@pytest.mark.parametrize("page", PAGES)
def test_the_examples_run(page: str, clovax_simulator: LoopbackSimulator, capsys: pytest.CaptureFixture[str]) -> None:
    """One after the other, as a reader would type them."""
    _run(*BLOCK.findall(_text(page)))

    printed = capsys.readouterr().out
    assert "HCX-007 5120 {'effort': 'low'} 120.0" in printed
    assert "use batch() for several" in printed
    assert "did you mean temperature?" in printed
    assert len(clovax_simulator.requests) >= 7


def test_the_first_program_runs_with_either_import(
    clovax_simulator: LoopbackSimulator, capsys: pytest.CaptureFixture[str]
) -> None:
    """And prints the same, as the page says."""
    del clovax_simulator
    ours = BLOCK.findall(_text("migration.md"))[0]
    _run(ours)
    printed = capsys.readouterr().out
    theirs = _run(ours.replace("from clovax_agents import", "from langchain_naver import"))
    _close(theirs["chat"], theirs["thinker"])
    theirs["embeddings"].client._client.close()

    assert isinstance(theirs["chat"], langchain_naver.ChatClovaX)
    assert capsys.readouterr().out == printed
    assert "21도" in printed


def _close(*models: Any) -> None:
    for model in models:
        model.root_client.close()


@pytest.mark.soak
def test_the_tests_on_the_page_pass(tmp_path: Path) -> None:
    """Collected by pytest, in a folder that knows nothing of this project."""
    block = next(block for block in BLOCK.findall(_text("migration.md")) if "def test_" in block)
    (tmp_path / "test_page.py").write_text(block, encoding="utf-8")
    (tmp_path / "pytest.ini").write_text("[pytest]\n", encoding="utf-8")

    done = subprocess.run(  # noqa: S603  # ourselves
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(tmp_path)],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert "2 passed" in done.stdout, done.stdout[-3000:]


def test_both_languages_say_the_same() -> None:
    """The same headings and examples, and rows with the same first names."""

    def shape(page: str) -> list[object]:
        lines = re.findall(r"^(#+|```\w+|\|[^|]*\|)", _text(page), re.MULTILINE)
        return [_names(line) if line.startswith("|") else line for line in lines]

    assert shape(PAGES[0]) == shape(PAGES[1])
    assert BLOCK.findall(_text(PAGES[0])) == BLOCK.findall(_text(PAGES[1]))


@pytest.mark.parametrize("page", PAGES)
def test_every_link_leads_somewhere(page: str) -> None:
    """Relative links name files that are there, and headings in them."""
    for target, heading in re.findall(r"\]\((?!https?:)([^)#]*)#?([^)]*)\)", _text(page)):
        path = DOCS / (target or page)
        assert path.exists(), target
        assert not heading or heading in _anchors(path), heading


def _anchors(path: Path) -> set[str]:
    headings = re.findall(r"^#+ (.+)$", path.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES)
def test_the_renamed_arguments_are_those_of_the_code(page: str) -> None:
    """No more and no fewer, each with the name that it has here."""
    rows = _table(page, "`max_completion_tokens`")
    assert {_names(theirs)[0]: _names(ours)[0] for theirs, ours in rows} == RENAMED


WAITS = clovax_agents.Deadlines
FORMS: dict[str, dict[str, Any]] = {
    "max_retries=None": {"max_retries": 2},
    'stop="끝"': {"stop": ["끝"]},
    "timeout=(5, 30)": {"timeout": WAITS(connect=5, first_token=30, idle=30, answer=30)},
    "timeout=httpx.Timeout(30)": {"timeout": WAITS(connect=30, first_token=30, idle=30, answer=30)},
    "stream_chunk_timeout=60": {"timeout": WAITS(idle=60)},
    'reasoning_effort="low"': {"thinking": {"effort": "low"}},
    'reasoning={"effort": "low"}': {"thinking": {"effort": "low"}},
    "model_kwargs={...}": {"top_k": 3, "seed": 5},
    "extra_body={...}": {"top_k": 3, "seed": 5},
    "stream_usage=True": {},
}


@pytest.mark.parametrize("page", PAGES)
def test_arguments_in_another_form_are_those_of_the_code(page: str) -> None:
    """Each as it is written on the page, and with the settings that come of it."""
    plain = clovax_agents.ChatClovaX(api_key="nv-test").model_dump(exclude={"api_key"})
    given = [name for row in _table(page, "`max_retries=None`") for name in _names(row[0])]
    assert given == list(FORMS)
    for text in given:
        call = f"ChatClovaX(api_key='nv-test', {text.replace('...', repr(FORMS['extra_body={...}'])[1:-1])})"
        model = eval(call, {"ChatClovaX": clovax_agents.ChatClovaX, "httpx": httpx})  # noqa: S307  # as on the page
        found = {name: value for name, value in model if name in FORMS[text]}
        assert found == FORMS[text]
        assert model.model_dump(exclude={"api_key", *FORMS[text]}) == {
            name: value for name, value in plain.items() if name not in FORMS[text]
        }


UNREADABLE = [("end; at_byte=40", False, "InvalidResponseError"), ("html; status=200", True, "InvalidResponseError")]


@pytest.mark.parametrize(("fault", "stream", "name"), UNREADABLE)
def test_an_answer_that_cannot_be_read(
    fault: str,
    stream: bool,  # noqa: FBT001
    name: str,
    clovax_simulator: LoopbackSimulator,
) -> None:
    """A plain ValueError there, an error of ours here."""
    theirs, ours = langchain_naver.ChatClovaX(max_retries=0), clovax_agents.ChatClovaX(max_retries=0)
    with clovax_simulator.using(faults=FaultPlan.parse(fault)):
        for model, expected in ((theirs, ValueError), (ours, getattr(errors, name))):
            with pytest.raises(expected):
                list(model.stream("안녕")) if stream else model.invoke("안녕")
    _close(theirs)


@pytest.mark.parametrize("page", PAGES)
def test_the_refused_arguments_are_those_of_the_code(page: str) -> None:
    """No more and no fewer, each once."""
    names = [name for row in _table(page, "`client`") for name in _names(row[0])]
    assert sorted(names) == sorted(REFUSED)


@pytest.mark.parametrize("page", PAGES)
def test_every_argument_of_langchain_naver_has_its_place(page: str) -> None:
    """In a table, or among those that keep their names, which are settings of both."""
    theirs = _arguments(langchain_naver.ChatClovaX)
    kept = set(_names(_text(page).split("\n## ")[3].partition("###")[0]))
    other = {re.split("[= (]", name)[0] for row in _table(page, "`max_retries=None`") for name in _names(row[0])}

    assert kept == theirs & set(clovax_agents.ChatClovaX.model_fields)
    assert theirs - kept - set(RENAMED) - set(REFUSED) - other == set()


def _arguments(cls: type[BaseModel]) -> set[str]:
    return {name for key, field in cls.model_fields.items() for name in (key, field.alias) if name}


@pytest.mark.parametrize("page", PAGES)
def test_the_arguments_of_embeddings_are_those_of_the_code(page: str) -> None:
    """Those with one value, those without effect, and none of theirs is missing."""
    rows = {_names(name)[0]: _names(values) for name, values in _table(page, "`dimensions`")}
    section = set(_names(_text(page).split("\n## ")[7]))

    assert rows == {name: list(map(repr, values)) for name, values in embeddings._ONLY.items()}
    assert _arguments(langchain_naver.ClovaXEmbeddings) - section == set()
    assert section >= embeddings._WITHOUT_EFFECT
    for name in rows:
        with pytest.raises(errors.ConfigurationError, match=f"{name}='other' does not work"):
            ClovaXEmbeddings(api_key="nv-test", **{name: "other"})
    assert ClovaXEmbeddings(api_key="nv-test", **dict.fromkeys(embeddings._WITHOUT_EFFECT, "other")).model


FAULTS = {
    "RateLimitError": "error; code=42901",
    "BadRequestError": "error; code=40001",
    "NotFoundError": "error; code=40400",
    "AuthenticationError": "error; code=40104",
    "PermissionDeniedError": "error; code=40300",
    "APITimeoutError": "black_hole",
    "APIConnectionError": "reset",
    "InternalServerError": "error; code=50000",
    "OpenAIError": "error; code=40009",
}


@pytest.mark.parametrize("page", PAGES)
def test_the_table_of_errors_is_complete(page: str) -> None:
    """Every name in it is one of an error, and every row is tried below."""
    rows = _table(page, "`openai.RateLimitError`")
    ours = {name for row in rows for name in _names(row[1])}

    assert [_names(row[0])[0] for row in rows] == [f"openai.{name}" for name in FAULTS]
    assert all(issubclass(getattr(openai, name), Exception) for name in FAULTS)
    assert all(issubclass(getattr(errors, name), errors.ClovaXError) for name in ours)


@pytest.mark.parametrize("name", FAULTS)
@pytest.mark.soak(every=2)
def test_the_same_failure_is_the_error_of_its_row(name: str, clovax_simulator: LoopbackSimulator) -> None:
    """What langchain-naver ends with, and what ours ends with."""
    row = next(row for row in _table("migration.md", "`openai.RateLimitError`") if f"openai.{name}`" in row[0])
    settings: dict[str, Any] = {"max_retries": 0, "timeout": 0.5}
    theirs = langchain_naver.ChatClovaX(**settings)
    with clovax_simulator.using(faults=FaultPlan.parse(FAULTS[name])):
        with pytest.raises(getattr(openai, name)):
            theirs.invoke("안녕")
        with pytest.raises(getattr(errors, _names(row[1])[0])):
            clovax_agents.ChatClovaX(**settings).invoke("안녕")
    _close(theirs)


def test_messages_have_what_they_had(clovax_simulator: LoopbackSimulator) -> None:
    """Every key of theirs, and the additions that the page names."""
    del clovax_simulator
    settings: dict[str, Any] = {"model": "HCX-007", "thinking": {"effort": "low"}, "max_tokens": 5120}
    original = langchain_naver.ChatClovaX(**settings)
    theirs, ours = original.invoke("안녕"), clovax_agents.ChatClovaX(**settings).invoke("안녕")
    _close(original)

    assert theirs.usage_metadata == ours.usage_metadata
    assert theirs.additional_kwargs == ours.additional_kwargs
    assert set(ours.response_metadata) == set(theirs.response_metadata) | {"service_tier", "seed"}
    row = next(row for row in _table("migration.md", "`tool_calls`") if "`response_metadata`" in row[0])
    assert set(_names(row[1])) | set(_names(row[2])) == set(ours.response_metadata)


def test_langchain_naver_has_no_timeout_of_its_own() -> None:
    """What the page says of its calls that wait for ever."""
    original = langchain_naver.ChatClovaX(api_key="nv-test")
    assert original.root_client.timeout is None
    _close(original)
