"""`ChatClovaX`: HyperCLOVA X as a LangChain chat model."""

from __future__ import annotations

import os
import uuid
from contextlib import aclosing, closing
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import urlsplit

from langchain_core.language_models.base import LangSmithParams
from langchain_core.language_models.chat_models import BaseChatModel
from langchain_core.outputs import ChatGeneration, ChatGenerationChunk, ChatResult
from langchain_core.utils.function_calling import convert_to_openai_tool
from pydantic import ConfigDict, Field, SecretStr

from clovax_agents._version import __version__
from clovax_agents.capabilities import DEFAULT_BASE_URL
from clovax_agents.client.call import Call, complete, stream
from clovax_agents.client.policy import Deadlines, RetryPolicy
from clovax_agents.errors import ConfigurationError
from clovax_agents.replies import Assembler, to_message
from clovax_agents.requests import Options, build_request
from clovax_agents.wire.codecs import Api, codec_for

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator, Sequence

    from langchain_core.callbacks import AsyncCallbackManagerForLLMRun, CallbackManagerForLLMRun
    from langchain_core.language_models import LanguageModelInput
    from langchain_core.messages import AIMessage, BaseMessage
    from langchain_core.runnables import Runnable
    from langchain_core.tools import BaseTool

    from clovax_agents.wire.codecs import Codec
    from clovax_agents.wire.neutral import Request

__all__ = ["ChatClovaX"]

_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
_OPTIONS = frozenset(Options.__dataclass_fields__)
_ALIASES = {"max_completion_tokens": "max_tokens", "model_name": "model"}


