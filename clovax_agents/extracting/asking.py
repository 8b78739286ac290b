"""What a model reads that fills in a form, or corrects one: pure."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from langchain_core.messages import AIMessage, HumanMessage, SystemMessage

from clovax_agents.errors import ConfigurationError
from clovax_agents.extracting.problems import NOTHING, description_of, value_by
from clovax_agents.extracting.wording import say

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from langchain_core.messages import BaseMessage

    from clovax_agents.extracting.problems import Problem

__all__ = ["edit_input", "explained", "extract_input", "written"]

_SHOWN: Final = 30
"""Problems that are told at once."""
_QUOTED: Final = 120


def extract_input(messages: Sequence[BaseMessage], prompt: str | None, unread: str = "") -> list[BaseMessage]:
    """Return what a model reads that fills in the whole form.

    Args:
        messages: of the state.
        prompt: system prompt of the graph.
        unread: why its last answer could not be read.
    """
    told = say(
        "Fill in the form from the conversation. Take every value from it, and make none up: leave out what it does "
        "not say."
    )
    texts = _conversation(messages)
    again = "Your last answer could not be read: {problem}\nGive the whole form again, as one JSON object."
    if unread:
        texts.append(HumanMessage(say(again, problem=unread)))
    elif isinstance(texts[-1], AIMessage):
        texts.append(HumanMessage(say("Fill in the form now.")))
    return [_system(prompt, told), *texts]


def edit_input(  # all of them by name
    messages: Sequence[BaseMessage],
    prompt: str | None,
    *,
    schema: Mapping[str, Any],
    value: Mapping[str, Any],
    problems: Sequence[Problem],
    refused: Sequence[str],
    update: bool,
) -> list[BaseMessage]:
    """Return what a model reads that changes a form.

    Args:
        messages: of the state.
        prompt: system prompt of the graph.
        schema: of the form.
        value: what is filled in.
        problems: with it.
        refused: why its last edits could not be applied.
        update: whether the form is brought up to date; else only what is wrong is corrected.
    """
    task = say(
        "A form is filled in from the conversation. Its JSON schema is:\n{schema}\n\nCorrect it with the tool "
        "edit_form. Take every value from the conversation, and make none up. Numbers are written without units and "
        "separators. If the conversation does not say what is needed, call the tool without edits.",
        schema=json.dumps(schema, ensure_ascii=False),
    )
    told = [
        say("The form so far:\n{form}", form=json.dumps(value, ensure_ascii=False)),
        say("This is wrong with it:\n{problems}", problems=written(problems, value)) if problems else "",
        say("Your last edits could not be applied:\n{refused}", refused=_listed(refused)) if refused else "",
        say("Bring the form up to date with what the user has said.")
        if update
        else say("Write edits for these places alone."),
    ]
    return [_system(prompt, task), *_conversation(messages), HumanMessage("\n\n".join(filter(None, told)))]


def written(problems: Sequence[Problem], value: Mapping[str, Any]) -> str:
    """Return problems as a list for a model: with their JSON pointers, and with what stands there.

    Args:
        problems: to tell.
        value: the object.

    Example:
        >>> written([{"path": "/price", "problem": "Input should be a valid integer"}], {"price": "5천 원"})
        '- /price: Input should be a valid integer (it is "5천 원")'
    """
    return _listed([_line(each, value) for each in problems])


def explained(problems: Sequence[Problem], schema: Mapping[str, Any]) -> str:
    """Return problems as a list for a user: with what the form says about each place.

    Args:
        problems: to tell.
        schema: of the form.

    Example:
        >>> form = {"properties": {"price": {"type": "integer", "description": "금액(원)"}}}
        >>> explained([{"path": "/price", "problem": "Field required"}], form)
        '- price (금액(원)): Field required'
    """
    lines: list[str] = []
    for each in problems:
        place = each["path"].removeprefix("/").replace("/", ".").replace("~1", "/").replace("~0", "~")
        about = description_of(schema, each["path"])
        named = f"{place} ({about})" if about else place
        lines.append(f"{named or say('the form as a whole')}: {each['problem']}")
    return _listed(lines)


def _line(problem: Problem, value: Any) -> str:
    found = value_by(problem["path"], value) if problem["path"] else NOTHING
    if found is NOTHING:
        return f"{problem['path'] or say('the form as a whole')}: {problem['problem']}"
    told = {"place": problem["path"], "problem": problem["problem"], "value": _short(found)}
    return say("{place}: {problem} (it is {value})", **told)


def _short(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _QUOTED else f"{text[: _QUOTED - 1]}…"


def _listed(lines: Sequence[str]) -> str:
    return "\n".join(f"- {line}" for line in lines[:_SHOWN])


def _system(prompt: str | None, told: str) -> SystemMessage:
    return SystemMessage("\n\n".join(part for part in (prompt, told) if part))


def _conversation(messages: Sequence[BaseMessage]) -> list[BaseMessage]:
    """Return what was said in words, and images."""
    said: list[BaseMessage] = [
        message
        for message in messages
        if isinstance(message, HumanMessage) or (isinstance(message, AIMessage) and message.text)
    ]
    if not any(isinstance(message, HumanMessage) and message.content for message in said):
        raise ConfigurationError("there is nothing to extract from: give the text as a message of the user")
    return [AIMessage(message.text) if isinstance(message, AIMessage) else message for message in said]
