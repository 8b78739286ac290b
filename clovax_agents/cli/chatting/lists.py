"""What a chat lists: threads, costs, and the time since something was."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

from rich.cells import cell_len
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from clovax_agents.cli.wording import say
from clovax_agents.execution.texts import clean

if TYPE_CHECKING:
    from collections.abc import Iterable

    from clovax_agents.budgets import RunUsage
    from clovax_agents.cli.chatting.threads import Thread

__all__ = ["costs", "thread_table"]

_MINUTE, _HOUR, _DAY = 60, 3_600, 86_400
_OTHERS: Final = 48
"""Columns of the terminal that the other columns of the table take."""
_SHORTEST: Final = 16


def costs(turn: RunUsage, thread: RunUsage, seconds: float) -> str:
    """Say what a turn used, and its thread."""
    parts = [
        say(
            "{count:,} tokens ({read:,} in, {written:,} out)",
            count=turn.tokens,
            read=turn.input_tokens,
            written=turn.output_tokens,
        ),
        _won(turn),
        say("{seconds:.1f} s", seconds=seconds),
        say("thread: {count:,} tokens, {cost}", count=thread.tokens, cost=_won(thread)),
    ]
    return " · ".join(parts)


def _won(usage: RunUsage) -> str:
    cost = f"₩{usage.cost:,.2f}"
    return (
        cost
        if not usage.unpriced_tokens
        else say("{cost} and {count:,} tokens without a price", cost=cost, count=usage.unpriced_tokens)
    )


def thread_table(threads: Iterable[Thread], width: int, current: str = "") -> Table | str:
    """Return the threads as a table, the last one first.

    Args:
        threads: in this order.
        width: of the terminal.
        current: id of the one that is talked in.
    """
    table = Table(show_edge=False, pad_edge=False, box=None, header_style="dim")
    for name in ("", say("thread"), say("graph"), say("last used"), say("cost")):
        table.add_column(name, no_wrap=True)
    table.add_column(say("first message"), no_wrap=True)
    for number, one in enumerate(threads, 1):
        mark = "[green]●[/] " if one.id == current else "  "
        title = Text(clean(one.title))
        title.truncate(max(width - _OTHERS - cell_len(one.graph), _SHORTEST), overflow="ellipsis")
        cells = (one.id, escape(one.graph), _ago(time.time() - one.updated), f"₩{one.usage.cost:,.2f}", title)
        table.add_row(f"{mark}{number}", *cells)
    return table if table.row_count else say("there are no threads yet")


def _ago(seconds: float) -> str:
    if seconds < _MINUTE:
        return say("just now")
    if seconds < _HOUR:
        return say("{count} min ago", count=int(seconds // _MINUTE))
    if seconds < _DAY:
        return say("{count} h ago", count=int(seconds // _HOUR))
    return say("{count} days ago", count=int(seconds // _DAY))
