"""The sandbox says what protects it, and refuses to run where that is missing."""

import dataclasses
import os
import struct
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from clovax_agents.errors import ConfigurationError
from clovax_agents.guards.confined import landlock, privileges, seccomp, syscalls
from clovax_agents.guards.sandbox import Sandbox, SandboxLimits, box, disk, protections
from clovax_agents.guards.sandbox.protecting import means

ON_LINUX = pytest.mark.skipif(sys.platform != "linux", reason="the sandbox holds on Linux")
HOLDS = pytest.mark.skipif(
    any(not protection.held for protection in protections()),
    reason="; ".join(protection.missing for protection in protections()) or "all hold",
)


@pytest.fixture
def lacking(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., None]]:
    """Give what makes the machine lack Landlock, seccomp or namespaces."""

    def lack(*, landlock_abi: int | None = None, no_seccomp: bool = False, no_namespaces: bool = False) -> None:
        if landlock_abi is not None:
            monkeypatch.setattr(landlock, "abi", lambda: landlock_abi)
        if no_seccomp:
            monkeypatch.setattr(seccomp, "available", lambda: False)
        if no_namespaces:
            monkeypatch.setattr("clovax_agents.guards.sandbox.protecting._may_unshare", lambda: False)
        means.cache_clear()

    yield lack
    means.cache_clear()


@ON_LINUX
def test_without_landlock_there_is_no_sandbox(lacking: Callable[..., None]) -> None:
    """The error says what is missing, what to do, and how to accept it."""
    lacking(landlock_abi=0)
    with pytest.raises(ConfigurationError) as error:
        Sandbox()
    text = str(error.value)
    assert "cannot protect 'files' here: this kernel offers no Landlock" in text
    assert "require=('network',)" in text
    assert Sandbox(require=["network"]).run("1").value == "1"


@ON_LINUX
def test_without_seccomp_there_is_no_sandbox(lacking: Callable[..., None]) -> None:
    """A network of its own is not enough: sockets in the file system can be reached from there."""
    lacking(no_seccomp=True)
    with pytest.raises(ConfigurationError, match="cannot protect 'network' here: there is no seccomp filter"):
        Sandbox()
    lacking(no_namespaces=True)
    with pytest.raises(ConfigurationError, match="and there are no namespaces"):
        Sandbox()


@ON_LINUX
@pytest.mark.parametrize(
    ("lack", "missing"),
    [
        ({}, set()),
        ({"landlock_abi": 0}, {"files"}),
        ({"landlock_abi": 2}, set()),
        ({"landlock_abi": 2, "no_seccomp": True}, {"files", "network", "processes"}),
        ({"no_seccomp": True}, {"network", "processes"}),
        ({"landlock_abi": 0, "no_seccomp": True}, {"files", "network", "processes"}),
    ],
)
@HOLDS
def test_what_is_missing_is_said(lacking: Callable[..., None], lack: dict[str, int], missing: set[str]) -> None:
    """For each protection: whether it is held, by what, and what does not hold."""
    lacking(**lack)
    told = Sandbox.protections()
    assert {protection.name for protection in told if not protection.held} == missing
    assert all(protection.missing for protection in told if not protection.held)
    assert all(protection.by for protection in told if protection.held)


@ON_LINUX
@HOLDS
def test_a_namespace_stands_in_for_seccomp(lacking: Callable[..., None]) -> None:
    """Where that is accepted, there is no network still, and no further process."""
    lacking(no_seccomp=True)
    if "namespace" not in means():
        pytest.skip("this system allows no namespaces")
    code = (
        "import os, socket\n"
        "def tried(what):\n"
        "    try: what(); return 'done'\n"
        "    except OSError as error: return type(error).__name__\n"
        "print(tried(lambda: socket.create_connection(('127.0.0.1', 9), 1)), tried(os.fork))\n"
        "print(tried(lambda: open('/etc/passwd')))"
    )
    result = Sandbox(require=["files"]).run(code)
    assert result.stdout.split()[1:] == ["BlockingIOError", "PermissionError"]
    assert result.stdout.split()[0] in {"OSError", "PermissionError"}


