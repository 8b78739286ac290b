"""Files in the state: whoever works side by side loses nothing of the others, and nothing grows without end."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from langchain_core.messages import ToolMessage

from clovax_agents.errors import ConfigurationError, ModelRetry
from clovax_agents.execution.cutting import cut
from clovax_agents.workspace.files import MAX_CHARACTERS, MAX_FILES, changed, changes_between, merge_files, with_file
from clovax_agents.workspace.looking import found_in, listed, page_of
from clovax_agents.workspace.offloading import offloaded
from clovax_agents.workspace.paths import checked_path
from clovax_agents.workspace.todos import read_todos, written_todos

PATHS = st.sampled_from(["/a.md", "/b.md", "/c/d.md"])
FILES = st.dictionaries(PATHS, st.text(max_size=3), max_size=3)


def _operation(kind: Any, path: str, text: str, old: str = "", *, everywhere: bool = False) -> Any:
    return {"kind": kind, "path": path, "text": text, "old": old, "everywhere": everywhere}


@pytest.mark.parametrize(
    ("given", "path"),
    [
        ("notes.md", "/notes.md"),
        ("/notes/./보고서.md", "/notes/보고서.md"),
        ("/보고서.md", "/보고서.md"),
        (" //a//b.md/ ", "/a/b.md"),
    ],
)
def test_a_path_has_one_spelling(given: str, path: str) -> None:
    """However it is written: also in decomposed Hangul, as macOS has it."""
    assert checked_path(given) == path


@pytest.mark.parametrize("given", ["", "/", "..", "/a/../../etc/passwd", "a\\b", "a\nb", "a\x00", "가" * 201, "\ud800"])
def test_what_is_no_path_is_refused(given: str) -> None:
    """With an example of one that is."""
    with pytest.raises(ModelRetry, match=r"/notes/report\.md"):
        checked_path(given)


@given(FILES, FILES, FILES)
def test_nothing_is_lost_of_what_two_have_written_at_the_same_time(before: Any, one: Any, other: Any) -> None:
    """Every text that one of them has put into a file is in one afterwards, whoever comes second."""
    merged = merge_files(merge_files(before, changes_between(before, one)), changes_between(before, other))
    for mine in (one, other):
        for path, text in mine.items():
            if before.get(path) != text:
                assert text in merged.values()
    untouched = {path for path in before if before[path] == one.get(path) == other.get(path)}
    assert {path: merged[path] for path in untouched} == {path: before[path] for path in untouched}


@given(FILES, FILES)
def test_one_alone_gets_what_it_made(before: Any, after: Any) -> None:
    """Deletions as well."""
    assert merge_files(before, changes_between(before, after)) == after


def test_files_can_be_given_as_people_have_them() -> None:
    """As texts, as deepagents has them, and None for one that is to go."""
    given: Any = {"a.md": "가", "/b.md": {"content": "나", "encoding": "utf-8"}, "/c.md": None}
    assert merge_files({"/c.md": "다"}, given) == {"/a.md": "가", "/b.md": "나"}


@pytest.mark.parametrize("files", [{"/a.md": 5}, {"/../a": "x"}, {5: "x"}, {"/a.md": {"content": ["x"]}}])
def test_what_is_no_file_is_refused(files: Any) -> None:
    """Before it is in the state."""
    with pytest.raises(ConfigurationError, match="files"):
        merge_files({}, files)


@pytest.mark.parametrize(
    ("operation", "problem"),
    [
        (_operation("edit", "/b.md", "x", "가"), "there is no file /b.md; there are: /a.md"),
        (_operation("edit", "/a.md", "x", "다"), "is not in /a.md"),
        (_operation("edit", "/a.md", "x", "가"), "in /a.md 2 times"),
        (_operation("write", "/a.md", "x" * (MAX_CHARACTERS + 1)), "200000 characters"),
    ],
)
def test_what_cannot_be_done_is_told_and_changes_nothing(operation: Any, problem: str) -> None:
    """In words that the model can act on."""
    files = {"/a.md": "가나가"}
    with pytest.raises(ModelRetry, match=problem):
        changed(files, operation)
    assert files == {"/a.md": "가나가"}


def test_a_text_is_replaced_wherever_it_is_if_that_is_wanted() -> None:
    """And the model is told how often."""
    files, told = changed({"/a.md": "가나가"}, _operation("edit", "/a.md", "x", "가", everywhere=True))
    assert (files, told) == ({"/a.md": "x나x"}, "changed /a.md in 2 places")


def test_there_is_a_limit_to_files_and_to_all_of_them_together() -> None:
    """Checkpoints hold them."""
    many = {f"/{number}.md": "x" for number in range(MAX_FILES)}
    with pytest.raises(ModelRetry, match="no room"):
        with_file(many, "/more.md", "x")
    assert with_file(many, "/1.md", "y")["/1.md"] == "y"
    large = {f"/{number}.md": "x" * MAX_CHARACTERS for number in range(10)}
    with pytest.raises(ModelRetry, match="no room"):
        with_file(large, "/more.md", "x")


@pytest.mark.parametrize("text", ["한 줄\n" * 900, "가" * 40_000, '{"a": 1}' * 9_000, "x\n\ny"])
def test_every_part_of_a_file_can_be_read_page_by_page(text: str) -> None:
    """Whatever its lines are like, no page is long, and together they are the file."""
    offset, read = 0, ""
    while True:
        page = page_of({"/a.md": text}, "a.md", offset, 100)
        assert len(page) < 12_000
        lines = page.split("\n")
        more = lines[-1].startswith("[read on with offset=")
        read += "".join(lines[1 if lines[0].startswith("[/a.md") else 0 : -1 if more else None])
        if not more:
            break
        offset = int(lines[-1].partition("=")[2][:-1])
    assert read == text.replace("\n", "")


def test_reading_what_is_not_there_says_what_is() -> None:
    """A wrong name and a wrong line."""
    with pytest.raises(ModelRetry, match=r"there are: /a\.md"):
        page_of({"/a.md": "x"}, "/b.md", 0, 10)
    with pytest.raises(ModelRetry, match="has 1 lines"):
        page_of({"/a.md": "x"}, "/a.md", 5, 10)
    assert page_of({"/a.md": ""}, "/a.md", 0, 10) == "/a.md is empty"


def test_files_are_listed_and_searched_below_a_folder() -> None:
    """Hits name the offset at which they are read."""
    files = {"/notes/a.md": "사과\n배 3,000원", "/notes.md": "배", "/b.md": "ABC"}
    assert listed(files, "/notes") == "/notes/a.md (11 characters)"
    assert listed({}, "/") == "there are no files"
    assert found_in(files, "배", "/notes") == "/notes/a.md offset=1: 배 3,000원"
    assert found_in(files, "abc", "/") == "/b.md offset=0: ABC"
    assert found_in(files, "[", "/") == "no file contains '['"
    assert "... and 70 more" in found_in({"/a.md": "배\n" * 100}, "배", "/")


def _result(text: Any, **more: Any) -> ToolMessage:
    return ToolMessage(text, tool_call_id="c1", name="read_page", **more)


def test_a_long_result_is_in_a_file_and_its_beginning_with_the_model() -> None:
    """Of one that was cut, the whole; JSON in lines, so that it can be read."""
    whole = '[{"name": "사과", "price": 1000}, ' + ", ".join(['{"name": "배", "price": 2000}'] * 3_000) + "]"
    shown, files = offloaded(_result(cut(whole, 1_000), artifact=whole), {}, 800)
    (path, kept) = next(iter(files.items()))
    assert path in shown.text
    assert len(shown.text) < 2_000
    assert shown.artifact is None
    assert kept.startswith('[\n  {\n    "name": "사과"')
    assert kept.count("배") == 3_000


def test_what_is_short_wrong_or_no_text_stays_with_the_model() -> None:
    """So does what there is no room for; another result's artifact stays its own."""
    full = {f"/{number}.md": "x" for number in range(MAX_FILES)}
    long = "가" * 5_000
    pictures = [{"type": "text", "text": long}]
    for message, files in (
        (_result("짧음"), {}),
        (_result(long, status="error"), {}),
        (_result(pictures), {}),
        (_result(long), full),
    ):
        assert offloaded(message, files, 500) == (message, files)
    assert offloaded(_result(long, artifact=[1]), {}, 500)[0].artifact == [1]
    assert (
        "/large_tool_results/read_page-c1-2"
        in offloaded(_result(long), {"/large_tool_results/read_page-c1": "x"}, 500)[1]
    )


@pytest.mark.parametrize(
    ("line", "todo"),
    [
        ("[x] 조회", ("조회", "completed")),
        ("- [X] 조회", ("조회", "completed")),
        ("1. [>] 조회", ("조회", "in_progress")),
        ("[ ] 조회", ("조회", "pending")),
        ("[] 조회", ("조회", "pending")),
        ("[in_progress] 조회", ("조회", "in_progress")),
        ("2) 조회", ("조회", "pending")),
        ("조회 [5건]", ("조회 [5건]", "pending")),
    ],
)
def test_a_list_is_read_as_models_write_it(line: str, todo: Any) -> None:
    """With numbers, bullets, or nothing in front; what is read can be written and read again."""
    made = read_todos([line])
    assert [tuple(entry.values()) for entry in made] == [todo]
    assert read_todos(written_todos(made).splitlines()) == made


@pytest.mark.parametrize("lines", [["[?] 조회"], [""], ["[x]"], ["가" * 501], ["x"] * 51])
def test_what_is_no_list_is_refused(lines: list[str]) -> None:
    """With what is wrong."""
    with pytest.raises(ModelRetry, match=r"\w"):
        read_todos(lines)
