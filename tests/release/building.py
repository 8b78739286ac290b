"""The wheel and the sdist: built twice, the same to the byte, and with all that belongs in them and nothing else."""

import hashlib
import os
import tarfile
import zipfile
from pathlib import Path, PurePosixPath
from typing import Final

from running import ROOT, CheckFailedError, run, tool, tracked

_SDIST_ONLY: Final = {
    ".gitignore", "CHANGELOG.md", "LICENSE", "PKG-INFO", "README.ko.md", "README.md", "pyproject.toml",
}  # fmt: skip
_ABOUT: Final = {"METADATA", "RECORD", "WHEEL", "entry_points.txt", "licenses/LICENSE"}


def source_date() -> str:
    """Return the time of the last commit, which stands for the time of the build."""
    return os.environ.get("SOURCE_DATE_EPOCH") or run(["git", "log", "-1", "--format=%ct"]).stdout.strip()


def build(dist: Path, again: Path) -> Path:
    """Build both, and a second time the wheel from the tree and the sdist; return the wheel."""
    env = {"SOURCE_DATE_EPOCH": source_date()}
    run([tool("uv"), "build", "--quiet", "--out-dir", dist, ROOT], env=env)  # the wheel comes from the sdist
    run([tool("uv"), "build", "--quiet", "--sdist", "--wheel", "--out-dir", again, ROOT], env=env)
    first, second = _digests(dist), _digests(again)
    if len(first) != 2 or first != second:
        raise CheckFailedError(f"two builds of one tree differ: {first} and {second}")
    return next(dist.glob("*.whl"))


def _digests(folder: Path) -> dict[str, str]:
    files = [*folder.glob("*.whl"), *folder.glob("*.tar.gz")]
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(files)}


def check_contents(dist: Path) -> str:
    """Compare what is in both with what git knows; return how much it is."""
    package = set(tracked("clovax_agents"))
    with zipfile.ZipFile(next(dist.glob("*.whl"))) as wheel:
        names = wheel.namelist()
    about = {name.partition(".dist-info/")[2] for name in names if ".dist-info/" in name}
    _same("the wheel", {name for name in names if ".dist-info/" not in name}, package)
    _same("the wheel's metadata", about, _ABOUT)
    with tarfile.open(next(dist.glob("*.tar.gz"))) as sdist:
        inside = {str(PurePosixPath(*PurePosixPath(member.name).parts[1:])) for member in sdist if member.isfile()}
    _same("the sdist", inside, package | _SDIST_ONLY)
    return f"{len(names)} files in the wheel, {len(inside)} in the sdist"


def _same(what: str, found: set[str], wanted: set[str]) -> None:
    if missing := sorted(wanted - found):
        raise CheckFailedError(f"{what} lacks {missing[:10]}")
    if more := sorted(found - wanted):
        raise CheckFailedError(f"{what} should not hold {more[:10]}: is it in git?")
