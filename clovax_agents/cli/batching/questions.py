"""The questions of a batch: a line each, a text or an object."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from clovax_agents.cli.batching.wording import say
from clovax_agents.errors import ConfigurationError
from clovax_agents.execution.narrowing import as_dict, as_list

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["Question", "read_questions"]


@dataclass(frozen=True, slots=True)
class Question:
    """One line of the file.

    Attributes:
        id: its own, or the number of its line.
        thread: in which it is asked.
        messages: that are said, as LangChain takes them.
    """

    id: str
    thread: str
    messages: tuple[Any, ...]

    @property
    def title(self) -> str:
        """What is said, on one line."""
        return " ".join(" ".join(_text(message) for message in self.messages).split())

    @property
    def digest(self) -> str:
        """By which it is known to be the same question."""
        whole = json.dumps([self.thread, self.messages], ensure_ascii=False, sort_keys=True)
        return hashlib.sha256(whole.encode()).hexdigest()


def read_questions(path: Path) -> list[Question]:
    """Read a file of JSON lines; empty lines do not count.

    Raises:
        ConfigurationError: no such file, a line that is no question, two with one id, or none at all.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(say("{path} cannot be read: {error}", path=path, error=error)) from None
    # not splitlines, which also breaks lines at letters that JSON may hold
    lines = enumerate(text.split("\n"), 1)
    found = [_question(line, f"{path}:{number}", str(number)) for number, line in lines if line.strip()]
    if not found:
        raise ConfigurationError(say("{path} holds no questions", path=path))
    twice = [name for name, count in Counter(one.id for one in found).items() if count > 1]
    if twice:
        raise ConfigurationError(say("{path} has more than one question with the id {id}", path=path, id=twice[0]))
    return found


def _question(line: str, place: str, number: str) -> Question:
    try:
        given = json.loads(line)
    except ValueError as error:
        raise ConfigurationError(say("{place} is not JSON: {error}", place=place, error=error)) from None
    parts = {"question": given} if isinstance(given, str) else as_dict(given) or {}
    name = str(parts.get("id", number))
    messages = _messages(parts)
    if not messages or not name:
        text = '{place} is no question: write a text, or an object with "question" or "messages"'
        raise ConfigurationError(say(text, place=place))
    return Question(name, str(parts.get("thread") or f"q-{name}"), tuple(messages))


def _messages(parts: dict[str, Any]) -> list[Any]:
    text = parts.get("question")
    if isinstance(text, str) and text.strip():
        return [{"role": "user", "content": text}]
    given = [as_dict(message) for message in as_list(parts.get("messages")) or []]
    return [message for message in given if message] if all(message for message in given) else []


def _text(message: Any) -> str:
    content = message.get("content", "")
    return content if isinstance(content, str) else json.dumps(content, ensure_ascii=False)
