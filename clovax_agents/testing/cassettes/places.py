"""Where the cassette of a test lies."""

from __future__ import annotations

import hashlib
import re
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["NodeId", "cassette_path"]

_LONGEST: Final = 200
"""Bytes of a name; file systems allow 255, suffixes included."""


class NodeId(NamedTuple):
    """The parts of a node id: ``tests/test_a.py::TestB::test_c[d]``."""

    file: str
    names: tuple[str, ...]
    parameters: str

    @classmethod
    def parse(cls, node_id: str) -> NodeId:
        """Take a node id apart; parameters may hold any character."""
        head, bracket, tail = node_id.partition("[")
        file, *names = head.split("::")
        return cls(file, tuple(names), (bracket + tail)[1:-1])

    @property
    def node_id(self) -> str:
        """The whole node id."""
        return f"{self.function}[{self.parameters}]" if self.parameters else self.function

    @property
    def function(self) -> str:
        """The node id without parameters."""
        return "::".join((self.file, *self.names))


def cassette_path(folder: Path, node_id: str) -> Path:
    """Return the file of a test's cassette.

    Example:
        >>> from pathlib import PurePosixPath
        >>> str(cassette_path(PurePosixPath("cassettes"), "tests/replay/test_a.py::test_b[sync]"))
        'cassettes/test_a/test_b-sync.yaml'
    """
    test = NodeId.parse(node_id)
    name = ".".join(test.names) + (f"-{test.parameters}" if test.parameters else "")
    safe = re.sub(r"[^\w.-]+", "-", name)
    if safe != name or len(safe.encode()) > _LONGEST:  # two tests must not end up with one file
        short = safe.encode()[:_LONGEST].decode(errors="ignore").rstrip("-")
        safe = f"{short}-{hashlib.sha256(name.encode()).hexdigest()[:8]}"
    return folder / PurePosixPath(test.file).stem / f"{safe}.yaml"
