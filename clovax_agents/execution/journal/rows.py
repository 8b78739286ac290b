"""Rows and audit records as columns of a database; pure."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from clovax_agents.errors import JournalError
from clovax_agents.execution.journal.audit import facts_text
from clovax_agents.execution.journal.base import AuditRecord
from clovax_agents.execution.journal.rules import Row

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["SCHEMA", "audit_values", "check_schema", "read_audit", "read_row", "row_values"]

SCHEMA: Final = 1
"""Version of the tables."""


def row_values(key: str, row: Row) -> tuple[Any, ...]:
    """Return the columns of a row: its key first."""
    parts = (row.status, row.effect, row.owner, row.lease_until, row.attempts, row.started_at)
    return (key, *parts, row.result, row.consumed)


def read_row(found: Sequence[Any]) -> Row:
    """Return a row by its columns, key excepted."""
    status, effect, owner, lease_until, attempts, started_at, result, consumed = found
    return Row(
        status=status,
        effect=effect,
        owner=owner,
        lease_until=lease_until,
        attempts=attempts,
        started_at=started_at,
        result=bytes(result),
        consumed=consumed,
    )


def audit_values(record: AuditRecord) -> tuple[Any, ...]:
    """Return the columns of an audit record."""
    facts = facts_text(record.facts)
    return (record.number, record.time, record.event, record.key, facts, record.previous, record.hash)


def read_audit(found: Sequence[Any]) -> AuditRecord:
    """Return an audit record by its columns.

    Raises:
        JournalError: its facts cannot be read, so somebody else has written them.
    """
    number, moment, event, key, facts, previous, digest = found
    try:
        told = dict(json.loads(facts))
    except (TypeError, ValueError) as error:
        raise JournalError(
            f"record {number} of the audit is not as it was written: its facts cannot be read"
        ) from error
    return AuditRecord(number=number, time=moment, event=event, key=key, facts=told, previous=previous, hash=digest)


def check_schema(version: int, place: str) -> None:
    """Refuse tables of a later version than this one knows.

    Raises:
        JournalError: they are.
    """
    if version > SCHEMA:
        raise JournalError(
            f"{place} was written by a later version of clovax-agents (tables {version}, known {SCHEMA}); upgrade this "
            "one, or give it a journal of its own"
        )
