"""Load the tools of a folder of Python files without making the folder importable for anybody else.

The folder becomes a package whose name is derived from its path. That gives its files relative imports, gives every
load of the same folder the same modules (so no class exists twice), and keeps an installed package that happens to be
called ``tools`` out of the way.
"""

from __future__ import annotations

import hashlib
import importlib
import importlib.util
import inspect
import os
import re
import sys
import threading
import traceback
from importlib.machinery import ModuleSpec
from pathlib import Path
from typing import TYPE_CHECKING

from langchain_core.tools import BaseTool

from clovax_agents.errors import ConfigurationError
from clovax_agents.tooling.collection import ToolCollection, own_policy

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from types import ModuleType

    from clovax_agents.tooling.policy import ToolPolicy

    Loaded = tuple[BaseTool, ToolPolicy | None]

__all__ = ["load_modules", "load_tools", "module_from_path", "package_of", "resolve", "tools_of"]

_PACKAGES = threading.RLock()


def load_tools(path: str | os.PathLike[str], pattern: str, caller: str | None) -> list[Loaded]:
    """The tools of a file, or of a folder's files that match the pattern, as `tools_of` gives them.

    Args:
        path: file or folder; a relative one starts at the caller's folder.
        pattern: which files of a folder, as in Path.glob.
        caller: the file that asks, or None if there is none.
    """
    location, modules = load_modules(path, pattern, caller)
    tools = tools_of(modules)
    if not tools:
        raise ConfigurationError(_nothing_found(location, pattern, modules))
    return tools


def module_from_path(path: str | os.PathLike[str]) -> ModuleType:
    """Load one file as `Toolbox.from_path` does, for what else it holds, such as the database that its tools work on.

    It is the module that the tools of its folder import, and a relative path starts at the file that calls this.

    Args:
        path: of the file.

    Raises:
        ConfigurationError: it is not there, or not a single file.

    Example:
        >>> module_from_path("/nowhere.py")
        Traceback (most recent call last):
            ...
        clovax_agents.errors.ConfigurationError: there is no file or folder /nowhere.py to load tools from
    """
    here = inspect.currentframe()
    caller = here.f_back if here else None
    location, modules = load_modules(path, "*.py", caller.f_globals.get("__file__") if caller else None)
    if location.is_dir():
        raise ConfigurationError(f"{location} is a folder: name the file in it that is to be loaded")
    return modules[0]


def load_modules(path: str | os.PathLike[str], pattern: str, caller: str | None) -> tuple[Path, list[ModuleType]]:
    """Where the path leads, and the modules that are there; see `load_tools`."""
    location = resolve(path, caller)
    if not location.exists():
        asked = "" if Path(path).is_absolute() else f" (asked for as {os.fspath(path)!r})"
        raise ConfigurationError(f"there is no file or folder {location}{asked} to load tools from")
    folder, files = _files(location, pattern)
    importlib.invalidate_caches()  # files that were written a moment ago count
    return location, [_load(folder, file) for file in files]


def resolve(path: str | os.PathLike[str], caller: str | None) -> Path:
    """The absolute path that is meant, symbolic links resolved.

    Example:
        >>> resolve("../tools", "/srv/app/graphs/react.py").as_posix()
        '/srv/app/tools'
    """
    # Not Path.resolve: it asks for the working directory, which a server's event loop forbids, even if it is not used.
    base = os.path.dirname(caller) if caller else ""  # noqa: PTH120
    return Path(os.path.realpath(os.path.join(base, path)))  # noqa: PTH118


def _files(location: Path, pattern: str) -> tuple[Path, list[Path]]:
    if location.is_file():
        return location.parent, [location]
    found = (file for file in location.glob(pattern) if file.suffix == ".py" and file.is_file())
    return location, sorted(file for file in found if not _is_private(file.relative_to(location)))


def _is_private(relative: Path) -> bool:
    return any(part.startswith(("_", ".")) for part in relative.parts)


