"""The nodes of an extraction: fill in the whole form, or change single places of it."""

from __future__ import annotations

import json
from abc import abstractmethod
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from langgraph.runtime import get_runtime
from langgraph.types import Command

from clovax_agents.errors import InvalidArgumentsError
from clovax_agents.execution.texts import error_text
from clovax_agents.extracting.asking import edit_input, explained, extract_input
from clovax_agents.extracting.patching import edit_form, edits_of, patched
from clovax_agents.extracting.state import ExtractionContext, ExtractionState
from clovax_agents.extracting.wording import say
from clovax_agents.nodes.driven import DrivenNode
from clovax_agents.nodes.endings import final_answer
from clovax_agents.nodes.forms import NO_FORM
from clovax_agents.notes import asked_message

if TYPE_CHECKING:
    from collections.abc import Generator

    from langchain_core.messages import AIMessage

    from clovax_agents.extracting.problems import Problem
    from clovax_agents.extracting.targets import Target
    from clovax_agents.nodes.driven import Wanted
    from clovax_agents.nodes.forms import FormModel

__all__ = ["EditNode", "ExtractNode", "begin_extraction", "end_extraction"]

_END: Final = "__end__"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Draft:
    """What a visit has come to.

    Attributes:
        value: the object as the model writes it; None if there is none yet.
        problems: with it.
        refused: what the model is told of its edits.
        again: where the model is asked again if the object is not valid; None if that would not help.
    """

    value: dict[str, Any] | None
    problems: list[Problem]
    refused: list[str] = field(default_factory=list[str])
    again: str | None = "patch"


class _FormNode(DrivenNode):
    """What the nodes have in common.

    Args:
        name: of the node.
        model: that is asked.
        target: to make.
        prompt: system prompt of the graph.
        most: how often the model is asked again.
    """

    def __init__(self, name: str, model: FormModel, target: Target, prompt: str | None, most: int) -> None:
        self.name: str | None = name
        self._model = model
        self._target = target
        self._prompt = prompt
        self._most = most

    def _steps(self, state: ExtractionState) -> Generator[Wanted, Any, Command[Any]]:
        context = _context()
        options = {"model": context.model, "max_tokens": context.max_tokens}
        given = {name: value for name, value in options.items() if value is not None}
        message = asked_message(state["messages"])
        answering = None if message is None else message.id
        if state.get("answering") != answering:  # what an earlier run has left behind that did not end
            state = {**state, "tries": 0, "refused": []}
        draft = yield from self._draft(state, context.prompt or self._prompt, given)
        tries = state.get("tries", 0) + 1
        update = _update(self._target, draft)
        if draft.problems and draft.again and tries <= self._most:
            more = {"refused": draft.refused, "tries": tries, "answering": answering}
            return Command(update={**update, **more}, goto=draft.again)
        return Command(update={**update, **_ENDED, "messages": [self._answer(state, update)]}, goto=_END)

    @abstractmethod
    def _draft(
        self, state: ExtractionState, prompt: str | None, options: dict[str, Any]
    ) -> Generator[Wanted, Any, _Draft]:
        """Ask the model, and say what came of it."""

    def _answer(self, state: ExtractionState, update: dict[str, Any]) -> AIMessage:
        """Return the answer: the object as JSON, or what is missing."""
        errors: list[Problem] = update["errors"]
        if errors:
            problems = explained(errors, self._target.form.schema)
            text = say("This is still missing, or wrong:\n{problems}", problems=problems)
        else:
            text = json.dumps(update["result"], ensure_ascii=False, indent=2)
        metadata: dict[str, Any] = {"errors": [{**each} for each in errors]} if errors else {}
        return final_answer(state, text, **metadata)


_ENDED: Final[dict[str, Any]] = {"refused": [], "tries": 0, "answering": None, "existing": None}


class ExtractNode(_FormNode):
    """Fill in the whole form."""

    def _draft(
        self, state: ExtractionState, prompt: str | None, options: dict[str, Any]
    ) -> Generator[Wanted, Any, _Draft]:
        unread = next(iter(state.get("refused") or ()), "")
        messages = extract_input(state["messages"], prompt, unread)
        try:
            value = yield from self._model.asked(self._target.form, messages, options)
        except InvalidArgumentsError as error:
            return _unread(str(error))
        except NO_FORM as error:
            return _unread(say("there was no answer: {error}", error=error_text(error)))
        return _Draft(value=value, problems=self._target.problems(value))


class EditNode(_FormNode):
    """Change single places of the form: only what is wrong, or, to bring it up to date, anything.

    Args:
        update: whether anything may be changed.
        **common: as of the other nodes.
    """

    def __init__(self, *, update: bool, **common: Any) -> None:
        super().__init__("update" if update else "patch", **common)
        self._update = update

    def _draft(
        self, state: ExtractionState, prompt: str | None, options: dict[str, Any]
    ) -> Generator[Wanted, Any, _Draft]:
        given = state.get("existing") if self._update else None
        value = self._target.opened(state.get("candidate") if given is None else given)
        problems = self._target.problems(value)
        messages = edit_input(
            state["messages"],
            prompt,
            schema=self._target.form.schema,
            value=value,
            problems=problems,
            refused=state.get("refused") or [],
            update=self._update,
        )
        try:
            arguments = yield from self._model.asked(edit_form(), messages, options, by_call=True)
            edits = edits_of(arguments)
        except InvalidArgumentsError as error:
            return self._refused(value, problems, str(error))
        except NO_FORM as error:
            return self._refused(value, problems, say("there was no answer: {error}", error=error_text(error)))
        if edits is None:
            return self._refused(value, problems, say("edits must be a list"))
        return self._edited(value, problems, edits)

    def _refused(self, value: dict[str, Any], problems: list[Problem], why: str) -> _Draft:
        """Ask for the edits again, as if there had been none."""
        return _Draft(value=value, problems=problems, refused=[why], again=self.name)

    def _edited(self, value: dict[str, Any], problems: list[Problem], edits: list[Any]) -> _Draft:
        wrong = None if self._update else [each["path"] for each in problems]
        made, refused = patched(value, edits, wrong)
        helps = bool(refused) or made != value  # who changes nothing has found nothing
        return _Draft(
            value=made,
            problems=self._target.problems(made),
            refused=refused,
            again="patch" if helps else None,
        )


def begin_extraction(state: ExtractionState) -> str:
    """Return where an extraction begins.

    An object that is given is brought up to date, as is the one that the thread has.
    """
    has_one = state.get("existing") is not None or state.get("candidate") is not None
    return "update" if has_one else "extract"


def end_extraction(state: ExtractionState, ending: AIMessage) -> Command[Any]:
    """End an extraction for which a budget is used up; the object stays as far as it has come.

    Args:
        state: of the graph.
        ending: says which budget it is.
    """
    del state
    return Command(update={**_ENDED, "result": None, "messages": [ending]}, goto=_END)


def _unread(problem: str) -> _Draft:
    return _Draft(value=None, problems=[{"path": "", "problem": problem}], refused=[problem], again="extract")


def _update(target: Target, draft: _Draft) -> dict[str, Any]:
    shown = target.shown(draft.value)
    return {"result": None if draft.problems else shown, "candidate": shown, "errors": draft.problems}


def _context() -> ExtractionContext:
    given: Any = get_runtime().context
    return given if isinstance(given, ExtractionContext) else ExtractionContext()
