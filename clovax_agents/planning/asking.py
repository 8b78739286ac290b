"""What planners, steps and answers are made from: requests in words: pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import orjson
from langchain_core.messages import AIMessage, HumanMessage, SystemMessage

from clovax_agents.planning.wording import say

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from langchain_core.messages import BaseMessage
    from langchain_core.tools import BaseTool

    from clovax_agents.planning.state import PlanStep

__all__ = [
    "answer_prompt",
    "complaint",
    "conversation",
    "not_done",
    "plan_input",
    "results_note",
    "step_input",
]

_EMPTY: Final = '{"steps": []}'
_MOST_READ: Final = 2_000
"""Characters of a result that others read of it; the whole is in the state."""
_LONGEST_ABOUT: Final = 160
_EARLIER: Final = 8
"""Messages of earlier turns that a planner and an answer see."""


def plan_input(
    messages: Sequence[BaseMessage], tools: Iterable[BaseTool], most: int, plan: Sequence[PlanStep] = ()
) -> list[BaseMessage]:
    """Return what the planner reads.

    Args:
        messages: of the conversation.
        tools: that the steps can use.
        most: how many steps there may be.
        plan: as far as it is, if it is made anew.
    """
    tasks = (say("Find the order"), say("Work out the total of the orders found"))
    example = [{"task": task, "after": list(range(1, number))} for number, task in enumerate(tasks, 1)]
    told = say(
        "Make a plan for the user's last message. Others carry out its steps with these tools:\n{tools}\n\nAnswer with "
        "one JSON object and nothing else, of this form:\n{form}\nEach step is a task that is complete in itself: with "
        'every name and number that it needs, because whoever carries it out does not see the conversation. "after" '
        "lists the numbers of earlier steps whose results it needs; it is [] if the step can begin at once. Use as few "
        "steps as possible, {most} at most. If no tool is needed, answer {empty}. Do not answer the message itself.",
        tools="\n".join(map(_line, tools)),
        form=orjson.dumps({"steps": example}).decode(),
        most=most,
        empty=_EMPTY,
    )
    asked = [SystemMessage(told), *conversation(messages)]
    if plan:
        again = say(
            "How far the plan is:\n{steps}\n\nMake a new plan for what is still to be done, in the same form, with its "
            "own numbers from 1. Do not repeat what is completed. A step that failed may be tried in another way, or "
            "left out if it cannot work; what a person has rejected must not be tried again. If nothing is left to do, "
            "answer {empty}.",
            steps=_told(plan),
            empty=_EMPTY,
        )
        asked.append(HumanMessage(again))
    return asked


def complaint(answer: BaseMessage, problem: str) -> list[BaseMessage]:
    """Return an answer that is no plan, and what is wrong with it."""
    text = "That plan cannot be used: {problem}. Answer again, with the whole corrected JSON object only."
    return [AIMessage(str(answer.text) or "-"), HumanMessage(say(text, problem=problem))]


def step_input(request: str, plan: Sequence[PlanStep], step: PlanStep) -> str:
    """Return what the agent of a step reads: the request, what is known, and its task.

    Args:
        request: of the user.
        plan: as far as it is.
        step: that is to be carried out.
    """
    known = [done for done in plan if done["status"] == "completed"]
    parts = [say("The user's request:\n{request}", request=request)]
    if known:
        results = "\n".join(f"- {done['task']}: {_short(done['result'])}" for done in known)
        parts.append(say("What is known already:\n{results}", results=results))
    return "\n\n".join([*parts, say("Your task, and nothing else:\n{task}", task=step["task"])])


def answer_prompt(prompt: str | None) -> SystemMessage:
    """Return the system message of the one who writes the answer from results."""
    own = say(
        "Answer the user's last message from the results below it alone, in the user's language. Leave nothing out, "
        "add nothing that is not in them, and say what could not be done."
    )
    return SystemMessage("\n\n".join(part for part in (prompt, own) if part))


def conversation(messages: Sequence[BaseMessage]) -> list[BaseMessage]:
    """Return what was said last, as planners and answers read it: texts, and no calls of tools.

    Example:
        >>> [message.type for message in conversation([HumanMessage("안녕"), AIMessage("")])]
        ['human']
    """
    said = [message for message in messages if isinstance(message, HumanMessage) or _is_text(message)]
    return said[-_EARLIER:]


def results_note(plan: Sequence[PlanStep]) -> str:
    """Return the results of the steps, for the one who writes the answer."""
    return say("[results of the steps]\n{steps}", steps=_told(plan))


def not_done(plan: Sequence[PlanStep]) -> str:
    """Return what the user is told of steps that failed or were skipped; empty if there are none.

    Example:
        >>> print(not_done([{"task": "주문 취소", "status": "failed", "result": "거절됨"}]))
        Not done:
        - 주문 취소 (failed)
    """
    lost = [step for step in plan if step["status"] in {"failed", "skipped"}]
    lines = [f"- {step['task']} ({_status(step)})" for step in lost]
    return say("Not done:\n{steps}", steps="\n".join(lines)) if lines else ""


def _told(plan: Sequence[PlanStep]) -> str:
    return "\n".join(
        f"- [{_status(step)}] {step['task']}" + (f": {_short(step['result'])}" if step["result"] else "")
        for step in plan
    )


def _status(step: PlanStep) -> str:
    words = {
        "completed": say("completed"),
        "failed": say("failed"),
        "skipped": say("skipped"),
        "pending": say("pending"),
        "in_progress": say("in progress"),
    }
    return words[step["status"]]


def _short(text: str) -> str:
    """Return a result as far as others read it."""
    return text if len(text) <= _MOST_READ else say("{text} [... cut here ...]", text=text[:_MOST_READ])


def _line(tool: BaseTool) -> str:
    about = tool.description.strip().partition("\n")[0]
    return f"- {tool.name}: {about[:_LONGEST_ABOUT]}"


def _is_text(message: BaseMessage) -> bool:
    return isinstance(message, AIMessage) and bool(message.content) and not message.tool_calls
