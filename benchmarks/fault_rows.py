"""Rows of the fault table: each does one thing that goes wrong, and says what became of it.

What a row's docstring says below its first line is printed below the table.
"""

from __future__ import annotations

import asyncio
import ctypes
import resource
import sys
import time
from typing import TYPE_CHECKING, Any, Final

from fault_parts import QUESTION, Scripted, answers, calling, graph_of, seen_of
from langchain.agents.middleware import ToolRetryMiddleware
from langchain_core.messages import AIMessage, ToolMessage
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.types import Command, RetryPolicy, interrupt

from clovax_agents.errors import ConfigurationError
from clovax_agents.tooling.policy import ToolPolicy

if TYPE_CHECKING:
    from collections.abc import Callable

_HANG: Final = 12.0
_THREAD: Final[Any] = {"configurable": {"thread_id": "t"}}
_MANY: Final = 1000
_MIB: Final = 1 << 20


def hang(seconds: float = _HANG) -> str:
    """Take very long."""
    time.sleep(seconds)
    return "late"


async def hang_async(seconds: float = _HANG) -> str:
    """Take very long, asynchronously."""
    await asyncio.sleep(seconds)
    return "late"


async def hang_on(seconds: float = _HANG) -> str:
    """Take very long, and do not listen to being cancelled."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            await asyncio.sleep(end - time.monotonic())
        except asyncio.CancelledError:
            continue
    return "late"


def add(a: int, b: int = 0) -> str:
    """Add two numbers."""
    return str(a + b)


def fail(a: int) -> str:
    """Fail."""
    raise ValueError(f"no {a}")


def leave() -> str:
    """Leave the interpreter."""
    sys.exit(3)


def crash() -> str:
    """Read where nothing is."""
    return str(ctypes.string_at(0))


def row_01(who: str) -> str:
    """A sync tool hangs, the caller waits for 2 s."""
    return _timed(who, hang, policy=None, patience=2.0)


def row_02(who: str) -> str:
    """A sync tool hangs, best timeout there is (1 s).

    Ours is the tool's own, in a process, and most of the time is the start of the first worker; in a thread, which is
    the default, the thread goes on, as ToolNode's does, but does not hold up the end of the process. ToolNode's is the
    node's: it takes the siblings along.
    """
    if who == "create_agent":
        return "no timeout for tools"
    return _timed(who, hang, policy=ToolPolicy(timeout=1.0, runs_in="process"), patience=_HANG, timeout=1.0)


def row_03(who: str) -> str:
    """An async tool hangs, timeout 1 s."""
    if who == "create_agent":
        return "no timeout for tools"
    return _timed(who, hang_async, policy=ToolPolicy(timeout=1.0), patience=_HANG, timeout=1.0)


def row_04(who: str) -> str:
    """An async tool swallows its cancellation.

    A timeout of 1 s: the tool's here, the node's of ToolNode, the caller's of create_agent, which has no other.
    Nobody can end such a tool: it holds up the end of asyncio.run in each case.
    """
    patience = 1.0 if who == "create_agent" else _HANG + 3
    node: Any = {"timeout": 1.0} if who == "ToolNode" else {}
    return _timed(who, hang_on, policy=ToolPolicy(timeout=1.0), patience=patience, **node)


def row_05(who: str) -> str:
    """6 sync tools hang, then a fresh agent calls a tool."""

    async def both() -> str:
        model = Scripted(says=[calling("hang", *[{} for _ in range(6)])])
        stuck = asyncio.create_task(graph_of(who, model, hang).ainvoke(QUESTION))
        await asyncio.sleep(0.5)
        began = time.monotonic()
        fresh = graph_of(who, Scripted(says=[calling("add", {"a": 1})]), add)
        try:
            await asyncio.wait_for(fresh.ainvoke(QUESTION), 5)
            return f"answered after {time.monotonic() - began:.2f} s"
        except TimeoutError:
            return "starved (> 5 s)"
        finally:
            stuck.cancel()

    return asyncio.run(both())


def row_06(who: str) -> str:
    """A tool raises."""
    return _sync(who, calling("fail", {"a": 1}), fail)


def row_07(who: str) -> str:
    """A tool calls sys.exit."""
    return _sync(who, calling("leave", {}), leave)


def row_08(who: str) -> str:
    """A tool crashes the interpreter (ours: in a process).

    In a thread, where sync tools run by default, it would take the process along here, too. ToolNode and create_agent
    have no processes for tools.
    """
    return _sync(who, calling("crash", {}), crash, policy=ToolPolicy(runs_in="process"))


def row_13(who: str) -> str:
    """Arguments that are no JSON, as the only call."""
    return _invalid(who, '{"a": 1')


def row_14(who: str) -> str:
    """Arguments that are a JSON list."""
    return _invalid(who, "[1]")


def row_15(who: str) -> str:
    """Arguments nested 5,000 deep."""
    deep: Any = 1
    for _ in range(5000):
        deep = [deep]
    return _sync(who, calling("add", {"a": deep}), add)


def row_16(who: str) -> str:
    """A tool that does not exist."""
    return _sync(who, calling("subtract", {"a": 1}), add)


def row_17(who: str) -> str:
    """Two calls with one id."""
    model = Scripted(says=[calling("add", {"a": 1}, {"a": 2}, ids=["same", "same"])])
    found = graph_of(who, model, add).invoke(QUESTION)
    ids = [answer.tool_call_id for answer in answers(found)]
    return f"{len(ids)} answers under {len(set(ids))} id{'s' * (len(set(ids)) > 1)}"


def row_18(who: str) -> str:
    """A text where a number has to be."""
    return _sync(who, calling("add", {"a": "many"}), add)


def row_19(who: str) -> str:
    """The text "5" and true for numbers; an argument too many."""
    model = Scripted(says=[calling("add", {"a": "5"}, {"a": True}, {"a": 1, "c": 2})])
    return seen_of(lambda: graph_of(who, model, add).invoke(QUESTION))


def row_20(who: str) -> str:
    """Two tools with one name."""

    def first(a: int) -> str:
        """Be the first."""
        return f"first {a}"

    def second(a: int) -> str:
        """Be the second."""
        return f"second {a}"

    first.__name__ = second.__name__ = "add"
    try:
        found = graph_of(who, Scripted(says=[calling("add", {"a": 1})]), first, second).invoke(QUESTION)
    except (ConfigurationError, ValueError) as error:
        return f"refused ({type(error).__name__})"
    return f"{answers(found)[0].text.split()[0]} wins silently"


def row_21(who: str) -> str:
    """1,000 calls of a sync tool that takes 50 ms."""
    return _crowd(who, _work)


def row_22(who: str) -> str:
    """1,000 calls of an async tool that takes 50 ms."""
    return _crowd(who, _work_async)


def row_23(who: str) -> str:
    """A tool returns 100 MB.

    The memory is the most that the process had, beyond what it had before. What the model does not read of it is kept
    as the artifact of the answer, so the result itself takes as much memory as elsewhere.
    """

    def large() -> str:
        """Say much."""
        return "x" * (100 * _MIB)

    model = Scripted(says=[calling("large", {})])
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    graph_of(who, model, large).invoke(QUESTION)
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    sent = sum(len(message.text) for message in model.seen[-1])
    return f"{sent / _MIB:.2f} MiB sent to the model, {grown:.0f} MiB more memory"


def row_24(who: str) -> str:
    """A tool returns half of a surrogate pair."""

    def half() -> str:
        """Say half a character."""
        return "a\ud800b"

    model = Scripted(says=[calling("half", {})])
    graph_of(who, model, half).invoke(QUESTION)
    try:
        model.seen[-1][-1].text.encode()
    except UnicodeEncodeError:
        return "sent as it is: the request cannot be encoded"
    return "made readable"


def row_40(who: str) -> str:
    """The next question after a tool that raised."""
    model = Scripted(says=[calling("fail", {"a": 1})])
    graph = graph_of(who, model, fail, checkpointer=InMemorySaver())
    for _ in range(2):
        seen_of(lambda: graph.invoke(QUESTION, _THREAD))
    sent = model.seen[-1]
    asked = {call["id"] for message in sent if isinstance(message, AIMessage) for call in message.tool_calls}
    answered = {message.tool_call_id for message in sent if isinstance(message, ToolMessage)}
    return f"{len(asked - answered)} of {len(asked)} calls go to the model without an answer"


def row_44(who: str) -> str:
    """The sync interface with an async tool."""
    return _sync(who, calling("hang_async", {"seconds": 0.01}), hang_async)


def row_45(who: str) -> str:
    """The effect happens, then the connection breaks; the others are set to try again, which no "once" tool can be."""
    done: list[int] = []

    def pay(amount: int) -> str:
        """Pay."""
        done.append(amount)
        raise ConnectionError("no answer")

    node: Any = {"retry_policy": RetryPolicy(initial_interval=0.01, max_attempts=3)} if who == "ToolNode" else {}
    retries = (ToolRetryMiddleware(max_retries=2, initial_delay=0.01),)
    graph = graph_of(who, Scripted(says=[calling("pay", {"amount": 1})]), pay, middleware=retries, **node)
    ended = seen_of(lambda: graph.invoke(QUESTION))
    return f"paid {len(done)} times; {ended}"


def row_46(who: str) -> str:
    """Two calls of a message: one has an effect, the other asks a person."""
    done: list[int] = []

    def pay(amount: int) -> str:
        """Pay."""
        done.append(amount)
        return "paid"

    def ask(amount: int) -> str:
        """Ask a person."""
        return str(interrupt(amount))

    message = calling("pay", {"amount": 1})
    message.tool_calls.append({"name": "ask", "args": {"amount": 1}, "id": "call_1", "type": "tool_call"})
    graph = graph_of(who, Scripted(says=[message]), pay, ask, checkpointer=InMemorySaver())
    graph.invoke(QUESTION, _THREAD)
    graph.invoke(Command(resume="yes"), _THREAD)
    return f"paid {len(done)} time{'s' * (len(done) > 1)}"


def _sync(who: str, says: AIMessage, *functions: Callable[..., Any], policy: ToolPolicy | None = None) -> str:
    graph = graph_of(who, Scripted(says=[says]), *functions, policy=policy)
    return seen_of(lambda: graph.invoke(QUESTION))


def _timed(who: str, tool: Any, *, policy: ToolPolicy | None, patience: float, timeout: float | None = None) -> str:
    node: Any = {"timeout": timeout} if timeout is not None else {}
    graph = graph_of(who, Scripted(says=[calling(tool.__name__, {})]), tool, policy=policy, **node)
    began = time.monotonic()

    async def run() -> str:
        try:
            state = await asyncio.wait_for(graph.ainvoke(QUESTION), patience)
        except Exception as error:  # noqa: BLE001  # that is what is measured
            how = (
                "the caller's timeout" if isinstance(error, TimeoutError) and timeout is None else type(error).__name__
            )
            said = f"run dies ({how})"
        else:
            said = "error to the model" if answers(state)[0].status == "error" else "runs"
        said += f" after {time.monotonic() - began:.1f} s"
        print(said, flush=True)  # noqa: T201  # before the loop ends, which may take long
        return said

    return asyncio.run(run())


def _invalid(who: str, arguments: str) -> str:
    raw = [{"id": "c", "type": "function", "function": {"name": "add", "arguments": arguments}}]
    call: Any = {"type": "invalid_tool_call", "name": "add", "args": arguments, "id": "c", "error": "not JSON"}
    message = AIMessage("", id="m", invalid_tool_calls=[call], additional_kwargs={"tool_calls": raw})
    model = Scripted(says=[message])
    ended = seen_of(lambda: graph_of(who, model, add).invoke(QUESTION))
    return ended if len(model.seen) > 1 or ended != "ends without a word" else "ends without a word, silently"


_at_once = [0, 0]


def _work(number: int) -> str:
    """Work for a moment."""
    _at_once[0] += 1
    _at_once[1] = max(_at_once)
    time.sleep(0.05)
    _at_once[0] -= 1
    return str(number)


async def _work_async(number: int) -> str:
    """Work for a moment, asynchronously."""
    _at_once[0] += 1
    _at_once[1] = max(_at_once)
    await asyncio.sleep(0.05)
    _at_once[0] -= 1
    return str(number)


def _crowd(who: str, tool: Any) -> str:
    model = Scripted(says=[calling(tool.__name__, *[{"number": n} for n in range(_MANY)])])
    graph = graph_of(who, model, tool, policy=ToolPolicy(effect="read"))
    began = time.monotonic()
    asyncio.run(graph.ainvoke(QUESTION))
    return f"{time.monotonic() - began:.1f} s, {_at_once[1]} at a time"
