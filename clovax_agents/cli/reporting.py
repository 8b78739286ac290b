"""Errors and languages of a command: one message and an exit code, in the language that was asked for."""

from __future__ import annotations

import locale
import os
from contextlib import contextmanager
from itertools import pairwise
from typing import TYPE_CHECKING, Final, NoReturn

import typer
from rich.console import Console
from rich.markup import escape

from clovax_agents.cli.errors import EXIT_INTERRUPTED, describe
from clovax_agents.cli.wording import say
from clovax_agents.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence

__all__ = ["check_language", "reporting", "speaking", "wanted_language"]

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
    with speaking(), _one_message(code, debug=debug or bool(os.environ.get("CLOVAX_DEBUG"))):
        if lang is not None:
            os.environ[_SETTING] = _language(lang)
        yield


@contextmanager
def speaking(language: str = "") -> Generator[None]:
    """Speak a language for a while, or whatever is chosen meanwhile; afterwards, what was spoken before.

    Args:
        language: ``en`` or ``ko``; empty to begin with what CLOVAX_LANG says.
    """
    before = os.environ.get(_SETTING)
    try:
        if language:
            os.environ[_SETTING] = language
        yield
    finally:
        os.environ.pop(_SETTING, None)
        if before is not None:
            os.environ[_SETTING] = before


def check_language(given: str) -> None:
    """End with a message for a ``--lang`` before the command that is no language; the others were seen before."""
    with reporting(debug=False, lang=given):
        pass


def wanted_language(arguments: Sequence[str]) -> str:
    """Return ``en`` or ``ko`` for a command line that was not read yet: help and usage errors need it, too.

    Args:
        arguments: as they were typed; a ``--lang`` that is no language is left to the command.

    Example:
        >>> wanted_language(["chat", "--lang=ko", "--help"])
        'ko'
    """
    typed = arguments[: arguments.index("--")] if "--" in arguments else arguments
    given = [value for option, value in pairwise([*typed, ""]) if option == "--lang"]
    given += [one.removeprefix("--lang=") for one in typed if one.startswith("--lang=")]
    return next((one for one in reversed(given) if one in _LANGUAGES), "") or _language("")


@contextmanager
def _one_message(code: int, *, debug: bool) -> Generator[None]:
    try:
        yield
    except KeyboardInterrupt:
        _leave(say("interrupted: nothing more was run"), EXIT_INTERRUPTED)
    except Exception as error:
        if debug or isinstance(error, typer.Exit):
            raise
        _leave(f"[bold red]{say('error')}:[/] {escape(describe(error))}", code)


def _language(given: str) -> str:
    wanted = given or os.environ.get(_SETTING, "") or _of_locale()
    if given and given not in _LANGUAGES:
        text = "--lang {given} is none of {known}"
        raise ConfigurationError(say(text, given=given, known=", ".join(_LANGUAGES)))
    return "ko" if wanted.lower().startswith("ko") else "en"


def _of_locale() -> str:
    """Return the language of the messages: LC_ALL before LC_MESSAGES before LANG, or else what the system says."""
    named = next((found for name in ("LC_ALL", "LC_MESSAGES", "LANG") if (found := os.environ.get(name))), None)
    return named or locale.getlocale()[0] or ""


def _leave(message: str, code: int) -> NoReturn:
    # made here, and not once for all: a test's standard error comes and goes
    Console(stderr=True).print(f"\n{message}", highlight=False)
    raise typer.Exit(code) from None
