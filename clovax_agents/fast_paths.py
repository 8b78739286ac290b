"""Shorter ways that give the same result: taken only where nothing but plain handlers listens, and never with a cache.

LangChain prepares runs, traces and callbacks for every call, even when there is nobody to tell of them; and when there
is, it goes through several tasks for the one call that is made. Everything that is needed from LangChain beyond its
documented interface is imported here and nowhere else, and tests/unit/test_fast_paths.py notices when it changes; where
a name is gone, every call takes the long way. ``CLOVAX_FAST_PATHS=0`` turns all of this off.
"""

# pyright: reportPrivateUsage=false, reportPossiblyUnboundVariable=false
from __future__ import annotations

import os
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, Final, Literal, cast

from langchain_core.callbacks import AsyncCallbackManager, CallbackManager
from langchain_core.globals import get_debug, get_llm_cache
from langchain_core.messages import BaseMessage, HumanMessage
from langchain_core.outputs import ChatGeneration, LLMResult

from clovax_agents.unvalidated import allowed, maker

try:
    from langchain_core.language_models._utils import _filter_invocation_params_for_tracing, _normalize_messages
    from langchain_core.language_models.chat_models import _format_for_tracing, _generate_response_from_error
    from langchain_core.tracers._streaming import _StreamingCallbackHandler, _V2StreamingCallbackHandler
    from langchain_core.utils.env import env_var_is_set
except ImportError:  # another LangChain than the shorter ways were made for: none is taken, no name is used
    known: bool = False
else:
    known = True

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from types import ModuleType
    from uuid import UUID

    from langchain_core.callbacks import BaseCallbackHandler, Callbacks
    from langchain_core.language_models import LanguageModelInput
    from langchain_core.language_models.chat_models import BaseChatModel
    from langchain_core.messages import AIMessage
    from langchain_core.runnables import RunnableConfig

__all__ = [
    "Heard",
    "Way",
    "cost_of",
    "fresh_run",
    "is_silent",
    "messages_of",
    "normalized",
    "way_of",
    "without_trace_options",
]

Way = Literal["alone", "heard", "langchain"]
"""Nobody listens to a call; nobody but handlers that LangChain just tells; or LangChain has more to do."""

_FOR_TRACES: Final = ("ls_structured_output_format", "structured_output_format")
_OLD_TRACERS: Final = ("LANGCHAIN_TRACING", "LANGCHAIN_HANDLER")
_TRACING: Final = ("_configure_hooks", "_tracing_v2_is_enabled", "tracing_v2_callback_var")
_human: Final = maker(HumanMessage, content="")


def way_of(model: BaseChatModel, config: RunnableConfig, options: dict[str, Any]) -> Way:
    """Return the shortest way that a call can take.

    Args:
        model: that is called.
        config: of the call, as ``ensure_config`` returns it.
        options: of the call.
    """
    if not (allowed() and known and _plain(model)) or _has_tracers():
        return "langchain"
    handlers = (*_handlers(config.get("callbacks")), *_handlers(model.callbacks))
    if not handlers and config.get("run_id") is None:
        return "alone"
    more = any(name in options for name in (*_FOR_TRACES, "stream")) or any(map(_wants_pieces, handlers))
    return "langchain" if more else "heard"


def is_silent(callbacks: Callbacks) -> bool:
    """Tell whether nobody listens to what runs with these callbacks, so that nobody need be told."""
    return allowed() and known and not _handlers(callbacks) and not _has_tracers()


def _plain(model: BaseChatModel) -> bool:
    """Tell whether the model is to do nothing besides asking."""
    cached = model.cache is not False and (model.cache is not None or get_llm_cache() is not None)
    plain = not (model.verbose or model.rate_limiter or model.disable_streaming)
    return plain and not cached and model.output_version in {None, "v0"}


def _handlers(callbacks: Callbacks) -> list[BaseCallbackHandler]:
    return callbacks if isinstance(callbacks, list) else callbacks.handlers if callbacks else []


def _wants_pieces(handler: BaseCallbackHandler) -> bool:
    """Tell whether LangChain would stream a whole answer for this handler."""
    kind: Any = type(handler)  # mypy takes no class for hashable
    return _is_for_pieces(kind)


@cache
def _is_for_pieces(kind: type[Any]) -> bool:
    return issubclass(kind, _V2StreamingCallbackHandler | _StreamingCallbackHandler)


@cache
def _tracing() -> ModuleType | None:
    # LangChain, too, loads LangSmith no earlier than at the first call
    from langchain_core.tracers import context  # noqa: PLC0415

    return context if all(hasattr(context, name) for name in _TRACING) else None


