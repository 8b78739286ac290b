"""Those who are compared, each in a process of its own: it reads the names of tasks and writes CPU times."""

from __future__ import annotations

import asyncio
import json
import statistics
import sys
import time
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine

_QUESTION: Final = "서울 날씨 알려줘"
_PACKETS: Final = "in packets"
_FIRST: Final = "the first"
_HISTORY: Final = 200
_SECONDS: Final = 0.5


class LangChainModel:
    """A chat model of LangChain: ours, or langchain-naver's."""

    def __init__(self, package: str, url: str) -> None:
        """Import it and make a model."""
        from langchain_core.callbacks import BaseCallbackHandler  # noqa: PLC0415
        from langchain_core.messages import AIMessage, HumanMessage  # noqa: PLC0415

        self._make = __import__(package).ChatClovaX
        self._settings: dict[str, Any] = {
            "model": "HCX-005",
            "api_key": "nv-benchmark",
            "base_url": url,
            "max_tokens": 4096,
        }
        if package == "clovax_agents":  # calls are counted as they are by default, and none has to wait
            self._settings["rate_limit"] = "1000000000/1000000000"
        self.chat = self._make(**self._settings)
        inline = BaseCallbackHandler()
        inline.run_inline = True  # as LangSmith's tracer and LangGraph's handlers are
        self._observed, self._from_a_thread = {"callbacks": [inline]}, {"callbacks": [BaseCallbackHandler()]}
        self._package = package
        self._agent: Any = None
        turns = (HumanMessage("질문 " * 20), AIMessage("대답 " * 20))
        self._history = [turns[n % 2].model_copy() for n in range(_HISTORY)] + [HumanMessage(_QUESTION)]
        self._tools = {n: [_tool(k) for k in range(n)] for n in (1, 10, 100)}

    def construct(self) -> Any:
        """Make one more model."""
        return self._make(**self._settings)

    def invoke(self) -> Any:
        """Ask, with nobody listening."""
        return self.chat.invoke(_QUESTION)

    def invoke_observed(self) -> Any:
        """Ask, with a callback handler."""
        return self.chat.invoke(_QUESTION, self._observed)

    def invoke_history(self) -> Any:
        """Ask at the end of a long conversation."""
        return self.chat.invoke(self._history)

    async def ainvoke(self) -> Any:
        """Ask asynchronously."""
        return await self.chat.ainvoke(_QUESTION)

    async def ainvoke_observed(self) -> Any:
        """Ask asynchronously, with a callback handler."""
        return await self.chat.ainvoke(_QUESTION, self._observed)

    async def ainvoke_observed_from_a_thread(self) -> Any:
        """Ask asynchronously, with a callback handler that LangChain runs in a thread."""
        return await self.chat.ainvoke(_QUESTION, self._from_a_thread)

    async def aturn(self) -> Any:
        """Let an agent call one tool, and answer from its result."""
        self._agent = self._agent or self._made()
        found = await self._agent.ainvoke({"messages": [("user", _QUESTION)]})
        assert found["messages"][2].type == "tool"  # noqa: S101  # or else nothing was compared
        return found

    def _made(self) -> Any:
        if self._package == "langchain_naver":
            from langchain.agents import create_agent  # noqa: PLC0415

            return create_agent(self.chat, self._tools[1])
        from clovax_agents.prebuilt import react_agent  # noqa: PLC0415

        return react_agent(model=self.chat, tools=self._tools[1]).compile()

    async def afirst(self) -> float:
        """Read the first piece of a stream."""
        return await _until_first(self.chat.astream(_FIRST))

    async def astream_packets(self) -> Any:
        """Read a stream whose events come one by one."""
        async for part in self.chat.astream(_PACKETS):
            del part

    async def astream_text(self) -> Any:
        """Read a stream of text."""
        async for part in self.chat.astream(_QUESTION):
            del part

    async def astream_arguments(self) -> Any:
        """Read a stream of one long tool call."""
        async for part in self.chat.astream(_QUESTION, tools=_TOOLS):
            del part

    def bind_1(self) -> Any:
        """Bind one tool, again."""
        return self.chat.bind_tools(self._tools[1])

    def bind_10(self) -> Any:
        """Bind ten tools, again."""
        return self.chat.bind_tools(self._tools[10])

    def bind_100(self) -> Any:
        """Bind a hundred tools, again."""
        return self.chat.bind_tools(self._tools[100])


class OpenAISDK:
    """The OpenAI SDK, which langchain-naver is built on."""

    def __init__(self, url: str) -> None:
        """Make both clients."""
        import openai  # noqa: PLC0415, TID251

        self._settings: dict[str, Any] = {"api_key": "nv-benchmark", "base_url": url}
        self._make = openai.OpenAI
        self._client = openai.OpenAI(**self._settings)
        self._aclient: Any = openai.AsyncOpenAI(**self._settings)
        self._body: dict[str, Any] = {"model": "HCX-005", "messages": [{"role": "user", "content": _QUESTION}]}

    def construct(self) -> Any:
        """Make one more client."""
        return self._make(**self._settings)

    def invoke(self) -> Any:
        """Ask."""
        return self._client.chat.completions.create(**self._body)

    async def ainvoke(self) -> Any:
        """Ask asynchronously."""
        return await self._aclient.chat.completions.create(**self._body)

    async def afirst(self) -> float:
        """Read the first piece of a stream."""
        return await _until_first(self._streamed(_FIRST))

    async def astream_packets(self) -> Any:
        """Read a stream whose events come one by one."""
        async for part in self._streamed(_PACKETS):
            del part

    async def _streamed(self, question: str) -> AsyncIterator[Any]:
        body: dict[str, Any] = {**self._body, "messages": [{"role": "user", "content": question}]}
        async for part in await self._aclient.chat.completions.create(**body, stream=True):
            yield part

    async def astream_text(self) -> Any:
        """Read a stream of text."""
        async for part in self._streamed(_QUESTION):
            del part

    async def astream_arguments(self) -> Any:
        """Read a stream of one long tool call."""
        async for part in await self._aclient.chat.completions.create(**self._body, stream=True, tools=_TOOLS):
            del part


