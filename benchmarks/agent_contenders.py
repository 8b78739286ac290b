"""The agents that are compared, each in a process of its own: it reads tasks as JSON and writes figures."""

from __future__ import annotations

import asyncio
import gc
import json
import os
import statistics
import sys
import time
import tracemalloc
import warnings
from contextlib import AsyncExitStack, suppress
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

_ASKED: Final = "무선 이어폰 재고가 있나요? calls={calls} wait={wait}"
_BEFORE: Final = "무선 이어폰 재고가 있나요? 언제 받을 수 있는지도 알려 주세요."
_SECONDS: Final = 0.5
_MICRO: Final = 1e6
_WARM: Final = 10
_TURNS: Final = 3
_DATABASES: Final = ("InMemory", "SQLite", "Postgres")


class Agents:
    """Agents of one contender: on its model over HTTP, or, for the graph alone, on one that answers at once.

    Args:
        name: of the contender.
        url: of the server.
        place: where checkpoints are kept.
    """

    def __init__(self, name: str, url: str, place: str) -> None:
        """Import nothing yet."""
        self._name = name
        self._url = url
        self._place = place
        self._made: dict[str, Any] = {}
        self._stack = AsyncExitStack()

    async def of(self, kind: str) -> Any:
        """Return the agent for a kind of task."""
        if kind not in self._made:
            saver = await self._saver(kind) if kind in _DATABASES else None
            self._made[kind] = self._build(_canned_model() if kind == "graph" else self._model(), saver)
        return self._made[kind]

    def _model(self) -> Any:
        settings: dict[str, Any] = {"model": "HCX-005", "api_key": "nv-benchmark", "base_url": self._url}
        if self._name in {"ours", "create_agent, our model"}:
            from clovax_agents import ChatClovaX  # noqa: PLC0415

            return ChatClovaX(**settings, max_tokens=4096, rate_limit="1000000000/1000000000")
        from langchain_naver import ChatClovaX as Naver  # noqa: PLC0415, TID251

        return Naver(**settings, max_tokens=4096)

    def _build(self, model: Any, saver: Any) -> Any:
        if self._name == "ours":
            from clovax_agents.prebuilt import react_agent  # noqa: PLC0415

            return react_agent(model=model, tools=[_our_tool()]).compile(checkpointer=saver)
        if self._name == "create_react_agent":
            from langgraph.prebuilt import create_react_agent  # noqa: PLC0415

            with warnings.catch_warnings(action="ignore"):  # it is deprecated, and still what many use
                return create_react_agent(model, [_their_tool()], checkpointer=saver)
        from langchain.agents import create_agent  # noqa: PLC0415

        return create_agent(model, [_their_tool()], checkpointer=saver)

    async def _saver(self, kind: str) -> Any:
        if self._name == "ours":
            from clovax_agents.checkpoints import open_checkpointer  # noqa: PLC0415

            url = f"sqlite:///{self._place}" if kind == "SQLite" else self._place
            return await self._stack.enter_async_context(open_checkpointer(url))
        if kind == "InMemory":
            from langgraph.checkpoint.memory import InMemorySaver  # noqa: PLC0415

            return InMemorySaver()
        if kind == "SQLite":
            from langgraph.checkpoint.sqlite.aio import AsyncSqliteSaver  # noqa: PLC0415

            return await self._stack.enter_async_context(AsyncSqliteSaver.from_conn_string(self._place))
        from langgraph.checkpoint.postgres.aio import AsyncPostgresSaver  # noqa: PLC0415

        saver = await self._stack.enter_async_context(AsyncPostgresSaver.from_conn_string(self._place))
        await saver.setup()
        return saver


class HandMade:
    """A loop over httpx: what one would write without any library for agents.

    Args:
        url: of the server.
    """

    def __init__(self, url: str) -> None:
        """Make the client."""
        import httpx  # noqa: PLC0415

        headers = {"Authorization": "Bearer nv-benchmark"}
        self._client = httpx.AsyncClient(limits=httpx.Limits(max_connections=None), headers=headers, timeout=60)
        self._url = url + "/chat/completions"

    async def of(self, kind: str) -> Any:
        """Return itself, where it can do this."""
        return self if kind in {"turn", "history"} else None

    async def ainvoke(self, given: Any, config: Any = None) -> Any:
        """Ask with a tool, run it, and ask with its results."""
        del config
        messages = [_as_dict(message) for message in given["messages"]]
        body = {"model": "HCX-005", "messages": messages, "tools": [_SCHEMA], "max_tokens": 1024}
        while True:
            answer = (await self._client.post(self._url, json=body)).json()["choices"][0]["message"]
            messages.append(answer)
            if not answer.get("tool_calls"):
                return {"messages": messages}
            for call in answer["tool_calls"]:
                result = await look(**json.loads(call["function"]["arguments"]))
                messages.append({"role": "tool", "content": result, "tool_call_id": call["id"]})


