"""One turn of a model, asked again where its answer is flawed: a generator that sync and async callers drive alike."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

from langchain_core.messages import AIMessage, BaseMessage

from clovax_agents.errors import (
    ConfigurationError,
    ContextLengthError,
    EmptyAnswerError,
    InvalidResponseError,
    RefusedAnswerError,
    RequestError,
    ServiceError,
    UnsupportedFunctionError,
)
from clovax_agents.execution.calls import is_cut_off
from clovax_agents.recovering.judging import flaw_of
from clovax_agents.recovering.marks import Taken, marked
from clovax_agents.recovering.steps import steps_for, with_notes

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator, Mapping, Sequence

    from clovax_agents.recovering.judging import Flaw
    from clovax_agents.recovering.settings import Recovery
    from clovax_agents.recovering.steps import Reach, Step

__all__ = ["Ask", "TurnCase", "take_turn"]

_WITHHELD = frozenset({"40005", "40006"})
"""The service's codes for an answer that it has, and does not give."""


class Ask(NamedTuple):
    """What a model is to be asked.

    Attributes:
        messages: to send.
        options: of the call.
        step: what is different from the time before; None at first.
    """

    messages: list[BaseMessage]
    options: dict[str, Any]
    step: Step | None


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnCase:
    """What a turn starts from.

    Attributes:
        messages: the history as the model is to see it.
        options: of the call.
        recovery: what is allowed.
        reach: tells how far the model can be asked to go; called only when something goes wrong.
        names: of the tools that the model is given.
        final_tool: with which every run ends; None if it may end in words.
        ran: whether a tool has answered since the user spoke.
        first: what is different from the beginning, as after calls that were repeated.
        fallback: the answer if there is no other.
    """

    messages: Sequence[BaseMessage]
    options: Mapping[str, Any]
    recovery: Recovery
    reach: Callable[[], Reach]
    names: Sequence[str] = ()
    final_tool: str | None = None
    ran: bool = False
    first: Step | None = None
    fallback: AIMessage | None = None


def take_turn(case: TurnCase) -> Generator[Ask, AIMessage, AIMessage]:
    """Say what to ask the model, be sent its answers (or thrown its errors), and return the answer of the turn.

    However the model behaves, it is asked at most ``case.recovery.most`` times.

    Raises:
        UnsupportedFunctionError: it named tools that do not exist, after every step.
        EmptyAnswerError: it said nothing, after every step; `RefusedAnswerError` if it or a filter would not.
        ServiceError: any other error, as it came.
    """
    turn = _Turn(case)
    while True:
        try:
            outcome: AIMessage | ServiceError = yield turn.ask()
        except (ServiceError, ConfigurationError) as error:
            if isinstance(error, ConfigurationError) and not turn.is_experiment:
                raise
            outcome = error if isinstance(error, ServiceError) else InvalidResponseError(str(error))
        flaw = turn.flaw(outcome)
        if flaw is None and isinstance(outcome, AIMessage):
            return marked(outcome, turn.taken)
        if flaw is None or not turn.go_on(flaw, outcome):
            return turn.end(flaw, outcome)


