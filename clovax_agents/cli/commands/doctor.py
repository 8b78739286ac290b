"""``clovax doctor``."""

from __future__ import annotations

from typing import Annotated

import typer

from clovax_agents.cli.commands.options import AsJson, Debug, Lang  # noqa: TC001  # typer reads the annotations
from clovax_agents.cli.reporting import reporting

__all__ = ["doctor"]


def doctor(
    online: Annotated[bool, typer.Option("--online", help="Ask each model for a word, too: less than a won.")] = False,  # noqa: FBT002
    as_json: AsJson = False,  # noqa: FBT002
    lang: Lang = "",
    debug: Debug = False,  # noqa: FBT002
) -> None:
    """Check key, address, limits, versions and known vulnerabilities, the graphs here, Studio, journal and sandbox.

    Nothing is sent without --online, and the key is never shown.

    Ends with 0 if all is well, 1 if something may go wrong, 2 if something cannot work.

    Example: clovax doctor --online
    """
    from clovax_agents.cli.examining import DoctorOptions, examine  # noqa: PLC0415  # imports langgraph

    with reporting(debug=debug, code=2, lang=lang):
        raise typer.Exit(examine(DoctorOptions(online=online, as_json=as_json)))
