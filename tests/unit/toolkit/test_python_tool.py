"""The Python tool: what the model reads of its programs."""

import asyncio
import re
import sys
import time
from pathlib import Path

import psutil
import pytest
from langchain_core.messages import AIMessage, ToolMessage

from clovax_agents import ToolExecutor
from clovax_agents.errors import ConfigurationError, ModelRetry
from clovax_agents.execution.journal.encoding import decode, encode
from clovax_agents.guards.sandbox import SandboxLimits, protections
from clovax_agents.toolkit import python_tool

MISSING = [protection.missing for protection in protections() if protection.name in {"files", "network"}]
pytestmark = [
    pytest.mark.skipif(sys.platform != "linux", reason="the sandbox holds on Linux"),
    pytest.mark.skipif(any(MISSING), reason="; ".join(MISSING)),
]


def called(code: str, **options: object) -> ToolMessage:
    """Return the answer of a call, as an executor gives it."""
    tool = python_tool(**options)  # type: ignore[arg-type]
    call = {"name": "run_python", "args": {"code": code}, "id": "c1"}
    (answer,) = ToolExecutor([tool]).invoke([AIMessage("", tool_calls=[call])])
    assert isinstance(answer, ToolMessage)
    return answer


def test_the_model_reads_what_is_printed_and_the_last_value() -> None:
    """In this order, without more."""
    assert called("print('안녕'); [n * n for n in range(4)]").content == "안녕\nvalue: [0, 1, 4, 9]"
    assert called("print('안녕')").content == "안녕"
    assert called("x = 1").content == "it ran to its end and printed nothing; print what you want to know"


def test_an_error_is_the_end_of_the_traceback_for_the_model_to_correct() -> None:
    """With the line, what was printed before, and no frames of ours."""
    answer = called("print('before')\ndef f(x):\n    return 1 / x\nf(0)\n")
    assert answer.status == "error"
    text = str(answer.content)
    assert "before\nTraceback (most recent call last):" in text
    assert 'File "<code>", line 3, in f\n    return 1 / x' in text
    assert "ZeroDivisionError: division by zero" in text
    assert "Correct the arguments and call the tool again" in text
    assert "clovax" not in text


def test_a_syntax_error_shows_the_place() -> None:
    """The model sees the line."""
    assert re.search(r"line 2\n\s+1 \+\n.*SyntaxError", str(called("x = 1\n1 +").content), re.DOTALL)


