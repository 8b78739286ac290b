"""Commands and groups of commands that print their help and their usage errors in the language that is asked for."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from typer import Abort, TyperException
from typer.core import TyperCommand, TyperGroup

from clovax_agents.cli.helping.mistakes import print_mistake
from clovax_agents.cli.helping.printing import piece, print_help
from clovax_agents.cli.reporting import speaking, wanted_language
from clovax_agents.languages import is_korean

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["Command", "Group"]


class _Helped:
    """What prints help in the language that is asked for, in front of typer's own class."""

    def collect_usage_pieces(self, ctx: Any) -> list[str]:
        """Return what stands after the name in the usage."""
        typers: Any = super()
        return _pieces(typers.collect_usage_pieces(ctx))

    def format_usage(self, ctx: Any, formatter: Any) -> None:
        """Write the usage."""
        formatter.write_usage(ctx.command_path, " ".join(self.collect_usage_pieces(ctx)), prefix=piece("Usage: "))

    def format_help(self, ctx: Any, formatter: Any) -> None:  # noqa: ARG002  # it is printed, as typer does it, too
        """Print the help."""
        print_help(self, ctx)


class Command(_Helped, TyperCommand):
    """A command that speaks two languages."""


class Group(_Helped, TyperGroup):
    """A group of commands that speaks two languages; at the top, it decides which, before anything is read."""

    def main(  # typer's
        self,
        args: Sequence[str] | None = None,
        prog_name: str | None = None,
        complete_var: str | None = None,
        standalone_mode: bool = True,  # noqa: FBT001, FBT002  # typer's
        windows_expand_args: bool = True,  # noqa: FBT001, FBT002
        **extra: Any,
    ) -> Any:
        """Run what was typed, in the language of ``--lang``, of CLOVAX_LANG, or of the locale."""
        with speaking(wanted_language(sys.argv[1:] if args is None else args)):
            is_ours = standalone_mode and is_korean()
            try:
                code = super().main(
                    args, prog_name, complete_var, standalone_mode and not is_ours, windows_expand_args, **extra
                )
            except TyperException as error:
                if not is_ours:
                    raise
                print_mistake(error)
                sys.exit(error.exit_code)
            except Abort:
                if not is_ours:
                    raise
                sys.exit(1)
            if is_ours:
                sys.exit(code)
            return code


def _pieces(pieces: list[str]) -> list[str]:
    """Return the pieces of a usage; what names an argument is of no language."""
    return [piece(one) if one in {"[OPTIONS]", "COMMAND [ARGS]..."} else one for one in pieces]
