"""How a person is asked for a line or more: at a terminal with editing and a memory, or from standard input."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, Final, Protocol

from rich.markup import escape

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from rich.console import Console

__all__ = ["Asker", "PipeAsker", "TerminalAsker", "asker_for"]

_GOES_ON: Final = "\\"


class Asker(Protocol):
    """Who is asked."""

    @property
    def is_person(self) -> bool:
        """Whether somebody sits at a terminal."""
        ...

    def ask(self, prompt: str, *, default: str = "", suffix: str = ".txt") -> str:
        """Ask for a text.

        Args:
            prompt: what it is for.
            default: to begin with, where it can be changed.
            suffix: of the file, if it is written in an editor.

        Raises:
            EOFError: there is none.
        """
        ...


class PipeAsker:
    """Reads lines from standard input, and prints them so that what is printed can be read.

    A line that ends with a backslash goes on with the next one.
    """

    is_person = False

    def __init__(self, console: Console) -> None:
        self._console = console

    def ask(self, prompt: str, *, default: str = "", suffix: str = ".txt") -> str:  # noqa: ARG002
        """Read a line, or several that belong together."""
        self._console.print(f"[bold cyan]{escape(prompt)}[/]", end="", soft_wrap=True)
        lines: list[str] = []
        while not lines or lines[-1].endswith(_GOES_ON):
            if not (line := sys.stdin.readline()):
                if lines:
                    break
                self._console.print()
                raise EOFError
            lines.append(line.rstrip("\r\n"))
            self._console.print(escape(lines[-1]), soft_wrap=True)
        return "\n".join([line.removesuffix(_GOES_ON) for line in lines[:-1]] + [lines[-1].removesuffix(_GOES_ON)])


class TerminalAsker:
    """Asks at the terminal: Enter sends, Alt-Enter begins a line, Ctrl-X Ctrl-E opens $EDITOR, ↑ brings back.

    Args:
        memory: file of what was typed before; None for none.
        words: that Tab completes at the beginning of a line.
    """

    is_person = True

    def __init__(self, memory: Path | None = None, words: Sequence[str] = ()) -> None:
        from prompt_toolkit import PromptSession  # noqa: PLC0415  # not for who pipes
        from prompt_toolkit.completion import WordCompleter  # noqa: PLC0415
        from prompt_toolkit.history import FileHistory, InMemoryHistory  # noqa: PLC0415

        self._remembers = InMemoryHistory() if memory is None else FileHistory(str(memory))
        completer = WordCompleter(list(words), sentence=True) if words else None
        self._session: PromptSession[str] = PromptSession(
            history=self._remembers,
            completer=completer,
            complete_while_typing=False,
            key_bindings=_keys(),
            multiline=True,
            enable_open_in_editor=True,
            prompt_continuation=_continued,
        )
        self._other: PromptSession[str] = PromptSession(
            key_bindings=_keys(), multiline=True, enable_open_in_editor=True, prompt_continuation=_continued
        )

    def ask(self, prompt: str, *, default: str = "", suffix: str = ".txt") -> str:
        """Ask for a text; only what is typed at the main prompt is remembered."""
        from prompt_toolkit.formatted_text import FormattedText  # noqa: PLC0415

        session = self._session if suffix == ".md" else self._other
        session.default_buffer.tempfile_suffix = suffix
        return session.prompt(FormattedText([("bold ansicyan", prompt)]), default=default)


def _continued(_width: int, _line: int, wraps: int) -> str:
    """Return what stands before a line after the first; nothing where a long one is only wrapped."""
    return "" if wraps else "… "


def _keys() -> Any:
    """Enter sends, unless the line ends with a backslash; Alt-Enter begins a new one."""
    from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent  # noqa: PLC0415

    keys = KeyBindings()

    def send(event: KeyPressEvent) -> None:
        buffer = event.current_buffer
        if buffer.document.text_before_cursor.endswith(_GOES_ON):
            buffer.delete_before_cursor()
            buffer.insert_text("\n")
        else:
            buffer.validate_and_handle()

    def newline(event: KeyPressEvent) -> None:
        event.current_buffer.insert_text("\n")

    keys.add("enter")(send)
    keys.add("escape", "enter")(newline)
    keys.add("c-j")(send)  # what Enter is while no prompt is there to read it
    return keys


def asker_for(console: Console, memory: Path | None = None, words: Sequence[str] = ()) -> Asker:
    """Return who is asked: the person at the terminal, or standard input."""
    if not (sys.stdin.isatty() and console.is_terminal):
        return PipeAsker(console)
    if memory is not None:
        memory.parent.mkdir(parents=True, exist_ok=True)
    return TerminalAsker(memory, words)