def _has_tracers() -> bool:
    context = _tracing()
    if context is None or get_debug():
        return True
    if context.tracing_v2_callback_var.get() is not None or context._tracing_v2_is_enabled():
        return True
    for variable, _inheritable, _handler, name in context._configure_hooks:
        if variable.get() is not None or (name is not None and env_var_is_set(name)):
            return True
    return _has_old_tracers()


@cache
def _has_old_tracers() -> bool:
    # with these, LangChain refuses every call
    return any(map(env_var_is_set, _OLD_TRACERS))


def messages_of(model: BaseChatModel, prompt: LanguageModelInput) -> list[BaseMessage]:
    """Return the messages of a prompt, as LangChain reads it."""
    if isinstance(prompt, str):
        return [_human(content=prompt)]
    if isinstance(prompt, list) and all(isinstance(message, BaseMessage) for message in prompt):
        return cast("list[BaseMessage]", prompt.copy())
    return model._convert_input(prompt).to_messages()


def normalized(messages: list[BaseMessage]) -> list[BaseMessage]:
    """Return messages as LangChain hands them to a model: blocks of images in their present form."""
    for message in messages:
        if not isinstance(message.content, str):
            return _normalize_messages(messages)
    return messages


@dataclass(frozen=True, slots=True)
class Heard:
    """A call that handlers are told of: when it begins, and what came of it.

    Attributes:
        model: that is asked.
        config: of the call.
        stop: texts at which the answer ends.
        options: of the call.
    """

    model: BaseChatModel
    config: RunnableConfig
    stop: list[str] | None
    options: dict[str, Any]

    def ask(self, messages: list[BaseMessage], ask: Callable[[list[BaseMessage], str], AIMessage]) -> AIMessage:
        """Ask, and return the answer; ``ask`` takes the messages and the id of the answer."""
        manager, about = self._begun(CallbackManager)
        (run,) = manager.on_chat_model_start(self.model._serialized, [_format_for_tracing(messages)], **about)
        try:
            message = ask(normalized(messages), _message_id(run.run_id))
        except BaseException as error:
            run.on_llm_error(error, response=_failed(error))
            raise
        run.on_llm_end(_ended(message))
        return message

    async def aask(
        self, messages: list[BaseMessage], ask: Callable[[list[BaseMessage], str], Awaitable[AIMessage]]
    ) -> AIMessage:
        """Ask, and return the answer. As in LangChain, a cancelled call ends without a word."""
        manager, about = self._begun(AsyncCallbackManager)
        (run,) = await manager.on_chat_model_start(self.model._serialized, [_format_for_tracing(messages)], **about)
        try:
            message = await ask(normalized(messages), _message_id(run.run_id))
        except Exception as error:
            await run.on_llm_error(error, response=_failed(error))
            raise
        await run.on_llm_end(_ended(message))
        return message

    def _begun(self, kind: Any) -> tuple[Any, dict[str, Any]]:
        """Return the callback manager of the call, and what handlers are told at its beginning."""
        model, config = self.model, self.config
        params = model._get_invocation_params(stop=self.stop, **self.options)
        traced = model._get_ls_params_with_defaults(stop=self.stop, **self.options)
        manager = kind.configure(
            config.get("callbacks"),
            model.callbacks,
            model.verbose,
            config.get("tags"),
            model.tags,
            {**(config.get("metadata") or {}), **traced},
            model.metadata,
            langsmith_inheritable_metadata=_filter_invocation_params_for_tracing(params),
        )
        told = {"invocation_params": params, "options": {"stop": self.stop}, "name": config.get("run_name")}
        return manager, {**told, "run_id": config.get("run_id"), "batch_size": 1}


def _ended(message: AIMessage) -> LLMResult:
    return LLMResult(generations=[[ChatGeneration(message=message)]], llm_output=cost_of(message))


def cost_of(message: AIMessage) -> dict[str, Any]:
    """Return what cost trackers look for in the result of a call."""
    metadata = message.response_metadata
    return {name: metadata.get(name) for name in ("token_usage", "model_name")}


def _failed(error: BaseException) -> LLMResult:
    generations: list[Any] = [_generate_response_from_error(error)]
    return LLMResult(generations=generations)


def without_trace_options(options: dict[str, Any]) -> dict[str, Any]:
    """Return the options of a call without those that only traces read."""
    return {name: value for name, value in options.items() if name not in _FOR_TRACES} if options else options


def _message_id(run: UUID) -> str:
    return f"lc_run--{run}-0"


def fresh_run() -> str:
    """Return an id of the form that LangChain gives to the message of a run (a random UUID, quicker than Python's)."""
    raw = os.urandom(16).hex()
    return f"lc_run--{raw[:8]}-{raw[8:12]}-4{raw[13:16]}-a{raw[17:20]}-{raw[20:]}"
