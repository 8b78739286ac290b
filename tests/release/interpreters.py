"""Which Pythons there are to check a release with."""

import os
import re
import shutil
from pathlib import Path

from running import ROOT, run


def promised() -> list[str]:
    """Return the versions of Python that pyproject.toml names, lowest first."""
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    return sorted(re.findall(r'"Programming Language :: Python :: (3\.\d+)"', text), key=lambda name: int(name[2:]))


def find(version: str) -> Path | None:
    """Return a Python of this version, from the path or from pyenv's folder, or None."""
    pyenv = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv")
    beside = sorted(pyenv.glob(f"versions/{version}*/bin/python{version}"), reverse=True)
    on_path = shutil.which(f"python{version}")
    for candidate in ([Path(on_path)] if on_path else []) + beside:
        said = run([candidate, "-c", "import sys; print('%d.%d' % sys.version_info[:2])"], may_fail=True)
        if said.returncode == 0 and said.stdout.strip() == version:  # a shim of pyenv's may stand for none
            return candidate
    return None
