"""Usage errors in Korean: typer's sentences are recognised by their form, and what they name is put into ours."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from rich.console import Console
from rich.markup import escape
from rich.panel import Panel

from clovax_agents.cli.helping.korean import MISTAKES, PIECES

if TYPE_CHECKING:
    from typer import TyperException

__all__ = ["in_korean", "print_mistake"]

_FIELD: Final = re.compile(r"\\{(\w+)\\}")


def in_korean(message: str) -> str:
    """Return a sentence of typer's in Korean; one that is not known stays as it is."""
    for english, korean in MISTAKES.items():
        if found := re.fullmatch(_FIELD.sub(r"(?P<\1>.+?)", re.escape(english)), message, re.DOTALL):
            return korean.format(**{name: in_korean(value) for name, value in found.groupdict().items()})
    return message


def print_mistake(error: TyperException) -> None:
    """Print a usage error as typer does: how the command is used, how to get help, and what is wrong."""
    console, ctx = Console(stderr=True, highlight=False), getattr(error, "ctx", None)
    if type(error).__name__ == "NoArgsIsHelpError":  # the help was printed when it was made
        return
    if ctx is not None:
        console.print(f"[bold]{escape(ctx.get_usage())}[/]")
        hint = PIECES["Try '{command} {option}' for help."]
        console.print(f"[dim]{escape(hint.format(command=ctx.command_path, option=ctx.help_option_names[0]))}[/]")
    message = escape(in_korean(error.format_message()))
    console.print(Panel(message, border_style="red", title=PIECES["Error"], title_align="left"))
