"""Tools told in words: the rule brain follows prompts that ask for names and arguments as JSON.

A model that cannot call tools is asked in its own words: which of these tools, and with which arguments. Here such
prompts are read back into a request with tools, so that the same rules choose and fill.
"""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from clovax_agents.simulator.brains.protocol import Message, ToolCall, ToolSpec
from clovax_agents.simulator.json_types import JsonObject, as_object, dumps

if TYPE_CHECKING:
    from collections.abc import Iterator

    from clovax_agents.simulator.brains.protocol import ChatRequest

__all__ = ["answer_in_json", "instructed", "read_back"]

_CHOOSE: Final = re.compile(r"\n*당신은 아래 도구를 쓸 수 있습니다\..*?\n\n(?P<tools>- .*?)\n\n규칙:.*", re.DOTALL)
_FILL: Final = re.compile(
    r"\n*지금까지의 대화에 이어 도구 `(?P<name>[^`]+)`을\(를\) 호출합니다: (?P<about>.*?)\n\n"
    r"인자의 JSON 스키마:\n(?P<schema>\{.*?\})\n\n대화에 나온.*",
    re.DOTALL,
)
_TOOL: Final = re.compile(r"^- ([^\s:]+): (.*(?:\n(?!- ).*)*)", re.MULTILINE)
_REQUIRED: Final = "반드시 하나 이상"
_RESULT: Final = re.compile(r"^\[도구 (.+?)의 결과\]\n", re.MULTILINE)
_AUTO: Final = "auto"


def instructed(request: ChatRequest) -> ChatRequest | None:
    """Return the request that a prompt for tools stands for: with tools, and the choice among them.

    Returns:
        None if the last message is no such prompt.
    """
    text = request.messages[-1].text
    if found := _CHOOSE.search(text):
        tools = tuple(ToolSpec(name, about) for name, about in _TOOL.findall(found["tools"]))
        return _with(request, text[: found.start()], tools, _AUTO)
    if found := _FILL.search(text):
        tool = ToolSpec(found["name"], found["about"], as_object(json.loads(found["schema"])) or {})
        return _with(request, text[: found.start()], (tool,), tool.name)
    return None


def answer_in_json(asked: ChatRequest, prompt: str, calls: tuple[ToolCall, ...]) -> str:
    """Return calls as the prompt wants them: names, or the arguments of the one tool that was named."""
    if asked.tool_choice != _AUTO:
        nothing: JsonObject = {}
        return dumps({"calls": [call.arguments for call in calls] or [nothing]})
    names = list(dict.fromkeys(call.name for call in calls))
    if not names and _REQUIRED in prompt:
        done = {message.name for message in asked.current_turn}
        names = [next((tool.name for tool in asked.tools if tool.name not in done), asked.tools[-1].name)]
    return dumps({"tools": names})


def read_back(request: ChatRequest) -> ChatRequest:
    """Return the request with results that were told in words as the messages of tools."""
    if not any(_RESULT.search(message.text) for message in request.messages):
        return request
    return replace(request, messages=tuple(_told(request.messages)))


def _with(request: ChatRequest, rest: str, tools: tuple[ToolSpec, ...], choice: str) -> ChatRequest:
    messages = (*request.messages[:-1], replace(request.messages[-1], text=rest))
    return read_back(replace(request, messages=messages, tools=tools, tool_choice=choice, schema=None))


def _told(messages: tuple[Message, ...]) -> Iterator[Message]:
    for message in messages:
        pieces = _RESULT.split(message.text) if message.role == "user" else [message.text]
        if pieces[0].strip() or len(pieces) == 1:
            yield replace(message, text=pieces[0])
        for name, content in zip(pieces[1::2], pieces[2::2], strict=True):
            yield Message("tool", content.strip(), name=name)
