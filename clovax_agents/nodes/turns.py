"""Carrying out the turns of `recovering`: the model is really asked here, and everybody told what is asked again."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from functools import cache, partial
from itertools import takewhile
from typing import TYPE_CHECKING, Any, Final, NamedTuple, cast

from langchain_core.messages import HumanMessage, ToolMessage
from langgraph.runtime import get_runtime
from pydantic import PydanticUserError

from clovax_agents.capabilities import model_card
from clovax_agents.deployments import deployment_of
from clovax_agents.errors import ClovaXError, ConfigurationError
from clovax_agents.execution.narrowing import as_dict
from clovax_agents.limits import settled_cap
from clovax_agents.modes import asked_effort
from clovax_agents.recovering.loops import loop_of
from clovax_agents.recovering.mending import mended
from clovax_agents.recovering.settings import Recovery
from clovax_agents.recovering.spelling import names_values
from clovax_agents.recovering.steps import Reach
from clovax_agents.recovering.stopping import loop_step, stopped_by
from clovax_agents.recovering.turn import TurnCase, take_turn

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Mapping, Sequence

    from langchain_core.language_models import BaseChatModel, LanguageModelInput
    from langchain_core.messages import AIMessage, BaseMessage
    from langchain_core.runnables import Runnable, RunnableConfig

    from clovax_agents.capabilities import Effort
    from clovax_agents.recovering.steps import Step
    from clovax_agents.recovering.turn import Ask
    from clovax_agents.tooling import Toolbox

__all__ = ["ModelTurn", "Question", "Turns", "announce", "reach_of"]

_log = logging.getLogger(__name__)
_EVENT: Final = "recovery"
_UNTOLD_CAP: Final = 1024
"""Tokens that a model of somebody else's is taken to be limited to, where nobody has said so."""


@dataclass(slots=True)
class ModelTurn:
    """One turn, ready to be taken: the same generator for sync and async.

    Every question after the first is a run of its own in the trace, a line in the log, and an event of the custom
    stream: ``{"type": "recovery", "kind": ..., "step": ...}``.

    Attributes:
        model: with its tools bound.
        flow: of `take_turn`.
        write: to the run's custom stream.
        mend: the calls of the answer, where only their spelling is wrong.
    """

    model: Runnable[LanguageModelInput, AIMessage]
    flow: Generator[Ask, AIMessage, AIMessage]
    write: Callable[[Any], None]
    mend: Callable[[AIMessage], AIMessage]

    def take(self, config: RunnableConfig | None) -> AIMessage:
        """Ask until there is an answer."""
        try:
            ask = self._told(next(self.flow))
            while True:
                try:
                    answer = self.model.invoke(ask.messages, config, **ask.options)
                except ClovaXError as error:
                    ask = self._told(self.flow.throw(error))
                else:
                    ask = self._told(self.flow.send(answer))
        except StopIteration as stop:
            return self.mend(stop.value)

    async def atake(self, config: RunnableConfig | None) -> AIMessage:
        """Ask until there is an answer."""
        try:
            ask = self._told(next(self.flow))
            while True:
                try:
                    answer = await self.model.ainvoke(ask.messages, config, **ask.options)
                except ClovaXError as error:
                    ask = self._told(self.flow.throw(error))
                else:
                    ask = self._told(self.flow.send(answer))
        except StopIteration as stop:
            return self.mend(stop.value)

    def _told(self, ask: Ask) -> Ask:
        if ask.step is not None:
            announce(ask.step, self.write)
        return ask


def announce(step: Step, write: Callable[[Any], None]) -> None:
    """Tell the log and the run's custom stream that a model is asked again."""
    _log.info("%s: the model is asked again (%s)", step.kind, step.step)
    write({"type": _EVENT, "kind": step.kind, "step": step.step})


class Question(NamedTuple):
    """What the model node wants to know of its model.

    Attributes:
        messages: of the state.
        given: as the model is to see them.
        options: of the call.
        names: of the tools that the model is given.
    """

    messages: Sequence[BaseMessage]
    given: Sequence[BaseMessage]
    options: Mapping[str, Any]
    names: Sequence[str]


