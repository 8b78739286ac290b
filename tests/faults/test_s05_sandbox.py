"""S05: what code in the sandbox must not do, it cannot do; what does no harm works."""

import os
import re
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from clovax_agents.guards.sandbox import Sandbox, SandboxLimits, protections

MISSING = [protection.missing for protection in protections() if not protection.held]
pytestmark = [
    pytest.mark.skipif(sys.platform != "linux", reason="the sandbox holds on Linux"),
    pytest.mark.skipif(bool(MISSING), reason="; ".join(MISSING)),
]
REFUSED = (
    r"PermissionError|Operation not permitted|Permission denied|Function not implemented|can't start new thread"
    r"|Invalid cross-device link|Read-only file system"
)
SECRET = "canary-5f1d"


@pytest.fixture(scope="module")
def box() -> Sandbox:
    """Give a sandbox with limits that a test meets soon."""
    return Sandbox(limits=SandboxLimits(seconds=20, disk=8 << 20, files=100))


@pytest.fixture(scope="module")
def facts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """Give what attacks aim at: listening sockets of all kinds, files of others, and this process."""
    folder = tmp_path_factory.mktemp("others")
    secret = folder / "secret.txt"
    secret.write_text(SECRET, "utf-8")
    secret.chmod(0o644)
    writable = folder / "everybody"
    writable.mkdir()
    writable.chmod(0o777)
    neighbour = Path(tempfile.mkdtemp(prefix="clovax-sandbox-"))
    neighbour.chmod(0o777)
    (neighbour / "mine").write_text(SECRET, "utf-8")
    folder.chmod(0o755)
    with socket.create_server(("127.0.0.1", 0)) as tcp, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
        udp.bind(("127.0.0.1", 0))
        with socket.socket(socket.AF_UNIX) as unix, socket.socket(socket.AF_UNIX) as abstract:
            unix.bind(str(folder / "socket"))
            (folder / "socket").chmod(0o777)
            abstract.bind(f"\0clovax-{os.getpid()}")
            unix.listen()
            abstract.listen()
            yield {
                "secret": str(secret),
                "writable": str(writable),
                "neighbour": str(neighbour),
                "tcp": str(tcp.getsockname()[1]),
                "udp": str(udp.getsockname()[1]),
                "unix": str(folder / "socket"),
                "abstract": f"clovax-{os.getpid()}",
                "pid": str(os.getpid()),
                "home": str(Path.home()),
                "user": os.environ.get("USER", "root"),
            }
    (neighbour / "mine").unlink()
    neighbour.rmdir()


LIBC = "import ctypes, os; libc = ctypes.CDLL(None, use_errno=True)\n"
OR_RAISE = "\nif r < 0: raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))\nr"

