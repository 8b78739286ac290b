"""``clovax lint-tools``: what is wrong with tools, as a table or as JSON."""

from __future__ import annotations

import json
import sys
import tomllib
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, cast

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from clovax_agents.cli.toolboxes import load_toolbox
from clovax_agents.cli.wording import say
from clovax_agents.errors import ConfigurationError
from clovax_agents.execution.narrowing import as_dict, as_list
from clovax_agents.languages import is_korean
from clovax_agents.tooling.lint import lint_tools

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from clovax_agents.tooling.lint import Finding
    from clovax_agents.tooling.lint.rules import Language

__all__ = ["lint"]

_COLOURS: Final = {"error": "red", "warning": "yellow", "hint": "dim"}
_WORDS: Final = {
    "en": ("tool", "rule", "what to do", "everything"),
    "ko": ("도구", "규칙", "할 일", "전체"),
}
_NOTHING: Final = {"en": "{count} tools: nothing to say", "ko": "도구 {count}개: 고칠 것이 없습니다"}
_SUMMARY: Final = {
    "en": "{count} tools: {error} errors, {warning} warnings, {hint} hints",
    "ko": "도구 {count}개: 오류 {error}개, 경고 {warning}개, 힌트 {hint}개",
}


def lint(tools: str, *, as_json: bool, language: str, strict: bool, ignore: Iterable[str]) -> int:
    """Print what is wrong with tools.

    Args:
        tools: a file, a folder, a module, or any of these with ``:name`` of a Toolbox, a list or a tool.
        as_json: print a JSON object instead of a table.
        language: of the messages, ``"en"`` or ``"ko"``; empty: as the environment has it.
        strict: warnings count.
        ignore: rules not to apply, besides those in ./pyproject.toml.

    Returns:
        The exit code: 1 if there is an error, or with ``strict`` a warning; else 0.

    Raises:
        ConfigurationError: no such tools, rule or language.
    """
    chosen = _language(language)
    box = load_toolbox(tools)
    findings = lint_tools(box, ignore=[*_ignored_in(Path("pyproject.toml")), *ignore])
    counts = Counter(finding.severity for finding in findings)
    if as_json:
        found = [finding.as_dict(chosen) for finding in findings]
        sys.stdout.write(json.dumps({"tools": len(box), "findings": found}, ensure_ascii=False, indent=2) + "\n")
    else:
        _print(findings, len(box), counts, chosen)
    return 1 if counts["error"] or (strict and counts["warning"]) else 0


def _print(findings: Sequence[Finding], count: int, counts: Counter[Any], language: Language) -> None:
    console = Console(highlight=False, soft_wrap=False)
    if not findings:
        console.print(_NOTHING[language].format(count=count))
        return
    tool, rule, what, everything = _WORDS[language]
    table = Table(show_edge=False, pad_edge=False, header_style="bold")
    table.add_column(tool, overflow="fold")
    table.add_column(rule, no_wrap=True)
    table.add_column(what, overflow="fold", ratio=1)
    for finding in findings:
        colour = _COLOURS[finding.severity]
        message = escape(finding.message(language))
        table.add_row(escape(finding.place or everything), f"[{colour}]{finding.rule} {finding.severity}[/]", message)
    console.print(table)
    console.print(_SUMMARY[language].format(count=count, **{name: counts[name] for name in _COLOURS}))


def _language(given: str) -> Language:
    wanted = given or ("ko" if is_korean() else "en")
    if wanted not in _WORDS:
        raise ConfigurationError(say("--lang {given} is none of {known}", given=wanted, known=", ".join(_WORDS)))
    return cast("Language", wanted)


def _ignored_in(path: Path) -> list[str]:
    """Return what a project ignores."""
    if not path.is_file():
        return []
    try:
        found: Any = tomllib.loads(path.read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise ConfigurationError(say("{path} is not valid: {error}", path=path, error=error)) from None
    for name in ("tool", "clovax", "lint"):
        found = (as_dict(found) or {}).get(name)
    entries = as_list((as_dict(found) or {}).get("ignore", []))
    if entries is None or not all(isinstance(entry, str) for entry in entries):
        text = '{path}: ignore of [tool.clovax.lint] is a list of texts, such as ["L24"]'
        raise ConfigurationError(say(text, path=path))
    return entries