def _load(folder: Path, file: Path) -> ModuleType:
    """Import one file of the folder; importlib keeps it in sys.modules, under its lock, so it runs once."""
    parts = file.relative_to(folder).with_suffix("").parts
    if any("." in part for part in parts):
        raise ConfigurationError(f"{file} cannot be imported: its name has a dot besides the one of '.py'. Rename it.")
    try:
        return importlib.import_module(".".join((package_of(folder), *parts)))
    except (Exception, SystemExit) as error:
        raise ConfigurationError(f"{_culprit(folder, file, error)}: {_summary(error)}") from error


def package_of(folder: Path) -> str:
    """The name of the package that stands for the folder, made at the first call."""
    digest = hashlib.sha256(os.fsencode(folder)).hexdigest()[:12]
    name = f"clovax_loaded_{re.sub(r'[^A-Za-z0-9]', '_', folder.name)}_{digest}"
    with _PACKAGES:
        if name not in sys.modules:
            _create(name, folder)
    return name


def _create(name: str, folder: Path) -> None:
    init = folder / "__init__.py"
    spec = (
        importlib.util.spec_from_file_location(name, init, submodule_search_locations=[os.fspath(folder)])
        if init.is_file()
        else None
    )
    if spec is None:
        spec = ModuleSpec(name, None, is_package=True)
        spec.submodule_search_locations = [os.fspath(folder)]
    sys.modules[name] = module = importlib.util.module_from_spec(spec)
    if spec.loader is not None:
        try:
            spec.loader.exec_module(module)
        except BaseException:
            del sys.modules[name]
            raise


def tools_of(modules: Iterable[ModuleType]) -> list[Loaded]:
    """Every tool that modules hold under a public name, alone or in a Toolbox, each object once however often it is.

    They come in order of definition; with a tool comes the policy that a box has given it, None if none has.

    Raises:
        ConfigurationError: two boxes have given one tool different policies.
    """
    tools: dict[int, BaseTool] = {}
    policies: dict[int, ToolPolicy] = {}
    for made, policy in _held(modules):
        tools[id(made)] = made
        if policy is not None and policies.setdefault(id(made), policy) != policy:
            raise ConfigurationError(
                f"two Toolboxes give the tool {made.name!r} different policies, so it is not clear which one holds: "
                "let the names of all boxes but one begin with _, and those are not loaded"
            )
    return [(made, policies.get(key)) for key, made in tools.items()]


def _held(modules: Iterable[ModuleType]) -> Iterator[Loaded]:
    public = (value for module in modules for name, value in vars(module).items() if not name.startswith("_"))
    for value in public:
        if isinstance(value, BaseTool):
            yield value, None
        elif isinstance(value, ToolCollection):
            for made in value:
                policy = value.policy(made.name)
                yield made, None if policy is own_policy(made) else policy


def _culprit(folder: Path, file: Path, error: BaseException) -> str:
    """File and line, inside the folder if possible, at which the import failed."""
    if isinstance(error, SyntaxError) and error.filename:
        return f"{error.filename}:{error.lineno}"
    frames = traceback.extract_tb(error.__traceback__)
    inside = [frame for frame in frames if Path(frame.filename).is_relative_to(folder)]
    return f"{inside[-1].filename}:{inside[-1].lineno}" if inside else str(file)


def _summary(error: BaseException) -> str:
    text = f"loading the tools of this file failed with {type(error).__name__}: {error}"
    if isinstance(error, ImportError) and "beyond top-level package" in str(error):
        text += ". Relative imports reach the files of the folder; import what lies outside by its full name"
    return text


def _nothing_found(place: Path, pattern: str, modules: list[ModuleType]) -> str:
    if not modules:
        return f"no file in {place} matches {pattern!r} (files that begin with '_' are skipped), so there are no tools"
    looked = ", ".join(Path(module.__file__ or module.__name__).name for module in modules)
    what = "a function decorated with @tool, or a Toolbox,"
    return f"no tools in {place}: none of {looked} has {what} at its top level"