READING = {
    "etc_passwd": "open('/etc/passwd').read()",
    "etc_shadow": "open('/etc/shadow').read()",
    "home": "import os; os.listdir({home!r})",
    "a_file_that_everybody_may_read": "open({secret!r}).read()",
    "environment_of_the_parent": "open('/proc/{pid}/environ', 'rb').read()",
    "command_line_of_the_parent": "open('/proc/{pid}/cmdline', 'rb').read()",
    "memory_of_the_parent": "open('/proc/{pid}/mem', 'rb').read(1)",
    "open_files_of_the_parent": "import os; os.listdir('/proc/{pid}/fd')",
    "list_of_processes": "import os; os.listdir('/proc')",
    "own_entry_in_proc": "open('/proc/self/maps').read()",
    "root_of_the_parent": "open('/proc/{pid}/root/etc/passwd').read()",
    "temp_of_others": "import os; os.listdir('/tmp')",
    "directory_of_another_run": "open({neighbour!r} + '/mine').read()",
    "symlink_to_a_file": "import os; os.symlink({secret!r}, 'link'); open('link').read()",
    "symlink_to_a_folder": "import os; os.symlink('/etc', 'link'); open('link/passwd').read()",
    "hard_link_to_a_file": "import os; os.link({secret!r}, 'link'); open('link').read()",
    "dots": "open('../' * 20 + 'etc/passwd').read()",
    "chdir_to_the_root": "import os; os.chdir('/'); open('etc/passwd').read()",
    "dev_shm": "import os; os.listdir('/dev/shm')",
    "devices": "open('/dev/kmsg').read(1)",
    "terminal": "open('/dev/tty').read(1)",
    "open_by_handle": LIBC + "r = libc.open_by_handle_at(-100, bytes(64), 0)" + OR_RAISE,
    "modules_of_this_environment": "import pydantic",
}
CHANGING = {
    "a_folder_that_everybody_may_write": "open({writable!r} + '/new', 'w')",
    "directory_of_another_run": "open({neighbour!r} + '/new', 'w')",
    "a_file_of_others": "open({secret!r}, 'a')",
    "emptying_a_file": "open({secret!r}, 'w')",
    "truncating_a_file": "import os; os.truncate({secret!r}, 0)",
    "removing_a_file": "import os; os.unlink({secret!r})",
    "renaming_a_file": "import os; os.rename({secret!r}, 'mine')",
    "moving_a_file_out": "import os; open('mine', 'w').close(); os.rename('mine', {writable!r} + '/mine')",
    "linking_a_file_out": "import os; open('mine', 'w').close(); os.link('mine', {writable!r} + '/mine')",
    "making_a_folder": "import os; os.mkdir({writable!r} + '/new')",
    "own_directory_away": "import os; os.rename(os.getcwd(), {writable!r} + '/gone')",
    "owner": "import os; os.chown({secret!r}, 0, 0)",
    "extended_attributes": "import os; os.setxattr({secret!r}, 'user.x', b'y'); 1/0",
    "fifo": "import os; os.mkfifo('fifo')",
    "device": "import os; os.mknod('null', 0o20666, os.makedev(1, 3))",
    "standard_library": "import os; open(os.__file__, 'a')",
}
NETWORK = {
    "tcp_connect": "import socket; socket.create_connection(('127.0.0.1', {tcp}), 2)",
    "tcp_connect_ipv6": "import socket; socket.socket(socket.AF_INET6).connect(('::1', {tcp}))",
    "tcp_bind": "import socket; socket.create_server(('127.0.0.1', 0))",
    "udp": "import socket; socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b'x', ('127.0.0.1', {udp}))",
    "unix": "import socket; socket.socket(socket.AF_UNIX).connect({unix!r})",
    "abstract": "import socket; socket.socket(socket.AF_UNIX).connect('\\0{abstract}')",
    "raw": "import socket; socket.socket(socket.AF_INET, socket.SOCK_RAW, 1)",
    "packet": "import socket; socket.socket(socket.AF_PACKET, socket.SOCK_RAW)",
    "netlink": "import socket; socket.socket(socket.AF_NETLINK, socket.SOCK_RAW)",
    "url": "import urllib.request; urllib.request.urlopen('http://127.0.0.1:{tcp}', timeout=2)",
    "pair_turned_elsewhere": "import socket; socket.socketpair()[0].connect({unix!r})",
    "pair_of_datagrams": "import socket; socket.socketpair(type=socket.SOCK_DGRAM)[0].sendto(b'x', {unix!r})",
    "message_with_an_address": "import socket; socket.socketpair()[0].sendmsg([b'x'], [], 0, {unix!r})",
    "io_uring": LIBC + "r = libc.syscall(425, 8, ctypes.create_string_buffer(120))" + OR_RAISE,
}
PROCESSES = {
    "fork": "import os; os.fork()",
    "fork_bomb": "import os\nwhile True: os.fork()",
    "thread_bomb": "import threading, time\nwhile True: threading.Thread(target=time.sleep, args=(9,)).start()",
    "vfork": LIBC + "r = libc.vfork()" + OR_RAISE,
    "clone": LIBC + "r = libc.syscall(56, 17, 0, 0, 0, 0)" + OR_RAISE,
    "subprocess": "import subprocess; subprocess.run(['/bin/true'])",
    "shell": "import os\nif os.system('true') != 0: raise PermissionError\n0",
    "multiprocessing": "import multiprocessing as m; m.get_context('spawn').Process(target=print).start()",
    "daemonised_grandchild": "import os\nif os.fork() == 0:\n    os.setsid()\n    os.fork()",
    "exec_another_program": "import os; os.execv('/bin/true', ['true'])",
    "exec_the_interpreter": "import os, sys; os.execv(sys.executable, ['python', '-c', '0'])",
    "exec_an_own_file": "import os; open('run', 'w').write('#!/bin/sh\\n'); os.execv('./run', ['run'])",
    "exec_from_memory": "import os; os.memfd_create('x')",
    "exec_by_descriptor": "import os; os.execve(os.open(os.__file__, os.O_RDONLY), ['x'], dict())",
    "loader": "import os; os.execv('/lib64/ld-linux-x86-64.so.2', ['ld', '/bin/true'])",
    "ptrace": LIBC + "r = libc.ptrace(16, {pid}, 0, 0)" + OR_RAISE,
    "ptrace_me": LIBC + "r = libc.ptrace(0, 0, 0, 0)" + OR_RAISE,
    "memory_of_others": LIBC + "r = libc.process_vm_readv({pid}, None, 0, None, 0, 0)" + OR_RAISE,
    "signal_to_the_parent": "import os; os.kill({pid}, 0)",
    "signal_to_all": "import os; os.kill(-1, 0)",
    "signal_to_the_group": "import os; os.killpg(os.getpgid({pid}), 0)",
    "signal_by_pidfd": "import os, signal; signal.pidfd_send_signal(os.pidfd_open({pid}), 0)",
    "signal_to_a_thread": LIBC + "r = libc.tgkill({pid}, {pid}, 0)" + OR_RAISE,
    "signal_by_file_owner": (
        "import fcntl, socket; a, b = socket.socketpair(); fcntl.fcntl(a, fcntl.F_SETOWN, {pid})\n"
        "fcntl.fcntl(a, fcntl.F_SETFL, fcntl.FASYNC); b.send(b'x')"
    ),
    "limits_of_the_parent": "import resource; resource.prlimit({pid}, resource.RLIMIT_CPU, (1, 1))",
    "priority_of_others": "import os; os.setpriority(os.PRIO_PROCESS, {pid}, 19)",
    "processors_of_others": "import os; os.sched_setaffinity({pid}, [0])",
    "leaving_the_group": "import os; os.setsid()",
    "namespaces": LIBC + "r = libc.unshare(0x10000000)" + OR_RAISE,
    "mount": LIBC + "r = libc.mount(b'none', b'.', b'tmpfs', 0, None)" + OR_RAISE,
    "chroot": "import os; os.chroot('.')",
    "shared_memory": LIBC + "r = libc.shmget(0, 4096, 0o1777)" + OR_RAISE,
    "keyring": LIBC + "r = libc.syscall(250, 0, -5, 0)" + OR_RAISE,
    "bpf": LIBC + "r = libc.syscall(321, 0, 0, 0)" + OR_RAISE,
    "taking_the_filter_off": LIBC + "r = libc.prctl(22, 0, 0, 0, 0)" + OR_RAISE,
}
POWERS = {
    "setuid": "import os; os.setuid(0)",
    "setresuid": "import os; os.setresuid(0, 0, 0)",
    "setgroups": "import os; os.setgroups([0])",
    "capabilities": LIBC + "r = libc.capset(bytes(8), bytes(24))" + OR_RAISE,
}
ATTACKS = {
    f"{group}-{name}": code
    for group, codes in {
        "reading": READING,
        "changing": CHANGING,
        "network": NETWORK,
        "processes": PROCESSES,
        "powers": POWERS,
    }.items()
    for name, code in codes.items()
}
ONLY_X86 = {"processes-clone", "processes-loader", "processes-keyring", "processes-bpf"}
NOT_REFUSED = {
    "reading-modules_of_this_environment": "No module named",
    "changing-extended_attributes": "not supported",
}


