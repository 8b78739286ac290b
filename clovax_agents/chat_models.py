"""`ChatClovaX`: HyperCLOVA X as a LangChain chat model."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar, Literal, cast

from langchain_core.language_models.base import LangSmithParams
from langchain_core.language_models.model_profile import ModelProfile
from pydantic import ConfigDict, Field
from typing_extensions import override

from clovax_agents.asking import Asking
from clovax_agents.budgets.accounts import current_account
from clovax_agents.call_sites import planned_cap, site_of
from clovax_agents.client.rounds import begun
from clovax_agents.counting import Counting
from clovax_agents.deployments import deployment_of
from clovax_agents.dropin import adopted
from clovax_agents.errors import ConfigurationError
from clovax_agents.jobs import Job
from clovax_agents.requests import OPEN_CAP, Options, build_request
from clovax_agents.settings import checked
from clovax_agents.tool_choice import must_call
from clovax_agents.tool_schemas import ToolSchemas, schema_of
from clovax_agents.wire.codecs import Api, codec_for

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from langchain_core.language_models import LanguageModelInput
    from langchain_core.messages import AIMessage, BaseMessage
    from langchain_core.runnables import Runnable
    from langchain_core.tools import BaseTool

    from clovax_agents.client.call import Call
    from clovax_agents.client.policy import Deadlines
    from clovax_agents.wire.codecs import Codec
    from clovax_agents.wire.neutral import Request

__all__ = ["ChatClovaX"]

_OPTIONS = frozenset(Options.__dataclass_fields__)
_PER_CALL = frozenset({"tools", "tool_choice", "response_format"})
_CALL_OPTIONS = _OPTIONS | {"timeout", "tool_calling"}
_SETTINGS = sorted(_OPTIONS - _PER_CALL)
_IGNORED = ("parallel_tool_calls", "stream", "strict")
"""What LangChain passes to every model: here streams are asked for by method, and schemas are always strict."""


class ChatClovaX(Counting, Asking):
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

    model_config: ClassVar[ConfigDict] = ConfigDict(extra="forbid")

    model: str = "HCX-005"
    """Name of the model, or ``ft:{task_id}`` for a fine-tuned one."""
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
    plan_caps: bool = False
    """Where ``max_tokens`` is not set, choose the smallest cap that serves, as earlier answers at the same place have
    shown (graph, node, model, tools or not): the rate limit is charged the whole cap. An answer that was cut off raises
    it at once; with tools it is never under 1,024. Learned from answers that tell their usage."""
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
    disabled_params: dict[str, Any] | None = None
    """Parameters never to send, each with None, or with the list of values not to send."""

    @override
    def _settle(self) -> None:
        super()._settle()
        self._check_address(self.api)

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
    def model_name(self) -> str:
        """The model, under the name that LangChain's programs look for."""
        return self.model

    @property
    def _llm_type(self) -> str:
        return "chat-naver"

    @property
    def lc_secrets(self) -> dict[str, str]:
        """Name the environment variable behind the key, so that it is never serialised."""
        return {"api_key": "CLOVASTUDIO_API_KEY"}

    @property
    def _identifying_params(self) -> dict[str, Any]:
        fields = vars(self)
        return {name: value for name in _SETTINGS if (value := fields[name]) is not None}

    def _get_invocation_params(self, stop: list[str] | None = None, **kwargs: Any) -> dict[str, Any]:
        # LangChain's cache tells models apart by this
        place = {"base_url": self.base_url, "api": self.api, "tool_calling": self.tool_calling}
        place |= {} if self.redact is None else {"redact": repr(self.redact)}
        return {**self._identifying_params, **place, "_type": self._llm_type, "stop": stop, **kwargs}

    def _get_ls_params(self, stop: list[str] | None = None, **kwargs: Any) -> LangSmithParams:
        params = LangSmithParams(
            ls_provider="naver", ls_model_type="chat", ls_model_name=kwargs.get("model") or self.model
        )
        if (temperature := kwargs.get("temperature", self.temperature)) is not None:
            params["ls_temperature"] = temperature
        if (cap := kwargs.get("max_tokens", self.max_tokens)) is not None:
            params["ls_max_tokens"] = cap
        stops: str | list[str] | None = stop or self.stop
        if stops:
            params["ls_stop"] = [stops] if isinstance(stops, str) else list(stops)
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
        schemas = ToolSchemas(schema_of(tool) for tool in tools)
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
        from clovax_agents.answers import AnswerForm  # noqa: PLC0415  # most models answer in text
        from clovax_agents.structured import StructuredModel, bound_to, settled_method  # noqa: PLC0415  # the same

        kwargs.pop("strict", None)  # always: the service has no other way, and the answer is checked here
        card = self._place.card(kwargs.get("model") or self.model)
        method = settled_method(method, card)
        form = AnswerForm.of(schema)
        bound = bound_to(self, form, method=method, options=kwargs)
        return StructuredModel(bound, form, method=method, include_raw=include_raw)

    def _job(self, messages: list[BaseMessage], stop: list[str] | None, kwargs: dict[str, Any], *, stream: bool) -> Job:
        settings = self._options(stop, kwargs)
        strategy = settings.pop("tool_calling", self.tool_calling)
        emulated = strategy == "emulated"
        send = partial(self._call, timeout=settings.pop("timeout")) if "timeout" in settings else self._call
        options = Options(**settings)
        if options.tools and (emulated or self._beyond_the_service(options)):
            from clovax_agents.emulated_jobs import emulated_job  # noqa: PLC0415  # most models call tools

            if not emulated:  # what does not go together is refused in any case
                build_request(messages, replace(options, tool_choice=None), stream=stream, deployment=self._place)
            return emulated_job(messages, options, send, stream=stream, deployment=self._place)
        request = build_request(messages, options, stream=stream, deployment=self._place)
        if not (self.plan_caps and self._place.limited):
            return Job(request, send)
        site = site_of(request)
        if options.max_tokens is None:
            request.cap = planned_cap(site, request, self._place.card(options.model))
        return Job(request, send, site=site)

    def _beyond_the_service(self, options: Options) -> bool:
        """Tell whether one of several tools must be called, for which CLOVA Studio has no word."""
        return self._place.limited and len(options.tools) > 1 and must_call(options.tool_choice)

    def _options(self, stop: list[str] | None, kwargs: dict[str, Any]) -> dict[str, Any]:
        if kwargs.get("parallel_tool_calls") is False:
            raise ConfigurationError("parallel_tool_calls=False is refused by CLOVA Studio: leave it away")
        settings = self._identifying_params
        if given := {name: value for name, value in kwargs.items() if name not in _IGNORED}:
            settings |= checked(type(self), _unset(adopted(given, _CALL_OPTIONS)), _PER_CALL)
        if stop := stop or settings.get("stop"):
            settings["stop"] = [stop] if isinstance(stop, str) else stop
        for name, values in (self.disabled_params or {}).items():
            if name in settings and (values is None or settings[name] in values):
                del settings[name]
        return settings

    def _call(self, request: Request, timeout: float | Deadlines | None = None) -> tuple[Call, Codec]:
        codec = codec_for(self.api, request.model, self_hosted=self.deployment == "self-hosted")
        url = codec.url(cast("str", self.base_url), request.model)
        body, cap = codec.encode(request), request.cap or OPEN_CAP
        counted = (request.model, len(request.turns))
        call = self._open(url, body, cap=cap, stream=request.stream, timeout=timeout, counted=counted)
        if (account := current_account()) is not None:
            call.draw_on(account, request.model)
        return begun(call), codec


def _unset(given: dict[str, Any]) -> dict[str, Any]:
    """Return the options of a call as this class needs them: None is no model and no tools, and any tool is a tool."""
    if given.get("model", "") is None:
        del given["model"]
    if "tools" in given and not isinstance(given["tools"], ToolSchemas):
        given["tools"] = ToolSchemas(schema_of(tool) for tool in given["tools"] or ())
    return given
