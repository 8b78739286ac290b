"""The model's turn: repair the history, ask, write the answer down, and say where to go next."""

from __future__ import annotations

from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Any, Final, cast
from uuid import uuid4

from langchain_core.messages import AIMessage, SystemMessage
from langchain_core.runnables import Runnable
from langgraph.runtime import get_runtime
from langgraph.types import Command

from clovax_agents.capabilities import model_card
from clovax_agents.errors import ConfigurationError, InvalidResponseError
from clovax_agents.execution.calls import calls_of, with_unique_ids
from clovax_agents.execution.handoffs import waiting_handoff
from clovax_agents.execution.stamping import stamped, with_taint
from clovax_agents.execution.taint import CLEAN
from clovax_agents.execution.wording import say
from clovax_agents.nodes.turns import Question, Turns
from clovax_agents.recovering.settings import DEFAULT_RECOVERY
from clovax_agents.recovering.unusable import MAX_REPAIRS, larger_cap, unusable_turns
from clovax_agents.repair import repair_history
from clovax_agents.routing import is_answered_directly, model_turns, route_after_model
from clovax_agents.state import AS_BUILT, AgentContext

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence

    from langchain_core.language_models import BaseChatModel, LanguageModelInput
    from langchain_core.messages import BaseMessage
    from langchain_core.runnables import RunnableConfig

    from clovax_agents.execution.approvals import Approval
    from clovax_agents.execution.taint import Taint
    from clovax_agents.guards.redacting import Redact
    from clovax_agents.nodes.sight import Sight
    from clovax_agents.nodes.turns import ModelTurn
    from clovax_agents.recovering import Recovery
    from clovax_agents.state import AgentState
    from clovax_agents.tooling import Toolbox

    Route = Callable[[Sequence[BaseMessage]], Any]
    Asking = Callable[[Sequence[BaseMessage], RunnableConfig | None], Mapping[str, Approval]]

__all__ = ["ModelNode", "redacted_model"]

_BINDINGS: Final = 64
"""Sets of tools whose binding is kept, the least used go first."""

_OUT_OF_TURNS = "Stopped after {turns} model turns without a final answer."


