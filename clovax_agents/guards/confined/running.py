"""Running a text of Python: what it printed is on its way already; here is its value, or what went wrong."""

from __future__ import annotations

import ast
import sys
from types import ModuleType
from typing import Final

from .rlimits import make_room

__all__ = ["run"]

_NAME: Final = "<code>"
_FRAMES: Final = 8


def run(code: str, most: int) -> dict[str, str]:
    """Run a program as ``__main__`` and report on it.

    Args:
        code: the program; if it ends in an expression, that is its value.
        most: characters of the value and of an error.

    Returns:
        ``value``, what ``repr`` says of it; or ``error`` with the end of the traceback, and ``kind``: ``"raised"`` or
        ``"memory"``; or nothing.
    """
    try:
        value = _evaluated(code)
        return {} if value is None else {"value": _shown(value, most)}
    except MemoryError:
        return {"kind": "memory", "error": "MemoryError"}
    except SystemExit as end:
        return {} if end.code in {None, 0} else {"kind": "raised", "error": f"SystemExit: {end.code}"[:most]}
    except BaseException as error:  # noqa: BLE001  # whatever it is: it is reported
        make_room()
        return _told(code, error, most)


def _evaluated(code: str) -> object:
    tree = ast.parse(code, _NAME)
    last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
    module = sys.modules["__main__"] = ModuleType("__main__")
    names = module.__dict__
    exec(compile(tree, _NAME, "exec"), names)  # noqa: S102  # it is what the sandbox is for
    if not isinstance(last, ast.Expr):
        return None
    value: object = eval(compile(ast.Expression(last.value), _NAME, "eval"), names)  # noqa: S307
    return value


def _shown(value: object, most: int) -> str:
    text = repr(value)
    return text if len(text) <= most else f"{text[:most]}... ({len(text):,} characters)"


def _told(code: str, error: BaseException, most: int) -> dict[str, str]:
    """Return the end of the traceback, of the program's own frames."""
    import linecache  # noqa: PLC0415  # most programs do without
    import traceback  # noqa: PLC0415

    linecache.cache[_NAME] = (len(code), None, code.splitlines(keepends=True), _NAME)
    trace = error.__traceback__
    while trace is not None and trace.tb_frame.f_code.co_filename != _NAME:
        trace = trace.tb_next
    lines = traceback.format_exception(type(error), error, trace, limit=-_FRAMES)
    return {"kind": "raised", "error": "".join(lines).strip()[-most:]}
