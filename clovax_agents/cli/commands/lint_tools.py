"""``clovax lint-tools``."""

from __future__ import annotations

from typing import Annotated

import typer

from clovax_agents.cli.commands.options import AsJson, Debug, Lang  # noqa: TC001  # typer reads the annotations
from clovax_agents.cli.reporting import reporting

__all__ = ["lint_tools"]


def lint_tools(
    tools: Annotated[str, typer.Argument(help="File, folder, module, or either with :name of a Toolbox or list.")],
    as_json: AsJson = False,  # noqa: FBT002
    lang: Lang = "",
    strict: Annotated[bool, typer.Option("--strict", help="Fail for warnings, too.")] = False,  # noqa: FBT002
    ignore: Annotated[
        list[str] | None, typer.Option(help="L24, tool:L24 or tool.parameter:L24; may be given several times.")
    ] = None,
    debug: Debug = False,  # noqa: FBT002
) -> None:
    """Say what makes a model choose wrong tools, invent names and write wrong arguments.

    Ends with 0 if nothing is wrong, 1 if something is, 2 if there is nothing to look at. The list "ignore" in the table
    tool.clovax.lint of ./pyproject.toml counts, too.

    Example: clovax lint-tools tools/ --strict --lang ko
    """
    from clovax_agents.cli.lint import lint  # noqa: PLC0415  # imports langchain

    with reporting(debug=debug, code=2, lang=lang):
        raise typer.Exit(lint(tools, as_json=as_json, language=lang, strict=strict, ignore=ignore or ()))
