"""A model inside of a node that is asked again where it fails, as an agent's model is."""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, cast

from langchain_core.messages import AIMessage
from langchain_core.runnables import Runnable

from clovax_agents.nodes.turns import Question, Turns
from clovax_agents.tooling import Toolbox

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from langchain_core.language_models import BaseChatModel
    from langchain_core.runnables import RunnableConfig

    from clovax_agents.recovering import Recovery

    Given = BaseChatModel | str | Callable[[], BaseChatModel]

__all__ = ["RecoveringModel", "made"]


class RecoveringModel(Runnable[Any, AIMessage]):
    """A model that is asked again where its answer is cut off or empty, or names a tool that does not exist.

    It is made when it is first needed, so that a graph loads and draws without a key.

    Args:
        given: the model, the name of one, or what makes it.
        recovery: what to do when it fails.
        tools: that it may call; it is for its node to read the calls.
        silent: it may not call them: they are there for the history's sake.
    """

    def __init__(
        self, given: Given, recovery: Recovery, *, tools: Sequence[dict[str, Any]] = (), silent: bool = False
    ) -> None:
        """Keep the parts; the model is made when it is first needed."""
        self._given = given
        self._tools = list(tools)
        self._choice = {"tool_choice": "none"} if silent else {}
        self._names = tuple(str(tool["function"]["name"]) for tool in tools)
        self._turns = Turns(Toolbox(), replace(recovery, unknown_tool=()) if silent else recovery, None)

    @cached_property
    def _model(self) -> BaseChatModel:
        return made(self._given)

    @cached_property
    def _bound(self) -> Runnable[Any, AIMessage]:
        return self._model.bind_tools(self._tools, **self._choice) if self._tools else self._model

    def invoke(self, input: Any, config: RunnableConfig | None = None, **options: Any) -> AIMessage:  # noqa: A002
        """Ask."""
        return self._turns.begin(self._question(input, options), self._model, self._bound).take(config)

    async def ainvoke(self, input: Any, config: RunnableConfig | None = None, **options: Any) -> AIMessage:  # noqa: A002
        """Ask."""
        return await self._turns.begin(self._question(input, options), self._model, self._bound).atake(config)

    def _question(self, given: Any, options: dict[str, Any]) -> Question:
        return Question(given, given, options, self._names)


def made(given: Given) -> BaseChatModel:
    """Return a model as nodes are given it: itself, by its name, or by what makes it."""
    from clovax_agents.chat_models import ChatClovaX  # noqa: PLC0415  # only where a model is first needed

    if isinstance(given, str):
        return ChatClovaX(model=given)
    return cast("BaseChatModel", given if hasattr(given, "bind_tools") else cast("Any", given)())
