"""The help of a command on a terminal: how it is used, what it does, its arguments, options and commands."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any, Final

from rich.console import Console
from rich.padding import Padding
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from clovax_agents.cli.helping.korean import EXAMPLE, KOREAN, PIECES
from clovax_agents.languages import is_korean

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.console import RenderableType

__all__ = ["paragraphs", "piece", "print_help"]

_EXAMPLE: Final = "Example: "
_BELOW: Final = (0, 1, 1, 1)


def piece(text: str) -> str:
    """Return a word that stands around the texts of the commands in the language that is asked for."""
    return PIECES[text] if is_korean() else text


def paragraphs(text: str) -> list[str]:
    """Return the paragraphs of a help text, each in one line."""
    return [" ".join(part.split()) for part in inspect.cleandoc(text).split("\n\n")]


def print_help(command: Any, ctx: Any) -> None:
    """Print the help of a command or a group in the language that is asked for.

    Args:
        command: whose help it is.
        ctx: in which it was called.
    """
    console = Console(highlight=False)
    console.print(Padding(Text(command.get_usage(ctx), style="bold"), 1))
    for number, part in enumerate(paragraphs(command.help or "")):
        console.print(Padding(Text(_said(part), style="dim" if number else ""), _BELOW))
    params = [one for one in command.get_params(ctx) if not one.hidden]
    for kind, title in (("argument", "Arguments"), ("option", "Options")):
        _panel(console, title, [_described(one, ctx) for one in params if one.param_type_name == kind])
    _panel(console, "Commands", list(_commands(command, ctx)))


def _said(text: str) -> str:
    if not is_korean():
        return text
    if text.startswith(_EXAMPLE):
        return EXAMPLE + text.removeprefix(_EXAMPLE)
    return KOREAN.get(text, text)


def _panel(console: Console, title: str, rows: list[tuple[RenderableType, ...]]) -> None:
    if not rows:
        return
    table = Table(show_header=False, expand=True, box=None, pad_edge=False)
    for _ in rows[0][:-1]:
        table.add_column(no_wrap=True)
    table.add_column(ratio=1, overflow="fold")  # others lose a wide letter where a line is full
    for row in rows:
        table.add_row(*row)
    console.print(Panel(table, title=piece(title), title_align="left", border_style="dim"))


def _commands(group: Any, ctx: Any) -> Iterator[tuple[RenderableType, ...]]:
    for name in getattr(group, "commands", ()):
        command = group.get_command(ctx, name)
        yield Text(name, style="bold cyan"), Text(_said(paragraphs(command.help or "")[0]))


def _described(param: Any, ctx: Any) -> tuple[RenderableType, ...]:
    """Return the names of an option or argument, what it takes, and what it is for."""
    is_option = param.param_type_name == "option"
    names = ", ".join([*param.opts, *param.secondary_opts]) if is_option else param.metavar or param.name
    kind = "" if getattr(param, "is_flag", False) else param.display_type(ctx).replace(" range", "")
    return Text(names, style="bold cyan"), Text(kind, style="yellow"), _about(param, ctx)


def _about(param: Any, ctx: Any) -> Text:
    default = param.get_default(ctx, call=False) if param.show_default else None
    text = Text(_said(param.help or ""))
    if default not in ("", None) and not isinstance(default, bool):
        text.append(" " + piece("[default: {}]").format(default), style="dim")
    if param.min is not None:
        span = f"{param.min}..{'' if param.max is None else param.max}"
        text.append(f" [{span}]", style="dim")
    if param.required:
        text.append(" " + piece("[required]"), style="red")
    return text
