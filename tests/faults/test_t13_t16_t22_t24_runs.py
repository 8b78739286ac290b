"""T13, T16, T19, T20, T22, T23, T24: which calls run how often, under which key, and inside of what."""

import asyncio
import contextvars
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from langchain_core.messages import AIMessage
from langchain_core.tools import tool as langchain_tool
from toolruns import answers, both, call, calls, outcomes

from clovax_agents import Doubt, Outcome, Toolbox, ToolExecutor, ToolPolicy, get_tool_context, tool
from clovax_agents.errors import ConfigurationError, ToolDefinitionError
from clovax_agents.execution.journal import SqliteJournal
from clovax_agents.execution.journal.base import Claim

CURRENT: contextvars.ContextVar[str] = contextvars.ContextVar("current", default="nothing")


def _flaky(times: int, **policy: Any) -> tuple[Any, list[tuple[int, str]]]:
    """Return a tool that fails so often, and what its attempts were: number and key."""
    seen: list[tuple[int, str]] = []

    @tool(policy=ToolPolicy(backoff=0.01, **policy))
    def flaky(n: int) -> str:
        """Fail at first."""
        context = get_tool_context()
        seen.append((context.attempt, context.idempotency_key))
        if len(seen) <= times:
            raise ConnectionError("try again")
        return f"done {n}"

    return flaky, seen


@pytest.mark.parametrize("effect", ["read", "idempotent"])
async def test_what_may_be_done_again_is_tried_again_under_one_key(effect: Any) -> None:
    """Two failures, then a result: three attempts, numbered, with the same idempotency key (T13)."""
    flaky, seen = _flaky(2, effect=effect, retries=2)
    messages = await answers([flaky], call("flaky", n=1))
    assert messages[0].text == "done 1"
    assert [attempt for attempt, _ in seen] == [1, 2, 3]
    assert len({key for _, key in seen}) == 1


async def test_once_is_never_tried_again() -> None:
    """An error after which the effect may have happened ends the call (T13)."""
    flaky, seen = _flaky(5)
    messages = await answers([flaky], call("flaky", n=1))
    assert outcomes(messages) == ["error"]
    assert len(seen) == 1
    with pytest.raises(ConfigurationError, match="retries would run a tool twice"):
        ToolPolicy(retries=1)


async def test_equal_calls_of_one_message(tmp_path: Path) -> None:
    """What is to happen once serves both; a policy may refuse the second, or run it (T22)."""
    ran: list[str] = []

    def made(name: str, **policy: Any) -> Any:
        @tool(name=name, policy=ToolPolicy(**policy))
        def pay(amount: int) -> str:
            """Pay."""
            ran.append(name)
            return f"paid {amount}"

        return pay

    tools = [made("share"), made("refuse", repeats="refuse"), made("run", repeats="run"), made("read", effect="read")]
    made_calls = [call(name, f"{name}{i}", amount=1) for name in ("share", "refuse", "run", "read") for i in (1, 2)]
    messages = await answers(ToolExecutor(tools, journal=tmp_path / "j.sqlite"), *made_calls)
    assert sorted(ran) == ["read", "read", "refuse", "run", "run", "share"]
    assert [message.tool_call_id for message in messages] == [made["id"] for made in made_calls]
    assert outcomes(messages) == ["success", "repeated", "success", "repeated", *["success"] * 4]
    assert messages[1].text == "paid 1"
    assert messages[3].status == "error"


async def test_unknown_names_are_answered_from_what_is_granted() -> None:
    """A near miss is suggested only if this run may use it (T19)."""

    @tool(policy=ToolPolicy(scopes=frozenset({"admin"})))
    def delete_order() -> str:
        """Delete."""
        return "deleted"

    @tool
    def delete_cart() -> str:
        """Delete."""
        return "deleted"

    for messages in await both([delete_order, delete_cart], call("delete_ordr"), call("delete_order", "c1")):
        assert "delete_cart" in messages[0].text
        assert "delete_order'" not in messages[0].text.replace("delete_ordr'", "")
        assert outcomes(messages) == ["unknown_tool", "refused"]
    for messages in await both([delete_order], call("delete_order"), scopes=["admin"]):
        assert messages[0].text == "deleted"


