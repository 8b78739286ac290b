"""Which system calls a program of the sandbox may make: a list of those that do no harm, and nothing else.

Each line is a name and its number on x86_64 and on aarch64 ('-': there is none).
"""

from __future__ import annotations

TYPE_CHECKING = False  # as in typing, which takes long to load
if TYPE_CHECKING:
    from typing import Final

__all__ = ["MACHINES", "Test", "verdicts"]

MACHINES: Final = {"x86_64": (0, 0xC000003E), "aarch64": (1, 0xC00000B7), "arm64": (1, 0xC00000B7)}
"""The column of a machine in the lists, and what the kernel calls it (``AUDIT_ARCH_...``)."""

_ALLOWED: Final = """
read 0 63, write 1 64, readv 19 65, writev 20 66, pread64 17 67, pwrite64 18 68, lseek 8 62
open 2 -, openat 257 56, close 3 57, close_range 436 436, dup 32 23, dup2 33 -, dup3 292 24, pipe 22 -, pipe2 293 59
stat 4 -, fstat 5 80, lstat 6 -, newfstatat 262 79, statx 332 291, statfs 137 43, fstatfs 138 44
access 21 -, faccessat 269 48, faccessat2 439 439, readlink 89 -, readlinkat 267 78, getdents64 217 61
getcwd 79 17, chdir 80 49, fchdir 81 50, mkdir 83 -, mkdirat 258 34, rmdir 84 -, unlink 87 -, unlinkat 263 35
rename 82 -, renameat 264 38, renameat2 316 276, link 86 -, linkat 265 37, symlink 88 -, symlinkat 266 36
ftruncate 77 46, fsync 74 82, fdatasync 75 83, flock 73 32, umask 95 166, sendfile 40 71, copy_file_range 326 285
poll 7 -, ppoll 271 73, select 23 -, pselect6 270 72, epoll_create1 291 20, epoll_ctl 233 21, epoll_wait 232 -
epoll_pwait 281 22, eventfd2 290 19
brk 12 214, munmap 11 215, mremap 25 216, mprotect 10 226, madvise 28 233, msync 26 227
getpid 39 172, gettid 186 178, getppid 110 173, getuid 102 174, geteuid 107 175, getgid 104 176, getegid 108 177
getgroups 115 158, getresuid 118 148, getresgid 120 150, getpgrp 111 -, getpgid 121 155, getsid 124 156
uname 63 160, sysinfo 99 179, getrusage 98 165, times 100 153, getcpu 309 168, sched_yield 24 124
sched_getaffinity 204 123, getrlimit 97 163, setrlimit 160 164, getrandom 318 278
clock_gettime 228 113, clock_getres 229 114, clock_nanosleep 230 115, nanosleep 35 101, gettimeofday 96 169
time 201 -, alarm 37 -, getitimer 36 102, setitimer 38 103, pause 34 -
rt_sigaction 13 134, rt_sigprocmask 14 135, rt_sigreturn 15 139, rt_sigpending 127 136, rt_sigsuspend 130 133
rt_sigtimedwait 128 137, sigaltstack 131 132
futex 202 98, set_robust_list 273 99, rseq 334 293, membarrier 324 283, restart_syscall 219 128
exit 60 93, exit_group 231 94
recvfrom 45 207, recvmsg 47 212, shutdown 48 210, getsockname 51 204, getpeername 52 205, getsockopt 55 209
"""
_REFUSED: Final = """
socket 41 198, connect 42 203, bind 49 200, listen 50 201, accept 43 202, accept4 288 242, sendmsg 46 211
sendmmsg 307 269, clone 56 220, fork 57 -, vfork 58 -, execve 59 221, execveat 322 281, wait4 61 260, waitid 247 95
kill 62 129, tkill 200 130, rt_sigqueueinfo 129 138, rt_tgsigqueueinfo 297 240, ptrace 101 117
process_vm_readv 310 270, process_vm_writev 311 271, setsid 112 157, setpgid 109 154, setpriority 141 140
chown 92 -, lchown 94 -, fchown 93 55, fchownat 260 54, mknod 133 -, mknodat 259 33, truncate 76 45
fallocate 285 47, setuid 105 146, setgid 106 144, setreuid 113 145, setregid 114 143, setresuid 117 147
setresgid 119 149, setgroups 116 159, capset 126 91, memfd_create 319 279, open_by_handle_at 304 265, chroot 161 51
mount 165 40, unshare 272 97, setns 308 268
"""
_PRETENDED: Final = "chmod 90 -, fchmod 91 52, fchmodat 268 53, fchmodat2 452 452, utimensat 280 88, utimes 235 -"
"""They would reach files outside: Landlock does not look at them. Copying files calls them, so they seem to work."""
_UNSUPPORTED: Final = """
setxattr 188 5, lsetxattr 189 6, fsetxattr 190 7, getxattr 191 8, lgetxattr 192 9, fgetxattr 193 10
listxattr 194 11, llistxattr 195 12, flistxattr 196 13
"""
_TESTED: Final = """
mmap 9 222, tgkill 234 131, prlimit64 302 261, fcntl 72 25, ioctl 16 29, socketpair 53 199, sendto 44 206
"""

