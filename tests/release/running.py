"""How the release check runs programs: quietly, and with the end of what they said if they fail."""

import os
import re
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[2]
BIN: Final = "Scripts" if os.name == "nt" else "bin"
_SAID: Final = 4_000
_MINUTES: Final = 40


class CheckFailedError(Exception):
    """A check that did not hold; the text says what to look at."""


def run(
    command: Sequence[str | Path], *, cwd: Path = ROOT, env: Mapping[str, str] | None = None, may_fail: bool = False
) -> subprocess.CompletedProcess[str]:
    """Run a program without the tree on its path; raise with its last words if it fails."""
    inherited = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run(  # noqa: S603  # our own arguments
        [str(part) for part in command],
        cwd=cwd, env={**inherited, **(env or {})}, capture_output=True, text=True, timeout=_MINUTES * 60, check=False,
        stdin=subprocess.DEVNULL,
    )  # fmt: skip
    if done.returncode and not may_fail:
        said = f"{done.stdout}\n{done.stderr}".strip()[-_SAID:]
        raise CheckFailedError(f"{' '.join(map(str, command))[:300]}\nended with {done.returncode}:\n{said}")
    return done


def tool(name: str) -> Path:
    """Return where a program of the group ``release`` is; uv is beside this Python, as the others are."""
    return Path(sys.executable).parent / name


def tracked(*patterns: str) -> list[str]:
    """Return the files that git knows, as paths from the root."""
    return run(["git", "ls-files", "-z", "--", *patterns]).stdout.rstrip("\0").split("\0")


def version_numbers(text: str) -> tuple[int, ...]:
    """Return the leading numbers of a version, for comparing."""
    found = re.match(r"\d+(\.\d+)*", text)
    return tuple(map(int, found[0].split("."))) if found else ()
