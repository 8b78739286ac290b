"""Python and the packages: new enough, and without a known vulnerability."""

from __future__ import annotations

import sys
from importlib import metadata
from typing import TYPE_CHECKING, Final

from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.version import Version

from clovax_agents._version import __version__
from clovax_agents.cli.examining.advisories import ADVISORIES
from clovax_agents.cli.examining.findings import Finding
from clovax_agents.cli.examining.wording import say

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["check_versions"]

_LEAST: Final = (3, 11)
_TRIED: Final = (3, 13)
_SHOWN: Final = ("langgraph", "langchain-core", "langgraph-checkpoint")


def check_versions(installed: Callable[[str], str | None] | None = None) -> Iterator[Finding]:
    """Look at Python, at what this package requires, and at the known vulnerabilities.

    Args:
        installed: gives a package's version, None if it is not there; by default that of this environment.
    """
    version = installed or _installed
    yield _python(sys.version_info[:3])
    problems = [*_too_old(version), *_vulnerable(version)]
    shown = ", ".join(f"{name} {version(name)}" for name in _SHOWN)
    if not problems:
        text = "clovax-agents {own}, {shown}: no known vulnerability"
        yield Finding("packages", "ok", say(text, own=__version__, shown=shown))
    yield from problems


def _python(found: tuple[int, ...]) -> Finding:
    text = ".".join(map(str, found))
    if found < _LEAST:
        todo = say("install Python 3.11, 3.12 or 3.13")
        return Finding("python", "error", say("Python {version} is too old", version=text), todo)
    if found[:2] > _TRIED:
        told = say("Python {version}: newer than what this version was tried with (3.11 to 3.13)", version=text)
        return Finding("python", "note", told)
    return Finding("python", "ok", f"Python {text}")


def _installed(package: str) -> str | None:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None


def _too_old(version: Callable[[str], str | None]) -> Iterator[Finding]:
    """Yield what is installed in another version than this package requires."""
    for text in metadata.requires("clovax-agents") or ():
        wanted = Requirement(text)
        found = version(wanted.name)
        if wanted.marker is not None or found is None or wanted.specifier.contains(found, prereleases=True):
            continue
        named = say("{name} {found} is installed, {wanted} is needed", name=wanted.name, found=found,
                    wanted=str(wanted.specifier))  # fmt: skip
        todo = say("run: pip install --upgrade {what}", what=f'"{wanted.name}{wanted.specifier}"')
        yield Finding(f"package:{wanted.name}", "error", named, todo)


def _vulnerable(version: Callable[[str], str | None]) -> Iterator[Finding]:
    for one in ADVISORIES:
        found = version(one.package)
        if found is None or not _affects(one.affected, found):
            continue
        text = "{name} {found} is vulnerable ({id}): {what}"
        told = say(text, name=one.package, found=found, id=one.id, what=one.what)
        todo = say("run: pip install --upgrade {what}", what=f'"{one.package}>={one.fixed}"')
        yield Finding(f"advisory:{one.id}", "error", told, todo)


def _affects(ranges: str, found: str) -> bool:
    return any(SpecifierSet(one).contains(Version(found), prereleases=True) for one in ranges.split("|"))
