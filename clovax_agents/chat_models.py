"""`ChatClovaX`: HyperCLOVA X as a LangChain chat model."""

from __future__ import annotations

import os
import re
import uuid
from contextlib import aclosing, closing
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Literal, cast, get_args

from langchain_core.language_models.base import LangSmithParams
from langchain_core.language_models.chat_models import BaseChatModel
from langchain_core.language_models.model_profile import ModelProfile
from langchain_core.outputs import ChatGeneration, ChatGenerationChunk, ChatResult
from langchain_core.utils.function_calling import convert_to_openai_tool
from pydantic import ConfigDict, Field, SecretStr

from clovax_agents._version import __version__
from clovax_agents.answers import AnswerForm
from clovax_agents.client.call import Call
from clovax_agents.client.headers import SecretHeaders
from clovax_agents.client.policy import Deadlines, RetryPolicy
from clovax_agents.deployments import DEPLOYMENTS, Deployment, Profile, checked_url, deployment_of
from clovax_agents.errors import ConfigurationError
from clovax_agents.jobs import Job, emulated_job
from clovax_agents.replies import Assembler, to_message
from clovax_agents.requests import OPEN_CAP, Options, ToolSchemas, build_request, must_call
from clovax_agents.structured import Method, StructuredModel, bound_to
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

