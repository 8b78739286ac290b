"""Known vulnerabilities of packages that agents stand on, as data; docs/faults.md, "Floors", says more of each."""

from __future__ import annotations

from typing import Final, NamedTuple

__all__ = ["ADVISORIES", "Advisory"]


class Advisory(NamedTuple):
    """One of them.

    Attributes:
        id: under which it was published.
        package: that has it.
        affected: versions, as pip writes them; several ranges are parted by ``|``.
        what: somebody could do.
        fixed: first version without it.
    """

    id: str
    package: str
    affected: str
    what: str
    fixed: str


ADVISORIES: Final = (
    Advisory("CVE-2025-64439", "langgraph-checkpoint", "<3.0.0", "code runs from a checkpoint's JSON", "3.0.0"),
    Advisory("CVE-2026-27794", "langgraph-checkpoint", "<4.0.0", "code runs from a cached pickle", "4.0.0"),
    Advisory("CVE-2026-48775", "langgraph-checkpoint", "<4.1.1", "objects are rebuilt from a checkpoint", "4.1.1"),
    Advisory("CVE-2025-67644", "langgraph-checkpoint-sqlite", "<3.0.1", "SQL injection by a metadata key", "3.0.1"),
    Advisory("CVE-2026-28277", "langgraph", "<1.0.10", "code runs from a forged checkpoint", "1.0.10"),
    Advisory("CVE-2026-48776", "langgraph-sdk", "<0.3.15", "path traversal in ids", "0.3.15"),
    Advisory("CVE-2025-68664", "langchain-core", "<0.3.81|>=1.0.0,<1.2.5", "objects are made from data", "1.2.5"),
    Advisory("CVE-2026-26013", "langchain-core", "<1.2.11", "requests to any address while counting tokens", "1.2.11"),
    Advisory("CVE-2026-34070", "langchain-core", "<1.2.22", "path traversal in load_prompt", "1.2.22"),
    Advisory("CVE-2026-44843", "langchain-core", "<1.3.3", "objects are made from data", "1.3.3"),
    Advisory("CVE-2026-41488", "langchain-openai", "<1.1.14", "requests to any address", "1.1.14"),
    Advisory("PYSEC-2026-2", "litellm", "==1.82.7|==1.82.8", "a malicious release", "1.82.9"),
)