@pytest.mark.parametrize("ids", [["a", "a"], ["", ""], [None, "a"], ["a", "a", "a_1"]])
async def test_ids_that_are_missing_or_repeated_are_replaced(ids: list[Any]) -> None:
    """Each call runs, under an id of its own, and the message in the state has the same ids (T20)."""

    @tool(policy=ToolPolicy(effect="read"))
    def echo(n: int) -> int:
        """Echo."""
        return n

    made = [{"name": "echo", "args": {"n": n}, "id": id_} for n, id_ in enumerate(ids)]
    message = AIMessage("", id="m1", tool_calls=made)
    renamed, *found = (await ToolExecutor([echo]).ainvoke({"messages": [message]}))["messages"]
    assert [answer.text for answer in found] == [str(n) for n in range(len(ids))]
    assert [answer.tool_call_id for answer in found] == [made["id"] for made in renamed.tool_calls]
    assert len({answer.tool_call_id for answer in found}) == len(ids)
    assert renamed.id == "m1"


async def test_a_call_in_doubt_is_reported_or_reconciled(tmp_path: Path) -> None:
    """A once call whose process died is unknown, until the tool's own hook knows better (promise 6)."""
    known = {"state": "unknown"}
    asked: list[Doubt] = []
    ran: list[int] = []

    def look(doubt: Doubt) -> Outcome:
        asked.append(doubt)
        return Outcome(known["state"], "paid before")  # type: ignore[arg-type]

    @tool(policy=ToolPolicy(reconcile=look))
    def pay(amount: int) -> str:
        """Pay."""
        ran.append(amount)
        return "paid now"

    for state, expected, times in (
        ("unknown", "may have taken effect", 0),
        ("done", "paid before", 0),
        ("not_done", "paid now", 1),
    ):
        known["state"] = state
        journal = SqliteJournal(tmp_path / f"{state}.sqlite")
        executor = ToolExecutor([pay], journal=_DiedOnce(journal))
        messages = await executor.ainvoke(calls(call("pay", amount=5)), {"configurable": {"thread_id": "t"}})
        assert expected in messages[0].text, state
        assert len(ran) == times
    assert {doubt.arguments["amount"] for doubt in asked} == {5}
    assert all(doubt.idempotency_key and doubt.started_at for doubt in asked)


class _DiedOnce:
    """A journal in which each call had begun in a process that is gone."""

    durable = True

    def __init__(self, journal: SqliteJournal) -> None:
        self._journal = journal
        self._seen: set[str] = set()

    def begin(self, claims: Any) -> Any:
        for claim in claims:
            if claim.key not in self._seen:
                self._seen.add(claim.key)
                self._journal.begin([Claim(key=claim.key, effect=claim.effect)])
                with self._journal._transaction() as connection:
                    connection.execute("UPDATE clovax_journal SET owner = 'gone|1|0|0', lease_until = 0")
        return self._journal.begin(claims)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._journal, name)


async def test_sync_and_async_tools_run_in_sync_and_async_graphs() -> None:
    """Every pair works, for tools of ours and of LangChain's (T23)."""

    @tool
    def plain(n: int) -> int:
        """Sync."""
        return n

    @tool
    async def awaited(n: int) -> int:
        """Async."""
        await asyncio.sleep(0)
        return n

    @langchain_tool
    async def foreign(n: int) -> int:
        """Async, of LangChain's."""
        await asyncio.sleep(0)
        return n

    made = [call(name, name, n=1) for name in ("plain", "awaited", "foreign")]
    for messages in await both([plain, awaited, foreign], *made):
        assert [message.text for message in messages] == ["1", "1", "1"]


async def test_a_tool_that_calls_itself_ends(tmp_path: Path) -> None:
    """Tools inside of tools go so deep and no deeper; the innermost is told (T24)."""
    depths: list[int] = []

    @tool(policy=ToolPolicy(effect="read"))
    async def again(n: int) -> str:
        """Call the executor that runs it."""
        depths.append(get_tool_context().depth)
        (inner,) = await executor.ainvoke([AIMessage("", tool_calls=[call("again", n=n + 1)])])
        return str(inner.text)

    executor = ToolExecutor([again], journal=tmp_path / "j.sqlite")
    messages = await answers(executor, call("again", n=0))
    assert "end at a depth of 8" in messages[0].text
    assert depths == list(range(9))


async def test_context_variables_are_the_callers_and_stay_with_the_call() -> None:
    """A tool sees what was set before it; what it sets, no other call sees (T24)."""

    @tool(policy=ToolPolicy(effect="read"))
    async def mark(name: str) -> str:
        """Set and read."""
        before = CURRENT.get()
        CURRENT.set(name)
        await asyncio.sleep(0.01)
        return f"{before} {CURRENT.get()}"

    CURRENT.set("caller")
    found = await answers([mark], call("mark", "a", name="one"), call("mark", "b", name="two"))
    assert [message.text for message in found] == ["caller one", "caller two"]
    assert CURRENT.get() == "caller"