@pytest.mark.parametrize("name", ATTACKS)
@pytest.mark.soak(every=4)
def test_s05_an_attack_is_denied(name: str, box: Sandbox, facts: dict[str, str]) -> None:
    """The code gets the system's refusal, and nothing that it could return."""
    if name in ONLY_X86 and os.uname().machine != "x86_64":
        pytest.skip("its numbers are those of x86_64")
    result = box.run(ATTACKS[name].format(**facts))
    assert result.ended == "raised", result
    assert re.search(NOT_REFUSED.get(name, REFUSED), result.error), result.error
    assert SECRET not in result.stdout + result.stderr + str(result.value)
    assert Path(facts["secret"]).read_text("utf-8") == SECRET
    assert list(Path(facts["writable"]).iterdir()) == []


CONTROLS = [
    "reading-etc_passwd",
    "reading-a_file_that_everybody_may_read",
    "reading-environment_of_the_parent",
    "reading-list_of_processes",
    "reading-temp_of_others",
    "reading-symlink_to_a_file",
    "reading-hard_link_to_a_file",
    "reading-dots",
    "network-tcp_connect",
    "network-tcp_bind",
    "network-udp",
    "network-unix",
    "network-abstract",
    "processes-fork",
    "processes-subprocess",
    "processes-exec_from_memory",
    "processes-signal_to_the_parent",
    "processes-signal_to_a_thread",
]


