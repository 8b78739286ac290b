"""The ``clovax`` command."""

from __future__ import annotations

import sys

from clovax_agents.cli.wording import say

__all__ = ["main"]


def main() -> None:
    """Run the command line; without its extra, say how to install it."""
    try:
        from clovax_agents.cli.app import run  # noqa: PLC0415  # typer and rich are an extra
    except ModuleNotFoundError as error:
        if error.name not in {"click", "dotenv", "rich", "typer"}:
            raise
        sys.exit(say('the command line needs an extra: pip install "clovax-agents[cli,simulator]"'))
    run()
