"""``clovax new``."""

from __future__ import annotations

from typing import Annotated

import typer

from clovax_agents.cli.commands.options import Debug, Lang  # noqa: TC001  # typer reads the annotations
from clovax_agents.cli.reporting import reporting

__all__ = ["new"]


def new(
    name: Annotated[str, typer.Argument(help="Of the project, and of the folder that is made here.")],
    lang: Lang = "",
    debug: Debug = False,  # noqa: FBT002  # a command line flag
) -> None:
    """Make a project of your own: tools, two graphs, tests that pass at once, a Makefile, in English or Korean.

    Ends with 0, or 1 if there is such a folder already: nothing is written over.

    Example: clovax new shop --lang ko && cd shop && make test
    """
    from clovax_agents.cli.making import make_project  # noqa: PLC0415  # only for this

    with reporting(debug=debug, lang=lang):
        make_project(name)
