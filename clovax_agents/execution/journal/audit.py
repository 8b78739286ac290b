"""The audit: a line for each event of a call, each with a hash over itself and the one before; pure (fault S12)."""

from __future__ import annotations

import json
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Final

from clovax_agents.errors import JournalError
from clovax_agents.execution.journal.base import AuditRecord
from clovax_agents.execution.texts import one_line

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

__all__ = ["FIRST", "next_record", "verify"]

FIRST: Final = "0" * 64
"""The hash before the first record."""


def next_record(
    previous: AuditRecord | None, *, time: float, event: str, key: str, facts: Mapping[str, Any]
) -> AuditRecord:
    """Return the record of an event that follows another.

    Args:
        previous: the last record; None for the first of all.
        time: Unix time, seconds.
        event: ``"started"``, ``"done"``, ``"failed"``, ``"refused"`` and so on.
        key: of the call in the journal; empty if it never came that far.
        facts: of the call and its run; texts are put in one line.
    """
    number, before = (1, FIRST) if previous is None else (previous.number + 1, previous.hash)
    plain = {name: one_line(value) if isinstance(value, str) else value for name, value in facts.items()}
    # to whole microseconds, which every database keeps
    moment = round(time, 6)
    found = _hash(number, moment, event, key, plain, before)
    return AuditRecord(number=number, time=moment, event=event, key=key, facts=plain, previous=before, hash=found)


def verify(records: Iterable[AuditRecord], head: str | None = None) -> int:
    """Check the chain from its first record on, and return how many there are.

    Args:
        records: all of a journal's, in order.
        head: the hash of the last one, as it was noted elsewhere: without it, nobody sees that the end was cut off.

    Raises:
        JournalError: names the first record that was changed, or before which one is missing.

    Example:
        >>> first = next_record(None, time=0.0, event="started", key="k", facts={})
        >>> verify([first, next_record(first, time=1.0, event="done", key="k", facts={})])
        2
    """
    before, count = FIRST, 0
    for record in records:
        count += 1
        made = _hash(count, record.time, record.event, record.key, record.facts, before)
        if record.number != count or record.previous != before or record.hash != made:
            raise JournalError(
                f"record {record.number} of the audit is not as it was written, or one before is missing"
            )
        before = record.hash
    if head is not None and head != before:
        raise JournalError(f"the audit ends after record {count}, and not with the hash that was noted")
    return count


def _hash(number: int, time: float, event: str, key: str, facts: Mapping[str, Any], before: str) -> str:
    line = json.dumps([number, f"{time:.6f}", event, key, facts, before], sort_keys=True, ensure_ascii=True)
    return sha256(line.encode()).hexdigest()
