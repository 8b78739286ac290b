"""What outlives a process: checkpoints and the journal of tool calls; and whether code of a model can be confined."""

from __future__ import annotations

import os
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from clovax_agents.cli.examining.findings import Finding
from clovax_agents.cli.examining.wording import say
from clovax_agents.errors import ConfigurationError
from clovax_agents.execution.journal.choosing import DAYS, SETTING, open_journal
from clovax_agents.execution.texts import masked
from clovax_agents.guards.sandbox import protections

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["check_storage"]


def check_storage() -> Iterator[Finding]:
    """Look at the journal, the checkpointers and the sandbox."""
    yield _journal(os.environ.get(SETTING, ""))
    missing = [name for name in ("sqlite", "postgres") if find_spec(_module(name)) is None]
    if "sqlite" in missing:
        told = say("checkpoints cannot be kept in SQLite: clovax chat and clovax batch need it")
        yield Finding("checkpoints", "warning", told, _install("sqlite"))
    else:
        kinds = ", ".join(name for name in ("SQLite", "Postgres") if name.lower() not in missing)
        yield Finding("checkpoints", "ok", say("checkpoints can be kept in {kinds}", kinds=kinds))
    yield _sandbox()


def _journal(setting: str) -> Finding:
    if not setting:
        told = say("tool calls are journaled beside the checkpointer of each graph")
        return Finding("journal", "ok", told)
    place = masked(setting)
    try:
        durable = open_journal(setting).durable
    except (ConfigurationError, ImportError) as error:
        return Finding("journal", "error", str(error), say("correct {name} or {days}", name=SETTING, days=DAYS))
    if not durable:
        told = say("{name}=memory: after a crash, nobody knows which calls of tools took effect", name=SETTING)
        return Finding("journal", "warning", told, say("take {name} away, or give a file or a database", name=SETTING))
    if setting.startswith("postgres") and find_spec("psycopg") is None:
        return Finding(
            "journal", "error", say("the journal is in Postgres, and its driver is missing"), _install("postgres")
        )
    folder = Path(setting.removeprefix("sqlite:///")).expanduser().absolute().parent
    if not setting.startswith("postgres") and folder.exists() and not os.access(folder, os.W_OK):
        told = say("the journal {place} cannot be written", place=place)
        return Finding("journal", "error", told, say("correct {name} or {days}", name=SETTING, days=DAYS))
    return Finding("journal", "ok", say("tool calls are journaled in {place}", place=place))


def _module(kind: str) -> str:
    return "langgraph.checkpoint." + kind


def _install(extra: str) -> str:
    return say("run: pip install {what}", what=f'"clovax-agents[{extra}]"')


def _sandbox() -> Finding:
    missing = [one.missing for one in protections() if not one.held]
    if missing:
        told = say("code of a model cannot be confined here, for want of: {missing}", missing=", ".join(missing))
        return Finding("sandbox", "note", told, say("the tool run_python needs a newer Linux kernel"))
    return Finding("sandbox", "ok", say("the kernel can confine code of a model"))
