"""Plans told in words: the rule brain makes the plan that a prompt asks for, does a step of it, and tells the results.

As with tools told in words, the prompts are read back into requests that the rules know.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from clovax_agents.simulator.brains.planning import parts
from clovax_agents.simulator.brains.protocol import Message, ToolSpec
from clovax_agents.simulator.brains.smalltalk import small_talk
from clovax_agents.simulator.json_types import JsonObject, dumps

if TYPE_CHECKING:
    from clovax_agents.simulator.brains.protocol import ChatRequest

__all__ = ["planned", "with_step_read"]

_FORM: Final = re.compile(r'\{"steps":.*"after":')
_NOTHING_LEFT: Final = '{"steps": []}'
_TOOL: Final = re.compile(r"^- ([A-Za-z0-9_-]{1,64}): (.*)", re.MULTILINE)
_TASK: Final = re.compile(r"\n\n(?:Your task, and nothing else|당신이 할 일\(이것만 하세요\)):\n")
_RESULTS: Final = re.compile(r"\n\n(?:\[results of the steps\]|\[단계별 결과\])\n")


def planned(request: ChatRequest, now: float) -> str | None:
    """Return the plan that a prompt asks for: one step for each thing that the question asks.

    Args:
        request: whose system message says that a plan is wanted, and of which form.
        now: seconds since 1970.

    Returns:
        None if it wants no plan.
    """
    system = next((message.text for message in request.messages if message.role == "system"), "")
    if request.tools or not _FORM.search(system):
        return None
    last = request.messages[-1].text
    if _NOTHING_LEFT in last or small_talk(last):  # it is made anew, and nothing better is known here
        return _NOTHING_LEFT
    tools = tuple(ToolSpec(name, about) for name, about in _TOOL.findall(system))
    tasks = parts(replace(request, tools=tools, tool_choice="auto"), now, last) if tools else ()
    steps: list[JsonObject] = [{"task": task, "after": []} for task in tasks]
    return dumps({"steps": [*steps]})


def with_step_read(request: ChatRequest) -> ChatRequest:
    """Return the request with a step's task as the question, and with the results of steps as those of a tool."""
    return replace(request, messages=tuple(part for message in request.messages for part in _read(message)))


def _read(message: Message) -> tuple[Message, ...]:
    if message.role != "user":
        return (message,)
    before, *task = _TASK.split(message.text, maxsplit=1)
    if task:
        return replace(message, text=before), replace(message, text=task[0])
    question, *results = _RESULTS.split(message.text, maxsplit=1)
    told = [Message("tool", text, name="steps") for text in results]
    return (replace(message, text=question), *told)
