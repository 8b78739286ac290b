"""What a run asks a person: calls to decide about one by one, anything else as a text."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from rich.markup import escape

from clovax_agents.cli.printing import print_indented
from clovax_agents.cli.wording import say
from clovax_agents.errors import ConfigurationError
from clovax_agents.execution.narrowing import as_dict, as_list
from clovax_agents.execution.texts import clean, one_line

if TYPE_CHECKING:
    from collections.abc import Collection

    from rich.console import Console

    from clovax_agents.cli.asking import Asker

__all__ = ["UndecidedError", "answer_to"]

_WORDS: Final = {
    "approve": frozenset({"y", "yes", "예", "네"}),
    "reject": frozenset({"n", "no", "아니요", "아니오"}),
    "edit": frozenset({"e", "edit"}),
    "respond": frozenset({"r", "respond"}),
}


class UndecidedError(ConfigurationError):
    """Input has ended where a person was asked."""


def answer_to(question: Any, console: Console, asker: Asker) -> Any:
    """Ask a person, and return what the interrupted run goes on with.

    Args:
        question: LangChain's ``HITLRequest``, or whatever else was given to ``interrupt``.
        console: to ask on.
        asker: who answers.

    Raises:
        UndecidedError: nobody is there to answer, or whoever is there leaves.
    """
    parts = as_dict(question) or {}
    requests = as_list(parts.get("action_requests"))
    try:
        if requests is None:
            return _free(question, console, asker)
        ways = _ways(parts)
        decisions: list[dict[str, Any]] = []
        for number, request in enumerate(requests, 1):
            place = f" {number}/{len(requests)}" if len(requests) > 1 else ""
            decisions.append(_Question.of(request, ways, place).decided(console, asker))
    except EOFError:
        text = (
            "nothing was decided. What the run asks about was not run"
            if asker.is_person
            else "the run asks a person, and standard input holds no answer: run it in a terminal. "
            "What it asks about was not run"
        )
        raise UndecidedError(say(text)) from None
    return {"decisions": decisions}


def _ways(parts: dict[str, Any]) -> dict[str, list[str]]:
    """Return by names of requests how each may be answered."""
    configs = [as_dict(config) or {} for config in as_list(parts.get("review_configs")) or []]
    return {str(config.get("action_name")): as_list(config.get("allowed_decisions")) or [*_WORDS] for config in configs}


@dataclass(frozen=True, slots=True)
class _Question:
    """One call that is asked about.

    Attributes:
        name: of its tool.
        arguments: of the call.
        about: what it is, in words.
        ways: how it may be answered.
        place: of several.
    """

    name: str
    arguments: Any
    about: str
    ways: Collection[str]
    place: str

    @classmethod
    def of(cls, request: Any, ways: dict[str, list[str]], place: str) -> _Question:
        parts = as_dict(request) or {}
        name = str(parts.get("name"))
        about = clean(str(parts.get("description", "")))
        return cls(name, parts.get("args"), about, ways.get(name, [*_WORDS]), place)

    def decided(self, console: Console, asker: Asker) -> dict[str, Any]:
        if list(self.ways) == ["respond"]:
            console.print(f"\n[bold magenta]{say('question')}[/]  {escape(self.about)}", soft_wrap=True)
            return {"type": "respond", "message": asker.ask(f"{say('answer')}: ").strip()}
        self._show(console)
        while True:
            said, _, rest = asker.ask(self._prompt()).strip().partition(" ")
            kind = next((kind for kind, words in _WORDS.items() if said.lower() in words), "")
            if kind in self.ways and (decision := self._decision(kind, rest.strip(), console, asker)) is not None:
                return decision

    def _show(self, console: Console) -> None:
        title = say("approval needed")
        console.print(f"\n[bold magenta]{title}{self.place}[/]  [yellow]{escape(one_line(self.name))}[/]")
        for key, value in (as_dict(self.arguments) or {"": self.arguments}).items():
            shown = clean(json.dumps(value, ensure_ascii=False, default=str))
            print_indented(console, f"[bold]{escape(one_line(str(key)))}[/] = {escape(shown)}")
        for line in self.about.splitlines():
            if line.strip():
                print_indented(console, f"[dim]{escape(line)}[/]")

    def _prompt(self) -> str:
        known = {"approve": say("y yes"), "reject": say("n no"), "edit": say("e edit")}
        known["respond"] = say("r answer instead of the tool")
        ways = ", ".join(text for kind, text in known.items() if kind in self.ways)
        return say("run it? {ways}: ", ways=ways)

    def _decision(self, kind: str, rest: str, console: Console, asker: Asker) -> dict[str, Any] | None:
        if kind == "approve":
            return {"type": "approve"}
        if kind == "reject":
            return {"type": "reject", "message": rest or asker.ask(say("reason (Enter for none): ")).strip()}
        if kind == "respond":
            text = rest or asker.ask(say("what the model reads as the result: ")).strip()
            return {"type": "respond", "message": text} if text else None
        changed = _arguments(rest, self.arguments, console, asker)
        return None if changed is None else {"type": "edit", "edited_action": {"name": self.name, "args": changed}}


def _arguments(given: str, before: Any, console: Console, asker: Asker) -> dict[str, Any] | None:
    """Return the new arguments; None, with the reason, if they are none."""
    if not given:
        if asker.is_person:
            console.print(f"[dim]{say('Enter sends, Alt-Enter begins a line, Ctrl-X Ctrl-E opens $EDITOR')}[/]")
        default = json.dumps(before, ensure_ascii=False)
        given = asker.ask(say("new arguments (a JSON object): "), default=default, suffix=".json")
    try:
        found = as_dict(json.loads(given))
        problem = say("that is not a JSON object") if found is None else ""
    except ValueError as error:
        found, problem = None, say("that is not JSON: {error}", error=error)
    if problem:
        console.print(f"[red]{escape(problem)}[/]")
    return found


def _free(question: Any, console: Console, asker: Asker) -> Any:
    """Read the answer as JSON, else as text."""
    shown = question if isinstance(question, str) else json.dumps(question, ensure_ascii=False, default=str)
    console.print(f"\n[bold magenta]{say('question')}[/]  {escape(clean(shown))}", soft_wrap=True)
    said = asker.ask(f"{say('answer')}: ")
    try:
        return json.loads(said)
    except ValueError:
        return said
