"""All that has to hold before a release: ``make release-check``. It takes long and needs a package index.

The wheel and the sdist are built once and left in ``dist/`` with a list of their components. What is installed from
the wheel is tested without the source, on each Python that is found, with the newest and with the lowest versions.
"""

import argparse
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

import audits
import building
import environments
import interpreters
from environments import Outcome
from running import BIN, ROOT, CheckFailedError

T = TypeVar("T")


class Progress:
    """Says what is being done, and remembers what did not hold."""

    def __init__(self) -> None:
        self.failed: list[str] = []
        self.left_out: list[str] = []
        self._began = time.monotonic()

    def say(self, line: str) -> None:
        """Print a line with the time since the beginning."""
        seconds = int(time.monotonic() - self._began)
        print(f"[{seconds // 60:3}:{seconds % 60:02}] {line}", flush=True)

    def step(self, name: str, action: Callable[[], T]) -> T | None:
        """Do one step; a check that fails is said and does not stop the others."""
        self.say(f"{name} ...")
        try:
            found = action()
        except CheckFailedError as error:
            self.failed.append(name)
            self.say(f"{name}: FAILED\n{error}")
            return None
        self.say(f"{name}: {found if isinstance(found, str) else 'ok'}")
        return found


@contextmanager
def _workplace(kept: Path | None) -> Iterator[Path]:
    """Give a folder for the environments, which is removed unless it was named."""
    if kept:
        kept.mkdir(parents=True)
        yield kept.resolve()
        return
    with tempfile.TemporaryDirectory(prefix="clovax-release-") as folder:
        yield Path(folder)


def _artefacts(progress: Progress, work: Path) -> Path | None:
    """Build into ``dist/`` of the tree, emptied first; return the wheel."""
    dist = ROOT / "dist"
    for old in [*dist.glob("clovax_agents-*"), *dist.glob("clovax-agents-*")]:
        old.unlink()
    wheel = progress.step("two builds are the same", lambda: building.build(dist, work / "again"))
    if wheel:
        progress.step("contents", lambda: building.check_contents(dist))
    return wheel


def _bare(progress: Progress, work: Path, wheel: Path, version: str, python: Path) -> None:
    """Check the core alone, and list what it consists of on the lowest Python."""

    def bare() -> Path:
        made = environments.make(work / f"bare-{version}", python)
        environments.install(made, wheel)
        environments.check_bare(made, work)
        return made

    made = progress.step(f"{version}: the core alone", bare)
    target = ROOT / "dist" / f"{wheel.name.rpartition('-py3')[0]}.cdx.json"
    if made and not target.exists():
        progress.step("components", lambda: audits.write_sbom(made, target, building.source_date()))


def _tested(progress: Progress, work: Path, wheel: Path, version: str, python: Path, resolution: str) -> Outcome | None:
    """Install all that tests need and run them."""

    def tested() -> Outcome:
        pins = environments.lowest(version, work) if resolution == "lowest-direct" else None
        if pins:
            audits.check_floors(environments.pins_of(pins))
        made = environments.make(work / f"{version}-{resolution}", python)
        environments.furnish(made, wheel, pins)
        return environments.run_tests(made, version, resolution, work / "tree", work)

    outcome = progress.step(f"{version}, {resolution}: tests", tested)
    if outcome and outcome.failed:
        progress.failed.append(f"{version}, {resolution}: {outcome.failed} tests")
        progress.say(outcome.words)
    return outcome


def _audits(progress: Progress, work: Path, version: str) -> None:
    """Rate the types and look for known holes, in the environment with the newest versions."""
    python = work / f"{version}-highest" / BIN / "python"
    empty = work / "empty"
    empty.mkdir()
    progress.step("types", lambda: audits.check_types(python, empty))
    clean, words = audits.audit(python, work)
    progress.say(f"audit: {words}")
    if clean is False:
        progress.failed.append("audit")
    elif clean is None:
        progress.left_out.append("the audit: run it where the advisory service can be reached (docs/releasing.md)")


def _table(outcomes: list[Outcome]) -> str:
    """Return what came of the tests, a line for each environment."""
    rows = [f"{'python':8}{'resolution':15}{'tests':>7}{'passed':>8}{'failed':>8}{'skipped':>9}{'seconds':>9}"]
    for each in outcomes:
        passed = each.tests - each.failed - each.skipped
        row = f"{each.python:8}{each.resolution:15}{each.tests:7}{passed:8}{each.failed:8}{each.skipped:9}"
        rows.append(f"{row}{each.seconds:9.0f}")
    return "\n".join(rows)


def _environments(progress: Progress, work: Path, wheel: Path, wanted: list[str], resolutions: list[str]) -> None:
    """Go through the Pythons that are found, then print the table."""
    environments.lay_tests(work / "tree")
    outcomes: list[Outcome] = []
    newest: str | None = None
    for version in wanted:
        python = interpreters.find(version)
        if python is None:
            progress.left_out.append(f"Python {version}: not found on the path or in pyenv's folder")
            continue
        _bare(progress, work, wheel, version, python)
        for resolution in resolutions:
            outcome = _tested(progress, work, wheel, version, python, resolution)
            outcomes += [outcome] if outcome else []
            newest = version if resolution == "highest" else newest
    if newest:
        _audits(progress, work, newest)
    print(f"\n{_table(outcomes)}")


def main() -> int:
    """Run all checks; return the exit code."""
    parser = argparse.ArgumentParser(description="Check what would be released.")
    parser.add_argument("--python", action="append", help="a version such as 3.12; may be given again; all by default")
    parser.add_argument("--resolution", action="append", choices=environments.RESOLUTIONS, help="both by default")
    parser.add_argument("--keep", type=Path, help="a new folder for the environments, which stays")
    given = parser.parse_args()
    progress = Progress()
    with _workplace(given.keep) as work:
        wheel = _artefacts(progress, work)
        if wheel:
            resolutions = given.resolution or list(environments.RESOLUTIONS)
            _environments(progress, work, wheel, given.python or interpreters.promised(), resolutions)
    for line in progress.left_out:
        print(f"left out: {line}")
    for line in progress.failed:
        print(f"FAILED: {line}")
    print("Ready for a release." if not progress.failed else "Not ready for a release.")
    return bool(progress.failed)


if __name__ == "__main__":
    sys.exit(main())