async def test_a_cache_serves_equal_calls_for_a_while() -> None:
    """A result is fetched once, and answers later calls under their own ids."""
    ran: list[str] = []

    @tool(policy=ToolPolicy(effect="read", cache_ttl=60))
    def weather(city: str) -> str:
        """Look up the weather."""
        ran.append(city)
        return f"{city} 맑음"

    executor = ToolExecutor([weather])
    first = await answers(executor, call("weather", "a", city="서울"))
    again = await answers(executor, call("weather", "b", city="서울"), call("weather", "c", city="부산"))
    assert ran == ["서울", "부산"]
    assert [message.text for message in (*first, *again)] == ["서울 맑음", "서울 맑음", "부산 맑음"]
    assert [message.tool_call_id for message in again] == ["b", "c"]


async def test_a_rate_limit_is_waited_for_or_told() -> None:
    """Calls within the timeout wait their turn; others are told when they may come again."""

    @tool(name="slow_rate", policy=ToolPolicy(effect="read", rate_limit="1/hour", timeout=1))
    def slow_rate() -> str:
        """Answer."""
        return "ok"

    messages = await answers([slow_rate], call("slow_rate", "a"), call("slow_rate", "b"))
    assert sorted(outcomes(messages)) == ["refused", "success"]
    assert any("may be called again in" in message.text for message in messages)


async def test_a_sequential_tool_runs_between_the_others() -> None:
    """After the calls before it, and before those behind it."""
    order: list[str] = []

    def made(name: str, **policy: Any) -> Any:
        @tool(name=name, policy=ToolPolicy(effect="read", repeats="run", **policy))
        async def step(pause: float) -> str:
            """Take a step."""
            order.append(f"{name} begins")
            await asyncio.sleep(pause)
            order.append(f"{name} ends")
            return name

        return step

    tools = [made("before"), made("barrier", sequential=True), made("behind")]
    made_calls = (call("before", "a", pause=0.05), call("barrier", "b", pause=0.01), call("behind", "c", pause=0.0))
    messages = await answers(tools, *made_calls)
    assert [message.text for message in messages] == ["before", "barrier", "behind"]
    assert order == ["before begins", "before ends", "barrier begins", "barrier ends", "behind begins", "behind ends"]


async def test_an_executor_of_the_users_runs_tools() -> None:
    """Any concurrent.futures.Executor will do."""
    with ThreadPoolExecutor(1, thread_name_prefix="theirs") as pool:

        @tool(policy=ToolPolicy(effect="read", runs_in=pool))
        def where() -> str:
            """Say where."""
            return threading.current_thread().name

        for messages in await both([where], call("where")):
            assert messages[0].text.startswith("theirs")


def test_policies_belong_to_any_tool() -> None:
    """A box gives policies to tools of others; adding more keeps them; what cannot work is refused at once."""

    @langchain_tool
    def theirs() -> str:
        """Do something."""
        return "x"

    box = Toolbox().add(theirs, policy=ToolPolicy(effect="read", timeout=5)).add(_ours)
    assert box.policy("theirs").timeout == 5
    assert box.policy("_ours").effect == "once"
    assert ToolExecutor(box).plans["theirs"].policy.effect == "read"
    with pytest.raises(ToolDefinitionError, match="block everybody"):
        tool(policy=ToolPolicy(runs_in="inline"))(lambda_like)
    for bad in (
        {"timeout": 0},
        {"retries": 99, "effect": "read"},
        {"concurrency": 0},
        {"rate_limit": "fast"},
        {"effect": "x"},
    ):
        with pytest.raises(ConfigurationError):
            ToolPolicy(**bad)  # type: ignore[arg-type]


@tool
def _ours() -> str:
    """Do something."""
    return "y"


def lambda_like(n: int) -> int:
    """Return it."""
    return n


async def test_progress_reaches_whoever_streams_the_graph() -> None:
    """What a tool tells is in the custom stream, with the call that told it."""
    from langgraph.graph import MessagesState, StateGraph  # noqa: PLC0415  # for this test alone

    @tool(policy=ToolPolicy(effect="read"))
    def work() -> str:
        """Work."""
        get_tool_context().progress({"done": 1, "of": 2})
        time.sleep(0)
        return "ready"

    graph = StateGraph(MessagesState)
    graph.add_node("tools", ToolExecutor([work]))
    graph.add_edge("__start__", "tools")
    events = [event async for event in graph.compile().astream({"messages": calls(call("work"))}, stream_mode="custom")]
    assert events == [{"type": "tool_progress", "tool": "work", "tool_call_id": "c0", "value": {"done": 1, "of": 2}}]
