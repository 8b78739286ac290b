"""How a function is named to another process: by module and name where possible, else as pickle sees it.

A decorated function is not what its name in the module means: there the name means the tool. And modules that were
loaded by path cannot be imported by name alone. So pickle's own references do not do.
"""

from __future__ import annotations

import importlib
import importlib.util
import os
import pickle
import sys
from functools import lru_cache
from inspect import isroutine
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from langchain_core.tools import StructuredTool

from clovax_agents.errors import ConfigurationError
from clovax_agents.execution.wording import say
from clovax_agents.tooling.loading import package_of
from clovax_agents.tooling.origins import name_of, origin_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType

__all__ = ["Reference", "check_sendable", "load", "refer"]

_LOADED: Final = "clovax_loaded_"
_MAIN: Final = "__main__"
_MAIN_ELSEWHERE: Final = "__mp_main__"  # as multiprocessing calls the parent's script


class Reference(NamedTuple):
    """Where another process finds a function.

    Attributes:
        module: name of its module.
        name: path of attributes in there, of the function or of the tool made from it.
        file: of the module, should it not be importable by name; empty if it has none.
        folders: that have to be loaded as packages first, see `package_of`.
        pickled: the function itself, where a name does not lead to it.
    """

    module: str = ""
    name: str = ""
    file: str = ""
    folders: tuple[str, ...] = ()
    pickled: bytes = b""


def check_sendable(function: Callable[..., object]) -> None:
    """Refuse a function that another process could not find.

    Raises:
        ConfigurationError: it can neither be found by name nor be pickled; the text says what to do.

    Example:
        >>> check_sendable(os.getcwd)
        >>> check_sendable(lambda: 1)
        Traceback (most recent call last):
            ...
        clovax_agents.errors.ConfigurationError: <lambda> (...) cannot be sent to another process: ...
    """
    refer(function)


def refer(function: Callable[..., object]) -> Reference:
    """Name a function for another process; refuses as `check_sendable` does."""
    if isroutine(function) and (found := _by_name(function)) is not None:
        return found
    module = sys.modules.get(getattr(function, "__module__", None) or "")
    if module is not None and not _is_elsewhere(module):
        raise _refusal(function, f"its module {module.__name__} has no file")
    try:
        return Reference(folders=_folders(), pickled=pickle.dumps(function))
    except Exception as error:
        raise _refusal(function, str(error)) from error


def load(reference: Reference) -> Callable[..., Any]:
    """Find the function here, loading its module if need be.

    Raises:
        ConfigurationError: it is not there, or its module fails to load.
    """
    try:
        for folder in reference.folders:
            package_of(Path(folder))
        if reference.pickled:
            return _unpickled(reference.pickled)
        function: Callable[..., Any] | None = _meant(_walk(_module(reference), reference.name))
    except (Exception, SystemExit) as error:
        name = f"{reference.module}.{reference.name}".strip(".")
        text = say(
            "the worker process cannot load {function}: {error}",
            function=name or "?",
            error=f"{type(error).__name__}: {error}",
        )
        raise ConfigurationError(text) from error
    if function is None:
        text = (
            "the worker process finds no {name} in {module}: a function that is made only under conditions is not there"
        )
        raise ConfigurationError(say(text, name=reference.name, module=reference.module))
    return function


def _refusal(function: Callable[..., object], reason: str) -> ConfigurationError:
    text = (
        "{function} cannot be sent to another process: {reason}. Define it at the top level of a module, without what "
        "only this process has, or give its tool runs_in='thread'"
    )
    where = f"{name_of(function)} ({origin_of(function)})"
    return ConfigurationError(say(text, function=where, reason=reason))


def _unpickled(function: bytes) -> Callable[..., Any]:
    found: Callable[..., Any] = pickle.loads(function)  # noqa: S301  # our own parent wrote it
    return found


@lru_cache(maxsize=1024)
def _by_name(function: Callable[..., object]) -> Reference | None:
    """Where a module holds the function, or the tool made from it, under its own or another name."""
    module = sys.modules.get(getattr(function, "__module__", None) or "")
    if module is None or not _is_elsewhere(module):
        return None
    for name in (function.__qualname__, *(name for name, held in vars(module).items() if _meant(held) is function)):
        if "<" not in name and _meant(_walk(module, name)) is function:
            return Reference(module.__name__, name, _file(module), _folders(module.__name__))
    return None


def _is_elsewhere(module: ModuleType) -> bool:
    """Whether another process can have the module: not if it was typed in."""
    return bool(_file(module)) or (module.__name__ != _MAIN and module.__spec__ is not None)


def _file(module: ModuleType) -> str:
    file = getattr(module, "__file__", None)
    return os.path.realpath(file) if file and os.path.isfile(file) else ""  # noqa: PTH113


def _folders(module: str | None = None) -> tuple[str, ...]:
    """Folders loaded by path: the one that a module lies in, or all."""
    wanted = [name for name in list(sys.modules) if name.startswith(_LOADED) and "." not in name]
    if module is not None:
        wanted = [name for name in wanted if name == module.partition(".")[0]]
    return tuple(next(iter(sys.modules[name].__path__)) for name in wanted)


def _walk(start: object, path: str) -> Any:
    for step in path.split("."):
        start = getattr(start, step, None)
    return start


def _meant(held: Any) -> Any:
    """Return the function behind a tool."""
    return (held.func or held.coroutine) if isinstance(held, StructuredTool) else held


def _module(reference: Reference) -> ModuleType:
    if reference.module == _MAIN:
        main = sys.modules[_MAIN]
        return main if callable(_walk(main, reference.name)) else _from_file(_MAIN_ELSEWHERE, reference.file)
    try:
        module = importlib.import_module(reference.module)
    except ModuleNotFoundError as error:
        if not reference.file or not f"{reference.module}.".startswith(f"{error.name}."):
            raise
        return _from_file(reference.module, reference.file)
    if reference.file and _file(module) != reference.file:  # another one of the same name
        return _from_file(reference.module, reference.file)
    return module


def _from_file(name: str, file: str) -> ModuleType:
    """Load a file under a name, as the parent did whose module is not on the search path."""
    spec = importlib.util.spec_from_file_location(name, file)
    if spec is None or spec.loader is None:
        raise ImportError(f"{file} is no Python file")
    sys.modules[name] = module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
