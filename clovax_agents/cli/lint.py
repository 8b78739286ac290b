"""``clovax lint-tools``: what is wrong with tools, as a table or as JSON."""

from __future__ import annotations

import importlib
import json
import os
import sys
import tomllib
from collections import Counter
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, cast

from langchain_core.tools import BaseTool
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from clovax_agents.errors import ConfigurationError
from clovax_agents.execution.narrowing import as_dict, as_list
from clovax_agents.tooling import Toolbox
from clovax_agents.tooling.lint import lint_tools
from clovax_agents.tooling.loading import load_modules, tools_of

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
    box = _load(tools)
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
    wanted = given or ("ko" if os.environ.get("CLOVAX_LANG", "").lower().startswith("ko") else "en")
    if wanted not in _WORDS:
        raise ConfigurationError(f"--lang {wanted} is none of {', '.join(_WORDS)}")
    return cast("Language", wanted)


def _ignored_in(path: Path) -> list[str]:
    """Return what a project ignores."""
    if not path.is_file():
        return []
    try:
        found: Any = tomllib.loads(path.read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise ConfigurationError(f"{path} is not valid: {error}") from None
    for name in ("tool", "clovax", "lint"):
        found = (as_dict(found) or {}).get(name)
    entries = as_list((as_dict(found) or {}).get("ignore", []))
    if entries is None or not all(isinstance(entry, str) for entry in entries):
        raise ConfigurationError(f'{path}: ignore of [tool.clovax.lint] is a list of texts, such as ["L24"]')
    return entries


def _load(tools: str) -> Toolbox:
    """Find the tools that are meant."""
    place, _, name = tools.rpartition(":") if _names_something_inside(tools) else (tools, "", "")
    if _is_path(place):
        path = Path(place).absolute()
        return _boxed(_named(path, name), tools) if name else Toolbox.from_path(path)
    sys.path.insert(0, str(Path.cwd()))
    try:
        module = importlib.import_module(place)
    except ModuleNotFoundError as error:
        if error.name is None or not f"{place}.".startswith(f"{error.name}."):
            raise
        raise ConfigurationError(f"there is no file, folder or module {place}") from None
    finally:
        sys.path.remove(str(Path.cwd()))
    if name:
        return _boxed(getattr(module, name, None), tools)
    box = Toolbox()
    for made, policy in tools_of([module]):
        box = box.add(made, policy=policy)
    if not len(box):
        raise ConfigurationError(f"{place} has no tools of its own: name a Toolbox or a list of tools, {place}:name")
    return box


def _named(path: Path, name: str) -> Any:
    """Return what a file, or a file of a folder, holds under a name; or else the tool of that name."""
    _, modules = load_modules(path, "*.py", None)
    held: list[Any] = [getattr(module, name, None) for module in modules]
    called = [made for made, _ in tools_of(modules) if made.name == name]
    return next(chain(filter(_is_tools, held), called), None)


def _is_tools(value: object) -> bool:
    return isinstance(value, Toolbox | BaseTool | list | tuple)


def _names_something_inside(tools: str) -> bool:
    return tools.rpartition(":")[2].isidentifier() and bool(tools.rpartition(":")[0]) and not Path(tools).exists()


def _is_path(place: str) -> bool:
    return Path(place).exists() or "/" in place or os.sep in place or place.endswith(".py")


def _boxed(found: Any, asked: str) -> Toolbox:
    """Put what was found into a box."""
    if isinstance(found, Toolbox):
        return found
    if isinstance(found, BaseTool):
        return Toolbox(found)
    if isinstance(found, list | tuple) and found:
        return Toolbox(*cast("list[Any]", found))
    raise ConfigurationError(f"{asked} is no Toolbox, tool or list of tools")
