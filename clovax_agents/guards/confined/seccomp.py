"""Seccomp: the kernel answers a process's system calls by a small program, which cannot be taken off again."""

from __future__ import annotations

import ctypes
import os
import struct
import sys

from .syscalls import MACHINES, Test, verdicts

TYPE_CHECKING = False  # as in typing, which takes long to load
if TYPE_CHECKING:
    from typing import Final

__all__ = ["assemble", "available", "forbid_privileges", "install"]

_PR_GET_SECCOMP: Final = 21
_PR_SET_SECCOMP: Final = 22
_PR_SET_NO_NEW_PRIVS: Final = 38
_MODE_FILTER: Final = 2

_LOAD: Final = 0x20  # BPF_LD | BPF_W | BPF_ABS
_AND: Final = 0x54  # BPF_ALU | BPF_AND | BPF_K
_EQUAL: Final = 0x15  # BPF_JMP | BPF_JEQ | BPF_K
_RETURN: Final = 0x06

_ALLOW: Final = 0x7FFF0000
_ERROR: Final = 0x00050000
_KILL: Final = 0x80000000
_ENOSYS: Final = 38

_Instruction = tuple[int, int, int, int]


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("filter", ctypes.c_char_p))


def available() -> bool:
    """Whether the kernel has it, and we know the machine's system calls."""
    if sys.platform != "linux" or os.uname().machine not in MACHINES or sys.maxsize < 1 << 32:
        return False
    return int(ctypes.CDLL(None).prctl(_PR_GET_SECCOMP, 0, 0, 0, 0)) >= 0


def assemble(machine: str, pid: int) -> bytes:
    """Return the program for a machine (``"x86_64"``, ``"aarch64"``) and a process.

    What is in no list does not exist (ENOSYS): what the kernel learns after this was written is not let through, and
    the C library knows how to do without.
    """
    column, architecture = MACHINES[machine]
    program: list[_Instruction] = [
        (_LOAD, 0, 0, 4),
        (_EQUAL, 1, 0, architecture),
        (_RETURN, 0, 0, _KILL),  # calls of another architecture have other numbers
        (_LOAD, 0, 0, 0),
    ]
    for number, error, tests in verdicts(column, pid):
        block = [part for test in tests for part in _tested(test, error or 0)]
        block.append((_RETURN, 0, 0, _ALLOW if tests or error is None else _ERROR | error))
        program += [(_EQUAL, 0, len(block), number), *block]
    program.append((_RETURN, 0, 0, _ERROR | _ENOSYS))
    return b"".join(struct.pack("HBBI", *instruction) for instruction in program)


def _tested(test: Test, error: int) -> list[_Instruction]:
    """Go on behind this if the test holds."""
    offset = 16 + 8 * test.argument + (4 if test.high else 0)  # both machines are little-endian
    equal = [(_EQUAL, len(test.values) - place, 0, value) for place, value in enumerate(test.values)]
    masked = [] if test.mask == 0xFFFFFFFF else [(_AND, 0, 0, test.mask)]  # noqa: PLR2004
    return [(_LOAD, 0, 0, offset), *masked, *equal, (_RETURN, 0, 0, _ERROR | error)]


def forbid_privileges() -> None:
    """Whatever is executed from now on gains no privileges: no setuid, no capabilities of files.

    Raises:
        OSError: the kernel refuses.
    """
    _prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)


def install() -> None:
    """Let the kernel hold this process, its only thread, to the lists, for good.

    Raises:
        OSError: the kernel refuses.
    """
    code = assemble(os.uname().machine, os.getpid())
    program = _Program(len(code) // 8, code)
    _prctl(_PR_SET_SECCOMP, _MODE_FILTER, ctypes.byref(program), 0, 0)


def _prctl(*arguments: object) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(*(ctypes.c_ulong(given) if isinstance(given, int) else given for given in arguments)) != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
