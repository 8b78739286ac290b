"""The command line: which commands there are, each in a module of its own under ``commands``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer
from dotenv import load_dotenv

from clovax_agents.cli.commands.add_user import add_user
from clovax_agents.cli.commands.batch import batch
from clovax_agents.cli.commands.chat import chat
from clovax_agents.cli.commands.doctor import doctor
from clovax_agents.cli.commands.draw import draw
from clovax_agents.cli.commands.graphs import graphs
from clovax_agents.cli.commands.journal import journal
from clovax_agents.cli.commands.lint_tools import lint_tools
from clovax_agents.cli.commands.new import new
from clovax_agents.cli.commands.options import Lang  # noqa: TC001  # typer reads the annotations
from clovax_agents.cli.commands.record import record
from clovax_agents.cli.commands.run import run_command
from clovax_agents.cli.commands.simulate import simulate
from clovax_agents.cli.commands.studio import studio
from clovax_agents.cli.commands.tools import tools
from clovax_agents.cli.helping import Command, Group
from clovax_agents.cli.reporting import check_language

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["app", "run"]

app: typer.Typer = typer.Typer(
    name="clovax",
    cls=Group,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)
_COMMANDS: dict[str, Callable[..., None]] = {
    "new": new,
    "run": run_command,
    "chat": chat,
    "batch": batch,
    "graphs": graphs,
    "tools": tools,
    "draw": draw,
    "studio": studio,
    "add-user": add_user,
    "simulate": simulate,
    "record": record,
    "lint-tools": lint_tools,
    "doctor": doctor,
}
for _name, _command in _COMMANDS.items():
    app.command(_name, cls=Command)(_command)


@app.callback()
def clovax(lang: Lang = "") -> None:
    """Tool-calling agents on NAVER HyperCLOVA X."""
    check_language(lang)


app.add_typer(journal, name="journal")


def run() -> None:
    """Run the command line, with what ./.env sets; the environment itself wins."""
    load_dotenv(".env")
    app(prog_name="clovax")