async def look(text: str) -> str:
    """Look something up."""
    return f"{text}: 재고 12개, 배송 2일"


_SCHEMA: Final = {
    "type": "function",
    "function": {
        "name": "look",
        "description": "Look something up.",
        "parameters": {"type": "object", "properties": {"text": {"type": "string"}}, "required": ["text"]},
    },
}


def _our_tool() -> Any:
    from clovax_agents import tool  # noqa: PLC0415
    from clovax_agents.tooling.policy import ToolPolicy  # noqa: PLC0415

    return tool(policy=ToolPolicy(effect="read"))(look)


def _their_tool() -> Any:
    from langchain_core.tools import tool  # noqa: PLC0415

    return tool(look)


def _canned_model() -> Any:
    """Return a model that costs nothing: the calls that the question asks for, then an answer."""
    from langchain_core.language_models import FakeListChatModel  # noqa: PLC0415
    from langchain_core.messages import AIMessage, ToolMessage  # noqa: PLC0415

    def called(count: int) -> Any:
        calls: Any = [
            {"name": "look", "args": {"text": "가"}, "id": f"c{n}", "type": "tool_call"} for n in range(count)
        ]
        return AIMessage("", tool_calls=calls, response_metadata={"finish_reason": "tool_calls"})

    answers = {count: called(count) for count in (1, 8, 32)}
    end = AIMessage("네, 알겠습니다.", response_metadata={"finish_reason": "stop"})

    class Canned(FakeListChatModel):
        def bind_tools(self, tools: Any, **_: Any) -> Any:  # noqa: ARG002
            return self

        async def ainvoke(self, input: Any, config: Any = None, **_: Any) -> Any:  # noqa: A002, ARG002
            last = input[-1]
            found = (
                end if isinstance(last, ToolMessage) else answers[int(last.content.partition("calls=")[2].split()[0])]
            )
            return found.model_copy()

    return Canned(responses=[""])


