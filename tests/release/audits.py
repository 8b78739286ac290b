"""Types as users' checkers see them, known holes in what we depend on, and the list of what that is."""

import json
import os
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from running import ROOT, CheckFailedError, run, tool, version_numbers

_NOT_OURS: Final = {("clovax_agents.execution.executor.ToolExecutor", "Type of metaclass unknown")}
"""LangGraph's ToolNode, its base, is typed but for its own base; what takes an executor is partially unknown for it."""

_FLOORS: Final = re.compile(r"^The project's lower bounds carry these fixes: (.*)$", re.MULTILINE)


def check_types(python: Path, empty: Path) -> str:
    """Let pyright rate the types of everything public in the installed package; all of it has to be known."""
    asked: list[str | Path] = [
        "--verifytypes",
        "clovax_agents",
        "--ignoreexternal",
        "--outputjson",
        "--pythonpath",
        python,
    ]
    # With --verifytypes, pyright takes the first Python on the path, whatever --pythonpath says.
    path = os.pathsep.join((str(python.parent), os.environ.get("PATH", "")))
    said = run([tool("pyright"), *asked], cwd=empty, env={"PATH": path}, may_fail=True)
    found = json.loads(said.stdout)["typeCompleteness"]
    if not Path(found["moduleRootDirectory"]).is_relative_to(python.parents[1].resolve()):
        raise CheckFailedError(f"pyright looked at {found['moduleRootDirectory']}, not at what is installed")
    wrong = [
        (symbol["name"], said["message"].partition("\n")[0])
        for symbol in found["symbols"] for said in symbol["diagnostics"] if said["severity"] == "error"
    ]  # fmt: skip
    roots = {pair for pair in wrong if "partially unknown" not in pair[1]}
    if roots - _NOT_OURS or (wrong and not roots):
        raise CheckFailedError(f"types that checkers do not know: {sorted(roots - _NOT_OURS or wrong)[:20]}")
    known = f"{found['exportedSymbolCounts']['withKnownType']} public names have known types"
    return f"{known}, {found['completenessScore']:.1%}; what is left comes from {_NOT_OURS if roots else 'nowhere'}"


def check_floors(pins: Mapping[str, str]) -> str:
    """Hold the lowest versions against those that carry the fixes in docs/faults.md."""
    told = _FLOORS.search((ROOT / "docs" / "faults.md").read_text(encoding="utf-8"))
    floors = re.findall(r"([a-z-]+) (\d+(?:\.\d+)+)", told[1]) if told else []
    below = [name for name, floor in floors if version_numbers(pins[name]) < version_numbers(floor)]
    if below or not floors:
        raise CheckFailedError(f"the lowest versions of {below} lack fixes: see Floors in docs/faults.md")
    return f"{len(floors)} floors hold at the lowest versions"


def audit(python: Path, folder: Path) -> tuple[bool | None, str]:
    """Look for known holes in what is installed; None where nobody could be asked."""
    frozen = folder / "frozen.txt"
    listed = run([tool("uv"), "pip", "freeze", "--quiet", "--python", python]).stdout
    kept = [line for line in listed.splitlines() if not line.startswith("clovax-agents")]
    frozen.write_text("\n".join(kept), encoding="utf-8")
    asked: list[str | Path] = [
        "--requirement",
        frozen,
        "--no-deps",
        "--disable-pip",
        "--format",
        "json",
        "--progress-spinner",
        "off",
    ]
    done = run([tool("pip-audit"), *asked], may_fail=True)
    if not done.stdout.startswith("{"):
        return None, f"not audited: {(done.stderr.strip().splitlines() or ['no answer'])[-1][:120]}"
    found = json.loads(done.stdout)["dependencies"]
    holes = [f"{each['name']} {each['version']}: {hole['id']}" for each in found for hole in each.get("vulns", ())]
    skipped = [each["name"] for each in found if "skip_reason" in each]
    if holes:
        return False, f"{len(holes)} known holes: {', '.join(holes[:10])}"
    if skipped:
        return None, f"not audited: the advisory service knew nothing of {len(skipped)} of {len(found)} packages"
    return True, f"{len(found)} packages, no known hole"


def write_sbom(python: Path, target: Path, date: str) -> str:
    """List what an installation of the core consists of, as CycloneDX; return how much it is."""
    asked: list[str | Path] = [
        "environment",
        "--output-reproducible",
        "--no-validate",
        "--mc-type",
        "library",
        "--pyproject",
        ROOT / "pyproject.toml",
    ]
    command = [tool("cyclonedx-py"), *asked, "--output-format", "JSON", "--output-file", target, python]
    run(command, env={"SOURCE_DATE_EPOCH": date})
    listed = {part["name"].lower() for part in json.loads(target.read_text(encoding="utf-8"))["components"]}
    wanted = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["dependencies"]
    names = {re.split(r"[\[=<>; ]", line)[0] for line in wanted if "sys_platform" not in line}
    if missing := sorted(names - {name.replace("_", "-") for name in listed}):
        raise CheckFailedError(f"{target.name} does not list {missing}")
    return f"{len(listed)} components in {target.name}"
