"""From a question to tool calls: split, select, fill, and never the same call twice."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from clovax_agents.simulator.brains.clauses import coordinated, split_clauses
from clovax_agents.simulator.brains.extract import extract
from clovax_agents.simulator.brains.parameters import parameters_of
from clovax_agents.simulator.brains.protocol import ToolCall
from clovax_agents.simulator.brains.selection import Selector
from clovax_agents.simulator.brains.typed import formal_spans

if TYPE_CHECKING:
    from collections.abc import Iterator

    from clovax_agents.simulator.brains.parameters import Parameter
    from clovax_agents.simulator.brains.protocol import ChatRequest, ToolSpec
    from clovax_agents.simulator.json_types import JsonObject

__all__ = ["plan"]

_MOST_CALLS: Final = 8
_CLAUSE_SHARE: Final = 0.45
"""A clause calls a tool of its own if its score is at least this share of the best clause's."""


@dataclass(slots=True)
class _Step:
    tool: ToolSpec
    text: str
    score: float


def plan(request: ChatRequest, now: float, question: str) -> tuple[ToolCall, ...]:
    """Return the calls that a question asks for, in its order; empty if no declared tool has to do with it.

    Args:
        request: for the tools, the choice among them and the history.
        now: seconds since 1970.
        question: the text to work on.
    """
    history = "\n".join(message.text for message in request.messages[:-1])[-_HISTORY:]
    calls: list[ToolCall] = []
    for step in _steps(request, question):
        for call in _calls(step, now, history):
            if (call.name, call.arguments) not in [(known.name, known.arguments) for known in calls]:
                calls.append(call)
    return tuple(calls[:_MOST_CALLS])


_HISTORY: Final = 4_000


def _steps(request: ChatRequest, question: str) -> list[_Step]:
    """Return a tool and the part of the question that is about it, for each thing asked for."""
    if request.tool_choice != "auto":
        return [_Step(tool, question, 1.0) for tool in request.tools if tool.name == request.tool_choice]
    tools = request.offered
    selector = Selector(tools)
    whole = _best(tools, selector.scores(question), question)
    if len(tools) > 1 and whole.score <= 0:
        return []
    steps = _merged([_best(tools, selector.scores(clause), clause) for clause in split_clauses(question)])
    several = len({step.tool.name for step in steps}) > 1 or (len(steps) > 1 and _repeatable(steps[0].tool))
    return steps if several else [_Step(whole.tool, question, whole.score)]


def _best(tools: tuple[ToolSpec, ...], scores: list[float], text: str) -> _Step:
    best = max(range(len(tools)), key=scores.__getitem__)
    return _Step(tools[best], text, scores[best])


def _merged(steps: list[_Step]) -> list[_Step]:
    """Join the clauses that ask for nothing of their own to the ones before them (the first one to the next)."""
    threshold = max(step.score for step in steps) * _CLAUSE_SHARE
    merged: list[_Step] = []
    lead = ""
    for step in steps:
        if step.score < threshold or step.score <= 0:
            if merged:
                merged[-1].text = f"{merged[-1].text} {step.text}"
            else:
                lead = f"{lead} {step.text}".strip()
        else:
            merged.append(_Step(step.tool, f"{lead} {step.text}".strip(), step.score))
            lead = ""
    return merged


def _repeatable(tool: ToolSpec) -> bool:
    """Say whether two clauses about one tool mean two calls: only if it looks up one thing at a time."""
    return len(_looked_up(tool)) == 1


def _looked_up(tool: ToolSpec) -> list[Parameter]:
    """Return the required parameters, if there is one and it names a thing (not a text, title or person)."""
    required = [item for item in parameters_of(tool) if item.required]
    return [item for item in required if item.type == "string" and item.kind in ("id", "phrase", "currency", "person")]


def _calls(step: _Step, now: float, history: str) -> Iterator[ToolCall]:
    """Yield one call, or one for each of several things that are looked up in the same way."""
    arguments, named = extract(step.tool, step.text, now, history)
    looked_up = _looked_up(step.tool)
    if len(looked_up) != 1 or looked_up[0].name not in named:
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
