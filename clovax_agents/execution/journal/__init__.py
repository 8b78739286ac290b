"""The journal of tool calls: its backends, and the check of its audit."""

from clovax_agents.execution.journal.audit import verify
from clovax_agents.execution.journal.base import AuditRecord, Journal
from clovax_agents.execution.journal.memory import MemoryJournal
from clovax_agents.execution.journal.postgres import PostgresJournal
from clovax_agents.execution.journal.sqlite import SqliteJournal

__all__ = ["AuditRecord", "Journal", "MemoryJournal", "PostgresJournal", "SqliteJournal", "verify"]
