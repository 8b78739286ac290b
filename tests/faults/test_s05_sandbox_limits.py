"""S05: a run in the sandbox takes no more than it may, leaves nothing behind, and harmless code does not notice."""

import asyncio
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import psutil
import pytest

from clovax_agents.guards.sandbox import Sandbox, SandboxLimits, SandboxResult, protections

MISSING = [protection.missing for protection in protections() if not protection.held]
pytestmark = [
    pytest.mark.skipif(sys.platform != "linux", reason="the sandbox holds on Linux"),
    pytest.mark.skipif(bool(MISSING), reason="; ".join(MISSING)),
]
MIB = 1 << 20
FILL = "import os\nfor n in range(10**9):\n    f = open(f'{n}', 'wb'); f.write(bytes(1 << 20)); f.flush()\n"
REPORT = (
    "import os\ndef tell(data):\n    for fd in range(3, 9):\n        try: os.write(fd, data)\n"
    "        except OSError: pass\n"
)
BOMBS = {
    "memory_at_once": ("x = bytearray(1 << 40)", "memory"),
    "memory_bit_by_bit": ("x = []\nwhile True: x.append(bytearray(1 << 20))", "memory"),
    "memory_by_a_list": ("x = [0]\nwhile True: x += x", "memory"),
    "memory_by_a_power": ("x = 10\nwhile True: x = x * x", "timeout|memory"),
    "output_without_end": ("while True: print('x' * 1000)", "output"),
    "errors_without_end": ("import sys\nwhile True: sys.stderr.write('x' * 1000)", "output"),
    "a_hang": ("import time; time.sleep(3600)", "timeout"),
    "a_loop": ("while True: pass", "timeout"),
    "a_loop_that_ignores_signals": (
        (
            "import signal\nfor n in range(1, 32):\n"
            "    try: signal.signal(n, signal.SIG_IGN)\n    except (OSError, ValueError): pass\nwhile True: pass"
        ),
        "timeout",
    ),
    "a_loop_that_catches_all": (
        "while True:\n    try:\n        while True: pass\n    except BaseException: pass",
        "timeout",
    ),
    "a_loop_that_says_nothing": (
        ("import os\nfor fd in range(64):\n    try: os.close(fd)\n    except OSError: pass\nwhile True: pass"),
        "timeout",
    ),
    "a_value_that_hangs": ("class A:\n    def __repr__(self):\n        while True: pass\nA()", "timeout"),
    "an_error_that_hangs": (
        "class A(Exception):\n    def __str__(self):\n        while True: pass\nraise A",
        "timeout",
    ),
    "stopping_itself": ("import signal; signal.raise_signal(signal.SIGSTOP)", "timeout"),
    "one_large_file": ("f = open('x', 'wb')\nwhile True: f.write(bytes(1 << 20))", "disk|raised"),
    "many_files": (FILL, "disk"),
    "files_that_are_removed": (FILL + "    os.unlink(f'{n}')", "disk|raised"),
    "files_that_are_hidden": ("import os\nos.mkdir('x', 0o300)\nos.chdir('x')\n" + FILL, "disk"),
    "many_empty_files": ("for n in range(10**9): open(f'{n}', 'w').close()", "disk"),
    "folders_in_folders": ("import os\nwhile True: os.mkdir('x'); os.chdir('x')", "disk"),
    "writing_the_same_again": ("while True:\n    with open('x', 'wb') as f: f.write(bytes(1 << 20))", "disk"),
    "a_sparse_file": ("open('x', 'wb').truncate(1 << 40)", "raised"),
    "an_allocated_file": ("import os; os.posix_fallocate(os.open('x', os.O_CREAT | os.O_RDWR), 0, 1 << 40)", "raised"),
    "a_shared_mapping": (
        "import mmap\nwith open('x', 'w+b') as f:\n    f.write(bytes(9)); f.flush(); mmap.mmap(f.fileno(), 9)",
        "raised",
    ),
    "many_open_files": ("x = []\nwhile True: x.append(open('/dev/null'))", "raised"),
    "deep_recursion": ("def f(): f()\nf()", "raised"),
    "deep_source": ("eval('(' * 100000)", "raised|memory|crashed"),
    "a_crash": ("import ctypes; ctypes.string_at(0)", "crashed"),
    "an_abort": ("import os; os.abort()", "crashed"),
    "leaving_at_once": ("import os; os._exit(7)", "crashed"),
    "a_forged_report": (REPORT + 'tell(b\'{"kind": 7, "value": [1]}\'); os._exit(0)', "finished"),
    "a_report_that_is_too_long": (REPORT + "for n in range(9999): tell(bytes(9999))", "finished"),
    "a_report_that_is_too_deep": (REPORT + "tell(b'[' * 9999); os._exit(0)", "finished"),
}