@pytest.mark.parametrize(
    ("code", "english", "korean"),
    [
        ("while True: pass", "took too long and was stopped", "너무 오래 걸려서"),
        ("x = bytearray(1 << 40)", "stopped for its memory", "메모리를 너무 많이"),
        ("while True: print('x' * 99)", "printed without end", "끝없이 출력해서"),
        ("for n in range(10**6): open(str(n), 'w').close()", "stopped for its files", "파일을 너무 많이"),
        ("import os; os.abort()", "crashed .*SIGABRT", "비정상 종료"),
    ],
    ids=["time", "memory", "output", "disk", "crash"],
)
@pytest.mark.soak(every=2)
def test_a_program_that_is_stopped_is_told_why(
    code: str, english: str, korean: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In either language."""
    limits = SandboxLimits(seconds=1.5, memory=128 << 20, output=1000, files=20)
    assert re.search(english, str(called(code, limits=limits).content))
    monkeypatch.setenv("CLOVAX_LANG", "ko")
    assert re.search(korean, str(called(code, limits=limits).content))


def test_files_go_in_and_come_out(tmp_path: Path) -> None:
    """A path is read at each call; what is written is in the artifact, which a journal can keep."""
    source = tmp_path / "sales.csv"
    source.write_text("품목,수량\n사과,3\n배,4\n", "utf-8")
    tool = python_tool(files={"sales.csv": source, "rate.txt": "0.1", "raw": b"\xff"})
    assert "sales.csv, rate.txt, raw" in tool.description
    code = (
        "import csv\n"
        "total = sum(int(row['수량']) for row in csv.DictReader(open('sales.csv', encoding='utf-8')))\n"
        "open('total.txt', 'w').write(str(total))\n"
        "open('raw', 'rb').read(), float(open('rate.txt').read()) * total"
    )
    call = {"type": "tool_call", "name": "run_python", "args": {"code": code}, "id": "c1"}
    message = tool.invoke(call)
    assert message.content == "value: (b'\\xff', 0.7000000000000001)\nfiles written: total.txt (1 B)"
    assert message.artifact["files"] == {"total.txt": b"7"}
    assert decode(encode(message)) == message
    source.write_text("품목,수량\n사과,5\n", "utf-8")
    assert tool.invoke(call).artifact["files"] == {"total.txt": b"5"}


def test_files_that_are_too_large_for_a_checkpoint_are_not_kept() -> None:
    """The model is told which; the others are there."""
    answer = called("open('a', 'wb').write(bytes(5 << 20)); open('b', 'w').write('x'); None")
    assert answer.content == "files written: a (5,242,880 B), b (1 B)\nnot kept, for their size: a"
    assert answer.artifact["files"] == {"b": b"x"}


def test_links_out_of_the_directory_do_not_come_out() -> None:
    """What a run leaves is read without following what it leaves."""
    answer = called(
        "import os; os.symlink('/etc/passwd', 'a'); os.mkdir('d'); os.symlink('/etc', 'd/e'); open('b', 'w')"
    )
    assert set(answer.artifact["files"]) == {"b"}


def test_long_output_is_cut_and_says_so() -> None:
    """The rest is counted."""
    limits = SandboxLimits(output=1000)
    text = str(called("print('x' * 5000)", limits=limits).content)
    assert text == "x" * 1000 + "\n[4,001 bytes of output left out]"


def test_installed_packages_are_there_if_they_are_let_in() -> None:
    """They are not by default."""
    assert "No module named 'orjson'" in str(called("import orjson").content)
    assert called("import orjson; orjson.dumps([1])", packages=True).content == "value: b'[1]'"


def test_what_may_be_read_besides_is_said_by_path(tmp_path: Path) -> None:
    """And cannot be written."""
    (tmp_path / "data.txt").write_text("x", "utf-8")
    path = str(tmp_path / "data.txt")
    assert called(f"open({path!r}).read()", readable=[tmp_path]).content == "value: 'x'"
    assert "PermissionError" in str(called(f"open({path!r}, 'w')", readable=[tmp_path]).content)


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"files": {"a": Path("/no/such/file")}}, "there is no file"),
        ({"readable": ["/no/such/folder"]}, "there is no such file or folder"),
        ({"require": ["everything"]}, "there is no protection 'everything'"),
    ],
)
def test_what_cannot_work_is_refused_when_the_tool_is_made(options: dict[str, object], text: str) -> None:
    """Not when a model first calls it."""
    with pytest.raises(ConfigurationError, match=text):
        python_tool(**options)  # type: ignore[arg-type]


@pytest.mark.parametrize("name", ["../x", "/etc/x", "", ".", "..", "a/b", "a\0b", "x" * 300])
def test_a_file_of_a_run_has_a_plain_name(name: str) -> None:
    """It cannot be put anywhere else."""
    with pytest.raises(ConfigurationError, match="no name of a file"):
        python_tool(files={name: "x"}).invoke({"code": "1"})


async def test_a_run_that_is_given_up_is_killed_at_once() -> None:
    """Whoever cancels the call does not wait for the program."""
    tool = python_tool(limits=SandboxLimits(seconds=60))
    before = len(psutil.Process().children())
    task = asyncio.create_task(tool.ainvoke({"code": "while True: pass"}))
    while len(psutil.Process().children()) == before:  # noqa: ASYNC110  # it is another process that we wait for
        await asyncio.sleep(0.01)
    began = time.monotonic()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert time.monotonic() - began < 2
    assert len(psutil.Process().children()) == before


def test_its_policy_is_that_of_a_tool_that_changes_nothing() -> None:
    """It may run again after a crash, and its timeout leaves the sandbox its own."""
    policy = python_tool(limits=SandboxLimits(seconds=5)).policy
    assert policy.effect == "read"
    assert policy.timeout == 15


def test_sync_and_async_give_the_same() -> None:
    """One implementation."""
    tool = python_tool()
    with pytest.raises(ModelRetry, match="NameError"):
        tool.invoke({"code": "x"})
    assert tool.invoke({"code": "1"}) == asyncio.run(tool.ainvoke({"code": "1"})) == "value: 1"
