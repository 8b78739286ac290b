"""Errors and languages of a command: one message and an exit code, in the language that was asked for."""

from __future__ import annotations

import locale
import os
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final, NoReturn

import typer
from rich.console import Console
from rich.markup import escape

from clovax_agents.cli.errors import EXIT_INTERRUPTED, describe
from clovax_agents.cli.wording import say
from clovax_agents.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Generator

__all__ = ["reporting"]

_SETTING: Final = "CLOVAX_LANG"
_LANGUAGES: Final = ("en", "ko")


@contextmanager
def reporting(*, debug: bool, code: int = 1, lang: str | None = None) -> Generator[None]:
    """Turn any error into one message and an exit code.

    Args:
        debug: let errors through, with their tracebacks.
        code: exit code of an error.
        lang: ``en``, ``ko``, or empty for what CLOVAX_LANG or else the locale says; None leaves the language alone.
    """
    before = os.environ.get(_SETTING)
    try:
        with _one_message(code, debug=debug or bool(os.environ.get("CLOVAX_DEBUG"))):
            if lang is not None:
                os.environ[_SETTING] = _language(lang)
            yield
    finally:
        os.environ.pop(_SETTING, None)
        if before is not None:
            os.environ[_SETTING] = before


@contextmanager
def _one_message(code: int, *, debug: bool) -> Generator[None]:
    try:
        yield
    except KeyboardInterrupt:
        _leave(say("interrupted: nothing more was run"), EXIT_INTERRUPTED)
    except Exception as error:
        if debug or isinstance(error, typer.Exit):
            raise
        _leave(f"[bold red]error:[/] {escape(describe(error))}", code)


def _language(given: str) -> str:
    wanted = given or os.environ.get(_SETTING, "") or _of_locale()
    if given and given not in _LANGUAGES:
        raise ConfigurationError(f"--lang {given} is none of {', '.join(_LANGUAGES)}")
    return "ko" if wanted.lower().startswith("ko") else "en"


def _of_locale() -> str:
    """Return the language of the messages: LC_ALL before LC_MESSAGES before LANG, or else what the system says."""
    named = next((found for name in ("LC_ALL", "LC_MESSAGES", "LANG") if (found := os.environ.get(name))), None)
    return named or locale.getlocale()[0] or ""


def _leave(message: str, code: int) -> NoReturn:
    # made here, and not once for all: a test's standard error comes and goes
    Console(stderr=True).print(f"\n{message}", highlight=False)
    raise typer.Exit(code) from None
