"""A chat model that a function speaks for, where several ask it at once and a list of replies would have no order."""

from collections.abc import Callable, Sequence
from typing import Any

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, BaseMessage
from langchain_core.outputs import ChatGeneration, ChatResult
from pydantic import Field


class DecidingModel(BaseChatModel):
    """Says what the function makes of the messages; what it raises goes through."""

    decide: Callable[[Sequence[BaseMessage]], AIMessage | str]
    seen: list[list[BaseMessage]] = Field(default_factory=list)

    @property
    def _llm_type(self) -> str:
        return "deciding"

    def bind_tools(self, tools: Any, **_: Any) -> Any:
        """Take the tools as they are; the function knows them."""
        del tools
        return self

    def _generate(self, messages: list[BaseMessage], *_: Any, **__: Any) -> ChatResult:
        self.seen.append(list(messages))
        said = self.decide(messages)
        return ChatResult(generations=[ChatGeneration(message=AIMessage(said) if isinstance(said, str) else said)])