def _history(length: int) -> list[Any]:
    """Return a conversation of so many messages, whole turns: questions, calls, results and answers."""
    from langchain_core.messages import AIMessage, HumanMessage, ToolMessage  # noqa: PLC0415

    found: list[Any] = []
    for turn in range(length // 4 + 1):
        call: Any = {"name": "look", "args": {"text": "무선 이어폰"}, "id": f"c{turn}", "type": "tool_call"}
        question = HumanMessage(_BEFORE, id=f"q{turn}")
        answer = AIMessage("재고가 12개 있고, 이틀이면 받으실 수 있습니다.", id=f"b{turn}")
        if len(found) + 4 > length:  # no room for a call
            return [*found, question, answer][:length]
        result = ToolMessage("무선 이어폰: 재고 12개, 배송 2일", tool_call_id=f"c{turn}", id=f"t{turn}", name="look")
        found += [question, AIMessage("", id=f"a{turn}", tool_calls=[call]), result, answer]
    return found


def _as_dict(message: Any) -> dict[str, Any]:
    role = {"human": "user", "ai": "assistant", "tool": "tool"}[message.type]
    made = {"role": role, "content": message.content}
    if role == "tool":
        made["tool_call_id"] = message.tool_call_id
    if calls := getattr(message, "tool_calls", None):
        functions = [{"name": call["name"], "arguments": json.dumps(call["args"])} for call in calls]
        ids = [call["id"] for call in calls]
        made["tool_calls"] = [
            {"id": key, "type": "function", "function": function} for key, function in zip(ids, functions, strict=True)
        ]
    return made


async def _figure(contender: Any, url: str, task: dict[str, Any]) -> float | None:
    """Measure a task; None if the contender cannot do it."""
    agent = await contender.of(task["kind"])
    if agent is None:
        return None
    if task["kind"] in _DATABASES:
        return await _kept(agent, task)

    async def turn(wait: int = task["wait"]) -> None:
        await _turn(agent, before, task["calls"], wait)

    before = _history(task["history"])
    if task["kind"] == "memory":
        return await _waiting(turn, url, task["width"])
    return await (_at_once(turn, task["width"]) if task["width"] else _one_by_one(turn))


async def _turn(agent: Any, before: list[Any], calls: int, wait: int = 0, config: Any = None) -> None:
    from langchain_core.messages import HumanMessage  # noqa: PLC0415

    asked = HumanMessage(_ASKED.format(calls=calls, wait=wait))
    found = await agent.ainvoke({"messages": [*before, asked]}, config)
    messages = found["messages"][len(before) :] if config is None else found["messages"]
    if config is None and len(messages) != calls + 3:
        raise RuntimeError(f"a turn that went wrong: {messages}")


async def _one_by_one(turn: Callable[[], Awaitable[None]]) -> float:
    """Return the CPU time of a turn, the mean over half a second, and over three at least."""
    await turn()
    gc.collect()
    count, began, end = 0, time.process_time(), time.monotonic() + _SECONDS
    while time.monotonic() < end or count < _TURNS:
        await turn()
        count += 1
    return (time.process_time() - began) / count * _MICRO


async def _kept(agent: Any, task: dict[str, Any]) -> float:
    """Return the CPU time of a turn on a thread that has its history already, the median of a few."""
    config = {"configurable": {"thread_id": os.urandom(8).hex()}}
    node = next(name for name in ("model", "agent") if name in agent.nodes)
    await agent.aupdate_state(config, {"messages": _history(task["history"])}, as_node=node)
    spent: list[float] = []
    for _ in range(_TURNS + 1):
        gc.collect()
        began = time.process_time()
        await _turn(agent, [], task["calls"], config=config)
        spent.append(time.process_time() - began)
    state = await agent.aget_state(config)
    if len(state.values["messages"]) != task["history"] + 4 * (_TURNS + 1):
        raise RuntimeError("turns that went wrong")
    await agent.checkpointer.adelete_thread(config["configurable"]["thread_id"])
    return statistics.median(spent[1:]) * _MICRO


async def _at_once(turn: Callable[[], Awaitable[None]], width: int) -> float:
    """Return the CPU time of one of many turns at the same time."""
    await asyncio.gather(*(turn() for _ in range(width)))
    gc.collect()
    began = time.process_time()
    await asyncio.gather(*(turn() for _ in range(width)))
    return (time.process_time() - began) / width * _MICRO


async def _waiting(turn: Callable[..., Awaitable[None]], url: str, width: int) -> float:
    """Return the memory, in KiB, of one of many agents that wait for their model: of Python's objects.

    What the process has of the system would tell how much had been freed before.
    """
    await asyncio.gather(*(turn(0) for _ in range(_WARM)))
    gc.collect()
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    tasks = [asyncio.ensure_future(turn()) for _ in range(width)]
    while await asyncio.to_thread(_held, url) < width:  # noqa: ASYNC110  # the server is asked
        await asyncio.sleep(0.1)
    gc.collect()
    used = (tracemalloc.get_traced_memory()[0] - before) / 1024
    tracemalloc.stop()
    for task in tasks:
        task.cancel()
    with suppress(asyncio.CancelledError):
        await asyncio.gather(*tasks, return_exceptions=True)
    return used / width


def _held(url: str) -> int:
    """Return how many requests the server has not answered yet."""
    from http.client import HTTPConnection  # noqa: PLC0415
    from urllib.parse import urlsplit  # noqa: PLC0415

    connection = HTTPConnection(urlsplit(url).netloc)
    connection.request("POST", "/", body=b"how many are held?")
    found: int = json.loads(connection.getresponse().read())["held"]
    connection.close()
    return found


async def _main() -> None:
    name, url, place = sys.argv[1:]
    contender: Any = HandMade(url) if name == "httpx" else Agents(name, url, place)
    while line := (await asyncio.to_thread(sys.stdin.readline)).strip():
        sys.stdout.write(json.dumps(await _figure(contender, url, json.loads(line))) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    asyncio.run(_main())
