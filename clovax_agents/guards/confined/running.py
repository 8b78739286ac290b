"""Running a text of Python: what it printed is on its way already; here is its value, or what went wrong."""

from __future__ import annotations

import _ast
import sys
from types import ModuleType

from .rlimits import make_room

TYPE_CHECKING = False  # as in typing, which takes long to load
if TYPE_CHECKING:
    from typing import Final

__all__ = ["run"]

_NAME: Final = "<code>"
_FRAMES: Final = 8


def run(code: str, most: int) -> tuple[str, str]:
    """Run a program as ``__main__`` and report on it.

    Args:
        code: the program; if it ends in an expression, that is its value.
        most: characters of the value and of an error.

    Returns:
        ``"value"`` and what ``repr`` says of it; ``"raised"`` and the end of the traceback; ``"memory"``; or
        ``"nothing"``.
    """
    try:
        value = _evaluated(code)
        return ("nothing", "") if value is None else ("value", _shown(value, most))
    except SystemExit as end:
        return ("nothing", "") if end.code in {None, 0} else ("raised", f"SystemExit: {end.code}"[:most])
    except BaseException as error:  # noqa: BLE001  # whatever it is: it is reported
        make_room()
        return ("memory", "") if isinstance(error, MemoryError) else ("raised", _told(code, error, most))


def _evaluated(code: str) -> object:
    tree: _ast.Module = compile(code, _NAME, "exec", int(_ast.PyCF_ONLY_AST))
    last = tree.body.pop() if tree.body and isinstance(tree.body[-1], _ast.Expr) else None
    module = sys.modules["__main__"] = ModuleType("__main__")
    names = module.__dict__
    exec(compile(tree, _NAME, "exec"), names)  # noqa: S102  # it is what the sandbox is for
    if not isinstance(last, _ast.Expr):
        return None
    value: object = eval(compile(_ast.Expression(last.value), _NAME, "eval"), names)  # noqa: S307
    return value


def _shown(value: object, most: int) -> str:
    text = repr(value)
    return text if len(text) <= most else f"{text[:most]}... ({len(text):,} characters)"


def _told(code: str, error: BaseException, most: int) -> str:
    """Return the end of the traceback, of the program's own frames."""
    import linecache  # noqa: PLC0415  # most programs do without
    import traceback  # noqa: PLC0415

    linecache.cache[_NAME] = (len(code), None, code.splitlines(keepends=True), _NAME)
    trace = error.__traceback__
    while trace is not None and trace.tb_frame.f_code.co_filename != _NAME:
        trace = trace.tb_next
    lines = traceback.format_exception(type(error), error, trace, limit=-_FRAMES)
    return "".join(lines).strip()[-most:]
