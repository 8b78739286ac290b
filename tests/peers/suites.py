"""Test suites that others have published: fetched when they are needed, checked by their hash, run apart."""

import hashlib
import json
import os
import subprocess
import sys
import tarfile
import tomllib
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
CACHE = ROOT / ".data" / "peers"
TOOL_NODES = (
    "langgraph.prebuilt:ToolNode",
    "langgraph.prebuilt.tool_node:ToolNode",
    "langgraph.prebuilt.chat_agent_executor:ToolNode",
    "langchain.agents.factory:ToolNode",
)


@dataclass(frozen=True, kw_only=True)
class Suite:
    """A suite in a source distribution.

    Attributes:
        package: its name at the index.
        version: the one that is installed here, too.
        sha256: of the source distribution.
        tests: the folder of its tests.
        target: the class or function that stands in for theirs, ``module:name``.
        visits: how often that one is at least called.
        green: it passes as it is, wherever it runs.
        places: where theirs is found, ``module:name``.
    """

    package: str
    version: str
    sha256: str
    tests: str
    target: str
    visits: int
    green: bool
    places: tuple[str, ...] = TOOL_NODES

    @property
    def folder(self) -> str:
        """The folder inside of the archive."""
        return f"{self.package.replace('-', '_')}-{self.version}"


@dataclass(frozen=True, kw_only=True)
class Report:
    """What a run of a suite showed: outcomes by test, and how often ours was called."""

    visits: int
    outcomes: dict[str, str]

    def having(self, outcome: str) -> set[str]:
        """Return the tests that ended so."""
        return {name for name, found in self.outcomes.items() if found == outcome}

    def __str__(self) -> str:
        counts = ", ".join(f"{len(self.having(kind))} {kind}" for kind in ("passed", "failed", "skipped"))
        return f"{counts}; {self.visits} visits of ours"


PREBUILT = Suite(
    package="langgraph-prebuilt",
    version="1.1.2",
    sha256="8ad6353b16ea76b04b1e35fdc9ed4ead469346f80730ca346e08f26549e7b56a",
    tests="tests",
    target="clovax_agents.execution:ToolExecutor",
    visits=300,
    green=True,
)
LANGCHAIN = Suite(
    package="langchain",
    version="1.4.7",
    sha256="818275348cd707f7fbbe92ece0a725c25823140a054cf29865f420e0200fa2af",
    tests="tests/unit_tests/agents",
    target="declared:Declared",
    visits=200,
    green=False,  # snapshots of graphs, and what is told when a package is not installed that may be
)
SUPERVISOR = Suite(
    package="langgraph-supervisor",
    version="0.0.31",
    sha256="0f71d5098fa1ac274423eff08750345450045c1e0dd2480ab7f3e5c1848f6016",
    tests="tests",
    target="adapted:create_supervisor",
    visits=12,
    green=True,
    places=("langgraph_supervisor:create_supervisor", "langgraph_supervisor.supervisor:create_supervisor"),
)
SWARM = Suite(
    package="langgraph-swarm",
    version="0.1.0",
    sha256="e0f189fc2471d06108fc293da05771d0106d72f755cd130ee37d579561942479",
    tests="tests",
    target="adapted:create_swarm",
    visits=2,
    green=True,
    places=("langgraph_swarm:create_swarm", "langgraph_swarm.swarm:create_swarm"),
)


def archive(suite: Suite) -> Path:
    """Return the source distribution, from where pip looks for packages if it is not here yet.

    Raises:
        ValueError: the file is not the one that was pinned.
    """
    path = CACHE / f"{suite.folder}.tar.gz"
    if not path.exists():
        CACHE.mkdir(parents=True, exist_ok=True)
        wanted = CACHE / f"{suite.folder}.txt"
        wanted.write_text(f"{suite.package}=={suite.version} --hash=sha256:{suite.sha256}\n", encoding="ascii")
        options = ["--no-deps", "--no-binary", suite.package, "--require-hashes", "--quiet"]
        command = [sys.executable, "-m", "pip", "download", *options, "--dest", CACHE, "--requirement", wanted]
        subprocess.run(command, check=True, timeout=100)  # noqa: S603
    if hashlib.sha256(path.read_bytes()).hexdigest() != suite.sha256:
        raise ValueError(f"{path} is not the file that was pinned: remove it, and it is fetched again")
    return path


def run(suite: Suite, folder: Path, *, swapped: bool) -> Report:
    """Run a suite in a process of its own; as it is, or with ours in the place of theirs.

    Args:
        suite: which.
        folder: an empty one, so that no journal of an earlier run is found there.
        swapped: whether theirs is swapped for the target.
    """
    place = folder / ("swapped" if swapped else "as_it_is")
    with tarfile.open(archive(suite)) as opened:
        wanted = [member for member in opened if _is_needed(member.name.partition("/")[2])]
        opened.extractall(place, members=wanted, filter="data")
    report = place / "report.json"
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("CLOVAX_", "PYTEST_"))}
    environment |= {"CLOVAX_PEERS_REPORT": str(report), "PYTHONPATH": os.pathsep.join([str(ROOT), str(HERE)])}
    if swapped:
        environment |= {"CLOVAX_PEERS_TARGET": suite.target, "CLOVAX_PEERS_PLACES": ",".join(suite.places)}
    options = ["-p", "swap", "-p", "no:cacheprovider", "--timeout", "60", "-q"]
    command = [sys.executable, "-m", "pytest", suite.tests, *options]
    ran = subprocess.run(  # noqa: S603
        command, cwd=place / suite.folder, env=environment, capture_output=True, text=True, timeout=600, check=False
    )
    if not report.exists():
        raise RuntimeError(f"the suite of {suite.package} did not run:\n{ran.stdout[-2000:]}\n{ran.stderr[-2000:]}")
    return Report(**json.loads(report.read_text(encoding="utf-8")))


def deviations(suite: Suite) -> dict[str, str]:
    """Return what is meant to fail, and why."""
    found = tomllib.loads((HERE / "deviations.toml").read_text(encoding="utf-8"))
    return {name: why for why, names in found[suite.package].items() for name in names}


def _is_needed(path: str) -> bool:
    """Whether it belongs to the tests: the package itself is the installed one, not the archive's."""
    return path.startswith("tests/") or path == "pyproject.toml"
