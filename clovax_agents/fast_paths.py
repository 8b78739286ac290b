"""Shorter ways that give the same result: taken only when nobody listens to a call, and never with a cache or limiter.

LangChain prepares runs, traces and callbacks for every call, even when there is nobody to tell of them. Everything that
is needed from LangChain beyond its documented interface is imported here and nowhere else, and
tests/unit/test_fast_paths.py notices when it changes. ``CLOVAX_FAST_PATHS=0`` turns all of this off.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, Final

from langchain_core.globals import get_debug, get_llm_cache
from langchain_core.language_models._utils import _normalize_messages  # pyright: ignore[reportPrivateUsage]
from langchain_core.runnables.config import ensure_config
from langchain_core.utils.env import env_var_is_set
from langchain_core.utils.uuid import uuid7

if TYPE_CHECKING:
    from collections.abc import Sequence

    from langchain_core.language_models.chat_models import BaseChatModel
    from langchain_core.messages import BaseMessage
    from langchain_core.runnables import RunnableConfig

__all__ = ["fresh_run", "normalized", "unobserved", "without_trace_options"]

_OLD_TRACERS: Final = ("LANGCHAIN_TRACING", "LANGCHAIN_HANDLER")
_FOR_TRACES: Final = ("ls_structured_output_format", "structured_output_format")


def unobserved(model: BaseChatModel, config: RunnableConfig | None) -> bool:
    """Tell whether a call with this configuration is one of which nobody would hear anything."""
    return (
        os.environ.get("CLOVAX_FAST_PATHS") != "0"
        and _plain(model)
        and not _has_handlers(ensure_config(config))
        and not _has_tracers()
    )


def _plain(model: BaseChatModel) -> bool:
    """Tell whether the model is to do nothing besides asking."""
    cached = model.cache is not False and (model.cache is not None or get_llm_cache() is not None)
    plain = not (model.callbacks or model.verbose or model.rate_limiter or model.disable_streaming)
    return plain and not cached and model.output_version in {None, "v0"}


def _has_handlers(config: RunnableConfig) -> bool:
    callbacks = config.get("callbacks")
    handlers = callbacks if callbacks is None or isinstance(callbacks, list) else callbacks.handlers
    return bool(handlers) or config.get("run_id") is not None


def _has_tracers() -> bool:
    # LangChain, too, loads LangSmith no earlier than at the first call
    from langchain_core.tracers.context import (  # noqa: PLC0415
        _configure_hooks,  # pyright: ignore[reportPrivateUsage]
        _tracing_v2_is_enabled,  # pyright: ignore[reportPrivateUsage]
        tracing_v2_callback_var,
    )

    if get_debug() or tracing_v2_callback_var.get() is not None or _tracing_v2_is_enabled():
        return True
    hooked = any(
        variable.get() is not None or (name is not None and env_var_is_set(name))
        for variable, _inheritable, _handler, name in _configure_hooks
    )
    return hooked or any(env_var_is_set(name) for name in _OLD_TRACERS)


def normalized(messages: Sequence[BaseMessage]) -> list[BaseMessage]:
    """Return messages as LangChain hands them to a model: blocks of images in their present form."""
    if all(isinstance(message.content, str) for message in messages):
        return list(messages)
    return _normalize_messages(messages)


def without_trace_options(options: dict[str, Any]) -> dict[str, Any]:
    """Return the options of a call without those that only traces read."""
    return {name: value for name, value in options.items() if name not in _FOR_TRACES}


def fresh_run() -> str:
    """Return an id of the form that LangChain gives to the message of a run."""
    return f"lc_run--{uuid7()}"