@pytest.fixture(autouse=True)
def temporary(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Give the folder in which runs have their directories."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


def children() -> set[int]:
    """Return the processes that this one has started and that are still there."""
    return {child.pid for child in psutil.Process().children(recursive=True)}


@pytest.mark.parametrize("name", BOMBS)
@pytest.mark.soak(every=10)
def test_s05_a_bomb_meets_a_limit(name: str, temporary: Path) -> None:
    """It ends soon, this process and the disk do not notice, and nothing of it is left."""
    code, ended = BOMBS[name]
    before = children()
    began = time.monotonic()
    box = Sandbox(limits=SandboxLimits(seconds=2, memory=128 * MIB, disk=4 * MIB, files=50, output=1000))
    result = box.run(code)
    assert result.ended in ended.split("|"), result
    assert time.monotonic() - began < 8
    assert len(result.stdout) <= 1000
    assert len(result.stderr) <= 1000
    assert bool(result.error) == (result.ended != "finished")
    assert list(temporary.iterdir()) == []
    assert children() <= before


HARMLESS = {
    "value": ("1 + 1", "2"),
    "decimal": ("from decimal import Decimal; Decimal('0.1') + Decimal('0.2')", "Decimal('0.3')"),
    "fractions": ("from fractions import Fraction; Fraction(1, 3) * 3", "Fraction(1, 1)"),
    "math": ("import math; math.factorial(20)", "2432902008176640000"),
    "statistics": ("import statistics; statistics.median([3, 1, 2])", "2"),
    "json": ("import json; json.loads(json.dumps({'가': [1, None]}))", "{'가': [1, None]}"),
    "csv": ("import csv; list(csv.DictReader(open('in.csv', encoding='utf-8')))[0]['품목']", "'사과'"),
    "regular_expressions": ("import re; re.findall('[0-9]+', 'a1b22')", "['1', '22']"),
    "dates": ("import datetime; datetime.date(2026, 3, 1).strftime('%Y-%m-%d')", "'2026-03-01'"),
    "time_zones": (
        (
            "import datetime, zoneinfo\n"
            "datetime.datetime(2026, 3, 1, tzinfo=zoneinfo.ZoneInfo('Asia/Seoul')).utcoffset().seconds // 3600"
        ),
        "9",
    ),
    "random": ("import random, secrets, uuid; random.seed(1); bool(uuid.uuid4()) and len(secrets.token_bytes(4))", "4"),
    "hashes": ("import hashlib; hashlib.sha256(b'').hexdigest()[:8]", "'e3b0c442'"),
    "compression": ("import gzip, bz2, lzma, zlib; lzma.decompress(lzma.compress(b'x'))", "b'x'"),
    "archives": (
        (
            "import zipfile\nwith zipfile.ZipFile('x.zip', 'w') as z: z.writestr('a', 'b')\n"
            "zipfile.ZipFile('x.zip').read('a')"
        ),
        "b'b'",
    ),
    "own_files": (
        "from pathlib import Path; Path('x').write_text('안녕', 'utf-8'); Path('x').read_text('utf-8')",
        "'안녕'",
    ),
    "folders": (
        (
            "import os, shutil; os.makedirs('a/b'); open('a/b/c', 'w').close(); shutil.move('a/b/c', 'c');"
            " shutil.copy2('c', 'd'); shutil.copytree('a', 'e'); shutil.rmtree('a'); sorted(os.listdir())"
        ),
        "['c', 'd', 'e', 'in.csv']",
    ),
    "temporary_files": ("import tempfile\nwith tempfile.NamedTemporaryFile() as f: f.write(b'x')", "1"),
    "sqlite": (
        (
            "import sqlite3\nwith sqlite3.connect('x.db') as c:\n    c.execute('create table t (a)')\n"
            "    c.execute('insert into t values (7)')\nc.execute('select a from t').fetchone()"
        ),
        "(7,)",
    ),
    "sqlite_in_memory": ("import sqlite3; sqlite3.connect(':memory:').execute('select 1').fetchone()", "(1,)"),
    "classes": ("from dataclasses import dataclass\n@dataclass\nclass P:\n    x: int\nP(3)", "P(x=3)"),
    "pickle": ("import pickle\nclass A: pass\ntype(pickle.loads(pickle.dumps(A()))).__name__", "'A'"),
    "asyncio": ("import asyncio\nasync def f():\n    await asyncio.sleep(0.01)\n    return 7\nasyncio.run(f())", "7"),
    "own_module": ("open('mine.py', 'w').write('x = 3')\nimport mine\nmine.x", "3"),
    "html_and_xml": ("import html, xml.etree.ElementTree as E; E.fromstring('<a>x</a>').text", "'x'"),
    "a_large_list": ("sum(range(10**6))", "499999500000"),
    "leaving_by_exit": ("import sys; sys.exit()", "None"),
    "nothing": ("", "None"),
    "if_main": ("x = 1\nif __name__ == '__main__':\n    x = 2\nx", "2"),
}


@pytest.mark.parametrize("name", HARMLESS)
@pytest.mark.soak(every=2)
def test_s05_harmless_code_works(name: str) -> None:
    """What people compute with the standard library gives what it gives anywhere."""
    code, value = HARMLESS[name]
    if name == "temporary_files":
        code += "\n1"
    result = Sandbox().run(code, files={"in.csv": "품목,수량\n사과,3\n"})
    assert (result.ended, str(result.value), result.error) == ("finished", value, "")


def test_s05_a_cancelled_run_is_killed(temporary: Path) -> None:
    """Within a moment there is neither its process nor its directory."""

    async def cancel() -> float:
        before = children()
        task = asyncio.create_task(Sandbox(limits=SandboxLimits(seconds=60)).arun("while True: pass"))
        while children() <= before:  # noqa: ASYNC110  # it is another process that we wait for
            await asyncio.sleep(0.01)
        since = time.monotonic()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert children() <= before
        return time.monotonic() - since

    assert asyncio.run(cancel()) < 2
    assert list(temporary.iterdir()) == []


def test_s05_runs_do_not_block_the_loop_nor_each_other() -> None:
    """Four runs at once take less than one after the other, and the loop goes on meanwhile."""

    async def together() -> tuple[list[SandboxResult], int]:
        box, turns = Sandbox(), 0
        tasks = [asyncio.create_task(box.arun("import time; time.sleep(1); 1")) for _ in range(4)]
        while not all(task.done() for task in tasks):
            await asyncio.sleep(0.01)
            turns += 1
        return [await task for task in tasks], turns

    began = time.monotonic()
    results, turns = asyncio.run(together())
    assert [result.value for result in results] == ["1"] * 4
    assert time.monotonic() - began < 3.5
    assert turns > 5


PARENT = """
import threading
from clovax_agents.guards.sandbox import Sandbox, SandboxLimits
print("up", flush=True)
Sandbox(limits=SandboxLimits(seconds=60)).run("while True: pass")
"""


def test_s05_a_run_does_not_outlive_a_parent_that_is_killed() -> None:
    """When the process that asked for it is killed with SIGKILL, so is the run."""
    command = [sys.executable, "-c", PARENT]
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=os.environ) as parent:  # noqa: S603
        seen = psutil.Process(parent.pid)
        while not (started := seen.children()):
            time.sleep(0.01)
        confined = Path(f"/proc/{started[0].pid}/status")
        while "Seccomp:\t2" not in confined.read_text("ascii"):
            time.sleep(0.01)
        parent.send_signal(signal.SIGKILL)
    gone, alive = psutil.wait_procs(started, timeout=5)
    assert alive == []
    assert len(gone) == 1


def test_s05_threads_may_come_and_go_while_a_run_goes_on() -> None:
    """The kernel takes the thread that started a process for its parent: it has to be the one that waits."""
    results: list[SandboxResult] = []
    threads = [threading.Thread(target=lambda: results.append(Sandbox().run("2"))) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [result.value for result in results] == ["2"] * 3
