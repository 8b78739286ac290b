"""A project from the templates of the package, in one of two languages."""

from __future__ import annotations

import re
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Final

from rich.console import Console
from rich.markup import escape

from clovax_agents._version import __version__
from clovax_agents.cli.making.origin import requirement
from clovax_agents.cli.making.wording import say
from clovax_agents.errors import ConfigurationError
from clovax_agents.languages import is_korean

if TYPE_CHECKING:
    from collections.abc import Iterator
    from importlib.resources.abc import Traversable

__all__ = ["make_project"]

_NAME: Final = re.compile(r"[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?")
_SUFFIX: Final = ".tmpl"
_DOTTED: Final = frozenset({"env.example", "gitignore"})
"""Files whose names begin with a dot, which tools that build packages may leave out."""


def make_project(where: str) -> None:
    """Make a folder with a project, in the language that is spoken.

    Raises:
        ConfigurationError: a name that cannot be a project's, or a folder that holds something already.
    """
    folder = Path(where).expanduser()
    name = folder.absolute().name
    if not _NAME.fullmatch(name):
        text = "{name} cannot be the name of a project: take letters from a to z, digits, - and _"
        raise ConfigurationError(say(text, name=repr(name)))
    files = dict(rendered(name))
    try:
        if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
            raise ConfigurationError(say("{folder} is there already: nothing was written", folder=folder))
        for path, text in files.items():
            target = folder / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(text, encoding="utf-8", newline="\n")
    except OSError as error:
        raise ConfigurationError(say("{folder} cannot be written: {error}", folder=folder, error=error)) from error
    _tell(Console(highlight=False), folder, sorted(files))


def rendered(name: str) -> Iterator[tuple[str, str]]:
    """Yield the files of a project, each with its path and its text.

    Args:
        name: of the project.
    """
    values = {"{{name}}": name, "{{version}}": __version__, "{{requirement}}": requirement()}
    root = resources.files("clovax_agents.cli").joinpath("templates")
    for part in ("common", "ko" if is_korean() else "en"):
        for path, source in _files(root.joinpath(part)):
            text = source.read_text(encoding="utf-8")
            for key, value in values.items():
                text = text.replace(key, value)
            yield path, text


def _files(folder: Traversable, inside: str = "") -> Iterator[tuple[str, Traversable]]:
    for found in folder.iterdir():
        if found.is_dir():
            yield from _files(found, f"{inside}{found.name}/")
        elif found.name.endswith(_SUFFIX):
            name = found.name.removesuffix(_SUFFIX)
            yield inside + ("." if name in _DOTTED else "") + name, found


def _tell(console: Console, folder: Path, files: list[str]) -> None:
    console.print(say("{folder}: {count} files", folder=escape(str(folder)), count=len(files)), soft_wrap=True)
    for path in files:
        console.print(f"  [dim]{escape(path)}[/]")
    console.print(say("next: cd {folder} && make test, then make run", folder=escape(str(folder))), soft_wrap=True)