class Turns:
    """Begins the turns of one model node.

    Args:
        tools: of the agent.
        recovery: what to do when the model fails.
        final_tool: with which every run has to end; None if it may end in words.

    Raises:
        ConfigurationError: the final tool is none of the tools, or these are no settings.
    """

    def __init__(self, tools: Toolbox, recovery: Recovery, final_tool: str | None) -> None:
        """Work out what does not change from turn to turn."""
        if not isinstance(cast("Any", recovery), Recovery):
            raise ConfigurationError(f"recovery={recovery!r:.60} is no Recovery: give Recovery(...), or Recovery.off()")
        if final_tool is not None and final_tool not in tools:
            known = ", ".join(tools.names[:10]) or "none"
            raise ConfigurationError(f"final_tool={final_tool!r} is no tool of the agent; there are: {known}")
        self._recovery = recovery
        self._final_tool = final_tool
        self._polling = frozenset(name for name in tools.names if tools.policy(name).polling)
        self._tools = {tool.name: tool for tool in tools}
        self._schema_of = cache(self._schema)

    def stopped(self, messages: Sequence[BaseMessage]) -> AIMessage | None:
        """Return the answer that ends a loop; None while there is none, or the model may still get out of it."""
        loop = loop_of(messages, self._recovery, self._polling)
        return stopped_by(loop) if loop is not None and loop.severity == "stop" else None

    def begin(
        self, question: Question, model: BaseChatModel, bound: Runnable[LanguageModelInput, AIMessage]
    ) -> ModelTurn:
        """Return a turn, ready to be taken.

        Args:
            question: to ask.
            model: of the node.
            bound: the same, with its tools.
        """
        reach = partial(reach_of, model, question.options, has_tools=bool(question.names))
        loop = loop_of(question.messages, self._recovery, self._polling)
        case = TurnCase(
            messages=question.given,
            options=question.options,
            recovery=self._recovery,
            reach=reach,
            names=question.names,
            final_tool=self._needed(question),
            ran=bool(question.given) and isinstance(question.given[-1], ToolMessage),
            first=None if loop is None else loop_step(loop, reach()),
            fallback=None if loop is None or loop.severity == "note" else stopped_by(loop),
        )
        return ModelTurn(bound, take_turn(case), get_runtime().stream_writer, self._mended)

    def _needed(self, question: Question) -> str | None:
        """Return the final tool; None if this run may not call it, or it has succeeded since the user spoke."""
        if self._final_tool not in question.names:
            return None
        since = takewhile(lambda message: not isinstance(message, HumanMessage), reversed(question.messages))
        answers = (message for message in since if isinstance(message, ToolMessage))
        done = any(answer.name == self._final_tool and answer.status == "success" for answer in answers)
        return None if done else self._final_tool

    def _mended(self, answer: AIMessage) -> AIMessage:
        return mended(answer, self._schema_of, self._recovery.repairs)

    def _schema(self, name: str) -> Mapping[str, Any] | None:
        """Return the schema of a tool's arguments as it was written, labels included; None if it leaves no doubt."""
        tool = self._tools.get(name)
        if tool is None:
            return None
        given: Any = tool.args_schema if isinstance(tool.args_schema, dict) else tool.tool_call_schema
        try:
            schema: Mapping[str, Any] = as_dict(given) or given.model_json_schema()
        except (AttributeError, PydanticUserError):  # a class of Pydantic's first version, or one without a schema
            return None
        return schema if "list" in self._recovery.repairs or names_values(schema) else None


def reach_of(model: BaseChatModel, options: Mapping[str, Any], *, has_tools: bool) -> Reach:
    """Return how far a model can be asked to go beyond what it is asked now.

    Args:
        model: of the node.
        options: of the call.
        has_tools: whether it is given tools.
    """
    from clovax_agents.chat_models import ChatClovaX  # noqa: PLC0415  # only where something has gone wrong

    name = options.get("model") or str(getattr(model, "model", ""))
    asked: int | None = options.get("max_tokens") or getattr(model, "max_tokens", None)
    if not isinstance(model, ChatClovaX):
        return Reach(cap=asked or _UNTOLD_CAP, most=model_card(name).max_output)
    place = deployment_of(model.deployment, model.base_url)
    card = place.card(name)
    effort = _effort(model, has_tools=has_tools) if card.thinking else None
    is_emulated = model.tool_calling == "emulated"
    features = frozenset({"tools"}) if has_tools and not is_emulated else frozenset[str]()
    return Reach(
        cap=settled_cap(card, asked, features, effort) if place.limited else asked,
        most=card.max_output,
        effort=effort,
        is_clovax=True,
        is_emulated=is_emulated,
    )


def _effort(model: Any, *, has_tools: bool) -> Effort:
    """Return the effort with which HCX-007 thinks: where it is not told, it does, unless there are tools."""
    return asked_effort(model.thinking) or ("none" if has_tools else "low")