@pytest.mark.parametrize("name", CONTROLS)
@pytest.mark.soak(every=3)
def test_s05_the_same_attack_works_outside(name: str, facts: dict[str, str], tmp_path: Path) -> None:
    """It is the sandbox that denies them: the same code does run in a process of its own."""
    code = ATTACKS[name].format(**facts)
    command = [sys.executable, "-I", "-c", code]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)  # noqa: S603
    assert done.returncode == 0, done.stderr


def test_s05_the_environment_is_empty(box: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither keys nor paths of ours are in there."""
    monkeypatch.setenv("CLOVASTUDIO_API_KEY", SECRET)
    result = box.run("import os; print(dict(os.environ)); sorted(os.environ)")
    assert SECRET not in result.stdout
    assert set(eval(str(result.value))) <= {  # noqa: S307  # a list of names
        "HOME", "LANG", "LC_CTYPE", "MKL_NUM_THREADS", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "TMPDIR", "TZ",
    }  # fmt: skip


def test_s05_no_open_file_is_inherited(box: Sandbox, facts: dict[str, str]) -> None:
    """A file that we have open, and would leave to any child, is not there; stdin is empty."""
    with open(facts["secret"], "rb") as file:  # noqa: PTH123
        os.set_inheritable(file.fileno(), True)  # noqa: FBT003
        found = box.run(
            "import os, sys\n"
            "def there(fd):\n"
            "    try: return bool(os.fstat(fd))\n"
            "    except OSError: return False\n"
            "print(len([fd for fd in range(64) if there(fd)]))\n"
            "for fd in range(64):\n"
            "    try: print(os.pread(fd, 100, 0))\n"
            "    except OSError: pass\n"
            "sys.stdin.read()"
        )
    assert int(found.stdout.splitlines()[0]) <= 4  # stdin, stdout, stderr and the report
    assert SECRET not in found.stdout
    assert found.value == "''"


def test_s05_modes_and_times_of_files_outside_stay(box: Sandbox, facts: dict[str, str]) -> None:
    """What Landlock does not look at only seems to work."""
    before = Path(facts["secret"]).stat()
    code = "import os; os.chmod({secret!r}, 0); os.utime({secret!r}, (0, 0)); os.chmod(os.__file__, 0)"
    assert box.run(code.format(**facts)).ended == "finished"
    after = Path(facts["secret"]).stat()
    assert (after.st_mode, after.st_mtime_ns) == (before.st_mode, before.st_mtime_ns)
    assert Path(os.__file__).stat().st_mode & 0o400


@pytest.mark.skipif(sys.platform == "win32" or os.geteuid() != 0, reason="only root can become somebody else")
def test_s05_root_is_root_no_more(box: Sandbox) -> None:
    """A run that root starts is another user, without powers but one for reading, if the interpreter is root's own."""
    code = "import os\nusers = os.getresuid() + os.getresgid()\nmin(users), os.getgroups()"
    found = box.run(code)
    assert found.value is not None
    user, groups = eval(found.value)  # noqa: S307  # two numbers
    assert user >= 65534
    assert groups == []
