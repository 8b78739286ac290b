"""The audit: a line for each event of a call, each with a hash over itself and the one before; pure (fault S12)."""

from __future__ import annotations

import json
import re
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Final, cast

from clovax_agents.errors import JournalError
from clovax_agents.execution.journal.base import AuditRecord
from clovax_agents.execution.narrowing import as_dict

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

__all__ = ["EVENTS", "FIRST", "facts_text", "head", "next_record", "of_thread", "verify"]

FIRST: Final = "0" * 64
"""The hash before the first record."""

EVENTS: Final = {
    "run": "started",
    "interrupted": "resumed",
    "done": "recalled",
    "forgotten": "forgotten",
    "unknown": "unknown",
    "quarantined": "quarantined",
}
"""What a claim's state is called in the audit; that somebody waits is no event."""

_LONGEST: Final = 1_000
_DEEPEST: Final = 8
_UNSAFE: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")


def next_record(
    previous: AuditRecord | None, *, time: float, event: str, key: str, facts: Mapping[str, Any]
) -> AuditRecord:
    """Return the record of an event that follows another.

    Args:
        previous: the last record; None for the first of all.
        time: Unix time, seconds.
        event: ``"started"``, ``"done"``, ``"failed"``, ``"refused"`` and so on.
        key: of the call in the journal; empty if it never came that far.
        facts: of the call and its run; control characters in texts are escaped (fault S11), and what JSON does not
            know becomes text.
    """
    number, before = (1, FIRST) if previous is None else (previous.number + 1, previous.hash)
    plain = {_plain_text(str(name)): _plain(value, 0) for name, value in facts.items()}
    # to whole microseconds, which every database keeps
    moment = round(time, 6)
    found = _hash(number, moment, event, key, facts_text(plain), before)
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
        made = _hash(count, record.time, record.event, record.key, facts_text(record.facts), before)
        if record.number != count or record.previous != before or record.hash != made:
            raise JournalError(
                f"record {record.number} of the audit is not as it was written, or one before it is missing; compare "
                "with a backup to see what was changed"
            )
        before = record.hash
    if head is not None and head != before:
        raise JournalError(
            f"the audit ends after record {count}, and not with the hash that was noted: its end was cut off, or more "
            "was written since; compare with a backup"
        )
    return count


def head(records: Iterable[AuditRecord]) -> str:
    """Return the hash of the last record, to be noted elsewhere and given to `verify` later.

    Example:
        >>> head([]) == FIRST
        True
    """
    last = FIRST
    for record in records:
        last = record.hash
    return last


def of_thread(record: AuditRecord, thread_id: str | None) -> bool:
    """Whether a record is about a thread, as its facts say; None is every thread."""
    return thread_id is None or record.facts.get("thread") == _plain_text(thread_id)


def facts_text(facts: Mapping[str, Any]) -> str:
    """Return facts as they are hashed and stored."""
    return json.dumps(facts, sort_keys=True, ensure_ascii=True, separators=(",", ":"))


def _hash(number: int, time: float, event: str, key: str, facts: str, before: str) -> str:
    line = json.dumps([number, f"{time:.6f}", event, key, facts, before], ensure_ascii=True)
    return sha256(line.encode()).hexdigest()


def _plain(value: Any, depth: int) -> Any:
    if value is None or isinstance(value, bool | float):
        return value
    if isinstance(value, int):
        return value if abs(value) < 2**63 else _plain_text(hex(value))
    if isinstance(value, dict | list | tuple) and depth < _DEEPEST:
        return _plain_parts(value, depth + 1)
    return _plain_text(value if isinstance(value, str) else type(cast("Any", value)).__name__)


def _plain_parts(parts: Any, depth: int) -> Any:
    if (named := as_dict(parts)) is not None:
        return {_plain_text(str(name)): _plain(part, depth) for name, part in named.items()}
    return [_plain(part, depth) for part in parts]


def _plain_text(text: str) -> str:
    """Escape what could end a line or steer a terminal."""
    plain = text if text.isprintable() else _UNSAFE.sub(_escaped, text)
    return plain if len(plain) <= _LONGEST else plain[: _LONGEST - 1] + "…"


def _escaped(found: re.Match[str]) -> str:
    return f"\\u{ord(found[0]):04x}"
