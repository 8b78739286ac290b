"""Which test holds which rule of docs/wire.md: run it with ``make rules``.

A test holds a rule if the rule's id is in its name or in the id of its row in a table: ``w2_5_07`` for W2.5-07.
Rules that no test can hold are listed in docs/unconfirmed.md, with the reason.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections import defaultdict
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[1]
SECTIONS: Final = re.compile(r"(?:[1-8]|12)(?:\.|$)")
"""Sections whose rules need a test: 9 is about a package, 10 and 11 have ids of their own."""

_RULE: Final = re.compile(r"^(?:\| |[-*] )`(W([0-9.]+)-([0-9A-Za-z]+))`", re.MULTILINE)
_TOKEN: Final = re.compile(r"w\d+(?:_\d+[a-z]?)+")
_EXCUSED: Final = re.compile(r"^\| ((?:`?W[0-9.]+-[0-9a-z]+`?(?: to |, )?)+) \| (.+) \|$", re.MULTILINE)
_HEADING: Final = "## Rules without a test"


def rules() -> list[str]:
    """Return the ids of all rules, in the order of the page."""
    text = (ROOT / "docs" / "wire.md").read_text(encoding="utf-8")
    return [found[0] for found in _RULE.findall(text) if SECTIONS.match(found[1])]


def slug(rule: str) -> str:
    """Return a rule's id as it stands in the name of a test.

    Example:
        >>> slug("W2.5-07"), slug("W4.1-40003a")
        ('w2_5_07', 'w4_1_40003a')
    """
    return re.sub(r"[.-]", "_", rule).lower()


def held(tests: list[str], known: list[str]) -> dict[str, list[str]]:
    """Return the tests of each rule that has any.

    Example:
        >>> held(["tests/a.py::test_refused[w2_5_16_cap_of_1023]"], ["W2.5-16"])
        {'W2.5-16': ['tests/a.py::test_refused[w2_5_16_cap_of_1023]']}
    """
    by_slug = {slug(rule): rule for rule in known}
    found: dict[str, list[str]] = defaultdict(list)
    for test in tests:
        for rule in {_longest(token, by_slug) for token in _TOKEN.findall(test.lower())} - {None}:
            found[str(rule)].append(test)
    return dict(found)


def _longest(token: str, by_slug: dict[str, str]) -> str | None:
    parts = token.split("_")
    names = ("_".join(parts[:end]) for end in range(len(parts), 1, -1))
    return next((by_slug[name] for name in names if name in by_slug), None)


def excused(known: list[str]) -> dict[str, str]:
    """Return the rules that docs/unconfirmed.md excuses from having a test, with its reasons."""
    page = (ROOT / "docs" / "unconfirmed.md").read_text(encoding="utf-8").partition(_HEADING)[2]
    reasons: dict[str, str] = {}
    for ids, reason in _EXCUSED.findall(page):
        for part in ids.replace("`", "").split(", "):
            first, _, last = part.partition(" to ")
            begin, end = known.index(first), known.index(last or first)
            reasons |= dict.fromkeys(known[begin : end + 1], reason)
    return reasons


def collected(place: str = "tests") -> list[str]:
    """Return the node ids of all tests in a place, without running any."""
    command = [sys.executable, "-m", "pytest", "--collect-only", "-q", "-p", "no:cacheprovider", place]
    every = {**os.environ, "CLOVAX_SOAK": "1"}  # those, too, that a short run leaves out
    done = subprocess.run(command, cwd=ROOT, env=every, capture_output=True, text=True, check=False)  # noqa: S603  # ourselves
    if done.returncode:
        sys.exit(f"pytest cannot collect the tests:\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
    return [line for line in done.stdout.splitlines() if "::" in line]


def main(ids: list[str]) -> int:
    """Print every rule with its tests, given their node ids; return 1 if a rule has neither a test nor a reason."""
    known = rules()
    tests, reasons = held(ids, known), excused(known)
    for rule in known:
        names = tests.get(rule, [])
        more = f" (and {len(names) - 1} more)" if len(names) > 1 else ""
        print(f"{rule:14} {names[0] + more if names else reasons.get(rule, 'NOTHING HOLDS THIS RULE')}")
    missing = [rule for rule in known if rule not in tests and rule not in reasons]
    idle = [rule for rule in known if rule in tests and rule in reasons]
    print(f"\n{len(known)} rules: {len(tests)} with a test, {len(reasons)} excused, {len(missing)} without anything")
    if idle:
        print(f"excused although a test holds them: {', '.join(idle)}")
    return 1 if missing or idle else 0


if __name__ == "__main__":
    sys.exit(main(collected()))
