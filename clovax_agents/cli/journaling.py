"""``clovax journal``: what the commands do, whichever database the journal is in."""

from __future__ import annotations

import getpass
import os
import sqlite3
import time
from contextlib import closing, suppress
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, cast

from langchain_core.messages import ToolMessage
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from clovax_agents.cli.listing import print_json
from clovax_agents.cli.printing import cut
from clovax_agents.cli.wording import say
from clovax_agents.errors import ConfigurationError, JournalError
from clovax_agents.execution.journal.audit import FIRST
from clovax_agents.execution.journal.audit import verify as verified
from clovax_agents.execution.journal.choosing import ELSEWHERE, SETTING, open_journal
from clovax_agents.execution.journal.encoding import decode, encode
from clovax_agents.execution.narrowing import as_list

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from typing import Self

    from clovax_agents.execution.journal.base import AuditRecord
    from clovax_agents.execution.journal.inspecting import Inspectable, KeptCall

__all__ = ["EXIT_IN_DOUBT", "Looking"]

EXIT_IN_DOUBT: Final = 3
_PLACES: Final = (ELSEWHERE, ".clovax/chat.sqlite")
_SHORT: Final = 12
_DAY: Final = 86_400.0
_COLOURS: Final = {"done": "green", "failed": "red", "unknown": "red", "broken off": "red", "running": "yellow"}


class Looking:
    """Looks into a journal.

    Args:
        location: of it; empty for what the environment, or the working directory, has.
    """

    def __init__(self, location: str) -> None:
        self._console = Console(highlight=False)
        writer = open_journal(_existing(location))
        if not writer.durable:
            raise ConfigurationError(say("a journal in memory cannot be looked into: give a path or postgresql://..."))
        self._journal = cast("Inspectable", writer.journal)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._journal.close()

    def list(self, *, thread: str = "", state: str = "", limit: int, as_json: bool) -> None:
        """Print calls, the last ones first."""
        wanted = state.replace("-", " ")
        facts = self._facts(thread or None)
        found = [
            one
            for one in self._journal.calls()
            if (not wanted or one.state == wanted) and (not thread or one.key in facts)
        ]
        self._print(found, facts, limit, as_json=as_json)

    def unknown(self, *, as_json: bool) -> int:
        """Print the calls in doubt; return the exit code."""
        found = [one for one in self._journal.calls() if one.is_in_doubt]
        self._print(found, self._facts(), len(found), as_json=as_json)
        if found and not as_json:
            how = say("find out what happened, then: clovax journal resolve KEY --done RESULT, or --not-done")
            self._console.print(f"[dim]{escape(how)}[/]", soft_wrap=True)
        return EXIT_IN_DOUBT if found else 0

    def show(self, key: str, *, as_json: bool) -> None:
        """Print a call with all that is known of it."""
        one = self._found(key)
        records = [record for record in self._journal.audit() if record.key == one.key]
        facts = _merged(records)
        if as_json:
            lines = [{"number": r.number, "time": r.time, "event": r.event, "facts": r.facts} for r in records]
            print_json({**_as_dict(one, facts), "result": _result(one), "audit": lines})
            return
        told: dict[str, Any] = {**_as_dict(one, facts), "result": _result(one)}
        for name, value in told.items():
            if value not in {None, ""}:
                shown = _moment(value) if name == "started" else cut(str(value))
                self._console.print(f"[bold]{name}[/]  {escape(shown)}", soft_wrap=True)
        for record in records:
            facts_text = ", ".join(f"{name}={value}" for name, value in record.facts.items())
            line = f"{record.number}  {_moment(record.time)}  {record.event}  {facts_text}"
            self._console.print(f"[dim]{escape(line)}[/]", soft_wrap=True)

    def resolve(self, key: str, *, done: str | None, not_done: bool) -> None:
        """Write down what became of a call.

        Raises:
            ConfigurationError: neither or both was said.
            JournalError: it is not in doubt.
        """
        if (done is None) == (not not_done):
            raise ConfigurationError(say("say what became of it: --done RESULT, or --not-done"))
        one = self._found(key)
        known: dict[str, Any] = self._facts().get(one.key, {})
        facts = {name: known[name] for name in ("thread", "tool", "call") if name in known} | {"user": _user()}
        if done is None:
            self._journal.settle(one.key, "not_done", facts=facts)
            self._console.print(say("{key}: it may run when its run goes on", key=one.key[:_SHORT]))
            return
        answer = ToolMessage(done, tool_call_id=str(known.get("call", "")), name=str(known.get("tool", "")))
        self._journal.settle(one.key, "done", result=encode(answer), facts=facts)
        self._console.print(say("{key}: done; its run goes on with this result", key=one.key[:_SHORT]))

    def prune(self, days: float | None) -> None:
        """Forget old results."""
        count = self._journal.prune(before=None if days is None else time.time() - days * _DAY)
        self._console.print(say("results forgotten: {count}", count=count))

    def verify(self, head: str | None, *, as_json: bool) -> None:
        """Check the audit.

        Raises:
            JournalError: it is not whole.
        """
        last = FIRST

        def noted() -> Iterator[AuditRecord]:
            nonlocal last
            for record in self._journal.audit():
                last = record.hash
                yield record

        count = verified(noted(), head)
        if as_json:
            print_json({"records": count, "head": last})
            return
        self._console.print(say("the audit is whole: {count} records", count=count))
        self._console.print(f"head {last}", soft_wrap=True)
        if head is None:
            self._console.print(f"[dim]{say('note the head elsewhere and give it with --head next time')}[/]")

    def _found(self, key: str) -> KeptCall:
        if (one := self._journal.call(key)) is not None:
            return one
        keys = [one.key for one in self._journal.calls() if one.key.startswith(key)]
        found = self._journal.call(keys[0]) if len(keys) == 1 else None
        if found is None:
            text = "{count} calls have a key that begins with {key}: clovax journal list shows them"
            raise JournalError(say(text, count=len(keys), key=repr(key)))
        return found

    def _facts(self, thread: str | None = None) -> dict[str, dict[str, Any]]:
        """Return by key what the audit tells of calls."""
        found: dict[str, dict[str, Any]] = {}
        for record in self._journal.audit(thread_id=thread):
            if record.key:
                found.setdefault(record.key, {}).update(record.facts)
        return found

    def _print(
        self, found: Iterable[KeptCall], facts: Mapping[str, dict[str, Any]], limit: int, *, as_json: bool
    ) -> None:
        last = sorted(found, key=lambda one: one.row.started_at, reverse=True)
        rows = [_as_dict(one, facts.get(one.key, {})) for one in last[:limit]]
        if as_json:
            print_json({"calls": rows, "total": len(last)})
        elif rows:
            self._console.print(_table(rows))
            if len(last) > limit:
                self._console.print(f"[dim]{say('{count} more: --limit', count=len(last) - limit)}[/]")
        else:
            self._console.print(say("no such calls"))


