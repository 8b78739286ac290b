"""Counts the calls of models that are not ours, whose clients know nothing of budgets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from langchain_core.callbacks import BaseCallbackHandler
from langchain_core.messages import AIMessage
from langchain_core.outputs import ChatGeneration
from langchain_core.runnables.config import merge_configs

from clovax_agents.tokens import estimator_of, size_of_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from langchain_core.language_models import BaseChatModel
    from langchain_core.messages import BaseMessage
    from langchain_core.outputs import LLMResult
    from langchain_core.runnables import RunnableConfig

    from clovax_agents.budgets.accounts import Account

__all__ = ["counts_itself", "listened"]


def counts_itself(model: BaseChatModel | str) -> bool:
    """Whether a model's own client tells the account of each attempt; a name is that of one of ours."""
    if isinstance(model, str):
        return True
    from clovax_agents.chat_models import ChatClovaX  # noqa: PLC0415  # heavy, and mostly loaded by then

    return isinstance(model, ChatClovaX)


def listened(config: RunnableConfig | None, account: Account, name: str) -> RunnableConfig:
    """Return a configuration with which every model call is counted.

    Args:
        config: of the visit.
        account: to count in.
        name: of the model, for answers that do not tell it.
    """
    return merge_configs(config, {"callbacks": [_Listener(account, name)]})


class _Listener(BaseCallbackHandler):
    """Counts a call before it is made, and its tokens behind it."""

    raise_error = True
    run_inline = True

    def __init__(self, account: Account, name: str) -> None:
        self._account = account
        self._name = name
        self._read: dict[Any, int] = {}

    def on_chat_model_start(
        self, serialized: dict[str, Any], messages: list[list[BaseMessage]], *, run_id: Any, **_: Any
    ) -> None:
        """Count the call, unless it must not be made."""
        del serialized
        self._account.begin_call(self._name)
        self._read[run_id] = _estimated(self._name, messages[0])

    def on_llm_end(self, response: LLMResult, *, run_id: Any, **_: Any) -> None:
        """Count its tokens."""
        read = self._read.pop(run_id, 0)
        found = response.generations[0][0]
        message = found.message if isinstance(found, ChatGeneration) else AIMessage(found.text)
        usage = message.usage_metadata if isinstance(message, AIMessage) else None
        name = message.response_metadata.get("model_name") or self._name
        if usage is not None:
            self._account.add_tokens(name, usage["input_tokens"], usage["output_tokens"])
        else:
            self._account.add_tokens(name, read, _estimated(name, [message]))

    def on_llm_error(self, error: BaseException, *, run_id: Any, **_: Any) -> None:
        """Forget the call: what a failure has cost, nobody tells."""
        del error
        self._read.pop(run_id, None)


def _estimated(name: str, messages: Sequence[BaseMessage]) -> int:
    texts = [str(message.text) for message in messages]
    for message in messages:
        if isinstance(message, AIMessage):
            texts += [f"{call['name']}{call['args']}" for call in message.tool_calls]
    return estimator_of(name).tokens(size_of_text("".join(texts)))