class BareHttpx:
    """httpx and json, and nothing else: what one would write by hand."""

    def __init__(self, url: str) -> None:
        """Make both clients."""
        import httpx  # noqa: PLC0415
        import orjson  # noqa: PLC0415

        self._loads = orjson.loads
        limits = httpx.Limits(max_connections=None)
        headers = {"Authorization": "Bearer nv-benchmark"}
        self._client = httpx.Client(limits=limits, headers=headers, timeout=60)
        self._aclient = httpx.AsyncClient(limits=limits, headers=headers, timeout=60)
        self._make = httpx.Client
        self._url = url + "/chat/completions"
        self._body: dict[str, Any] = {"model": "HCX-005", "messages": [{"role": "user", "content": _QUESTION}]}

    def construct(self) -> Any:
        """Make one more client."""
        return self._make()

    def invoke(self) -> Any:
        """Ask."""
        return self._client.post(self._url, json=self._body).json()

    async def ainvoke(self) -> Any:
        """Ask asynchronously."""
        return (await self._aclient.post(self._url, json=self._body)).json()

    async def afirst(self) -> float:
        """Read the first piece of a stream."""
        return await _until_first(self._stream(_FIRST))

    async def astream_packets(self) -> Any:
        """Read a stream whose events come one by one."""
        async for part in self._stream(_PACKETS):
            del part

    async def astream_text(self) -> Any:
        """Read a stream of text."""
        async for part in self._stream(_QUESTION):
            del part

    async def _stream(self, question: str) -> AsyncIterator[Any]:
        body = {**self._body, "messages": [{"role": "user", "content": question}], "stream": True}
        async with self._aclient.stream("POST", self._url, json=body) as response:
            rest = b""
            async for chunk in response.aiter_raw():
                *events, rest = (rest + chunk).split(b"\n\n")
                for event in events:
                    if event.startswith(b"data: {"):
                        yield self._loads(event[6:])

    async def aturn(self) -> Any:
        """Ask with a tool, run it, and ask with its result."""
        messages: list[Any] = [{"role": "user", "content": _QUESTION}]
        body = {"model": "HCX-005", "messages": messages, "tools": _TOOLS, "max_tokens": 1024}
        while True:
            answer = (await self._aclient.post(self._url, json=body)).json()["choices"][0]["message"]
            messages.append(answer)
            if not answer.get("tool_calls"):
                return messages
            for call in answer["tool_calls"]:
                result = str(json.loads(call["function"]["arguments"])["text"]) * 3
                messages.append({"role": "tool", "content": result, "tool_call_id": call["id"]})


def _tool(number: int) -> Any:
    from langchain_core.tools import tool  # noqa: PLC0415

    def look_up(text: str, count: int = 3) -> str:
        """Look something up."""
        return text * count

    return tool(f"tool_{number}")(look_up)


_TOOLS: Final = [
    {
        "type": "function",
        "function": {
            "name": "tool_0",
            "description": "Look something up",
            "parameters": {"type": "object", "properties": {"text": {"type": "string"}}, "required": ["text"]},
        },
    }
]


def _sync(task: Callable[[], object]) -> float:
    """Return CPU seconds of one run, the mean over half a second."""
    task()
    count, began, end = 0, time.process_time(), time.monotonic() + _SECONDS
    while time.monotonic() < end:
        task()
        count += 1
    return (time.process_time() - began) / count


async def _async(task: Callable[[], Awaitable[object]]) -> float:
    """Return CPU seconds of one run; a task that measures itself returns its seconds. No answer is kept."""
    await task()
    measured: list[float] = []
    count, began, end = 0, time.process_time(), time.monotonic() + _SECONDS
    while time.monotonic() < end:
        answer = await task()
        count += 1
        if isinstance(answer, float):
            measured.append(answer)
    return statistics.mean(measured) if measured else (time.process_time() - began) / count


async def _until_first(stream: AsyncIterator[Any]) -> float:
    """Return CPU seconds from now to the first piece, and read the rest."""
    began, seconds = time.process_time(), 0.0
    async for part in stream:
        del part
        seconds = seconds or time.process_time() - began
    return seconds


async def _concurrent(task: Callable[[], Coroutine[Any, Any, object]], width: int) -> float:
    await asyncio.gather(*(task() for _ in range(width)))
    began = time.process_time()
    await asyncio.gather(*(task() for _ in range(width)))
    return (time.process_time() - began) / width


def _contender(name: str, url: str) -> Any:
    if name == "openai":
        return OpenAISDK(url)
    if name == "httpx":
        return BareHttpx(url)
    return LangChainModel({"ours": "clovax_agents", "naver": "langchain_naver"}[name], url)


async def _run(contender: Any, task: str) -> float:
    name, _, width = task.partition("@")
    method = getattr(contender, name)
    if width:
        return await _concurrent(method, int(width))
    return await _async(method) if asyncio.iscoroutinefunction(method) else _sync(method)


async def _main() -> None:
    contender = _contender(sys.argv[1], sys.argv[2])
    while line := (await asyncio.to_thread(sys.stdin.readline)).strip():
        known = hasattr(contender, line.partition("@")[0])
        sys.stdout.write(json.dumps(await _run(contender, line) if known else None) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    asyncio.run(_main())
