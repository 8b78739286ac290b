"""Functions on their way to another process: by reference, also where a decorator stands at their name."""

from __future__ import annotations

import importlib
import io
import pickle
import sys
from pathlib import Path
from types import FunctionType
from typing import Any

from langchain_core.tools import BaseTool

from clovax_agents.errors import ConfigurationError
from clovax_agents.tooling.loading import PREFIX, load_package

__all__ = ["check_sendable", "dumps", "loads"]


def dumps(value: Any) -> bytes:
    """Pickle something, functions by reference."""
    buffer = io.BytesIO()
    _Pickler(buffer, protocol=pickle.HIGHEST_PROTOCOL).dump(value)
    return buffer.getvalue()


def loads(data: bytes) -> Any:
    """Unpickle what another process of ours has sent; nothing else ever comes here."""
    return pickle.loads(data)  # noqa: S301


def check_sendable(function: Any) -> None:
    """Refuse a function that another process could not find.

    Raises:
        ConfigurationError: it is not at the top level of a module.
    """
    try:
        dumps(function)
    except Exception as error:
        name = getattr(function, "__qualname__", repr(function))
        raise ConfigurationError(
            f"{name} cannot run in another process, which has to find it by its name ({error}). Define it at the top "
            "level of a module, or let it run in a thread"
        ) from error


class _Pickler(pickle.Pickler):
    """Knows functions whose names belong to the tools that were made of them, and modules of a folder of tools."""

    def reducer_override(self, obj: Any) -> Any:
        """Return how to find a function; everything else goes the usual way."""
        if not isinstance(obj, FunctionType):
            return NotImplemented
        stands = sys.modules.get(obj.__module__)
        for part in obj.__qualname__.split("."):
            stands = getattr(stands, part, None)
        is_tool = isinstance(stands, BaseTool) and obj in {getattr(stands, "func", 0), getattr(stands, "coroutine", 0)}
        if not is_tool and not obj.__module__.startswith(PREFIX):
            return NotImplemented
        if stands is not obj and not is_tool:
            raise pickle.PicklingError(f"{obj.__module__} has something else at that name")
        return _found, (obj.__module__, obj.__qualname__, _folder_of(obj.__module__))


def _folder_of(module: str) -> str | None:
    if not module.startswith(PREFIX):
        return None
    package = sys.modules[module.partition(".")[0]]
    return str(Path(next(iter(package.__path__))))


def _found(module: str, name: str, folder: str | None) -> Any:
    if folder is not None:
        load_package(folder)
    found: Any = importlib.import_module(module)
    for part in name.split("."):
        found = getattr(found, part)
    return (found.func or found.coroutine) if isinstance(found, BaseTool) else found  # type: ignore[attr-defined]
