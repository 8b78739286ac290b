"""How the doors of LangChain's interface lead to a call of the service, each the shortest way that gives the same."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable  # noqa: TC003  # Pydantic reads the annotation
from contextlib import aclosing, closing, contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from langchain_core.language_models.chat_models import BaseChatModel
from langchain_core.outputs import ChatGeneration, ChatGenerationChunk, ChatResult
from langchain_core.runnables.config import ensure_config
from pydantic import Field

from clovax_agents.errors import ServiceError
from clovax_agents.fast_paths import Heard, cost_of, fresh_run, messages_of, normalized, way_of, without_trace_options
from clovax_agents.replies import Assembler, to_message

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator, Generator, Iterator

    from langchain_core.callbacks import AsyncCallbackManagerForLLMRun, CallbackManagerForLLMRun
    from langchain_core.language_models import LanguageModelInput
    from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage
    from langchain_core.runnables import RunnableConfig

    from clovax_agents.jobs import Job

__all__ = ["Asking"]


class Asking(BaseChatModel):
    """A chat model that knows how to ask; a subclass says what (`_job`)."""

    streaming: bool = False
    """Stream even when the whole answer is asked for, so that callbacks see it grow."""
    redact: Callable[[str], str] | None = Field(default=None, exclude=True)
    """What makes of text and thinking what may be seen, such as `KoreanPII`: whole, streamed and for callbacks.
    Arguments of tool calls stay as they are, because the tools need them."""

    @abstractmethod
    def _job(self, messages: list[BaseMessage], stop: list[str] | None, kwargs: dict[str, Any], *, stream: bool) -> Job:
        """Return what is to be sent for these messages and options."""

    def invoke(
        self,
        input: LanguageModelInput,  # noqa: A002
        config: RunnableConfig | None = None,
        *,
        stop: list[str] | None = None,
        **kwargs: Any,
    ) -> AIMessage:
        """Ask, and wait for the whole answer."""
        config = ensure_config(config)
        way = "langchain" if self.streaming else way_of(self, config, kwargs)
        if way == "langchain":
            return super().invoke(input, config, stop=stop, **kwargs)
        messages = messages_of(self, input)
        if way == "alone":
            return self._ask(normalized(messages), stop, without_trace_options(kwargs), f"{fresh_run()}-0")
        return Heard(self, config, stop, kwargs).ask(messages, lambda found, run: self._ask(found, stop, kwargs, run))

    async def ainvoke(
        self,
        input: LanguageModelInput,  # noqa: A002
        config: RunnableConfig | None = None,
        *,
        stop: list[str] | None = None,
        **kwargs: Any,
    ) -> AIMessage:
        """Ask, and wait for the whole answer."""
        config = ensure_config(config)
        way = "langchain" if self.streaming else way_of(self, config, kwargs)
        if way == "langchain":
            return await super().ainvoke(input, config, stop=stop, **kwargs)
        messages = messages_of(self, input)
        if way == "alone":
            return await self._aask(normalized(messages), stop, without_trace_options(kwargs), f"{fresh_run()}-0")
        heard = Heard(self, config, stop, kwargs)
        return await heard.aask(messages, lambda found, run: self._aask(found, stop, kwargs, run))

    def stream(
        self,
        input: LanguageModelInput,  # noqa: A002
        config: RunnableConfig | None = None,
        *,
        stop: list[str] | None = None,
        **kwargs: Any,
    ) -> Iterator[AIMessageChunk]:
        """Ask, and yield the answer piece by piece."""
        config = ensure_config(config)
        if way_of(self, config, kwargs) != "alone":
            yield from super().stream(input, config, stop=stop, **kwargs)
            return
        run = fresh_run()
        for chunk in self._pieces(normalized(messages_of(self, input)), stop, without_trace_options(kwargs)):
            chunk.id = chunk.id or run
            yield chunk

    async def astream(
        self,
        input: LanguageModelInput,  # noqa: A002
        config: RunnableConfig | None = None,
        *,
        stop: list[str] | None = None,
        **kwargs: Any,
    ) -> AsyncIterator[AIMessageChunk]:
        """Ask, and yield the answer piece by piece."""
        config = ensure_config(config)
        if way_of(self, config, kwargs) != "alone":
            async for chunk in super().astream(input, config, stop=stop, **kwargs):
                yield chunk
            return
        run, messages = fresh_run(), normalized(messages_of(self, input))
        async with aclosing(self._apieces(messages, stop, without_trace_options(kwargs))) as chunks:
            async for chunk in chunks:
                chunk.id = chunk.id or run
                yield chunk

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        return _result(self._ask(messages, stop, kwargs))

    async def _agenerate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: AsyncCallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        return _result(await self._aask(messages, stop, kwargs))

    def _ask(
        self, messages: list[BaseMessage], stop: list[str] | None, kwargs: dict[str, Any], run: str | None = None
    ) -> AIMessage:
        from clovax_agents.client.drivers import one  # noqa: PLC0415  # HTTP libraries only when something is sent

        job = self._job(messages, stop, kwargs, stream=False)
        reply = one(job.reply())
        job.learn(reply.usage)
        return to_message(reply, job.model, run, self.redact)

    async def _aask(
        self, messages: list[BaseMessage], stop: list[str] | None, kwargs: dict[str, Any], run: str | None = None
    ) -> AIMessage:
        from clovax_agents.client.drivers import aone  # noqa: PLC0415  # HTTP libraries only when something is sent

        job = self._job(messages, stop, kwargs, stream=False)
        reply = await aone(job.reply())
        job.learn(reply.usage)
        return to_message(reply, job.model, run, self.redact)

    def _stream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> Iterator[ChatGenerationChunk]:
        for chunk in self._pieces(messages, stop, kwargs):
            yield ChatGenerationChunk(message=chunk)

    async def _astream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: AsyncCallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> AsyncIterator[ChatGenerationChunk]:
        async with aclosing(self._apieces(messages, stop, kwargs)) as chunks:
            async for chunk in chunks:
                yield ChatGenerationChunk(message=chunk)

    def _pieces(
        self, messages: list[BaseMessage], stop: list[str] | None, kwargs: dict[str, Any]
    ) -> Iterator[AIMessageChunk]:
        from clovax_agents.client.drivers import iterate  # noqa: PLC0415  # HTTP libraries only when something is sent

        job = self._job(messages, stop, kwargs, stream=True)
        assembler = Assembler(job.model, self.redact)
        with _redacted_rest(self.redact), closing(iterate(job.deltas())) as deltas:
            for delta in deltas:
                if chunk := assembler.add(delta):
                    yield chunk
        job.learn(assembler.usage)
        yield assembler.last()

    async def _apieces(
        self, messages: list[BaseMessage], stop: list[str] | None, kwargs: dict[str, Any]
    ) -> AsyncGenerator[AIMessageChunk, None]:
        from clovax_agents.client.drivers import aiterate  # noqa: PLC0415  # HTTP libraries only when something is sent

        job = self._job(messages, stop, kwargs, stream=True)
        assembler = Assembler(job.model, self.redact)
        with _redacted_rest(self.redact):
            async with aclosing(aiterate(job.deltas())) as deltas:
                async for delta in deltas:
                    if chunk := assembler.add(delta):
                        yield chunk
        job.learn(assembler.usage)
        yield assembler.last()

    def _combine_llm_outputs(self, llm_outputs: list[dict[str, Any] | None]) -> dict[str, Any]:
        """Add up what several answers cost, as `generate` and `batch` ask for it."""
        found = [output for output in llm_outputs if output]
        usages = [output["token_usage"] for output in found if output["token_usage"]]
        names = ("prompt_tokens", "completion_tokens", "total_tokens")
        total = {name: sum(usage[name] for usage in usages) for name in names} if usages else None
        return {"token_usage": total, "model_name": found[0]["model_name"]} if found else {}


def _result(message: AIMessage) -> ChatResult:
    return ChatResult(generations=[ChatGeneration(message=message)], llm_output=cost_of(message))


@contextmanager
def _redacted_rest(redact: Callable[[str], str] | None) -> Generator[None]:
    """Redact, too, what an error keeps of an answer that broke off."""
    try:
        yield
    except ServiceError as error:
        if redact is not None and error.facts.partial:
            error.facts = replace(error.facts, partial=redact(error.facts.partial))
        raise