_APP = re.compile(r"/(testapp|serviceapp)\b")
_OPTIONS = frozenset(Options.__dataclass_fields__)
_PER_CALL = frozenset({"tools", "tool_choice", "response_format"})
_IGNORED = ("stream", "strict")
"""What LangChain passes to every model: here streams are asked for by method, and schemas are always strict."""
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
    deployment: Profile | None = None
    """Whose rules hold: ``"public"``, ``"gov"`` for the government cloud, or ``"self-hosted"`` for a server of one's
    own; also given as ``profile=``. By default what ``base_url`` shows."""
    allow_http: bool = False
    """Send over plain http to a server of one's own, too; loopback needs no leave."""
    default_headers: dict[str, SecretStr] | None = None
    """Headers to add to each request; like the key they are never shown, logged or serialised."""
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
    tool_calling: Literal["native", "emulated"] = "native"
    """``"emulated"`` asks for tool calls by prompt, in requests of their own: for tuned models, HCX-003, thinking with
    tools, images with tools, and ``tool_choice="any"`` of several tools."""
    streaming: bool = False
    """Stream even when the whole answer is asked for, so that callbacks see it grow."""
    timeout: float | None = Field(default=None, gt=0)
    """Seconds for a call with all its attempts. By default 60, and 1 more for every 20 tokens of the cap."""
    max_retries: int = Field(default=2, ge=0)
    """Attempts after the first, for errors that may pass."""

    if not TYPE_CHECKING:  # type checkers read the fields instead

        def __init__(self, **settings: Any) -> None:
            """Check the settings outside Pydantic's validation, which would hide our errors in its own."""
            if isinstance(settings.get("profile"), str):
                settings["deployment"] = settings.pop("profile")
            deployment_of(settings.get("deployment"), None)  # refuses a name that does not exist
            super().__init__(**settings)
            self._settle()

    def _settle(self) -> None:
        """Fill in the environment, and refuse what cannot work."""
        base_url = self.base_url or os.environ.get("CLOVASTUDIO_API_BASE_URL")
        place = deployment_of(self.deployment, base_url)
        self.deployment = place.profile
        self.base_url = checked_url(base_url, place, allow_http=self.allow_http)
        if place.native_prefix and self.api == "native" and not _APP.search(self.base_url):
            raise ConfigurationError(
                "the government cloud's native API needs the kind of app in its address: "
                "set base_url='https://clovastudio.stream.gov-ntruss.com/testapp' or '.../serviceapp'"
            )
        if not place.limited and self.api == "native":
            raise ConfigurationError("a server of your own speaks the OpenAI-compatible API only: set api='openai'")
        self.api_key = self._settled_key(place)

    def _settled_key(self, place: Deployment) -> SecretStr:
        key = self.api_key or SecretStr(os.environ.get("CLOVASTUDIO_API_KEY", ""))
        if not key.get_secret_value() and place.key_needed:
            raise ConfigurationError(
                "there is no API key: set CLOVASTUDIO_API_KEY or pass api_key=. "
                "Without a key, try the simulator: clovax simulate"
            )
        return key

    def __getstate__(self) -> dict[Any, Any]:
        """Leave the secrets out of a pickle: the process that loads it has a key in its own environment."""
        state = super().__getstate__()
        return {**state, "__dict__": {**state["__dict__"], "api_key": None, "default_headers": None}}

    @property
    def _place(self) -> Deployment:
        return DEPLOYMENTS[cast("Profile", self.deployment)]

    def _resolve_model_profile(self) -> ModelProfile | None:
        """Tell LangChain what the model can do. Its schemas exclude tools, so agents had better not count on them."""
        card = (self._place if self.deployment else deployment_of(None, self.base_url)).card(self.model)
        return ModelProfile(
            max_input_tokens=card.max_input,
            max_output_tokens=card.max_output,
            image_inputs=card.images,
            audio_inputs=False,
            video_inputs=False,
            reasoning_output=card.thinking,
            tool_calling=card.tools or self.tool_calling == "emulated",
            structured_output=False,
        )

    @property
    def _llm_type(self) -> str:
        return "chat-naver"

    @property
    def lc_secrets(self) -> dict[str, str]:
        """Name the environment variable behind the key, so that it is never serialised."""
        return {"api_key": "CLOVASTUDIO_API_KEY"}

    @property
    def _identifying_params(self) -> dict[str, Any]:
        names = _OPTIONS - _PER_CALL
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
            tool_choice: "auto", "none", the name of the tool to force, or "any" to have one of them called.
            **kwargs: options for each call, as on the constructor.
        """
        schemas = ToolSchemas(convert_to_openai_tool(tool) for tool in tools)
        if tool_choice is not None:
            kwargs["tool_choice"] = tool_choice
        return self.bind(tools=schemas, **kwargs)

    def with_structured_output(
        self,
        schema: dict[str, Any] | type,
        *,
        method: Literal["json_schema", "function_calling", "json_mode"] | None = None,
        include_raw: bool = False,
        **kwargs: Any,
    ) -> Runnable[LanguageModelInput, Any]:
        """Have every answer as an object: a Pydantic class, a TypedDict, or a JSON schema with a title.

        Args:
            schema: of the answer. A Pydantic class gives its instances, everything else dictionaries.
            method: "json_schema" holds HCX-007 to the schema; "function_calling" has a tool called. By default the
                first where the model can be held to a schema, and "json_mode" means it, too.
            include_raw: give a dictionary with "raw", "parsed" and "parsing_error", and do not raise the last.
            **kwargs: options for each call, as on the constructor.

        Raises:
            ConfigurationError: a method or schema that the service does not have.
            StructuredOutputError: of each call: the answer did not fit, nor did a second one.
        """
        kwargs.pop("strict", None)  # always: the service has no other way, and the answer is checked here
        card = self._place.card(kwargs.get("model") or self.model)
        method = method or ("json_schema" if card.structured_output else "function_calling")
        if method == "json_mode":
            method = "json_schema"  # of the two that the service has, the one that means the same, and more
        if method not in get_args(Method):
            known = " or ".join(get_args(Method))
            raise ConfigurationError(f"method {method!r} does not exist on CLOVA Studio: use {known}")
        form = AnswerForm.of(schema)
        bound = bound_to(self, form, method=method, options=kwargs)
        return StructuredModel(bound, form, method=method, include_raw=include_raw)

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        from clovax_agents.client.drivers import one  # noqa: PLC0415  # httpx only when something is sent

        job = self._job(messages, stop, kwargs, stream=False)
        return _result(to_message(one(job.reply()), job.model))

    async def _agenerate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: AsyncCallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        from clovax_agents.client.drivers import aone  # noqa: PLC0415  # httpx only when something is sent

        job = self._job(messages, stop, kwargs, stream=False)
        return _result(to_message(await aone(job.reply()), job.model))

    def _stream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> Iterator[ChatGenerationChunk]:
        from clovax_agents.client.drivers import iterate  # noqa: PLC0415  # httpx only when something is sent

        job = self._job(messages, stop, kwargs, stream=True)
        assembler = Assembler(job.model)
        with closing(iterate(job.deltas())) as deltas:
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

        job = self._job(messages, stop, kwargs, stream=True)
        assembler = Assembler(job.model)
        async with aclosing(aiterate(job.deltas())) as deltas:
            async for delta in deltas:
                if chunk := assembler.add(delta):
                    yield ChatGenerationChunk(message=chunk)
        yield ChatGenerationChunk(message=assembler.last())

    def _job(self, messages: list[BaseMessage], stop: list[str] | None, kwargs: dict[str, Any], *, stream: bool) -> Job:
        settings = self._options(stop, kwargs)
        emulated = settings.pop("tool_calling", self.tool_calling) == "emulated"
        options = Options(**settings)
        if options.tools and (emulated or self._beyond_the_service(options)):
            if not emulated:  # what does not go together is refused in any case
                build_request(messages, replace(options, tool_choice=None), stream=stream, deployment=self._place)
            return emulated_job(messages, options, self._call, stream=stream, deployment=self._place)
        request = build_request(messages, options, stream=stream, deployment=self._place)
        return Job(request, self._call)

    def _beyond_the_service(self, options: Options) -> bool:
        """Tell whether one of several tools must be called, for which CLOVA Studio has no word."""
        return self._place.limited and len(options.tools) > 1 and must_call(options.tool_choice)

    def _options(self, stop: list[str] | None, kwargs: dict[str, Any]) -> dict[str, Any]:
        given = {_ALIASES.get(name, name): value for name, value in kwargs.items()}
        if given.pop("parallel_tool_calls", True) is False:
            raise ConfigurationError("parallel_tool_calls=False is refused by CLOVA Studio: leave it away")
        for name in _IGNORED:
            given.pop(name, None)
        if unknown := sorted(given.keys() - _OPTIONS - {"tool_calling"}):
            known = ", ".join(sorted(_OPTIONS))
            raise ConfigurationError(f"ChatClovaX does not take {', '.join(unknown)}; a call takes {known}")
        settings: dict[str, Any] = {**self._identifying_params, **given}
        if stop:
            settings["stop"] = stop
        if self.api == "openai" and settings.get("include_ai_filters") is not None:
            raise ConfigurationError("include_ai_filters is a parameter of the native API: set api='native'")
        return settings

    def _call(self, request: Request) -> tuple[Call, Codec]:
        codec = codec_for(self.api, request.model, self_hosted=self.deployment == "self-hosted")
        request_id = f"clovax-{uuid.uuid4()}"
        key = self._settled_key(self._place).get_secret_value()
        headers = {
            **{name: value.get_secret_value() for name, value in (self.default_headers or {}).items()},
            **({"Authorization": f"Bearer {key}"} if key else {}),
            "Content-Type": "application/json",
            "Accept": "text/event-stream" if request.stream else "application/json",
            "Accept-Encoding": "identity",
            "User-Agent": f"clovax-agents/{__version__}",
            "X-NCP-CLOVASTUDIO-REQUEST-ID": request_id,
        }
        call = Call(
            url=codec.url(cast("str", self.base_url), request.model),
            headers=SecretHeaders(headers),
            body=codec.encode(request),
            deadlines=Deadlines.for_cap(request.cap or OPEN_CAP, self.timeout),
            request_id=request_id,
            policy=RetryPolicy(retries=self.max_retries),
        )
        return call, codec


def _result(message: AIMessage) -> ChatResult:
    return ChatResult(generations=[ChatGeneration(message=message)])
