"""Steps of models in other roles, before the model that calls tools: looking, routing, thinking."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any, Final, Literal, cast

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, HumanMessage, SystemMessage
from langchain_core.runnables import Runnable
from langgraph.constants import TAG_NOSTREAM
from langgraph.runtime import get_runtime
from langgraph.types import Command

from clovax_agents.execution.wording import say
from clovax_agents.nodes.visits import Handed, avisit, visit
from clovax_agents.notes import (
    STEPS,
    asked_message,
    image_blocks,
    merge_notes,
    step_of,
    text_blocks,
    undescribed,
    viewed,
)
from clovax_agents.repair import repair_history
from clovax_agents.state import AgentContext

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable

    from langchain_core.messages import BaseMessage
    from langchain_core.runnables import RunnableConfig
    from langchain_core.tools import BaseTool

    from clovax_agents.roles import Role
    from clovax_agents.state import AgentState

    Shown = Callable[[AgentState, RunnableConfig | None], Iterable[BaseTool]]
    Task = Callable[[AgentState, RunnableConfig | None], Generator[list[BaseMessage], AIMessage, dict[str, Any]]]

__all__ = ["StepNode", "look", "plan_with", "way_with"]

_LOOK: Final = (
    "Describe the image, so that another model that cannot see it can answer the user's question. Copy every text, "
    "number, date and name in it, word for word. Do not answer the question"
)
_LOOK_AT: Final = "The user's question: {question}"
_NOTHING: Final = "nothing could be made out in it"
_PLAN: Final = (
    "Make a plan for answering the user. Another model is going to call the tools below. Say in a few words which "
    "tools to call, in which order and with which values. Do not answer the question\n\n{tools}"
)
_ROUTE: Final = (
    'Decide whether the tools below are needed to answer what the user said last\n\n{tools}\n\nSay only "tools" if '
    'they are, and only "answer" if it can be answered at once'
)


class StepNode(Runnable["AgentState", "Command[Any]"]):
    """A model's step: what it says is noted beside the conversation, and never shown as the answer.

    Args:
        role: of the model, the name of the node too.
        model: that is asked, what makes it when it is first needed, or its name.
        task: says what to ask, is sent the answers, and returns what to add to the state.
        next_node: from the state, with what was added, to where to go.
    """

    def __init__(
        self,
        role: Role,
        model: BaseChatModel | str | Callable[[], BaseChatModel],
        task: Task,
        next_node: Callable[[Any], str],
    ) -> None:
        """Keep the parts; a model is made when it is first needed."""
        self.name: str | None = role
        self._role: Role = role
        self._given: Any = model
        self._task = task
        self._next = next_node

    def invoke(self, input: AgentState, config: RunnableConfig | None = None, **_: Any) -> Command[Any]:  # noqa: A002
        """Take the step."""
        options = self._options()
        found = visit(self._steps(input, config), lambda given, quiet: self._model.invoke(given, quiet, **options))
        return self._noted(input, found)

    async def ainvoke(self, input: AgentState, config: RunnableConfig | None = None, **_: Any) -> Command[Any]:  # noqa: A002
        """Take the step."""
        options = self._options()
        work = avisit(self._steps(input, config), lambda given, quiet: self._model.ainvoke(given, quiet, **options))
        return self._noted(input, await work)

    @cached_property
    def _model(self) -> BaseChatModel:
        from clovax_agents.chat_models import ChatClovaX  # noqa: PLC0415  # only where a name is given

        if isinstance(self._given, str):
            return ChatClovaX(model=self._given)
        return cast("BaseChatModel", self._given if isinstance(self._given, BaseChatModel) else self._given())

    def _noted(self, state: AgentState, notes: dict[str, Any]) -> Command[Any]:
        after = {**state, "notes": merge_notes(state.get("notes"), notes)}
        return Command(update={"notes": notes}, goto=self._next(after))

    def _steps(self, state: AgentState, config: RunnableConfig | None) -> Generator[Handed, AIMessage, dict[str, Any]]:
        quiet: Any = {**(config or {}), "tags": [*((config or {}).get("tags") or ()), TAG_NOSTREAM]}
        task = self._task(state, config)
        try:
            messages = next(task)
            while True:
                answer = yield Handed(messages, quiet)
                messages = task.send(answer)
        except StopIteration as stop:
            return cast("dict[str, Any]", stop.value)

    def _options(self) -> dict[str, Any]:
        context = get_runtime(AgentContext).context
        name = getattr(context, f"{self._role}_model", None)
        return {} if name is None else {"model": name}


def look(state: AgentState, config: RunnableConfig | None) -> Generator[list[BaseMessage], AIMessage, dict[str, Any]]:
    """Have the images of the user's messages described, one at a time, with what is asked about them."""
    del config
    notes: dict[str, Any] = {}
    for message in undescribed(state["messages"], state.get("notes") or {}):
        seen: list[str] = []
        steps: list[Any] = []
        for block in image_blocks(message):
            question = {"type": "text", "text": say(_LOOK_AT, question=text_blocks(message))}
            answer = yield [SystemMessage(say(_LOOK)), HumanMessage([question, block])]
            seen.append(str(answer.text).strip() or say(_NOTHING))
            steps.append(step_of("vision", answer))
        notes[message.id or ""] = {"seen": "\n\n".join(seen), STEPS: steps}
    return notes


def plan_with(shown: Shown) -> Task:
    """Return the task to make a plan for the user's message.

    Args:
        shown: gives the tools that the plan can use.
    """

    def plan(
        state: AgentState, config: RunnableConfig | None
    ) -> Generator[list[BaseMessage], AIMessage, dict[str, Any]]:
        answer = yield _asked(say(_PLAN, tools=_listed(shown(state, config))), state)
        note = {"plan": str(answer.text), "thinking": answer.additional_kwargs.get("thinking_content")}
        return _about(state, {**note, STEPS: [step_of("reasoning", answer)]})

    return plan


def way_with(shown: Shown) -> Task:
    """Return the task to decide whether tools are needed.

    Args:
        shown: gives the tools.
    """

    def way(
        state: AgentState, config: RunnableConfig | None
    ) -> Generator[list[BaseMessage], AIMessage, dict[str, Any]]:
        answer = yield _asked(say(_ROUTE, tools=_listed(shown(state, config))), state)
        return _about(state, {"way": _way_in(str(answer.text)), STEPS: [step_of("routing", answer)]})

    return way


def _way_in(text: str) -> Literal["tools", "answer"]:
    """Read a decision; whatever is not plainly the short way is the one that can do everything."""
    said = text.casefold()
    return "answer" if "answer" in said and "tools" not in said else "tools"


def _asked(prompt: str, state: AgentState) -> list[BaseMessage]:
    return [SystemMessage(prompt), *repair_history(viewed(state["messages"], state.get("notes") or {}))]


def _listed(tools: Iterable[BaseTool]) -> str:
    return "\n".join(f"- {tool.name}: {tool.description}" for tool in tools)


def _about(state: AgentState, note: dict[str, Any]) -> dict[str, Any]:
    """Return a note about the message that is to be answered; without one, nobody would have come here."""
    message = asked_message(state["messages"])
    return {} if message is None else {message.id or "": note}
