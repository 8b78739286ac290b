"""Bytes as paths: nothing outside of the folder is read, and what is refused is refused with our error."""

import sys
import tempfile
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["clovax_agents.guards"]):
    from clovax_agents.guards.paths import PathGuard

from clovax_agents.errors import PathError

PLACE = Path(tempfile.mkdtemp(prefix="clovax-fuzz-"))
SECRET = b"what nobody may read"
(PLACE / "secret").write_bytes(SECRET)
ROOT = PLACE / "root"
(ROOT / "sub").mkdir(parents=True)
(ROOT / "ok").write_bytes(b"fine")
(ROOT / "link").symlink_to(PLACE / "secret")
(ROOT / "up").symlink_to(PLACE)
(ROOT / "sub" / "loop").symlink_to("loop")
GUARDS = [PathGuard(ROOT, deny=(), way=way) for way in ("dir_fd", "checked", None)]


def one(data: bytes) -> None:
    """Read what is at a path, in each way."""
    path = data.decode("utf-8", "surrogateescape")
    for guard in GUARDS:
        try:
            assert guard.read(path).data != SECRET
        except PathError:
            pass
        try:
            assert "secret" not in {entry.name for entry in guard.entries(path)}
        except PathError:
            pass


atheris.Setup(sys.argv, one)
atheris.Fuzz()
