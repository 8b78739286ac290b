"""Tools for files, as a model calls them."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
from toolruns import answers, call, outcomes

from clovax_agents import Toolbox, ToolExecutor
from clovax_agents.errors import ConfigurationError
from clovax_agents.guards.paths import PathGuard
from clovax_agents.toolkit import file_tools


async def _told(box: Toolbox, name: str, **arguments: Any) -> str:
    [answer] = await answers(box, call(name, **arguments))
    return f"{outcomes([answer])[0]}: {answer.content}"


@pytest.fixture
def box(tmp_path: Path) -> Toolbox:
    """Give the tools of a folder that a model may write in without asking."""
    return file_tools(tmp_path, write=True, approval=False)


async def test_a_file_is_written_read_edited_and_found(box: Toolbox) -> None:
    """The whole of it, as a model does it."""
    assert "was written (18 bytes)" in await _told(box, "write_file", path="메모/일.md", content="하나\n둘\n셋\n넷")
    assert await _told(box, "list_files") == "success: 메모/"
    assert await _told(box, "list_files", path="메모") == "success: 메모/일.md (18 bytes)"
    assert await _told(box, "read_file", path="메모/일.md") == "success: 하나\n둘\n셋\n넷"
    assert "was edited" in await _told(box, "edit_file", path="메모/일.md", old_text="둘\n셋", new_text="두셋")
    assert await _told(box, "search_files", text="두셋") == "success: 메모/일.md:2: 두셋"


async def test_lines_are_read_from_where_the_model_says(box: Toolbox, tmp_path: Path) -> None:
    """It reads which lines it has, and where the rest begins."""
    (tmp_path / "log.txt").write_text("".join(f"line {number}\n" for number in range(1, 1_001)))
    told = await _told(box, "read_file", path="log.txt", first_line=10, lines=2)
    assert told == "success: [log.txt, lines 10 to 11 of 1,000]\nline 10\nline 11\n[the rest begins at line 12]"
    last = await _told(box, "read_file", path="log.txt", first_line=1_000)
    assert last == "success: [log.txt, lines 1,000 to 1,000 of 1,000]\nline 1000"
    assert "has 1,000 lines; 1,001 is behind its end" in await _told(box, "read_file", path="log.txt", first_line=1_001)
    (tmp_path / "wide.txt").write_text("\n".join(["x" * 9_000] * 100))
    wide = await _told(box, "read_file", path="wide.txt")
    assert len(wide) < 60_000
    assert "the rest begins at line 13" in wide
    (tmp_path / "empty.txt").touch()
    assert await _told(box, "read_file", path="empty.txt") == "success: 'empty.txt' is empty"


@pytest.mark.parametrize(
    ("data", "old", "new", "after"),
    [
        ("가격,1\r\n수량,2\r\n".encode("cp949"), "1\n수량", "9\n수량", "가격,9\r\n수량,2\r\n".encode("cp949")),
        ("﻿가격\n".encode(), "가격", "값", "﻿값\n".encode()),
        ("가격\n".encode("utf-16"), "가격", "값", "값\n".encode("utf-16")),
        (b"one\r\ntwo\nthree", "two", "2", b"one\r\n2\nthree"),
    ],
    ids=["cp949 from Windows", "with a mark", "utf-16", "mixed ends of lines"],
)
async def test_an_edit_leaves_the_rest_as_it_was(
    data: bytes, old: str, new: str, after: bytes, box: Toolbox, tmp_path: Path
) -> None:
    """Encoding, mark and ends of lines stay those of the file."""
    (tmp_path / "a.csv").write_bytes(data)
    assert "was edited" in await _told(box, "edit_file", path="a.csv", old_text=old, new_text=new)
    assert (tmp_path / "a.csv").read_bytes() == after


async def test_an_edit_that_is_not_certain_is_not_made(box: Toolbox, tmp_path: Path) -> None:
    """The model reads what to do instead."""
    (tmp_path / "a.txt").write_text("one\none\n")
    assert "has this text 2 times" in await _told(box, "edit_file", path="a.txt", old_text="one", new_text="two")
    assert "does not have this text" in await _told(box, "edit_file", path="a.txt", old_text="three", new_text="two")
    assert "the text to replace is empty" in await _told(box, "edit_file", path="a.txt", old_text="", new_text="two")
    (tmp_path / "b.txt").write_bytes("가\n".encode("cp949"))
    assert "cp949, which has no letter" in await _told(box, "edit_file", path="b.txt", old_text="가", new_text="🍎")
    assert (tmp_path / "a.txt").read_text() == "one\none\n"
    assert (tmp_path / "b.txt").read_bytes() == "가\n".encode("cp949")


async def test_a_file_that_is_there_is_replaced_only_on_demand(box: Toolbox, tmp_path: Path) -> None:
    """And the same call once more, after a crash for instance, is no error."""
    (tmp_path / "a.txt").write_text("one")
    assert "say overwrite=true" in await _told(box, "write_file", path="a.txt", content="two")
    assert "has this content already" in await _told(box, "write_file", path="a.txt", content="one")
    assert "was replaced (3 bytes)" in await _told(box, "write_file", path="a.txt", content="two", overwrite=True)


async def test_edits_of_one_message_are_all_made(box: Toolbox, tmp_path: Path) -> None:
    """One after the other, in their order."""
    (tmp_path / "a.txt").write_text("0")
    made = [
        call("edit_file", f"c{number}", path="a.txt", old_text=str(number), new_text=str(number + 1))
        for number in range(9)
    ]
    assert outcomes(await answers(box, *made)) == ["success"] * 9
    assert (tmp_path / "a.txt").read_text() == "9"


async def test_edits_of_several_runs_are_all_made(tmp_path: Path) -> None:
    """No run writes over what another one has written."""
    box = file_tools(tmp_path, write=True, approval=False)
    (tmp_path / "a.txt").write_text("".join(f"[{number}]" for number in range(20)))
    made = [answers(box, call("edit_file", path="a.txt", old_text=f"[{number}]", new_text=f"({number})"))
            for number in range(20)]  # fmt: skip
    assert {outcomes(found)[0] for found in await asyncio.gather(*made)} == {"success"}
    assert (tmp_path / "a.txt").read_text() == "".join(f"({number})" for number in range(20))


async def test_a_search_says_what_it_left_out(box: Toolbox, tmp_path: Path) -> None:
    """Pictures and closed folders are not searched, and too many hits are cut."""
    (tmp_path / "a.png").write_bytes(b"\x89PNG\0needle")
    (tmp_path / ".git").mkdir()
    (tmp_path / ".git" / "config").write_text("needle")
    (tmp_path / "B.TXT").write_text("x" * 500 + " NEEDLE " + "y" * 500)
    told = await _told(box, "search_files", text="needle")
    assert told.count("NEEDLE") == 1
    assert told.startswith("success: B.TXT:1: …xxx")
    assert "[1 files are no text, or too large, and were left out]" in told
    assert "nothing in 0 files has 'needle'" in await _told(box, "search_files", text="needle", pattern="*.md")
    (tmp_path / "many.txt").write_text("needle\n" * 1_000)
    many = await _told(box, "search_files", text="needle")
    assert many.count("many.txt:") + many.count("B.TXT:") == 100
    assert "not everything was searched" in many


async def test_a_search_finds_korean_however_it_is_composed(box: Toolbox, tmp_path: Path) -> None:
    """A file from a Mac has what a model looks for."""
    (tmp_path / "a.txt").write_text("\u1112\u1161\u11ab\u1100\u1173\u11af", encoding="utf-8")
    assert (await _told(box, "search_files", text="한글")).startswith("success: a.txt:1: ")


async def test_a_long_listing_is_cut(box: Toolbox, tmp_path: Path) -> None:
    """And the model reads what to do about it."""
    for number in range(600):
        (tmp_path / f"{number:03}.txt").touch()
    lines = (await _told(box, "list_files")).split("\n")
    assert len(lines) == 501
    assert lines[-1] == "[there are more; name a folder or a pattern]"
    assert await _told(box, "list_files", pattern="59*.txt") == "success: " + "\n".join(
        f"59{number}.txt (0 bytes)" for number in range(10)
    )


async def test_paths_out_of_the_folder_are_errors_for_the_model(box: Toolbox) -> None:
    """In each tool."""
    for made in (
        call("list_files", path="../"), call("read_file", path="/etc/passwd"),
        call("search_files", text="x", path=".."), call("write_file", path="../x", content=""),
        call("edit_file", path="~/x", old_text="a", new_text="b"),
    ):  # fmt: skip
        [answer] = await answers(box, made)
        assert answer.status == "error"
        assert "Correct the arguments" in str(answer.content)


def test_policies_are_the_safe_ones(tmp_path: Path) -> None:
    """Nothing is written unless the builder says so, and then a person has to agree."""
    assert file_tools(tmp_path).names == ("list_files", "read_file", "search_files")
    box = file_tools(tmp_path, write=True, labels={"untrusted_input"})
    policies = {name: box.policy(name) for name in box.names}
    assert [policy.effect for policy in policies.values()] == ["read", "read", "read", "idempotent", "once"]
    assert [policy.needs_approval({}) for policy in policies.values()] == [False, False, False, True, True]
    assert policies["read_file"].labels == {"untrusted_input"}
    [answer] = ToolExecutor(box).invoke([_message("write_file", path="a.txt", content="x")])
    assert "a person has to approve" in answer.content
    assert not (tmp_path / "a.txt").exists()


def test_a_guard_of_ones_own_is_kept(tmp_path: Path) -> None:
    """What may be read is the guard's to say."""
    box = file_tools(PathGuard(tmp_path, deny=("*.pem",), max_write=3), write=True, approval=False)
    [answer] = ToolExecutor(box).invoke([_message("write_file", path="a.txt", content="four")])
    assert "too large to write" in answer.content
    with pytest.raises(ConfigurationError, match="there is no folder"):
        file_tools(tmp_path / "nowhere")


def _message(name: str, **arguments: Any) -> Any:
    from langchain_core.messages import AIMessage  # noqa: PLC0415

    return AIMessage("", tool_calls=[call(name, **arguments)])
