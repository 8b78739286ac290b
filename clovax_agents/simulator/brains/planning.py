"""From a question to tool calls: split, select, fill, and never the same call twice."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from clovax_agents.simulator.brains.clauses import asks, coordinated, split_clauses, split_nouns
from clovax_agents.simulator.brains.extract import Extraction, Extractor
from clovax_agents.simulator.brains.parameters import parameters_of
from clovax_agents.simulator.brains.protocol import ToolCall
from clovax_agents.simulator.brains.selection import Selector
from clovax_agents.simulator.brains.typed import formal_spans

if TYPE_CHECKING:
    from collections.abc import Iterator

    from clovax_agents.simulator.brains.parameters import Parameter
    from clovax_agents.simulator.brains.protocol import ChatRequest, ToolSpec
    from clovax_agents.simulator.json_types import JsonObject

__all__ = ["parts", "plan"]

_MOST_CALLS: Final = 8
_CANDIDATES: Final = 8
_HISTORY: Final = 4_000
_NAMED: Final = 1.15
_MISSING: Final = 0.7
_LEFTOVER: Final = 0.9
_MOST_LEFT: Final = 6
_CLAUSE_SHARE: Final = 0.25
"""A clause calls a tool of its own if its score is at least this share of the best clause's."""


@dataclass(slots=True)
class _Step:
    tool: ToolSpec
    text: str
    score: float
    extraction: Extraction
    asks: bool = True


def plan(request: ChatRequest, now: float, question: str) -> tuple[ToolCall, ...]:
    """Return the calls that a question asks for, in its order; empty if no declared tool has to do with it.

    Args:
        request: for the tools, the choice among them and the history.
        now: seconds since 1970.
        question: the text to work on.
    """
    calls: list[ToolCall] = []
    for step in _Planner(request, now).steps(question):
        for call in _calls(step):
            if (call.name, call.arguments) not in [(known.name, known.arguments) for known in calls]:
                calls.append(call)
    return tuple(calls[:_MOST_CALLS])


def parts(request: ChatRequest, now: float, question: str) -> tuple[str, ...]:
    """Return the parts of a question that ask for things of their own; empty if no tool has to do with it.

    Args:
        request: for the tools and the history.
        now: seconds since 1970.
        question: the text to work on.
    """
    return tuple(dict.fromkeys(step.text for step in _Planner(request, now).steps(question)))[:_MOST_CALLS]


class _Planner:
    """Finds the tools for a question and its clauses."""

    def __init__(self, request: ChatRequest, now: float) -> None:
        named = [tool for tool in request.tools if tool.name == request.tool_choice]
        self._forced = bool(named)
        self._tools = named or list(request.offered)
        self._selector = Selector(self._tools)
        self._extractors: dict[str, Extractor] = {}
        self._now = now
        self._history = "\n".join(message.text for message in request.messages[:-1])[-_HISTORY:]

    def steps(self, question: str) -> list[_Step]:
        """Return a tool and the part of the question that is about it, for each thing asked for."""
        whole = self._best(question)
        if whole.score <= 0 and len(self._tools) > 1:
            return []
        steps = [] if self._forced else self._merged(question)
        several = len({step.tool.name for step in steps}) > 1 or (len(steps) > 1 and _repeatable(steps[0].tool))
        return steps if several else [whole]

    def _best(self, text: str, context: str = "") -> _Step:
        """Return the tool that the text speaks of and that can make the most of it, ids of the context included."""
        scores = self._selector.scores(text)
        ranked = sorted(range(len(scores)), key=lambda i: -scores[i])[:_CANDIDATES]
        candidates = [
            (i, self._extractor(self._tools[i]).extract(text, self._now, f"{self._history}\n{context}")) for i in ranked
        ]
        best, extraction = max(candidates, key=lambda item: scores[item[0]] * _use(item[1]))
        return _Step(self._tools[best], text, scores[best] * _use(extraction), extraction)

    def _extractor(self, tool: ToolSpec) -> Extractor:
        if tool.name not in self._extractors:
            self._extractors[tool.name] = Extractor(tool)
        return self._extractors[tool.name]

    def _merged(self, question: str) -> list[_Step]:
        """Join the clauses that ask for nothing of their own to the ones before them (the first one to the next)."""
        steps = [step for clause in split_clauses(question) for step in self._parted(clause, question)]
        threshold = max(step.score for step in steps) * _CLAUSE_SHARE
        merged: list[_Step] = []
        lead = ""
        for step in steps:
            own = step.score > 0 and step.score >= threshold and not step.extraction.missing and step.asks
            if own:
                merged.append(self._best(f"{lead} {step.text}".strip(), question))
                lead = ""
            elif merged:
                merged[-1] = self._best(f"{merged[-1].text} {step.text}", question)
            else:
                lead = f"{lead} {step.text}".strip()
        return merged

    def _parted(self, clause: str, question: str) -> list[_Step]:
        """Return one step, or several if the clause asks different tools for things side by side (날씨랑 시간)."""
        whole = self._best(clause, question)
        parts = [self._best(part, question) for part in split_nouns(clause)]
        apart = len({step.tool.name for step in parts}) == len(parts) > 1
        if apart and all(step.score >= whole.score * _CLAUSE_SHARE and not step.extraction.missing for step in parts):
            return parts
        whole.asks = asks(clause)
        return [whole]


def _use(extraction: Extraction) -> float:
    """Weigh a tool by what it can make of a text: named parameters for it, missing ones and unused words against it."""
    return (
        _NAMED ** len(extraction.named)
        * _MISSING**extraction.missing
        * _LEFTOVER ** min(extraction.leftover, _MOST_LEFT)
    )


def _repeatable(tool: ToolSpec) -> bool:
    """Say whether two clauses about one tool mean two calls: only if it looks up one thing at a time."""
    return len(_looked_up(tool)) == 1


def _looked_up(tool: ToolSpec) -> list[Parameter]:
    """Return the parameter that names what is looked up: an id, or the only thing that the tool insists on."""
    required = [item for item in parameters_of(tool) if item.required and item.type == "string" and not item.enum]
    ids = [item for item in required if item.kind == "id"]
    return ids or [item for item in required if len(required) == 1 and item.kind in ("phrase", "currency", "person")]


def _calls(step: _Step) -> Iterator[ToolCall]:
    """Yield one call, or one for each of several things that are looked up in the same way."""
    arguments = step.extraction.arguments
    looked_up = _looked_up(step.tool)
    if len(looked_up) != 1 or looked_up[0].name not in step.extraction.named:
        yield ToolCall(step.tool.name, arguments)
        return
    for value in _values(looked_up[0], step.text, arguments):
        yield ToolCall(step.tool.name, {**arguments, looked_up[0].name: value})


def _values(parameter: Parameter, text: str, arguments: JsonObject) -> list[object]:
    value = arguments[parameter.name]
    spans = [span.text for span in formal_spans(parameter, text)]
    if value in spans:
        return [*dict.fromkeys(spans)]
    return [*coordinated(value)] if isinstance(value, str) and parameter.kind == "phrase" else [value]
