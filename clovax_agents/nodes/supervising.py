"""The supervisor's turn: a model's turn that also says which agents take over, and whose answer is the final one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final
from uuid import uuid4

from langchain_core.messages import AIMessage
from langgraph.types import Command, Send

from clovax_agents.handoffs.steps import forwarded, taken, takings
from clovax_agents.handoffs.views import supervisor_view
from clovax_agents.handoffs.wording import tell
from clovax_agents.nodes.model import ModelNode

if TYPE_CHECKING:
    from collections.abc import Mapping

    from langchain_core.runnables import RunnableConfig

    from clovax_agents.state import AgentState

__all__ = ["SupervisorNode"]

_MOST_REFUSED: Final = 3
"""How often a model may insist on handing over where it was told to answer."""


class SupervisorNode(ModelNode):
    """Take the supervisor's turn.

    Args:
        handoffs: names of agents by the names of the tools that hand over to them.
        name: of the supervisor.
        **options: of `ModelNode`.
    """

    def __init__(self, *, handoffs: Mapping[str, str], name: str, **options: Any) -> None:
        """Keep the parts."""
        super().__init__(**options)
        self._handoffs = handoffs
        self._own = name

    def invoke(self, input: AgentState, config: RunnableConfig | None = None, **more: Any) -> Command[Any]:  # noqa: A002
        """Take one turn."""
        return self._before(input) or super().invoke(self._viewed(input), config, **more)

    async def ainvoke(self, input: AgentState, config: RunnableConfig | None = None, **more: Any) -> Command[Any]:  # noqa: A002
        """Take one turn."""
        return self._before(input) or await super().ainvoke(self._viewed(input), config, **more)

    def _before(self, state: AgentState) -> Command[Any] | None:
        """Return what follows from the last results, if that is not to ask the model."""
        messages = state["messages"]
        if taking := takings(messages, self._handoffs):
            return Command(goto=[Send(agent, [call_id]) for call_id, agent in taking])
        if (answer := forwarded(messages)) is not None:
            final = AIMessage(answer.content, id=str(uuid4()), response_metadata={"forwarded": answer.name})
            return Command(update={"messages": [final]}, goto="__end__")
        if taken(messages, self._handoffs, refused=True) >= _MOST_REFUSED:
            count = taken(messages, self._handoffs)
            text = tell(
                "The agents handed this over to each other {count} times without an answer, so I stopped. Please say "
                "more precisely what you need.",
                count=count,
            )
            return Command(update={"messages": [AIMessage(text, id=str(uuid4()))]}, goto="__end__")
        return None

    def _viewed(self, state: AgentState) -> AgentState:
        seen: Any = supervisor_view(state["messages"], self._handoffs, self._own)
        return {**state, "messages": seen}
