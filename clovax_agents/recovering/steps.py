"""What to change when a model is asked again, step by step for each flaw, and each step once: pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, cast

from langchain_core.messages import BaseMessage, HumanMessage, SystemMessage

from clovax_agents.capabilities import EFFORTS
from clovax_agents.execution.texts import one_line
from clovax_agents.execution.wording import say

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from langchain_core.messages import AIMessage

    from clovax_agents.capabilities import Effort
    from clovax_agents.recovering.judging import Flaw
    from clovax_agents.recovering.settings import Recovery

__all__ = ["NO_TOOLS", "Reach", "Step", "steps_for", "with_notes"]

NO_TOOLS: Final = (
    "You cannot call a tool now. Answer from what the conversation holds. Do not say that anything was done which no "
    "tool result shows, and say plainly what you could not find out."
)
_NAMES: Final = (
    "Your last answer named a tool that does not exist, so it was thrown away. The only tools are: {names}. Write "
    "their names exactly like this, or answer without a tool."
)
_EMPTY: Final = "Your last answer was empty. Answer the user in words, or call a tool."
_REFUSED: Final = "Your last answer was withheld. Answer in other words, or say in one sentence why you cannot answer."
_FINAL: Final = (
    "This was written in words, but the final answer has to be given by calling the tool {name}. Call it now with what "
    "you know; if something is still missing, call the tools that find it first."
)
_MOST_NAMES: Final = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """How far a model can be asked to go.

    Attributes:
        cap: most tokens of its answers as it is asked now; None where nothing limits them.
        most: tokens that one of its answers can have.
        effort: with which it thinks now; None or ``"none"`` if it does not, or if that cannot be changed.
        is_clovax: it is a `ChatClovaX`, and takes its options.
        is_emulated: its tool calls are asked for by prompt already.
    """

    cap: int | None = None
    most: int = 4096
    effort: Effort | None = None
    is_clovax: bool = False
    is_emulated: bool = False

    @property
    def no_tools(self) -> dict[str, Any]:
        """The options with which it calls no tool."""
        return {"tool_choice": "none", "tool_calling": "native"} if self.is_clovax else {"tool_choice": "none"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One change of the question.

    Attributes:
        kind: the flaw that it is for, or ``"loop"``.
        step: what is done about it, in a word.
        note: for the model, beside the system prompt; it takes the place of an earlier one of its kind.
        options: of the call, from now on.
        said: messages behind the history.
    """

    kind: str
    step: str
    note: str = ""
    options: Mapping[str, Any] = field(default_factory=dict[str, Any])
    said: tuple[BaseMessage, ...] = ()


def steps_for(
    flaw: Flaw, recovery: Recovery, reach: Reach, *, names: Sequence[str], answer: AIMessage | None, ran: bool
) -> Iterator[Step]:
    """Give the steps for a flaw, in their order.

    Args:
        flaw: of the last answer.
        recovery: what is allowed.
        reach: of the model.
        names: of the tools that the model was given; the first is the final one where that is what is missing.
        answer: the last one; None if it came as an error.
        ran: whether a tool has answered since the user spoke.
    """
    if flaw == "unknown_tool":
        return _unknown_tool(recovery, reach, names)
    if flaw == "emulation":
        return _emulation(recovery, reach)
    if flaw == "truncated":
        return _larger_caps(flaw, reach, recovery.truncated)
    if flaw == "thinking":
        return _thinking(recovery, reach)
    if flaw == "final_tool":
        return _final_tool(recovery, reach, names[0], answer, ran=ran)
    return _again(flaw, recovery)


def _unknown_tool(recovery: Recovery, reach: Reach, names: Sequence[str]) -> Iterator[Step]:
    for step in recovery.unknown_tool if names else ():
        if step == "hint":
            shown = ", ".join(map(one_line, names[:_MOST_NAMES]))
            yield Step(kind="unknown_tool", step=step, note=say(_NAMES, names=shown))
        elif step == "emulated" and reach.is_clovax and not reach.is_emulated:
            yield Step(kind="unknown_tool", step=step, options={"tool_calling": "emulated"})
        elif step == "no_tools":
            yield Step(kind="unknown_tool", step=step, note=say(NO_TOOLS), options=reach.no_tools)


def _emulation(recovery: Recovery, reach: Reach) -> Iterator[Step]:
    """Give up thinking first: it is what names and arguments that never come are mostly lost in."""
    if "effort" in recovery.thinking and reach.effort not in {None, "none"}:
        yield Step(kind="emulation", step="effort=none", options={"thinking": {"effort": "none"}})
    if "no_tools" in recovery.unknown_tool:
        yield Step(kind="emulation", step="no_tools", note=say(NO_TOOLS), options=reach.no_tools)


def _larger_caps(flaw: Flaw, reach: Reach, count: int) -> Iterator[Step]:
    cap = reach.cap
    for _ in range(count):
        if cap is None or cap >= reach.most:
            return
        cap = min(cap * 2, reach.most)
        yield Step(kind=flaw, step=f"max_tokens={cap}", options={"max_tokens": cap})


def _thinking(recovery: Recovery, reach: Reach) -> Iterator[Step]:
    if "cap" in recovery.thinking:
        yield from _larger_caps("thinking", reach, 1)
    if "effort" in recovery.thinking and reach.effort is not None:
        for effort in reversed(EFFORTS[: EFFORTS.index(reach.effort)]):
            yield Step(kind="thinking", step=f"effort={effort}", options={"thinking": {"effort": effort}})


def _again(flaw: Flaw, recovery: Recovery) -> Iterator[Step]:
    if recovery.empty:
        yield Step(kind=flaw, step="nudge", note=say(_REFUSED if flaw == "refused" else _EMPTY))


def _final_tool(recovery: Recovery, reach: Reach, name: str, answer: AIMessage | None, *, ran: bool) -> Iterator[Step]:
    """Ask for the final tool; force it only where a tool has run: before that, prose is mostly a promise to look."""
    if recovery.final_tool and answer is not None:
        forced = {"tool_choice": name} if ran and reach.is_clovax else {}
        said = (answer, HumanMessage(say(_FINAL, name=one_line(name))))
        yield Step(kind="final_tool", step="nudge", options=forced, said=said)


def with_notes(messages: Sequence[BaseMessage], notes: Sequence[str]) -> list[BaseMessage]:
    r"""Return messages with notes behind the system prompt: services take one, at the beginning.

    Example:
        >>> [message.text for message in with_notes([SystemMessage("Be brief."), HumanMessage("?")], ["No tools."])]
        ['Be brief.\n\nNo tools.', '?']
    """
    text = "\n\n".join(filter(None, notes))
    if not text:
        return list(messages)
    if messages and isinstance(messages[0], SystemMessage):
        first = messages[0]
        content = cast("Any", first.content)
        joined = f"{content}\n\n{text}" if isinstance(content, str) else [*content, {"type": "text", "text": text}]
        return [first.model_copy(update={"content": joined}), *messages[1:]]
    return [SystemMessage(text), *messages]
