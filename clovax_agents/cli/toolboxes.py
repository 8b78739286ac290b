"""Find tools by the file, folder or module that they are in."""

from __future__ import annotations

import importlib
import os
import sys
from itertools import chain
from pathlib import Path
from typing import Any, cast

from langchain_core.tools import BaseTool

from clovax_agents.cli.wording import say
from clovax_agents.errors import ConfigurationError
from clovax_agents.tooling import Toolbox
from clovax_agents.tooling.loading import load_modules, tools_of

__all__ = ["load_toolbox"]


def load_toolbox(tools: str) -> Toolbox:
    """Find the tools that are meant.

    Args:
        tools: a file, a folder, a module, or any of these with ``:name`` of a Toolbox, a list or a tool.

    Raises:
        ConfigurationError: there are none.
    """
    place, _, name = tools.rpartition(":") if _names_something_inside(tools) else (tools, "", "")
    if _is_path(place):
        path = Path(place).absolute()
        return _boxed(_named(path, name), tools) if name else Toolbox.from_path(path)
    sys.path.insert(0, str(Path.cwd()))
    try:
        module = importlib.import_module(place)
    except ModuleNotFoundError as error:
        if error.name is None or not f"{place}.".startswith(f"{error.name}."):
            raise
        raise ConfigurationError(say("there is no file, folder or module {place}", place=place)) from None
    finally:
        sys.path.remove(str(Path.cwd()))
    if name:
        return _boxed(getattr(module, name, None), tools)
    box = Toolbox()
    for made, policy in tools_of([module]):
        box = box.add(made, policy=policy)
    if not len(box):
        text = "{place} has no tools of its own: name a Toolbox or a list of tools, {place}:name"
        raise ConfigurationError(say(text, place=place))
    return box


def _named(path: Path, name: str) -> Any:
    """Return what a file, or a file of a folder, holds under a name; or else the tool of that name."""
    _, modules = load_modules(path, "*.py", None)
    held: list[Any] = [getattr(module, name, None) for module in modules]
    called = [made for made, _ in tools_of(modules) if made.name == name]
    return next(chain(filter(_is_tools, held), called), None)


def _is_tools(value: object) -> bool:
    return isinstance(value, Toolbox | BaseTool | list | tuple)


def _names_something_inside(tools: str) -> bool:
    return tools.rpartition(":")[2].isidentifier() and bool(tools.rpartition(":")[0]) and not Path(tools).exists()


def _is_path(place: str) -> bool:
    return Path(place).exists() or "/" in place or os.sep in place or place.endswith(".py")


def _boxed(found: Any, asked: str) -> Toolbox:
    """Put what was found into a box."""
    if isinstance(found, Toolbox):
        return found
    if isinstance(found, BaseTool):
        return Toolbox(found)
    if isinstance(found, list | tuple) and found:
        return Toolbox(*cast("list[Any]", found))
    raise ConfigurationError(say("{asked} is no Toolbox, tool or list of tools", asked=asked))