@dataclass(slots=True)
class _Turn:
    """What has been tried, and the best that came of it."""

    case: TurnCase
    taken: list[Taken] = field(default_factory=list[Taken])
    asked: int = 0
    kept: AIMessage | None = None
    ways: dict[str, Iterator[Step]] = field(default_factory=dict[str, "Iterator[Step]"])
    options: dict[str, Any] = field(default_factory=dict[str, Any])
    notes: dict[str, str] = field(default_factory=dict[str, str])
    said: tuple[BaseMessage, ...] = ()
    step: Step | None = None

    def __post_init__(self) -> None:
        """Begin as the case says."""
        self.options = dict(self.case.options)
        if self.case.first is not None:
            self._change(self.case.first)

    @property
    def is_experiment(self) -> bool:
        """Whether the last question had options of ours; what is wrong with those is no mistake of the user's."""
        return self.step is not None and bool(self.step.options)

    @property
    def _tools_off(self) -> bool:
        return self.options.get("tool_choice") == "none"

    def ask(self) -> Ask:
        """Return the next question."""
        self.asked += 1
        messages = with_notes(self.case.messages, list(self.notes.values())) if self.notes else self.case.messages
        return Ask([*messages, *self.said], dict(self.options), self.step)

    def flaw(self, outcome: AIMessage | ServiceError) -> Flaw | None:
        """Return what is wrong with what came; None if nothing is, or if no step helps against it."""
        if isinstance(outcome, AIMessage):
            calls = outcome.tool_calls or outcome.invalid_tool_calls
            return "unknown_tool" if calls and self._tools_off else flaw_of(outcome, final_tool=self._final_tool)
        if isinstance(outcome, UnsupportedFunctionError):
            return "unknown_tool" if self.case.names else None
        if isinstance(outcome, ContextLengthError) and self.step is not None and "max_tokens" in self.step.options:
            self._forget("max_tokens")  # there is no room for a larger cap
            return "thinking" if self.step.kind == "thinking" else "truncated"
        if isinstance(outcome, InvalidResponseError):
            return self._flaw_of_emulation()
        refused = isinstance(outcome, RequestError) and outcome.facts.code in _WITHHELD
        return "refused" if refused else None

    def _forget(self, name: str) -> None:
        """Ask with an option as it was at first."""
        del self.options[name]
        self.options.update({key: value for key, value in self.case.options.items() if key == name})

    @property
    def _final_tool(self) -> str | None:
        """The tool that must be called; with tools turned off, words will do."""
        return None if self._tools_off else self.case.final_tool

    def _flaw_of_emulation(self) -> Flaw | None:
        if self.options.get("tool_calling") == "emulated":
            return "unknown_tool"
        return "emulation" if self.case.names and self.case.reach().is_emulated else None

    def go_on(self, flaw: Flaw, outcome: AIMessage | ServiceError) -> bool:
        """Prepare the next step; return whether there is one."""
        answer = outcome if isinstance(outcome, AIMessage) else None
        if answer is not None and flaw in {"truncated", "final_tool"}:
            self._keep(answer)
        if self.asked >= self.case.recovery.most:
            return False
        if flaw not in self.ways:
            self.ways[flaw] = self._steps(flaw, answer)
        step = next(self.ways[flaw], None)
        if step is None:
            return False
        self._change(step, answer)
        return True

    def _steps(self, flaw: Flaw, answer: AIMessage | None) -> Iterator[Step]:
        case = self.case
        if flaw in {"unknown_tool", "emulation"} and self._tools_off:
            return iter(())
        names = (case.final_tool,) if flaw == "final_tool" and case.final_tool else case.names
        return steps_for(flaw, case.recovery, case.reach(), names=names, answer=answer, ran=case.ran)

    def _change(self, step: Step, answer: AIMessage | None = None) -> None:
        self.options.update(step.options)
        if step.note:
            self.notes[step.kind] = step.note
        self.said = step.said or self.said
        self.step = step
        self.taken.append(Taken.of(step, answer))

    def _keep(self, answer: AIMessage) -> None:
        """Keep the best text, a whole one before one that was cut off, in case nothing better comes."""
        if answer.text.strip() and (self.kept is None or _worth(answer) > _worth(self.kept)):
            self.kept = answer

    def end(self, flaw: Flaw | None, outcome: AIMessage | ServiceError) -> AIMessage:
        """Return the best there is, marked; or raise the one clear error."""
        best = self.kept or self.case.fallback
        if best is not None:
            kind = flaw or "error"
            return marked(best, [*self.taken, Taken(kind, "kept" if best is self.kept else "stopped")])
        if isinstance(outcome, ServiceError) and flaw not in {"unknown_tool", "refused"}:
            raise outcome
        raise self._error(flaw, outcome) from (outcome if isinstance(outcome, ServiceError) else None)

    def _error(self, flaw: Flaw | None, outcome: AIMessage | ServiceError) -> ServiceError:
        facts = outcome.facts if isinstance(outcome, ServiceError) else None
        times = f"{self.asked} times in a row" if self.asked > 1 else "once"
        if flaw == "unknown_tool":
            return UnsupportedFunctionError(
                f"the model named tools that do not exist, or none that could be read, {times}. Nothing was run. "
                "Clearer tool descriptions with words of the domain, flatter schemas or fewer tools may help",
                facts,
            )
        if flaw == "refused":
            return RefusedAnswerError(f"the model, or a filter of the service, refused to answer, {times}", facts)
        if flaw in {"thinking", "truncated"}:
            return EmptyAnswerError(
                f"the model used up its tokens without an answer, {times}. A larger max_tokens, or "
                "thinking={'effort': 'none'} may help"
            )
        return EmptyAnswerError(f"the model gave an empty answer, {times}. Another wording of the question may help")


def _worth(answer: AIMessage) -> tuple[bool, int]:
    return not is_cut_off(answer), len(answer.text)
