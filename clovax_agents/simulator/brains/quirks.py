"""Bad habits of real models, on demand: what users of HyperCLOVA X reported, each with a probability."""

from __future__ import annotations

import hashlib
import random
import threading
from dataclasses import dataclass, fields, replace
from difflib import get_close_matches
from typing import TYPE_CHECKING, ClassVar, Final, Self

from clovax_agents.errors import ConfigurationError
from clovax_agents.simulator.brains import mistakes
from clovax_agents.simulator.brains.enums import translated_enum

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from clovax_agents.simulator.brains.protocol import Brain, BrainReply, ChatRequest

__all__ = ["QuirkBrain", "Quirks"]

_MISTAKES: Final[Mapping[str, Callable[[ChatRequest, BrainReply, random.Random], BrainReply | None]]] = {
    "invented_name": mistakes.invented_name,
    "repeated_call": mistakes.repeated_call,
    "broken_arguments": mistakes.broken_arguments,
    "code_fence": mistakes.code_fence,
    "forgotten_call": mistakes.forgotten_call,
    "translated_enum": translated_enum,
    "empty_after_thinking": mistakes.empty_after_thinking,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Quirks:
    """How often a model does what it should not, each from 0 to 1 of the replies that give occasion to it.

    A reply shows at most one. They are tried in this order, so one only sees what those before it left alone.

    Attributes:
        invented_name: calls a tool that does not exist; the service then answers 400/40009 (docs/wire.md, W2.5-46).
        repeated_call: makes the same call again, although its result is there.
        broken_arguments: writes arguments that are no JSON.
        code_fence: wraps JSON in a code fence.
        forgotten_call: answers in words where a call is needed, unless the request names the tool.
        translated_enum: translates a value of an enum, so that it is in the enum no more.
        empty_after_thinking: spends the whole cap on thinking (docs/wire.md, W2.4-15).
        sticky: an unchanged request meets the same fate again, as in the field; False throws new dice each time.

    Raises:
        ConfigurationError: a value that is no probability.

    Example:
        >>> Quirks.parse("invented_name=0.04,code_fence=0.1").invented_name
        0.04
    """

    FIELD: ClassVar[Quirks]

    invented_name: float = 0.0
    repeated_call: float = 0.0
    broken_arguments: float = 0.0
    code_fence: float = 0.0
    forgotten_call: float = 0.0
    translated_enum: float = 0.0
    empty_after_thinking: float = 0.0
    sticky: bool = True

    def __post_init__(self) -> None:
        """Refuse what is no probability."""
        for name in _MISTAKES:
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1:
                raise ConfigurationError(f"the quirk {name}={value!r} is not a probability from 0 to 1")

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read ``name=probability`` parts with commas between them, and ``sticky=false``.

        Raises:
            ConfigurationError: an unknown name, a name given twice, or a value that is no probability.
        """
        read: dict[str, object] = {}
        for name, value in (_pair(part) for part in text.split(",") if part.strip()):
            if name in read:
                raise ConfigurationError(f"the quirk {name} is given twice; leave one of them out")
            read[name] = value
        return cls.from_mapping(read)

    @classmethod
    def from_mapping(cls, source: Mapping[str, object]) -> Self:
        """Read probabilities by name, as a script gives them.

        Raises:
            ConfigurationError: an unknown name, or a value that is no probability.
        """
        known = [item.name for item in fields(cls)]
        values: dict[str, object] = {}
        for name, value in source.items():
            if name not in known:
                near = get_close_matches(str(name), known, n=1)
                hint = f" (did you mean {near[0]}?)" if near else ""
                raise ConfigurationError(f"{name!r} is no quirk{hint}; {_known()}")
            values[name] = _flag(value) if name == "sticky" else _number(name, value)
        return cls(**values)  # type: ignore[arg-type]  # read by name and type


Quirks.FIELD = Quirks(invented_name=0.037)
"""The rates that somebody measured, which is one (docs/wire.md, W2.5-47); the others were reported without numbers."""


class QuirkBrain:
    """Lets any brain make the mistakes of real models; at most one in a reply.

    Args:
        brain: that answers well.
        quirks: how often it must not.
        seed: the same seed gives the same mistakes.

    Example:
        >>> from clovax_agents.simulator import ChatRequest, Message, RuleBrain
        >>> brain = QuirkBrain(RuleBrain(), Quirks(empty_after_thinking=1))
        >>> reply = brain.reply(ChatRequest("HCX-007", (Message("user", "안녕"),), effort="low"))
        >>> reply.quirk, reply.text
        ('empty_after_thinking', '')
    """

    def __init__(self, brain: Brain, quirks: Quirks, seed: int = 0) -> None:
        self._brain = brain
        self._quirks = quirks
        self._seed = seed
        self._number = 0
        self._lock = threading.Lock()

    @property
    def inner(self) -> Brain:
        """The brain that answers well."""
        return self._brain

    def reply(self, request: ChatRequest) -> BrainReply:
        """Answer, or make the first mistake that the dice and the occasion allow."""
        reply = self._brain.reply(request)
        if reply.error is not None:
            return reply
        throw = self._throw(request)
        for name, mistake in _MISTAKES.items():
            dice = random.Random(f"{self._seed} {name} {throw}")  # noqa: S311  # mistakes, not secrets
            if dice.random() < getattr(self._quirks, name) and (made := mistake(request, reply, dice)) is not None:
                return replace(made, quirk=name)
        return reply

    def _throw(self, request: ChatRequest) -> str:
        """Return what the dice depend on: what the model sees, or how often it was asked."""
        if self._quirks.sticky:
            return _fingerprint(request)
        with self._lock:
            self._number += 1
            return str(self._number)


def _fingerprint(request: ChatRequest) -> str:
    """Tell one request from another by all that the model sees.

    Ids of calls do not count, since nobody chooses them, and neither does how the answer travels.
    """
    said = [
        (item.role, item.text, item.images, item.name, [(call.name, call.arguments_text()) for call in item.tool_calls])
        for item in request.messages
    ]
    offer = (request.tools, request.tool_choice, request.schema)
    seen = repr((request.model, request.effort, request.cap, offer, said))
    return hashlib.blake2b(seen.encode(), digest_size=16).hexdigest()


def _pair(part: str) -> tuple[str, object]:
    name, equals, value = part.partition("=")
    if not equals:
        form = "write it as name=probability, such as code_fence=0.1"
        raise ConfigurationError(f"{part.strip()!r} is no quirk: {form}; {_known()}")
    return name.strip(), value.strip()


def _known() -> str:
    return f"known: {', '.join(_MISTAKES)}, sticky"


def _number(name: str, value: object) -> object:
    try:
        return float(value) if isinstance(value, str) else value
    except ValueError:
        raise ConfigurationError(f"the quirk {name}={value!r} is not a probability from 0 to 1") from None


def _flag(value: object) -> bool:
    if str(value).lower() not in ("true", "false"):
        raise ConfigurationError(f"sticky={value!r} is neither true nor false")
    return str(value).lower() == "true"
