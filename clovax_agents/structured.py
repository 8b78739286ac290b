"""Structured output: the answer as an object, checked here, with one round of repair."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal, cast, get_args

from langchain_core.exceptions import OutputParserException
from langchain_core.messages import AIMessage, HumanMessage, ToolMessage, convert_to_messages
from langchain_core.prompt_values import PromptValue
from langchain_core.runnables import Runnable
from typing_extensions import override

from clovax_agents.client.rounds import one_deadline
from clovax_agents.errors import ConfigurationError, InvalidArgumentsError, StructuredOutputError
from clovax_agents.wire.wording import say

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping

    from langchain_core.callbacks import AsyncCallbackManagerForChainRun, CallbackManagerForChainRun
    from langchain_core.language_models import BaseChatModel, LanguageModelInput
    from langchain_core.messages import BaseMessage
    from langchain_core.runnables import RunnableConfig

    from clovax_agents.answers import AnswerForm
    from clovax_agents.capabilities import ModelCard

__all__ = ["Method", "StructuredModel", "bound_to", "settled_method"]

Method = Literal["json_schema", "function_calling"]
_ROUNDS: Final = 2
_REPAIR: Final = (
    "That does not fit the form that was asked for: {error}. Answer again, with the whole corrected JSON object only."
)
_CUT_OFF: Final = "the answer was cut off at its cap: set a larger max_tokens"


class _WrongFormError(StructuredOutputError, OutputParserException):
    """What is raised: one of ours that also is what LangChain's own parsers raise."""

    def __init__(self, text: str, answer: str) -> None:
        OutputParserException.__init__(self, text, llm_output=answer)


@dataclass(slots=True)
class _Outcome:
    raw: AIMessage
    parsed: object
    error: _WrongFormError | None


class StructuredModel(Runnable["LanguageModelInput", "Any"]):
    """A model whose answer is an object of a given form; what `ChatClovaX.with_structured_output` returns.

    An answer of another form is asked for once more, with what was wrong about it; one deadline holds for both.

    Args:
        model: bound to the form, as a response format or as a tool.
        form: of the answer.
        method: how the form was bound.
        include_raw: give ``{"raw": message, "parsed": object or None, "parsing_error": error or None}``, and raise
            nothing about the form.

    Raises:
        StructuredOutputError: of each call, when the second answer does not fit either; also LangChain's
            ``OutputParserException``.
    """

    def __init__(
        self, model: Runnable[LanguageModelInput, AIMessage], form: AnswerForm, *, method: Method, include_raw: bool
    ) -> None:
        self._model = model
        self._form = form
        self._method = method
        self._include_raw = include_raw
        self.name: str | None = f"StructuredModel<{form.name}>"

    @property
    @override
    def InputType(self) -> Any:  # LangChain's name
        return self._model.InputType

    @property
    @override
    def OutputType(self) -> Any:  # LangChain's name
        return dict[str, Any] if self._include_raw else self._form.kind

    @override
    def invoke(self, input: LanguageModelInput, config: RunnableConfig | None = None, **kwargs: Any) -> Any:
        return self._call_with_config(self._answer, input, config, **kwargs)

    @override
    async def ainvoke(self, input: LanguageModelInput, config: RunnableConfig | None = None, **kwargs: Any) -> Any:
        return await self._acall_with_config(self._aanswer, input, config, **kwargs)

    def _answer(
        self,
        given: LanguageModelInput,
        run_manager: CallbackManagerForChainRun,  # noqa: ARG002  # LangChain looks for it by name
        config: RunnableConfig,
        **kwargs: Any,
    ) -> Any:
        rounds = self._rounds(given)
        messages = next(rounds)
        with one_deadline():
            while True:
                try:
                    messages = rounds.send(self._model.invoke(messages, config, **kwargs))
                except StopIteration as stop:
                    return self._result(stop.value)

    async def _aanswer(
        self,
        given: LanguageModelInput,
        run_manager: AsyncCallbackManagerForChainRun,  # noqa: ARG002  # LangChain looks for it by name
        config: RunnableConfig,
        **kwargs: Any,
    ) -> Any:
        rounds = self._rounds(given)
        messages = next(rounds)
        with one_deadline():
            while True:
                try:
                    messages = rounds.send(await self._model.ainvoke(messages, config, **kwargs))
                except StopIteration as stop:
                    return self._result(stop.value)

    def _rounds(self, given: LanguageModelInput) -> Generator[list[BaseMessage], AIMessage, _Outcome]:
        """Say what to ask, take the answers, and return what came of it."""
        messages = _messages(given)
        for left in reversed(range(_ROUNDS)):
            raw = yield messages
            try:
                return _Outcome(raw, self._read(raw), None)
            except InvalidArgumentsError as error:
                cut = raw.response_metadata.get("finish_reason") == "length"
                failure = _WrongFormError(f"{self._form.name}: {_CUT_OFF if cut else error}", raw.text)
                if cut or not left:
                    return _Outcome(raw, None, failure)
                messages = [*messages, raw, *_complaints(raw, say(_REPAIR, error=error))]
        raise AssertionError  # the last round returns

    def _read(self, raw: AIMessage) -> object:
        if self._method == "json_schema":
            return self._form.parse(raw.text)
        if raw.invalid_tool_calls:
            raise InvalidArgumentsError(str(raw.invalid_tool_calls[0]["error"]))
        call = next((call for call in raw.tool_calls if call["name"] == self._form.name), None)
        if call is None:
            raise InvalidArgumentsError(say("{name} was not called", name=self._form.name))
        return self._form.read(call["args"])

    def _result(self, outcome: _Outcome) -> Any:
        if self._include_raw:
            return {"raw": outcome.raw, "parsed": outcome.parsed, "parsing_error": outcome.error}
        if outcome.error:
            raise outcome.error
        return outcome.parsed


