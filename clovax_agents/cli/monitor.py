"""What ``clovax simulate`` shows: requests as they come, and how full the limits are."""

from __future__ import annotations

import json
import time
from collections import deque
from contextlib import nullcontext
from dataclasses import asdict
from typing import TYPE_CHECKING, Final, Literal

from rich.console import Console, Group
from rich.live import Live
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from clovax_agents.cli.wording import say

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from contextlib import AbstractContextManager

    from rich.console import RenderableType

    from clovax_agents.simulator import RequestRecord
    from clovax_agents.simulator.limits import Limiter, Usage

__all__ = ["LogStyle", "Monitor"]

LogStyle = Literal["live", "lines", "json", "off"]
_ROWS: Final = 15
_BAR: Final = 20
_OK, _REFUSED = 200, 400
_LIMIT_CODES: Final = "429"


class Monitor:
    """The request log of a simulator on a terminal.

    Args:
        style: a view that stays in place, a line per request, a JSON object per request, or nothing.
        console: where to print.
    """

    def __init__(self, style: LogStyle, console: Console) -> None:
        self._style = style
        self._console = console
        self._limiter: Limiter | None = None
        self._head = ""
        self._records: deque[RequestRecord] = deque(maxlen=_ROWS)
        self._count = 0
        self._refused = 0

    def watch(self, head: str, limiter: Limiter | None) -> None:
        """Say what stays on top of the view, and what counts the requests."""
        self._head, self._limiter = head, limiter

    def __call__(self, record: RequestRecord) -> None:
        """Take note of a request."""
        self._count += 1
        self._refused += record.status >= _REFUSED
        self._records.append(record)
        if self._style == "lines":
            self._console.print(describe(record), soft_wrap=True)
        elif self._style == "json":
            self._console.print(json.dumps(asdict(record), ensure_ascii=False), soft_wrap=True, markup=False)

    def live(self) -> AbstractContextManager[object]:
        """Show the view while the context lasts; for other styles print the head once, apart from the log."""
        if self._style != "live":
            Console(stderr=True, highlight=False).print(self._head, soft_wrap=True)
            return nullcontext()
        return Live(get_renderable=self.view, console=self._console, refresh_per_second=4, transient=False)

    def view(self) -> RenderableType:
        """Return the view: head, limits, the latest requests."""
        told = "{count} requests, {refused} refused" if self._count else "waiting for requests …"
        total = say(told, count=self._count, refused=self._refused)
        limits = _limits(self._limiter.usage()) if self._limiter else []
        return Group(Text.from_markup(self._head), *limits, _table(self._records), Text(total, style="dim"))


def describe(record: RequestRecord) -> Text:
    """Return one request as one line."""
    return Text.from_markup("  ".join(part for part in _cells(record) if part))


def _cells(record: RequestRecord) -> tuple[str, ...]:
    clock, stream = time.strftime("%H:%M:%S", time.localtime(record.at)), f" [dim]{say('stream')}[/]"
    return (
        f"[dim]{clock}[/]",
        _status(record),
        escape(_path(record)),
        f"[cyan]{escape(record.model)}[/]{stream if record.stream else ''}",
        _asked(record),
        _outcome(record),
        f"[dim]{record.seconds * 1000:,.0f} ms[/]",
    )


def _path(record: RequestRecord) -> str:
    """Leave out what every path of one API has in common, and the model, which has a place of its own."""
    path = record.path.removeprefix("/v1/openai").removeprefix("/v1/api-tools")
    return path.removesuffix(f"/{record.model}") if record.model else path


def _status(record: RequestRecord) -> str:
    if not record.status:
        return "[red]---[/]"
    colour = "green" if record.status == _OK else "yellow" if record.code.startswith(_LIMIT_CODES) else "red"
    return f"[{colour}]{record.status}[/]"


def _asked(record: RequestRecord) -> str:
    if not record.messages:
        return say("{count} tokens", count=f"{record.prompt_tokens:,}") if record.prompt_tokens else ""
    messages = say("{count:,} message" if record.messages == 1 else "{count:,} messages", count=record.messages)
    tools = (
        say("{count:,} tool" if record.tools == 1 else "{count:,} tools", count=record.tools) if record.tools else ""
    )
    tokens = say("{count} tokens", count=f"{record.prompt_tokens:,}+{record.cap:,}")
    return ", ".join(part for part in (messages, tools, tokens) if part)


def _outcome(record: RequestRecord) -> str:
    said = f"[red]{escape(f'{record.code} {record.message}')}[/]" if record.code else _answer(record)
    marks = [
        f"[magenta]{name} {escape(text)}[/]"
        for name, text in ((say("fault"), record.faults), (say("quirk"), record.quirk))
        if text
    ]
    return "  ".join([said, *marks]).strip()


def _answer(record: RequestRecord) -> str:
    if not record.finish_reason:
        return ""
    calls = f" [yellow]→ {escape(', '.join(record.calls))}[/]" if record.calls else ""
    return f"{say('{count} tokens', count=f'{record.completion_tokens:,}')}, {record.finish_reason}{calls}"


def _table(records: Iterable[RequestRecord]) -> Table:
    table = Table(expand=True, show_edge=False, pad_edge=False, box=None)
    names = say("time"), say("status"), say("path"), say("model"), say("asked"), say("answered"), say("took")
    for name in names:
        table.add_column(name, style=None, header_style="dim", overflow="fold")
    for record in records:
        table.add_row(*_cells(record))
    return table


def _limits(usage: Sequence[Usage]) -> list[RenderableType]:
    if not usage:
        return []
    table = Table(show_edge=False, pad_edge=False, box=None)
    for name in (say("limit of"), say("requests a minute"), say("tokens a minute")):
        table.add_column(name, header_style="dim")
    for item in usage:
        requests = _bar(item.requests, item.limit.requests)
        table.add_row(f"{escape(item.model)} [dim]{item.kind}[/]", requests, _bar(item.tokens, item.limit.tokens))
    return [table]


def _bar(used: int, limit: int | None) -> str:
    if limit is None:
        return f"{used:,} [dim]{say('without a limit')}[/]"
    share = min(used / limit, 1.0) if limit else 1.0
    full = round(share * _BAR)
    colour = "green" if share < 0.7 else "yellow" if share < 1 else "red"  # noqa: PLR2004  # thirds of a traffic light
    return (
        f"[{colour}]{'█' * full}[/][dim]{'░' * (_BAR - full)}[/] {say('{used:,} of {limit:,}', used=used, limit=limit)}"
    )