class ModelNode(Runnable["AgentState", "Command[Any]"]):
    """Ask the model, and say where to go next.

    Args:
        model: the chat model, what makes it when it is first needed, or the name of one: then a `ChatClovaX` is made
            in the same way, so that a graph loads and draws without a key.
        tools: what the model may call, of which it is shown what the run may see.
        prompt: system prompt in front of the history; None for none.
        manual: what the model is told behind it in any case, also where a run has a prompt of its own.
        max_turns: how often the model may answer one user message; then the node answers itself, and says so.
        route: from the messages after the turn to where to go.
        return_direct: names of tools whose result is the final answer.
        asked: from the messages and the run's configuration to what a person is going to be asked, see
            `ApprovalNode.asked`; it is written down with the answer, so that nothing else can be approved.
        sight: says which tools the model is given, see `Sight`; None: all of them, always.
        recovery: what to do when the model fails.
        final_tool: name of the tool with which every run has to end; None if it may end in words.
        role: what the model does, if it is not the one that calls tools: the context of a run names another one as
            ``<role>_model``.

    Raises:
        ConfigurationError: settings that cannot work.
    """

    def __init__(  # noqa: PLR0913  # each is a part that builders choose by name
        self,
        *,
        model: BaseChatModel | str | Callable[[], BaseChatModel],
        tools: Toolbox,
        prompt: str | None,
        max_turns: int,
        route: Route = route_after_model,
        return_direct: Collection[str] = (),
        asked: Asking | None = None,
        sight: Sight | None = None,
        recovery: Recovery = DEFAULT_RECOVERY,
        final_tool: str | None = None,
        role: str = "model",
        manual: str = "",
    ) -> None:
        """Keep the parts; nothing is built before the first turn."""
        if type(max_turns) is not int or max_turns < 1:
            raise ConfigurationError(f"max_turns={max_turns!r}: give a whole number from 1")
        self._route = route
        self._return_direct = return_direct
        self._asked = asked
        self._sight = sight
        self.name: str | None = role
        self._given = model
        self._tools = tools
        self._all = tools.names
        self._prompt = prompt
        self._manual = manual
        self._max_turns = max_turns
        self._turns = Turns(tools, recovery, final_tool)
        self._bind = lru_cache(_BINDINGS)(self._bind_anew)

    @cached_property
    def _model(self) -> BaseChatModel:
        from clovax_agents.chat_models import ChatClovaX  # noqa: PLC0415  # only where a name is given

        given: Any = self._given
        if isinstance(given, str):
            return ChatClovaX(model=given)
        return cast("BaseChatModel", given if hasattr(given, "bind_tools") else given())

    def _bind_anew(self, names: tuple[str, ...]) -> Runnable[LanguageModelInput, AIMessage]:
        return self._model.bind_tools([self._tools[name] for name in names]) if names else self._model

    def _turn(self, messages: Sequence[BaseMessage], hidden: frozenset[str]) -> ModelTurn:
        """Return the turn that this history asks for, with the tools that this run may see."""
        given = self._input(messages)
        names = self._all if self._sight is None else self._sight.names(given, hidden)
        question = Question(messages, given, self._options(messages), names)
        return self._turns.begin(question, self._model, self._bind(names))

    def invoke(self, input: AgentState, config: RunnableConfig | None = None, **_: Any) -> Command[Any]:  # noqa: A002
        """Take one turn."""
        messages = input["messages"]
        if (elsewhere := self._elsewhere(input)) is not None:
            return elsewhere
        taint, hidden = self._seen(input, config)
        if (reply := self._stop(messages)) is None:
            reply = self._turn(messages, hidden).take(config)
        return self._next(input, reply, config, taint)

    async def ainvoke(self, input: AgentState, config: RunnableConfig | None = None, **_: Any) -> Command[Any]:  # noqa: A002
        """Take one turn."""
        messages = input["messages"]
        if (elsewhere := self._elsewhere(input)) is not None:
            return elsewhere
        taint, hidden = self._seen(input, config)
        if (reply := self._stop(messages)) is None:
            reply = await self._turn(messages, hidden).atake(config)
        return self._next(input, reply, config, taint)

    def _seen(self, state: AgentState, config: RunnableConfig | None) -> tuple[Taint, frozenset[str]]:
        """Return what the conversation carries, and which tools the model is not shown."""
        return (CLEAN, frozenset()) if self._sight is None else self._sight.of(state, config)

    def _next(self, state: AgentState, reply: AIMessage, config: RunnableConfig | None, taint: Taint) -> Command[Any]:
        """Add the answer under ids that are there and unique: approvals and the journal go by them.

        What is left of earlier approvals goes: their calls are behind the conversation now. The answer is marked with
        what the model had read when it wrote it.
        """
        reply = with_unique_ids(reply if reply.id else reply.model_copy(update={"id": str(uuid4())}))
        reply = stamped(reply, taint)
        after = [*state["messages"], reply]
        goto = self._route(after)
        approvals: dict[str, Any] = dict.fromkeys(state.get("approvals") or {})
        if goto == "approval" and self._asked is not None:
            approvals.update(self._asked(after, config))
        update: dict[str, Any] = {"messages": [reply], "approvals": approvals} if approvals else {"messages": [reply]}
        if handoffs := state.get("handoffs"):
            update["handoffs"] = dict.fromkeys(handoffs)
        return Command(update=with_taint(update, taint, state.get("taint")), goto=goto)

    def _elsewhere(self, state: AgentState) -> Command[Any] | None:
        """Return where to go without asking the model: tools may have said so, or given the final answer."""
        messages = state["messages"]
        handoff = waiting_handoff(messages, state.get("handoffs") or {})
        if handoff is None and is_answered_directly(messages, self._return_direct):
            return Command(goto="__end__")
        return handoff

    def _stop(self, messages: Sequence[BaseMessage]) -> AIMessage | None:
        if len(unusable := unusable_turns(messages)) > MAX_REPAIRS:
            flaw = calls_of(unusable[0])[0].problem
            raise InvalidResponseError(
                f"the model wrote tool calls that cannot run {len(unusable)} times in a row, the last one because "
                f"{flaw}. Nothing was run. A larger max_tokens or a simpler tool schema may help"
            )
        if (stopped := self._turns.stopped(messages)) is not None:
            return stopped
        if model_turns(messages) >= self._max_turns:
            return AIMessage(say(_OUT_OF_TURNS, turns=self._max_turns))
        return None

    def _input(self, messages: Sequence[BaseMessage]) -> list[BaseMessage]:
        prompt = _context().prompt or self._prompt
        if self._manual:
            prompt = f"{prompt}\n\n{self._manual}" if prompt else self._manual
        repaired = repair_history(messages)
        return [SystemMessage(prompt), *repaired] if prompt else repaired

    def _options(self, messages: Sequence[BaseMessage]) -> dict[str, Any]:
        """Return what this turn asks for beyond what the model is configured with."""
        context = _context()
        chosen: str | None = context.model if self.name == "model" else getattr(context, f"{self.name}_model", None)
        name = chosen or str(getattr(self._model, "model", ""))
        configured = context.max_tokens or getattr(self._model, "max_tokens", None)
        cap = larger_cap(messages, configured, model_card(name).max_output)
        options = {"model": chosen, "max_tokens": cap if cap != configured else context.max_tokens}
        return {key: value for key, value in options.items() if value is not None}


def redacted_model(model: BaseChatModel | str, redact: Redact) -> Callable[[], BaseChatModel]:
    """Return what makes a model whose text is redacted, when it is first needed.

    Raises:
        ConfigurationError: a model that would stream what it says before anybody could redact it.
    """
    if not isinstance(model, str) and "redact" not in type(model).model_fields:
        raise ConfigurationError(
            f"redact= needs a ChatClovaX: what a {type(model).__name__} streams would be seen before anybody could "
            "redact it. Leave redact out, and redact what you show"
        )

    def make() -> BaseChatModel:
        from clovax_agents.chat_models import ChatClovaX  # noqa: PLC0415  # only where a name is given

        if isinstance(model, str):
            return ChatClovaX(model=model, redact=redact)
        return model.model_copy(update={"redact": redact})

    return make


def _context() -> AgentContext:
    given: AgentContext | None = get_runtime(AgentContext).context  # None where a run sets nothing
    return given or AS_BUILT
