"""``clovax journal``: a group of commands."""

from __future__ import annotations

from typing import Annotated

import typer

from clovax_agents.cli.commands.options import AsJson, Debug, Lang  # noqa: TC001  # typer reads the annotations
from clovax_agents.cli.helping import Command, Group
from clovax_agents.cli.reporting import check_language, reporting

__all__ = ["journal"]

journal: typer.Typer = typer.Typer(
    cls=Group,
    no_args_is_help=True,
)
Location = Annotated[
    str,
    typer.Option(
        "--journal",
        help="A path, sqlite:///PATH or postgresql://... Default: CLOVAX_JOURNAL, else what is in ./.clovax.",
        show_default=False,
    ),
]
Key = Annotated[str, typer.Argument(help="Of the call, or the beginning of it.")]


@journal.callback()
def journal_itself(lang: Lang = "") -> None:
    """Look into the journal of tool calls: what ran, what nobody knows of, and whether the audit is whole."""
    check_language(lang)


@journal.command("list", cls=Command)
def list_(
    location: Location = "",
    thread: Annotated[str, typer.Option(help="Only calls of this thread.")] = "",
    state: Annotated[
        str, typer.Option(help="Only done, failed, forgotten, interrupted, unknown, running or broken-off ones.")
    ] = "",
    limit: Annotated[int, typer.Option(min=1, help="How many at most, the last ones first.")] = 50,
    as_json: AsJson = False,  # noqa: FBT002
    lang: Lang = "",
    debug: Debug = False,  # noqa: FBT002
) -> None:
    """List the calls of tools.

    Ends with 0, or 1 if there is no journal.

    Example: clovax journal list --thread order-17 --limit 10
    """
    from clovax_agents.cli.journaling import Looking  # noqa: PLC0415  # imports langchain

    with reporting(debug=debug, lang=lang), Looking(location) as looking:
        looking.list(thread=thread, state=state, limit=limit, as_json=as_json)


@journal.command(cls=Command)
def show(
    key: Key,
    location: Location = "",
    as_json: AsJson = False,  # noqa: FBT002
    lang: Lang = "",
    debug: Debug = False,  # noqa: FBT002
) -> None:
    """Show a call with its result and its lines of the audit.

    Ends with 0, or 1 if there is no such call.

    Example: clovax journal show 3f9a
    """
    from clovax_agents.cli.journaling import Looking  # noqa: PLC0415

    with reporting(debug=debug, lang=lang), Looking(location) as looking:
        looking.show(key, as_json=as_json)


@journal.command(cls=Command)
def unknown(
    location: Location = "",
    as_json: AsJson = False,  # noqa: FBT002
    lang: Lang = "",
    debug: Debug = False,  # noqa: FBT002
) -> None:
    """List the calls of which nobody knows whether they took effect.

    Ends with 0 if there are none, 3 if there are, 1 for an error.

    Example: clovax journal unknown --json
    """
    from clovax_agents.cli.journaling import Looking  # noqa: PLC0415

    with reporting(debug=debug, lang=lang), Looking(location) as looking:
        raise typer.Exit(looking.unknown(as_json=as_json))


@journal.command(cls=Command)
def resolve(
    key: Key,
    done: Annotated[
        str | None, typer.Option(help="It took effect, and this is its result, which the model reads.")
    ] = None,
    not_done: Annotated[bool, typer.Option("--not-done", help="It did not take effect: it may run.")] = False,  # noqa: FBT002
    location: Location = "",
    lang: Lang = "",
    debug: Debug = False,  # noqa: FBT002
) -> None:
    """Write down what became of a call that broke off, before its run goes on.

    Ends with 0, or 1 if the call is not in doubt.

    Example: clovax journal resolve 3f9a --done "refunded 39,000 won"
    """
    from clovax_agents.cli.journaling import Looking  # noqa: PLC0415

    with reporting(debug=debug, lang=lang), Looking(location) as looking:
        looking.resolve(key, done=done, not_done=not_done)


@journal.command(cls=Command)
def prune(
    location: Location = "",
    days: Annotated[
        float | None, typer.Option(min=0, help="Of calls that ended so long ago. Default: as CLOVAX_JOURNAL_DAYS says.")
    ] = None,
    lang: Lang = "",
    debug: Debug = False,  # noqa: FBT002
) -> None:
    """Forget the results of calls that ended long ago; the audit stays whole.

    Ends with 0, or 1 if there is no journal.

    Example: clovax journal prune --days 7
    """
    from clovax_agents.cli.journaling import Looking  # noqa: PLC0415

    with reporting(debug=debug, lang=lang), Looking(location) as looking:
        looking.prune(days)


@journal.command(cls=Command)
def verify(
    location: Location = "",
    head: Annotated[
        str, typer.Option(help="Hash of the last record, as it was noted: shows that the end was not cut off.")
    ] = "",
    as_json: AsJson = False,  # noqa: FBT002
    lang: Lang = "",
    debug: Debug = False,  # noqa: FBT002
) -> None:
    """Check that no line of the audit was changed or taken out.

    Ends with 0 if it is whole, 1 if it is not.

    Example: clovax journal verify --journal postgresql://clovax@db/shop
    """
    from clovax_agents.cli.journaling import Looking  # noqa: PLC0415

    with reporting(debug=debug, lang=lang), Looking(location) as looking:
        looking.verify(head or None, as_json=as_json)
