"""`python_tool`: Python for what no other tool can compute, in a sandbox."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

from langchain_core.tools import StructuredTool  # noqa: TC002  # the decorator reads these hints at run time
from pydantic import Field

from clovax_agents.errors import ConfigurationError, ModelRetry
from clovax_agents.guards.sandbox import Sandbox, SandboxLimits, SandboxResult
from clovax_agents.tooling import ToolPolicy, tool
from clovax_agents.toolkit.compute_wording import say

if TYPE_CHECKING:
    import os
    from collections.abc import Iterable, Mapping

    from clovax_agents.guards.sandbox.protecting import ProtectionName

__all__ = ["python_tool"]

_ABOUT: Final = (
    "Run a Python program and read what it prints, and the value of its last line if that is an expression. For "
    "calculations, data and texts that no other tool handles. Each run begins afresh, without network, other programs "
    "and threads, with {modules}; it may take {seconds:g} seconds"
)
_FILES: Final = ". In its directory it finds: {names}"
_CODE: Final = "A whole program; print, or end with an expression"
_SPARE: Final = 10.0
"""Seconds for which the tool waits longer than the sandbox lets the program run."""
_MOST_NAMES: Final = 20
_MOST_KEPT: Final = 4 << 20
"""Bytes of files in an artifact."""


def python_tool(
    *,
    limits: SandboxLimits | None = None,
    files: Mapping[str, str | bytes | os.PathLike[str]] | None = None,
    readable: Iterable[str | os.PathLike[str]] = (),
    packages: bool = False,
    require: Iterable[ProtectionName] = ("files", "network"),
    name: str = "run_python",
    description: str | None = None,
    policy: ToolPolicy | None = None,
) -> StructuredTool:
    """Return a tool that runs Python in a `Sandbox`.

    The files that a program writes are in the artifact under ``files``, up to 4 MiB. Nothing of a run lasts
    or leads outside, so the tool's effect is ``"read"``.

    Args:
        limits: what a run may take.
        files: that each run finds: text, bytes, or a path that is read at each call.
        readable: further paths that the code may read.
        packages: whether it may import the packages that are installed here.
        require: the protections without which there is no tool; see `protections` of the sandbox.
        name: of the tool.
        description: None: one that names the limits and the files.
        policy: None: effect ``"read"``, and a timeout that fits the limits.

    Raises:
        ConfigurationError: this machine lacks a protection that is required, or a file does not exist.

    Example:
        >>> python_tool().invoke({"code": "sum(n * n for n in range(10))"})
        'value: 285'
    """
    box = Sandbox(limits=limits, require=require, readable=readable, packages=packages)
    given = _checked(files or {})

    async def run_python(code: Annotated[str, Field(description=say(_CODE))]) -> tuple[str, dict[str, Any]]:
        found = {name: _content(content) for name, content in given.items()}
        return _answer(await box.arun(code, files=found, returns_files=True))

    return tool(
        name=name,
        description=description or _described(box.limits, given, packages=packages),
        response_format="content_and_artifact",
        policy=policy or ToolPolicy(effect="read", timeout=box.limits.seconds + _SPARE),
    )(run_python)


def _checked(files: Mapping[str, str | bytes | os.PathLike[str]]) -> dict[str, str | bytes | Path]:
    given = {name: file if isinstance(file, str | bytes) else Path(file) for name, file in files.items()}
    for name, file in given.items():
        if isinstance(file, Path) and not file.is_file():
            raise ConfigurationError(f"files[{name!r}]: there is no file {str(file)!r}")
    return given


def _content(file: str | bytes | Path) -> str | bytes:
    return file.read_bytes() if isinstance(file, Path) else file


def _described(limits: SandboxLimits, files: Mapping[str, object], *, packages: bool) -> str:
    modules = say("the standard library and the installed packages" if packages else "the standard library only")
    about = say(_ABOUT, modules=modules, seconds=limits.seconds)
    return about + (say(_FILES, names=", ".join(files)) if files else "")


def _answer(result: SandboxResult) -> tuple[str, dict[str, Any]]:
    """Return what the model reads and the artifact.

    Raises:
        ModelRetry: the program failed, or was stopped.
    """
    printed = [text.rstrip() for text in (result.stdout, result.stderr) if text.strip()]
    if result.left_out:
        printed.append(say("[{count:,} bytes of output left out]", count=result.left_out))
    if result.ended != "finished":
        raise ModelRetry("\n".join([*printed, _problem(result)]))
    if result.value is not None:
        printed.append(say("value: {value}", value=result.value))
    files = _kept(result.files)
    if result.files:
        named = [f"{name} ({len(content):,} B)" for name, content in result.files.items()]
        printed.append(say("files written: {names}", names=", ".join(named[:_MOST_NAMES])))
    if left_out := [name for name in result.files if name not in files]:
        names = ", ".join(left_out[:_MOST_NAMES])
        printed.append(say("not kept, for their size: {names}", names=names))
    text = "\n".join(printed) or say("it ran to its end and printed nothing; print what you want to know")
    return text, {"value": result.value, "stdout": result.stdout, "files": files}


def _kept(files: Mapping[str, bytes]) -> dict[str, bytes]:
    """Return the files that go into the artifact, of which every checkpoint of the run has a copy."""
    kept: dict[str, bytes] = {}
    room = _MOST_KEPT
    for name, content in files.items():
        if len(content) <= room:
            kept[name] = content
            room -= len(content)
    return kept


def _problem(result: SandboxResult) -> str:
    if result.ended == "raised":
        return result.error
    by_ending = {
        "timeout": "the program took too long and was stopped ({error})",
        "memory": "the program was stopped for its memory ({error})",
        "output": "the program printed without end and was stopped",
        "disk": "the program was stopped for its files ({error})",
    }
    return say(by_ending.get(result.ended, "the program crashed ({error})"), error=result.error)
