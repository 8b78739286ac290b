"""Look at everything, and tell it."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Final

from rich.console import Console
from rich.markup import escape

from clovax_agents.cli.examining.findings import Finding, exit_code
from clovax_agents.cli.examining.project import check_project
from clovax_agents.cli.examining.service import check_service
from clovax_agents.cli.examining.storage import check_storage
from clovax_agents.cli.examining.versions import check_versions
from clovax_agents.cli.examining.wording import say

if TYPE_CHECKING:
    from collections.abc import Iterator

    from clovax_agents.cli.examining.findings import Level

__all__ = ["DoctorOptions", "examine"]

_MARKS: Final[dict[Level, str]] = {
    "ok": "[green]✓[/]",
    "note": "[cyan]·[/]",
    "warning": "[yellow]![/]",
    "error": "[bold red]✗[/]",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class DoctorOptions:
    """The options of the command, as they were typed."""

    online: bool = False
    as_json: bool = False


def examine(options: DoctorOptions) -> int:
    """Print what was found, and return the exit code."""
    findings = list(_all(online=options.online))
    if options.as_json:
        print(json.dumps([asdict(finding) for finding in findings], ensure_ascii=False, indent=2))
    else:
        _tell(findings, Console(highlight=False))
    return exit_code(findings)


def _all(*, online: bool) -> Iterator[Finding]:
    yield from check_versions()
    yield from check_service()
    if online:
        from clovax_agents.cli.examining.asking import check_online  # noqa: PLC0415  # only where it is asked for

        yield from check_online()
    yield from check_project()
    yield from check_storage()


def _tell(findings: list[Finding], console: Console) -> None:
    for finding in findings:
        console.print(f"{_MARKS[finding.level]} {escape(finding.text)}", soft_wrap=True)
        if finding.todo:
            console.print(f"  [dim]→ {escape(finding.todo)}[/]", soft_wrap=True)
    counts = Counter(finding.level for finding in findings)
    console.print()
    console.print(
        say("{errors} errors, {warnings} warnings", errors=counts["error"], warnings=counts["warning"]), soft_wrap=True
    )
