"""The nodes of a router: choose, merge, check; asking back is of `clarifying`."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final
from uuid import uuid4

from langchain_core.messages import AIMessage
from langgraph.runtime import get_runtime
from langgraph.types import Command, Send

from clovax_agents.answers import AnswerForm
from clovax_agents.conversations import question_of
from clovax_agents.errors import EmptyAnswerError, UnsupportedFunctionError
from clovax_agents.handoffs.telling import carrying
from clovax_agents.nodes.clarifying import MOST_ASKED
from clovax_agents.nodes.driven import DrivenNode, Wanted, wrapped
from clovax_agents.nodes.endings import final_answer
from clovax_agents.nodes.recovered import RecoveringModel
from clovax_agents.recovering.settings import Recovery
from clovax_agents.routers.answering import (
    judge_input,
    merge_input,
    read_problem,
    results_of,
    verdict_form,
)
from clovax_agents.routers.choosing import (
    Choice,
    choice_tools,
    classifier_input,
    described,
    read_choice,
    read_names,
)
from clovax_agents.routers.state import RouterContext
from clovax_agents.routers.wording import put

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Mapping

    from langchain_core.language_models import BaseChatModel
    from langchain_core.messages import BaseMessage

    from clovax_agents.nodes.forms import FormModel
    from clovax_agents.routers.state import RouterState

__all__ = ["CheckNode", "ClassifyNode", "MergeNode"]

_FRESH: dict[str, Any] = {"results": None, "stopped": None, "draft": "", "problem": "", "tries": 0}
_HINT: Final = replace(Recovery.off(), unknown_tool=("hint",))
"""All that a classifier is worth: a user whose message fits nowhere is told what there is."""


class ClassifyNode(DrivenNode):
    """Choose the branches.

    Args:
        chooser: a model, the name of one, or a function of the messages.
        branches: their descriptions, by their names.
        several: whether more than one may be chosen.
        default: where a message goes that fits nowhere.
        clarify: ask the user back about it instead.
    """

    def __init__(
        self,
        chooser: BaseChatModel | str | Callable[..., Any],
        branches: Mapping[str, str],
        *,
        several: bool,
        default: str | None,
        clarify: bool,
    ) -> None:
        """Keep the parts; no model is made before the first turn."""
        self.name: str | None = "classify"
        self._branches = branches
        self._several = several
        self._default = default
        self._clarify = clarify
        is_model = isinstance(chooser, str) or hasattr(chooser, "bind_tools")
        self._model = RecoveringModel(chooser, _HINT, tools=choice_tools(branches)) if is_model else None
        self._function = None if is_model else wrapped(chooser)  # type: ignore[arg-type]

    def _steps(self, state: RouterState) -> Generator[Wanted, Any, Command[Any]]:
        messages = state["messages"]
        if self._model is not None:
            reply = yield from self._asked(self._model, classifier_input(messages))
            choice = Choice([]) if reply is None else read_choice(reply, self._branches, several=self._several)
            return self._next(state, choice)
        found = yield Wanted(self._function or wrapped(list), (messages,))
        return self._next(state, read_names(found, self._branches, several=self._several))

    def _asked(self, model: RecoveringModel, given: list[BaseMessage]) -> Generator[Wanted, Any, AIMessage | None]:
        """Ask the model; None if it chooses nobody who is there, and says nothing."""
        name = _context().classifier
        options = {"model": name} if name else {}
        try:
            reply: AIMessage = yield Wanted(model, given, options)
        except (UnsupportedFunctionError, EmptyAnswerError):
            return None
        return reply

    def _next(self, state: RouterState, choice: Choice) -> Command[Any]:
        branches = choice.branches or ([self._default] if self._default else [])
        if branches:
            update = {**_FRESH, "branches": branches, "question": "", "asked": 0}
            return Command(update=update, goto=[Send(branch, [branch]) for branch in branches])
        question = choice.question or put(
            "I am not sure what you need. I can help with:\n{branches}", branches=described(self._branches)
        )
        if self._clarify and state.get("asked", 0) < MOST_ASKED:
            return Command(update={**_FRESH, "branches": [], "question": question}, goto="clarify")
        update = {
            **_FRESH,
            "branches": list[str](),
            "question": "",
            "asked": 0,
            "messages": [final_answer(state, question)],
        }
        return Command(update=update, goto="__end__")


class MergeNode(DrivenNode):
    """Make one answer of the branches' results; a single one stays as it is.

    Args:
        merger: a model, or a function of the question and of the results by branch.
        prompt: system prompt of the graph.
        checked: whether the answer is checked before the user gets it.
    """

    def __init__(
        self,
        merger: RecoveringModel | Callable[..., Any],
        prompt: str | None,
        *,
        checked: bool,
    ) -> None:
        """Keep the parts; no model is made before the first turn."""
        self.name: str | None = "merge"
        self._prompt = prompt
        self._checked = checked
        self._model = merger if isinstance(merger, RecoveringModel) else None
        self._function = wrapped(str if isinstance(merger, RecoveringModel) else merger)

    def _steps(self, state: RouterState) -> Generator[Wanted, Any, Command[Any]]:
        results = results_of(state)
        if len(results) == 1 and not state.get("problem"):
            ((branch, text),) = results.items()
            stopped = (state.get("stopped") or {}).get(branch)
            metadata = {"budget": stopped} if stopped else {}
            return self._next(state, AIMessage(text, name=branch, id=str(uuid4()), response_metadata=metadata))
        if self._model is not None:
            context = _context()
            options = {"model": context.model} if context.model else {}
            given = merge_input(state, context.prompt or self._prompt)
            try:
                reply: AIMessage = yield Wanted(self._model, given, options, not self._checked)
            except EmptyAnswerError:  # what the branches have done is not lost for it
                reply = final_answer(state, "\n\n".join(results.values()))
            return self._next(state, reply)
        text = yield Wanted(self._function, (question_of(state["messages"]), results))
        return self._next(state, final_answer(state, str(text)))

    def _next(self, state: RouterState, reply: AIMessage) -> Command[Any]:
        tries = state.get("tries", 0) + 1
        reply = carrying(reply, state["messages"], state.get("taint"))
        if self._checked:
            return Command(update={"draft": reply.text, "tries": tries}, goto="check")
        return Command(update={"messages": [reply], "tries": tries}, goto="__end__")


class CheckNode(DrivenNode):
    """Let the user have an answer that is good enough, or the last one that was tried.

    Args:
        check: a function of question and answer to what is wrong, or a rubric.
        judge: the model that applies the rubric.
        most: how often an answer is written anew.
    """

    def __init__(self, check: str | Callable[..., Any], judge: FormModel, most: int) -> None:
        """Keep the parts; no model is made before the first turn."""
        self.name: str | None = "check"
        self._rubric = check if isinstance(check, str) else ""
        self._function = None if isinstance(check, str) else wrapped(check)
        self._judge = judge
        self._most = most

    def _steps(self, state: RouterState) -> Generator[Wanted, Any, Command[Any]]:
        question, draft = question_of(state["messages"]), state.get("draft") or ""
        if self._function is not None:
            found = yield Wanted(self._function, (question, draft))
        else:
            form = AnswerForm.of(verdict_form())
            found = yield from self._judge.filled(form, judge_input(self._rubric, question, draft))
        problem = read_problem(found)
        if problem and state.get("tries", 0) <= self._most:
            return Command(update={"problem": problem}, goto="merge")
        final = final_answer(state, draft, **({"problem": problem} if problem else {}))
        return Command(update={"messages": [final], "problem": problem}, goto="__end__")


def _context() -> RouterContext:
    given: Any = get_runtime().context
    return given if isinstance(given, RouterContext) else RouterContext()