_EPERM: Final = 1
_ENOTTY: Final = 25
_EOPNOTSUPP: Final = 95


class Test:
    """A condition on an argument of a call: under a mask, it has one of these values.

    Attributes:
        argument: its position, from 0.
        values: of which it has to be one.
        mask: the bits that count.
        high: whether the upper half of the argument is meant.
    """

    __slots__ = ("argument", "high", "mask", "values")

    def __init__(self, argument: int, values: tuple[int, ...], mask: int = 0xFFFFFFFF, *, high: bool = False) -> None:
        self.argument: int = argument
        self.values: tuple[int, ...] = values
        self.mask: int = mask
        self.high: bool = high


def _tests(pid: int) -> dict[str, tuple[int, tuple[Test, ...]]]:
    """Return what a call is answered with if its tests fail, and its tests."""
    return {
        # A shared mapping of a file would write to it unseen by whoever counts what is written.
        "mmap": (_EPERM, (Test(3, (0x02, 0x22, 0x21), 0x2F),)),
        "tgkill": (_EPERM, (Test(0, (pid,)),)),  # abort() and raise_signal() on oneself
        "prlimit64": (_EPERM, (Test(0, (0, pid)),)),
        # Not F_SETOWN and F_SETSIG, which send signals to others.
        "fcntl": (_EPERM, (Test(1, (0, 1, 2, 3, 4, 5, 6, 7, 36, 37, 38, 1030, 1032)),)),
        # TCGETS, TIOCGWINSZ, FIONREAD, FIONBIO, FIONCLEX, FIOCLEX
        "ioctl": (_ENOTTY, (Test(1, (0x5401, 0x5413, 0x541B, 0x5421, 0x5450, 0x5451)),)),
        # A connected pair, which asyncio's loop wakes itself with; no datagrams, which could be sent elsewhere.
        "socketpair": (_EPERM, (Test(0, (1,)), Test(1, (1,), 0xF))),
        "sendto": (_EPERM, (Test(4, (0,)), Test(4, (0,), high=True))),
    }


def verdicts(column: int, pid: int) -> list[tuple[int, int | None, tuple[Test, ...]]]:
    """Return, for each call that is known: its number, the error or None for allowed, and the tests it has to pass.

    Args:
        column: of the machine, see `MACHINES`.
        pid: of the process for which it is.
    """
    tests = _tests(pid)
    tested = [(number, *tests[name]) for name, number in _read(_TESTED, column) if name in tests]
    groups = ((_ALLOWED, None), (_REFUSED, _EPERM), (_PRETENDED, 0), (_UNSUPPORTED, _EOPNOTSUPP))
    plain = [(number, error, ()) for text, error in groups for _, number in _read(text, column)]
    return [*plain, *tested]


def _read(text: str, column: int) -> list[tuple[str, int]]:
    entries = [entry.split() for line in text.strip().splitlines() for entry in line.split(",") if entry.strip()]
    return [(entry[0], int(entry[1 + column])) for entry in entries if entry[1 + column] != "-"]