def _existing(location: str) -> str:
    """Return the journal that is meant; one that does not exist is not made by looking for it.

    Raises:
        ConfigurationError: there is none.
    """
    given = location or os.environ.get(SETTING, "")
    file = given.removeprefix("sqlite://").removeprefix("/") if given.startswith("sqlite://") else given
    if "://" in file or "=" in file or file == "memory":
        return given
    places = [file] if file else _PLACES
    for place in places:
        if _holds_journal(Path(place).expanduser()):
            return place
    text = "there is no journal in {places}: give the file or database with --journal, or set CLOVAX_JOURNAL"
    raise ConfigurationError(say(text, places=", ".join(places)))


def _holds_journal(path: Path) -> bool:
    if not path.is_file():
        return False
    with suppress(sqlite3.Error), closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as one:
        query = "SELECT 1 FROM sqlite_master WHERE name = 'clovax_journal'"
        return one.execute(query).fetchone() is not None
    return False


def _as_dict(one: KeptCall, facts: Mapping[str, Any]) -> dict[str, Any]:
    row = one.row
    told = {name: facts.get(name) for name in ("tool", "thread", "run", "user", "call", "arguments", "outcome")}
    return {"key": one.key, "state": one.state, "effect": row.effect, **told, "attempts": row.attempts,
            "started": row.started_at}  # fmt: skip


def _merged(records: Iterable[AuditRecord]) -> dict[str, Any]:
    return {name: value for record in records for name, value in record.facts.items()}


def _result(one: KeptCall) -> str | None:
    """Return the text of the answer."""
    if not one.row.result:
        return None
    try:
        answers = decode(one.row.result)
    except JournalError as error:
        return str(error)
    return "\n".join(str(getattr(part, "text", None) or part) for part in as_list(answers) or [answers])


def _table(rows: Iterable[Mapping[str, Any]]) -> Table:
    table = Table(show_edge=False, pad_edge=False, box=None, header_style="dim")
    for name in (say("key"), say("state"), say("tool"), say("effect"), say("thread"), say("started")):
        table.add_column(name, overflow="fold")
    for row in rows:
        colour = _COLOURS.get(row["state"], "dim")
        cells = (
            escape(str(row["tool"] or "")),
            row["effect"],
            escape(str(row["thread"] or "")),
            _moment(row["started"]),
        )
        table.add_row(row["key"][:_SHORT], f"[{colour}]{row['state']}[/]", *cells)
    return table


def _moment(seconds: Any) -> str:
    return datetime.fromtimestamp(float(seconds)).astimezone().strftime("%Y-%m-%d %H:%M:%S")


def _user() -> str:
    """Return who resolves: the one who is logged in, as far as that can be told."""
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):
        return ""
