"""Puts figures that were saved as JSON into ``docs/benchmarks.md``: the second half of ``make bench``."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_BEGIN: Final = "<!-- {kind} -->\n"
_END: Final = "<!-- end of {kind} -->\n"


def page_with(figures: Mapping[str, Any], page: str) -> str:
    """Return the page with these figures in place of those between the two marks of their kind."""
    kind = figures.get("kind", "figures")
    begin, end = _BEGIN.format(kind=kind), _END.format(kind=kind)
    before, _, rest = page.partition(begin)
    _, mark, after = rest.partition(end)
    if not mark:
        message = f"no {begin.strip()} and {end.strip()} in the page"
        raise ValueError(message)
    return f"{before}{begin}{_TABLES[kind](figures)}\n{end}{after}"


def _of_model(figures: Mapping[str, Any]) -> str:
    head = (
        "",
        "ours",
        "langchain-naver",
        "OpenAI SDK",
        "httpx",
        "ours / naver",
        "gate",
        "goal",
        "ours / httpx",
        "gate",
    )
    ratios = ("to_naver", "gate", "goal", "to_httpx", "raw_gate")
    return _measured(figures, head, ("ours", "naver", "openai", "httpx"), ratios)


def _of_executor(figures: Mapping[str, Any]) -> str:
    head = ("", "ours", "ToolNode", "no executor", "ours / ToolNode", "gate", "goal", "ours / none")
    return _measured(figures, head, ("ours", "ToolNode", "floor"), ("to_toolnode", "gate", "goal", "to_floor"))


def _of_agents(figures: Mapping[str, Any]) -> str:
    head = (
        "",
        "ours",
        "create_agent",
        "create_react_agent",
        "create_agent, our model",
        "httpx",
        "ours / create_agent",
        "gate",
        "goal",
        "ours / create_react_agent",
        "ours / httpx",
    )
    ratios = ("to_create_agent", "gate", "goal", "to_react_agent", "to_httpx")
    return _measured(figures, head, head[1:6], ratios)


def _of_checkpoints(figures: Mapping[str, Any]) -> str:
    head = ("", "ours", "LangGraph's", "ours / LangGraph's", "gate", "goal")
    return _measured(figures, head, ("ours", "stock"), ("to_stock", "gate", "goal"))


def _of_faults(figures: Mapping[str, Any]) -> str:
    about = f"{figures['date']}, Python {figures['python']}, {', '.join(figures['versions'])}.\n\n"
    names = figures["contenders"]
    rows = [(str(row["number"]), row["fault"], *[row["seen"][name] for name in names]) for row in figures["rows"]]
    notes = "".join(f"- Row {row['number']}: {row['note']}\n" for row in figures["rows"] if row.get("note"))
    return about + _table(("#", "fault", *names), rows) + (f"\n{notes}" if notes else "")


def _of_tool_search(figures: Mapping[str, Any]) -> str:
    about = (
        f"{figures['utterances']} utterances, {figures['tools']} tools, {figures['date']}, Python {figures['python']}, "
        f"kiwipiepy {figures['kiwipiepy']}.\n\n"
    )
    head = ("", "recall at 1", "at 4", "at 8", "at 8, even functions", "at 8, odd functions", "build ms", "search ms")
    rows = [
        (
            row["name"],
            *[_shown(row["recall"][depth], ".2f") for depth in ("1", "4", "8")],
            *[_shown(half["8"], ".2f") for half in row["halves"]],
            _shown(row["build_ms"], ".0f"),
            _shown(row["search_ms"], ".2f"),
        )
        for row in figures["rows"]
    ]
    return about + _table(head, rows)


def _of_policies(figures: Mapping[str, Any]) -> str:
    about = (
        f"{figures['questions']} questions, {figures['unanswerable']} of them without an answer, "
        f"{figures['passages']} passages, {figures['date']}, Python {figures['python']}, kiwipiepy "
        f"{figures['kiwipiepy']}.\n\n"
    )
    head = ("", "recall at 1", "at 2", "at 4", "at 8", "clear", "lost", "refused", "wrongly clear", "search ms")
    names = ("clear", "lost", "refused", "wrongly_clear")
    rows = [
        (
            row["name"],
            *[_shown(row["recall"][depth], ".2f") for depth in ("1", "2", "4", "8")],
            *[_shown(row.get(name), ".2f") for name in names],
            _shown(row.get("search_ms"), ".1f"),
        )
        for row in figures["rows"]
    ]
    return about + _table(head, rows)


def _of_chaos(figures: Mapping[str, Any]) -> str:
    rates = ", ".join(f"{name.replace('_', ' ')} {rate:.0%}" for name, rate in figures["rates"].items())
    about = f"{figures['date']}, Python {figures['python']}, {', '.join(figures['versions'])}; {rates}.\n\n"
    head = ("", "runs", "ended in an answer", "half an answer", "silence", "wrong tool runs", "errors", "recovered")
    numbers = ("runs", "answers", "cut_off", "silence", "wrong_tool_runs")
    rows = [
        (
            row["name"],
            *[str(row[name]) for name in numbers],
            *[", ".join(f"{count} {name}" for name, count in row[name].items()) for name in ("errors", "recoveries")],
        )
        for row in figures["rows"]
    ]
    return about + _table(head, rows)


def _of_caps(figures: Mapping[str, Any]) -> str:
    about = f"{figures['runs']} questions, {figures['date']}, Python {figures['python']}.\n\n"
    head = ("", "tokens charged per request", "cap without tools", "requests a minute", "questions a minute", "cut off")
    names = ("charged", "cap_without_tools", "requests", "questions")
    rows = [(row["name"], *[_shown(row[name], ",.1f") for name in names], str(row["cut"])) for row in figures["rows"]]
    return about + _table(head, rows)


def _of_pacing(figures: Mapping[str, Any]) -> str:
    names = ("ours", "AIMD", "InMemoryRateLimiter", "SDK retries")

    def seen(found: tuple[float, float] | None) -> str:
        return "" if found is None else f"{found[0]:.1%} / {found[1]:.1%}"

    about = f"{figures['date']}, Python {figures['python']}, means of {figures['seeds']} runs.\n\n"
    table = _table(
        ("", *names), [(row["name"], *[seen(row["seen"].get(name)) for name in names]) for row in figures["rows"]]
    )
    runs = [
        (run["name"], run["done"], "" if run["use"] is None else f"{run['use']:.1%}", f"{run['refused']:.2%}")
        for run in figures["runs"]
    ]
    real = _table(("real processes", "done", "use", "429"), runs)
    cost = f"A paced call costs {figures['microseconds']:.1f} µs more, on {figures['machine']}.\n"
    return f"{about}{table}\n{real}\n{cost}"


def _measured(
    figures: Mapping[str, Any], head: tuple[str, ...], contenders: tuple[str, ...], ratios: tuple[str, ...]
) -> str:
    about = (
        f"Medians of {figures['rounds']} rounds, {figures['date']}, Python {figures['python']}, "
        f"{figures['cores']} cores of {figures['machine']}.\n\n"
    )
    lines = [
        (
            row["name"],
            *[_shown(row["values"].get(name), ",.1f") for name in contenders],
            *[_shown(row[name], ".3f") for name in ratios],
        )
        for row in figures["rows"]
    ]
    return about + _table(head, lines)


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    ruler = "|" + "---|" * len(head) + "\n"
    return _line(head) + ruler + "".join(map(_line, rows))


def _line(cells: tuple[str, ...]) -> str:
    shown = " | ".join(cell.replace("|", "\\|") for cell in cells)
    return f"| {shown} |\n" if cells[0] else f"|{shown} |\n"


def _shown(figure: float | None, form: str) -> str:
    return "" if figure is None else format(figure, form)


_TABLES: Final = {
    "figures": _of_model,
    "executor": _of_executor,
    "agents": _of_agents,
    "checkpoints": _of_checkpoints,
    "faults": _of_faults,
    "pacing": _of_pacing,
    "tool_search": _of_tool_search,
    "policies": _of_policies,
    "chaos": _of_chaos,
    "caps": _of_caps,
}


def main(arguments: Iterable[str]) -> None:
    """Write the page named second with the figures named first."""
    figures, page = map(Path, arguments)
    page.write_text(page_with(json.loads(figures.read_text()), page.read_text()))


if __name__ == "__main__":
    main(sys.argv[1:])
