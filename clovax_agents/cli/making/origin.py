"""Where this package was installed from, as pip would install it again."""

from __future__ import annotations

import json
from importlib import metadata
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit
from urllib.request import url2pathname

from clovax_agents._version import __version__
from clovax_agents.execution.narrowing import as_dict

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["requirement"]

_NAME: Final = "clovax-agents"


def requirement() -> str:
    """Return what pip installs this very package from: its folder or URL if it has one, else the version."""
    try:
        text = metadata.distribution(_NAME).read_text("direct_url.json")
    except metadata.PackageNotFoundError:
        text = None
    return requirement_of(as_dict(json.loads(text)) if text else None, __version__)


def requirement_of(direct_url: Mapping[str, Any] | None, version: str) -> str:
    """Return the requirement that a ``direct_url.json`` stands for.

    Args:
        direct_url: its content; None if there is none, as after an installation from an index.
        version: of the package.

    Example:
        >>> requirement_of({"url": "file:///home/me/clovax", "dir_info": {"editable": True}}, "1.0")
        '/home/me/clovax'
        >>> requirement_of(None, "1.0")
        'clovax-agents==1.0'
    """
    url = str((direct_url or {}).get("url", ""))
    parts = urlsplit(url)
    if parts.scheme == "file":
        return url2pathname(parts.path)
    vcs = as_dict((direct_url or {}).get("vcs_info")) or {}
    if url and vcs:
        return f"{_NAME} @ {vcs.get('vcs', 'git')}+{url}@{vcs.get('commit_id', '')}"
    return f"{_NAME} @ {url}" if url else f"{_NAME}=={version}"
