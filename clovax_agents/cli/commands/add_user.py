"""``clovax add-user``."""

from __future__ import annotations

from typing import Annotated

import typer

from clovax_agents.cli.commands.options import Debug, Lang  # noqa: TC001  # typer reads the annotations
from clovax_agents.cli.reporting import reporting
from clovax_agents.cli.wording import say

__all__ = ["add_user"]


def add_user(
    name: Annotated[str, typer.Argument(help="Letters, digits, _ and -.")],
    scope: Annotated[
        list[str] | None, typer.Option(help="What the user's runs may do; may be given several times.")
    ] = None,
    lang: Lang = "",
    debug: Debug = False,  # noqa: FBT002
) -> None:
    """Add a user of a hardened server, or give one a new token; the token is shown once.

    The file is ./users.json, or what CLOVAX_SERVER_USERS names.

    Ends with 0, or 1 for an error.

    Example: clovax add-user kim --scope orders:write
    """
    from clovax_agents.server.settings import ServerSettings  # noqa: PLC0415  # as the other commands do
    from clovax_agents.server.users import add_user as add  # noqa: PLC0415

    with reporting(debug=debug, lang=lang):
        path = ServerSettings.from_env().users
        print(add(path, name, scope or ()))
        typer.echo(say("{name} is in {path}; the token above is not kept anywhere", name=name, path=path), err=True)