def _complaints(raw: AIMessage, text: str) -> list[BaseMessage]:
    """Return what answers a wrong answer: every call of it is answered, whether it was valid or not."""
    ids = [call["id"] or "" for call in (*raw.tool_calls, *raw.invalid_tool_calls)]
    return [ToolMessage(text, tool_call_id=call_id, status="error") for call_id in ids] or [HumanMessage(text)]


def _messages(given: LanguageModelInput) -> list[BaseMessage]:
    if isinstance(given, PromptValue):
        return given.to_messages()
    return convert_to_messages([HumanMessage(given)] if isinstance(given, str) else given)


def settled_method(method: str | None, card: ModelCard) -> Method:
    """Return the way to have an answer as an object: the one that is asked for, or the best that a model has.

    Raises:
        ConfigurationError: a method that the service does not have.
    """
    method = method or ("json_schema" if card.structured_output else "function_calling")
    if method == "json_mode":  # of the two that the service has, the one that means the same, and more
        return "json_schema"
    if method not in get_args(Method):
        known = " or ".join(get_args(Method))
        raise ConfigurationError(f"method {method!r} does not exist on CLOVA Studio: use {known}")
    return cast("Method", method)


def bound_to(
    model: BaseChatModel, form: AnswerForm, *, method: Method, options: Mapping[str, Any]
) -> Runnable[LanguageModelInput, AIMessage]:
    """Bind a model to the form of its answers, as a response format or as the one tool that it must call."""
    traced = {"kwargs": {"method": method}, "schema": form.traced}
    if method == "json_schema":
        wanted = {"name": form.name, "schema": form.schema, "strict": True}
        return model.bind(
            response_format={"type": "json_schema", "json_schema": wanted},
            ls_structured_output_format=traced,
            **options,
        )
    function = {"name": form.name, "description": form.schema["description"], "parameters": form.schema}
    tool = {"type": "function", "function": function}
    return model.bind_tools([tool], tool_choice=form.name, ls_structured_output_format=traced, **options)
