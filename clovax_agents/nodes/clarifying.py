"""Asking the user back: whether a question can be answered as it is, and the reply to what was asked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Literal
from uuid import uuid4

from langchain_core.messages import HumanMessage
from langchain_core.runnables import Runnable
from langgraph.types import Command, interrupt

from clovax_agents.answers import AnswerForm
from clovax_agents.approval import MAX_QUESTIONS
from clovax_agents.nodes.driven import DrivenNode, Wanted, wrapped
from clovax_agents.nodes.endings import final_answer
from clovax_agents.nodes.forms import FormModel
from clovax_agents.routers.asking import question_to, read_reply
from clovax_agents.routers.clarity import clarity_form, clarity_input, read_clarity
from clovax_agents.routers.wording import put

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Sequence

    from langchain_core.language_models import BaseChatModel
    from langchain_core.runnables import RunnableConfig

    from clovax_agents.recovering import Recovery
    from clovax_agents.routers.state import ClarifyState

    AskBy = Literal["interrupt", "message"]

__all__ = ["MOST_ASKED", "ClarifyNode", "ClarityNode"]

MOST_ASKED: Final = 2
"""How often a user is asked back about one message."""
_END: Final = "__end__"


class ClarityNode(DrivenNode):
    """Decide whether the user's message can be answered as it is.

    Args:
        judge: a model, the name of one, or a function of the messages to a question for the user, or None.
        about: what the agent behind can do.
        goto: where the agent begins.
        ask: by an interrupt, or by a message that ends the turn.
        most: how often the user is asked back about one message.
        recovery: what to do when the model fails; a message of which it says nothing is answered as it is.
    """

    def __init__(
        self,
        judge: BaseChatModel | str | Callable[..., Any],
        *,
        about: str,
        goto: Sequence[str],
        ask: AskBy,
        most: int,
        recovery: Recovery,
    ) -> None:
        """Keep the parts; no model is made before the first turn."""
        self.name: str | None = "clarity"
        self._about = about
        self._goto = list(goto)
        self._ask = ask
        self._most = most
        is_model = isinstance(judge, str) or hasattr(judge, "bind_tools")
        self._model = FormModel(judge, recovery) if is_model else None
        self._function = None if is_model else wrapped(judge)  # type: ignore[arg-type]

    def _steps(self, state: ClarifyState) -> Generator[Wanted, Any, Command[Any]]:
        asked, messages = state.get("asked", 0), state["messages"]
        if asked >= self._most:  # it is answered as well as it can be
            return self._on()
        if self._model is not None:
            form = AnswerForm.of(clarity_form())
            found = yield from self._model.filled(form, clarity_input(messages, self._about))
        else:
            found = yield Wanted(self._function or wrapped(str), (messages,))
        if not (question := read_clarity(found)):
            return self._on()
        if self._ask == "interrupt":
            return Command(update={"question": question}, goto="clarify")
        update = {"messages": [final_answer(state, question)], "question": "", "asked": asked + 1}
        return Command(update=update, goto=_END)

    def _on(self) -> Command[Any]:
        return Command(update={"question": "", "asked": 0}, goto=self._goto)


class ClarifyNode(Runnable[Any, Any]):
    """Ask the user what is meant, and look again.

    Args:
        back: the node that looks again.
    """

    def __init__(self, back: str) -> None:
        """Take where to go on."""
        self.name: str | None = "clarify"
        self._back = back

    def invoke(self, input: ClarifyState, config: RunnableConfig | None = None, **_: Any) -> Command[Any]:  # noqa: A002, ARG002
        """Ask."""
        question = input.get("question") or ""
        problem = ""
        for _attempt in range(MAX_QUESTIONS):
            reply = read_reply(interrupt(question_to(question, problem)))
            if reply is not None:
                return self._next(input, question, reply)
            problem = put("The answer could not be read: write it as a text.")
        return self._next(input, question, "")

    async def ainvoke(self, input: ClarifyState, config: RunnableConfig | None = None, **_: Any) -> Command[Any]:  # noqa: A002
        """Ask."""
        return self.invoke(input, config)

    def _next(self, state: ClarifyState, question: str, reply: str) -> Command[Any]:
        asked = final_answer(state, question)
        if not reply:  # the user would not say: the question stands, and a later message may answer it
            return Command(update={"messages": [asked], "question": "", "asked": 0}, goto=_END)
        messages = [asked, HumanMessage(reply, id=str(uuid4()))]
        return Command(update={"messages": messages, "asked": state.get("asked", 0) + 1}, goto=self._back)
