"""How many tokens messages have, as LangChain asks for it: estimated here, or counted by the service."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, cast

from langchain_core.language_models.chat_models import BaseChatModel
from langchain_core.messages import HumanMessage

from clovax_agents.client.call import complete
from clovax_agents.connection import Connection
from clovax_agents.errors import ConfigurationError
from clovax_agents.messages import to_turns
from clovax_agents.tokens import estimator_of, size_of, size_of_text
from clovax_agents.tool_schemas import schema_of, spec_of
from clovax_agents.wire import openai, tokenize
from clovax_agents.wire.codecs import root_of
from clovax_agents.wire.neutral import Request

if TYPE_CHECKING:
    from collections.abc import Sequence

    from langchain_core.messages import BaseMessage

__all__ = ["Counting"]


class Counting(Connection, BaseChatModel):
    """A chat model that can tell how many tokens its input has."""

    model: str
    count_tokens: Literal["estimate", "service"] = "estimate"
    """How `get_num_tokens` and `get_num_tokens_from_messages` count: by an estimate that the usage of answers
    calibrates, or by asking the service's token calculator, one request for each count."""

    def get_num_tokens(self, text: str) -> int:
        """Return the tokens of a text; counted by the service, the markers of one message are among them."""
        if self.custom_get_token_ids is not None:
            return super().get_num_tokens(text)
        if not text:
            return 0
        if self.count_tokens == "service":
            return self.get_num_tokens_from_messages([HumanMessage(text)])
        return estimator_of(self.model).tokens(size_of_text(text))

    def get_num_tokens_from_messages(
        self,
        messages: list[BaseMessage],
        tools: Sequence[Any] | None = None,
    ) -> int:
        """Return the tokens that messages have as input, with the tools that are bound.

        Raises:
            ConfigurationError: the service is asked about a model that it cannot count for.
            ServiceError: the service was asked, and the call failed.
        """
        if self.custom_get_token_ids is not None:
            return super().get_num_tokens_from_messages(messages, tools)
        if not messages:  # as LangChain's trimming asks on its way
            return 0
        specs = [spec_of(schema_of(tool)) for tool in tools or ()]
        request = Request(
            model=self.model, turns=to_turns(messages, limited=self._place.limited), cap=None, tools=specs
        )
        if self.count_tokens == "service":
            return self._counted(request)
        return estimator_of(self.model).tokens(size_of(openai.encode(request), len(request.turns)))

    def get_token_ids(self, text: str) -> list[int]:
        """Return the ids of the tokens of a text, which only a function of the user's can tell.

        Raises:
            ConfigurationError: there is none.
        """
        if self.custom_get_token_ids is None:
            raise ConfigurationError(
                "the tokenizer of HyperCLOVA X is not public, so tokens can be counted but not listed: call "
                "get_num_tokens, or pass custom_get_token_ids"
            )
        return super().get_token_ids(text)

    def _counted(self, request: Request) -> int:
        from clovax_agents.client.drivers import one  # noqa: PLC0415  # HTTP libraries only when something is sent

        if self.model.startswith("ft:") or not self._place.limited:
            raise ConfigurationError(
                f"CLOVA Studio's token calculator does not know {self.model}: set count_tokens='estimate'"
            )
        self._check_address("native")
        url = root_of("native", cast("str", self.base_url)) + tokenize.path(self.model)
        return one(complete(self._open(url, tokenize.encode(request), cap=0), tokenize.decode))