class ChatClovaX(BaseChatModel):
    """HyperCLOVA X as a LangChain chat model, safe to call tools with.

    With tools bound, the cap is at least 1,024 tokens whichever way it was set, HCX-007 is told not to think, and a
    call that was cut off or is not strict JSON is never offered to run. Rules of the service: docs/wire.md.

    Raises:
        ConfigurationError: a setting that cannot work, before anything is sent.
        ServiceError: one of its subclasses when a call fails; see `clovax_agents.errors`.

    Example:
        >>> from clovax_agents import ChatClovaX
        >>> chat = ChatClovaX(model="HCX-005", api_key="nv-...", max_tokens=1024)
    """

    model_config = ConfigDict(extra="forbid")

    model: str = "HCX-005"
    """Name of the model, or ``ft:{task_id}`` for a fine-tuned one."""
    api_key: SecretStr | None = None
    """Key, ``nv-...``; by default from the environment variable ``CLOVASTUDIO_API_KEY``."""
    base_url: str | None = None
    """Address of the API; by default from ``CLOVASTUDIO_API_BASE_URL``, else the public cloud's."""
    api: Api = "openai"
    """Which API of the service to speak: the OpenAI-compatible one, or CLOVA Studio's own (``"native"``), which has
    usage in streams, the AI filter and images as data URIs. One ``base_url`` serves both."""
    temperature: float | None = Field(default=None, ge=0, le=1)
    """0 to 1; the service's default is 0.5."""
    top_p: float | None = Field(default=None, gt=0, le=1)
    """Above 0, to 1; the service's default is 0.8."""
    top_k: int | None = Field(default=None, ge=0, le=128)
    """0 to 128; the service's default is 0."""
    max_tokens: int | None = Field(default=None, ge=1)
    """Most tokens of output, thinking included. By default 512; 1,024 with tools; with thinking 5,120 (low), 10,240
    (medium) or 20,480 (high)."""
    repetition_penalty: float | None = Field(default=None, gt=0, le=2)
    """Above 0, to 2; the service's default is 1.1."""
    repeat_penalty: float | None = Field(default=None, gt=0, le=10)
    """The same for HCX-003 and HCX-DASH-001: above 0, to 10; the service's default is 5."""
    include_ai_filters: bool | None = None
    """Let the AI filter annotate the answer, in ``response_metadata["ai_filter"]``; the native API only."""
    stop: list[str] | None = None
    """Texts at which the answer ends."""
    seed: int | None = Field(default=None, ge=0, le=4_294_967_295)
    """For repeatable answers; 0 draws one."""
    thinking: dict[str, Any] | None = None
    """``{"effort": "none" | "low" | "medium" | "high"}``, HCX-007 only."""
    streaming: bool = False
    """Stream even when the whole answer is asked for, so that callbacks see it grow."""
    timeout: float | None = Field(default=None, gt=0)
    """Seconds for a call with all its attempts. By default 60, and 1 more for every 20 tokens of the cap."""
    max_retries: int = Field(default=2, ge=0)
    """Attempts after the first, for errors that may pass."""

    if not TYPE_CHECKING:  # type checkers read the fields instead

        def __init__(self, **settings: Any) -> None:
            """Check the settings outside Pydantic's validation, which would hide our errors in its own."""
            super().__init__(**settings)
            self._settle()

    def _settle(self) -> None:
        """Fill in the environment, and refuse what cannot work."""
        if self.api_key is None:
            self.api_key = SecretStr(os.environ.get("CLOVASTUDIO_API_KEY", ""))
        if not self.api_key.get_secret_value():
            raise ConfigurationError(
                "there is no API key: set CLOVASTUDIO_API_KEY or pass api_key=. "
                "Without a key, try the simulator: clovax simulate"
            )
        self.base_url = _checked_url(self.base_url or os.environ.get("CLOVASTUDIO_API_BASE_URL") or DEFAULT_BASE_URL)

    @property
    def _llm_type(self) -> str:
        return "chat-naver"

    @property
    def lc_secrets(self) -> dict[str, str]:
        """Name the environment variable behind the key, so that it is never serialised."""
        return {"api_key": "CLOVASTUDIO_API_KEY"}

    @property
    def _identifying_params(self) -> dict[str, Any]:
        names = _OPTIONS - {"tools", "tool_choice"}
        return {name: value for name in sorted(names) if (value := getattr(self, name)) is not None}

    def _get_ls_params(self, stop: list[str] | None = None, **kwargs: Any) -> LangSmithParams:
        params = LangSmithParams(
            ls_provider="naver", ls_model_type="chat", ls_model_name=kwargs.get("model") or self.model
        )
        if (temperature := kwargs.get("temperature", self.temperature)) is not None:
            params["ls_temperature"] = temperature
        if (cap := kwargs.get("max_tokens", self.max_tokens)) is not None:
            params["ls_max_tokens"] = cap
        if stops := stop or self.stop:
            params["ls_stop"] = list(stops)
        return params

    def bind_tools(
        self,
        tools: Sequence[dict[str, Any] | type | Callable[..., Any] | BaseTool],
        *,
        tool_choice: str | dict[str, Any] | bool | None = None,
        **kwargs: Any,
    ) -> Runnable[LanguageModelInput, AIMessage]:
        """Let the model call tools: Pydantic classes, JSON schemas, LangChain tools or plain functions.

        Args:
            tools: what to offer; each needs a description.
            tool_choice: "auto", "none", or the name of the tool to force.
            **kwargs: options for each call, as on the constructor.
        """
        schemas = [convert_to_openai_tool(tool) for tool in tools]
        if tool_choice is not None:
            kwargs["tool_choice"] = tool_choice
        return self.bind(tools=schemas, **kwargs)

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        from clovax_agents.client.drivers import one  # noqa: PLC0415  # httpx only when something is sent

        request, codec = self._request(messages, stop, kwargs, stream=False)
        return _result(to_message(one(complete(self._call(request, codec), codec.decode_reply)), request.model))

    async def _agenerate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: AsyncCallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        from clovax_agents.client.drivers import aone  # noqa: PLC0415  # httpx only when something is sent

        request, codec = self._request(messages, stop, kwargs, stream=False)
        reply = await aone(complete(self._call(request, codec), codec.decode_reply))
        return _result(to_message(reply, request.model))

    def _stream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> Iterator[ChatGenerationChunk]:
        from clovax_agents.client.drivers import iterate  # noqa: PLC0415  # httpx only when something is sent

        request, codec = self._request(messages, stop, kwargs, stream=True)
        assembler = Assembler(request.model)
        with closing(iterate(stream(self._call(request, codec), codec.decoder))) as deltas:
            for delta in deltas:
                if chunk := assembler.add(delta):
                    yield ChatGenerationChunk(message=chunk)
        yield ChatGenerationChunk(message=assembler.last())

    async def _astream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: AsyncCallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> AsyncIterator[ChatGenerationChunk]:
        from clovax_agents.client.drivers import aiterate  # noqa: PLC0415  # httpx only when something is sent

        request, codec = self._request(messages, stop, kwargs, stream=True)
        assembler = Assembler(request.model)
        async with aclosing(aiterate(stream(self._call(request, codec), codec.decoder))) as deltas:
            async for delta in deltas:
                if chunk := assembler.add(delta):
                    yield ChatGenerationChunk(message=chunk)
        yield ChatGenerationChunk(message=assembler.last())

    def _request(
        self, messages: list[BaseMessage], stop: list[str] | None, kwargs: dict[str, Any], *, stream: bool
    ) -> tuple[Request, Codec]:
        given = {_ALIASES.get(name, name): value for name, value in kwargs.items()}
        if given.pop("parallel_tool_calls", True) is False:
            raise ConfigurationError("parallel_tool_calls=False is refused by CLOVA Studio: leave it away")
        given.pop("stream", None)
        if unknown := sorted(given.keys() - _OPTIONS):
            known = ", ".join(sorted(_OPTIONS))
            raise ConfigurationError(f"ChatClovaX does not take {', '.join(unknown)}; a call takes {known}")
        settings: dict[str, Any] = {**self._identifying_params, **given}
        if stop:
            settings["stop"] = stop
        if self.api == "openai" and settings.get("include_ai_filters") is not None:
            raise ConfigurationError("include_ai_filters is a parameter of the native API: set api='native'")
        request = build_request(messages, Options(**settings), stream=stream)
        return request, codec_for(self.api, request.model)

    def _call(self, request: Request, codec: Codec) -> Call:
        request_id = f"clovax-{uuid.uuid4()}"
        key = cast("SecretStr", self.api_key).get_secret_value()
        headers = {
            "Authorization": f"Bearer {key}",
            "Content-Type": "application/json",
            "Accept": "text/event-stream" if request.stream else "application/json",
            "Accept-Encoding": "identity",
            "User-Agent": f"clovax-agents/{__version__}",
            "X-NCP-CLOVASTUDIO-REQUEST-ID": request_id,
        }
        return Call(
            url=codec.url(cast("str", self.base_url), request.model),
            headers=headers,
            body=codec.encode(request),
            deadlines=Deadlines.for_cap(request.cap, self.timeout),
            request_id=request_id,
            policy=RetryPolicy(retries=self.max_retries),
        )


def _result(message: AIMessage) -> ChatResult:
    return ChatResult(generations=[ChatGeneration(message=message)])


def _checked_url(url: str) -> str:
    """Return the address without a slash at its end; refuse one that would send the key in the clear."""
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ConfigurationError(f"base_url {url!r} is not a web address: it looks like {DEFAULT_BASE_URL}")
    if parts.scheme == "http" and parts.hostname not in _LOOPBACK:
        raise ConfigurationError(f"base_url {url!r} would send the key in the clear: use https")
    return url.rstrip("/")