@ON_LINUX
def test_a_process_that_cannot_confine_itself_runs_nothing(
    lacking: Callable[..., None], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """What was promised and does not work is an error, not a run with less."""
    lacking()
    monkeypatch.setattr(box, "means", lambda: ("landlock", "seccomp", "nothing"))
    assert Sandbox().run("1").value == "1"
    monkeypatch.setattr(box, "means", lambda: ("landlock",))
    broken = Sandbox(require=())
    started = tmp_path / "started"
    monkeypatch.setattr(broken, "_readable", [7])  # no path
    with pytest.raises(ConfigurationError, match="could not confine itself, so it ran nothing: TypeError"):
        broken.run(f"open({str(started)!r}, 'w')")
    assert not started.exists()


def test_windows_is_told_where_to_run_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """There is nothing there that a sandbox could be made of."""
    monkeypatch.setattr(sys, "platform", "win32")
    with pytest.raises(ConfigurationError, match="WSL 2"):
        Sandbox(require=())


@ON_LINUX
def test_macos_is_told_what_it_lacks(lacking: Callable[..., None], monkeypatch: pytest.MonkeyPatch) -> None:
    """By its name."""
    monkeypatch.setattr(sys, "platform", "darwin")
    lacking()
    with pytest.raises(ConfigurationError, match="'files' here: darwin has no Landlock"):
        Sandbox()
    assert [protection.held for protection in protections()] == [False] * 4


@pytest.mark.parametrize(
    "given",
    [
        {"seconds": 0}, {"seconds": float("inf")}, {"seconds": float("nan")}, {"seconds": "5"}, {"memory": 1 << 20},
        {"memory": 1e9}, {"output": -1}, {"disk": True}, {"files": 10**9},
    ],
)  # fmt: skip
def test_limits_are_checked_where_they_are_written(given: dict[str, float]) -> None:
    """The error names the setting and its range."""
    (name,) = given
    with pytest.raises(ConfigurationError, match=rf"{name}=.* it takes a number from"):
        SandboxLimits(**given)  # type: ignore[arg-type]


@pytest.mark.parametrize("code", ["x" * (1 << 21), "1\0"])
@HOLDS
def test_code_that_cannot_be_handed_over_is_refused(code: str) -> None:
    """Too long, or with a NUL in it."""
    with pytest.raises(ConfigurationError, match="at most 1,048,576 characters, and no NUL"):
        Sandbox().run(code)


@HOLDS
def test_code_with_half_a_character_is_an_error_of_the_code() -> None:
    """And not of ours."""
    assert "UnicodeEncodeError" in Sandbox().run("'\ud800'").error


def verdict(program: bytes, number: int, *arguments: int, architecture: int) -> int:
    """Run a filter as the kernel does, and return what it answers a call with."""
    data = struct.pack("=iIQ6Q", number, architecture, 0, *arguments, *(0,) * (6 - len(arguments)))
    position = accumulator = 0
    while True:
        code, yes, no, k = struct.unpack_from("HBBI", program, position * 8)
        position += 1
        if code == 0x20:
            (accumulator,) = struct.unpack_from("=I", data, k)
        elif code == 0x54:
            accumulator &= k
        elif code == 0x15:
            position += yes if accumulator == k else no
        else:
            assert code == 0x06
            return int(k)


ALLOW, KILL, EPERM, ENOSYS = 0x7FFF0000, 0x80000000, 0x50001, 0x50026
CALLS = {
    # name: (number on x86_64, number on aarch64, arguments, verdict)
    "read": (0, 63, (), ALLOW),
    "openat": (257, 56, (), ALLOW),
    "exit_group": (231, 94, (), ALLOW),
    "socket": (41, 198, (), EPERM),
    "connect": (42, 203, (), EPERM),
    "bind": (49, 200, (), EPERM),
    "clone": (56, 220, (), EPERM),
    "clone3": (435, 435, (), ENOSYS),
    "execve": (59, 221, (), EPERM),
    "ptrace": (101, 117, (), EPERM),
    "kill": (62, 129, (), EPERM),
    "memfd_create": (319, 279, (), EPERM),
    "fchmodat": (268, 53, (), 0x50000),
    "fsetxattr": (190, 7, (), 0x5005F),
    "io_uring_setup": (425, 425, (), ENOSYS),
    "bpf": (321, 280, (), ENOSYS),
    "unknown": (9999, 9999, (), ENOSYS),
    "tgkill_self": (234, 131, (77,), ALLOW),
    "tgkill_other": (234, 131, (78,), EPERM),
    "prlimit_self": (302, 261, (0,), ALLOW),
    "prlimit_other": (302, 261, (1,), EPERM),
    "mmap_private_file": (9, 222, (0, 0, 0, 0x02), ALLOW),
    "mmap_anonymous": (9, 222, (0, 0, 0, 0x22), ALLOW),
    "mmap_shared_anonymous": (9, 222, (0, 0, 0, 0x21), ALLOW),
    "mmap_shared_file": (9, 222, (0, 0, 0, 0x01), EPERM),
    "mmap_shared_validated": (9, 222, (0, 0, 0, 0x03), EPERM),
    "fcntl_getfl": (72, 25, (0, 3), ALLOW),
    "fcntl_setown": (72, 25, (0, 8), EPERM),
    "ioctl_isatty": (16, 29, (0, 0x5401), ALLOW),
    "ioctl_tiocsti": (16, 29, (0, 0x5412), 0x50019),
    "socketpair_stream": (53, 199, (1, 0x80001), ALLOW),
    "socketpair_datagram": (53, 199, (1, 2), EPERM),
    "socketpair_inet": (53, 199, (2, 1), EPERM),
    "sendto_connected": (44, 206, (0, 0, 0, 0, 0), ALLOW),
    "sendto_address": (44, 206, (0, 0, 0, 0, 0x1000), EPERM),
    "sendto_high_address": (44, 206, (0, 0, 0, 0, 0x100000000), EPERM),
}


@pytest.mark.parametrize("machine", ["x86_64", "aarch64"])
@pytest.mark.parametrize("name", CALLS)
def test_the_filter_answers_each_call(name: str, machine: str) -> None:
    """On both machines, whichever this one is."""
    column, architecture = syscalls.MACHINES[machine]
    program = seccomp.assemble(machine, 77)
    answer = verdict(program, CALLS[name][column], *CALLS[name][2], architecture=architecture)
    assert hex(answer) == hex(CALLS[name][3])


def test_calls_of_another_architecture_end_the_process() -> None:
    """The numbers of 32-bit calls mean something else; those of x32 are in no list."""
    program = seccomp.assemble("x86_64", 1)
    assert verdict(program, 0, architecture=0x40000003) == KILL
    assert verdict(program, 0x40000000, architecture=0xC000003E) == ENOSYS


@pytest.mark.parametrize("column", [0, 1])
def test_no_call_has_two_verdicts(column: int) -> None:
    """The first would win, and the second be a mistake."""
    numbers = [number for number, _, _ in syscalls.verdicts(column, 1)]
    assert len(numbers) == len(set(numbers))


def test_a_directory_is_removed_however_deep_it_is(tmp_path: Path) -> None:
    """Deeper than any recursion and than any path, with names that look like ours, and links that are not followed."""
    kept = tmp_path / "kept"
    kept.mkdir()
    (kept / "file").touch()
    top = tmp_path / "top"
    top.mkdir()
    (top / "1").mkdir()
    (top / "1" / "x").mkdir()
    (top / "2").touch()
    (top / "link").symlink_to(kept)
    here = Path.cwd()
    os.chdir(top)
    for _depth in range(3000):
        Path("deeper").mkdir()
        os.chdir("deeper")
    Path("file").touch()
    os.chdir(here)
    disk.remove(top)
    assert not top.exists()
    assert (kept / "file").exists()


def test_what_is_collected_are_plain_files_with_one_name(tmp_path: Path) -> None:
    """Links of both kinds and files that did not change stay; so does what is too large."""
    outside = tmp_path / "outside"
    outside.write_text("secret")
    top = tmp_path / "top"
    (top / "folder").mkdir(parents=True)
    (top / "soft").symlink_to(outside)
    (top / "hard").hardlink_to(outside)
    os.mkfifo(top / "fifo")
    (top / "same").write_text("x")
    (top / "changed").write_text("y")
    (top / "folder" / "new").write_text("z")
    (top / "large").write_bytes(bytes(1000))
    assert disk.collect(top, {"same": "x", "changed": b"x"}, 100) == {"changed": b"y", "folder/new": b"z"}


def test_a_directory_that_cannot_be_looked_into_is_overfull(tmp_path: Path) -> None:
    """So nothing can be hidden in it."""
    deep = tmp_path
    for _depth in range(30):
        deep = deep / ("x" * 200)
        if len(str(deep)) > 4000:
            break
        deep.mkdir()
    assert not disk.overfull(tmp_path, 1 << 30, 100)
    here = Path.cwd()
    os.chdir(deep.parent)
    for _depth in range(2):
        Path("x" * 200).mkdir()
        os.chdir("x" * 200)
    os.chdir(here)
    assert disk.overfull(tmp_path, 1 << 30, 100)


@ON_LINUX
def test_paths_that_all_may_read_need_no_power(tmp_path: Path) -> None:
    """A folder of which one parent is closed is not open to all."""
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    (closed / "inner").mkdir(mode=0o755)
    assert privileges._open_to_all("/usr/lib")
    assert privileges._open_to_all("/no/such/path")
    assert not privileges._open_to_all(str(closed / "inner"))


@ON_LINUX
@pytest.mark.parametrize(
    ("powers", "known", "opened", "chosen"),
    [
        (-1, {7, 65534}, True, (7, False)),
        (-1, {7, 65534}, False, (7, True)),
        (-1, {65534}, True, (65534, False)),
        (-1, set(), False, (None, False)),
        (0, {7}, True, (None, False)),
        (0b11000001, {7}, True, (7, False)),
        (0b11000001, {7}, False, (None, False)),
        (0b11000101, {7}, False, (7, True)),
    ],
)
def test_root_becomes_what_the_system_lets_it_become(
    powers: int,
    known: set[int],
    opened: bool,  # noqa: FBT001
    chosen: tuple[int | None, bool],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Somebody else if that is possible and leaves the interpreter readable, or else root without powers."""
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(privileges, "_powers", lambda: powers)
    monkeypatch.setattr(privileges, "_is_known", known.__contains__)
    monkeypatch.setattr(privileges, "_open_to_all", lambda _: opened)
    assert privileges.identity(7, ["/"]) == chosen
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert privileges.identity(7, ["/"]) == (None, False)


@pytest.mark.parametrize("command", [["unshare", "-Ur"], ["setpriv", "--bounding-set=-all", "--inh-caps=-all"]])
@pytest.mark.skipif(sys.platform != "linux" or os.geteuid() != 0, reason="it takes root to be less")
@HOLDS
def test_root_of_a_container_is_held_too(command: list[str]) -> None:
    """Root that knows no other user, and root without capabilities."""
    code = (
        "from clovax_agents.guards.sandbox import Sandbox\n"
        "run = Sandbox().run\n"
        'print(run(\'open("x", "w").write("y")\').value, run(\'open("/etc/shadow")\').error.split()[-1])\n'
    )
    done = subprocess.run([*command, sys.executable, "-c", code], capture_output=True, text=True, check=False)  # noqa: S603
    if done.returncode and done.stderr.startswith(command[0]):
        pytest.skip(done.stderr.strip())
    assert done.stdout == "1 '/etc/shadow'\n", done.stderr


def test_the_modules_of_the_process_need_only_the_standard_library() -> None:
    """It runs them without site-packages, and without the rest of this library."""
    places = Path(seccomp.__file__).parents[1]
    code = (
        "import sys; sys.path.insert(0, sys.argv[1]); import confined.child\n"
        "print([name for name in ('clovax_agents', 'typing', 'json', 'enum', 'ast') if name in sys.modules])"
    )
    command = [sys.executable, "-I", "-S", "-c", code, str(places)]
    assert subprocess.run(command, check=True, capture_output=True, text=True).stdout == "[]\n"  # noqa: S603


def test_a_result_is_a_plain_value() -> None:
    """It can be compared and shown, and not changed."""
    result = box.SandboxResult(ended="finished", value="1")
    assert dataclasses.replace(result, value="1") == result
    with pytest.raises(dataclasses.FrozenInstanceError):
        result.value = "2"  # type: ignore[misc]
