"""LangGraph's three checkpointers with our serializer: its conformance tests, and agents of all sorts."""

import asyncio
import operator
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Annotated, Any

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from langchain_core.messages import AIMessage, HumanMessage, ToolMessage
from langgraph.channels.delta import DeltaChannel
from langgraph.checkpoint.conformance import checkpointer_test, validate
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.checkpoint.serde.encrypted import EncryptedSerializer
from langgraph.func import entrypoint, task
from langgraph.graph import START, MessagesState, StateGraph
from langgraph.types import Command, Send, interrupt
from pydantic import BaseModel
from scriptedmodel import ScriptedModel, asks
from typing_extensions import TypedDict

from clovax_agents import ToolExecutor, ToolPolicy, tool
from clovax_agents.checkpoints import MessageSerializer, open_checkpointer
from clovax_agents.errors import CheckpointError, CheckpointTypeError
from clovax_agents.execution.journal.choosing import choose
from clovax_agents.prebuilt import react_agent

THREAD: Any = {"configurable": {"thread_id": "t"}}
KINDS = ("memory", "sqlite", "postgres")
Url = Callable[[str], str]
RAN: list[str] = []


@pytest.fixture
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Url:
    """Give what makes the URL of a kind of checkpointer."""

    def make(kind: str) -> str:
        if kind == "memory":
            return "memory"
        return f"sqlite:///{tmp_path}/c.sqlite" if kind == "sqlite" else request.getfixturevalue("postgres_url")

    return make


class Cipher:
    """AES, as LangGraph wants a cipher."""

    def __init__(self) -> None:
        self._aes = AESGCM(b"k" * 16)

    def encrypt(self, plaintext: bytes) -> tuple[str, bytes]:
        """Return the cipher's name and the bytes."""
        nonce = b"n" * 12  # always the same: for tests only
        return "gcm", self._aes.encrypt(nonce, plaintext, None)

    def decrypt(self, ciphername: str, ciphertext: bytes) -> bytes:
        """Return what was encrypted."""
        assert ciphername == "gcm"
        return self._aes.decrypt(b"n" * 12, ciphertext, None)


@tool(policy=ToolPolicy(approval=True))
def pay(amount: int) -> str:
    """Pay an amount.

    Args:
        amount: in KRW
    """
    RAN.append(f"pay {amount}")
    return f"paid {amount}"


@tool(policy=ToolPolicy(interrupts=True))
def ask(question: str) -> str:
    """Ask a person.

    Args:
        question: to ask
    """
    return f"{question}: {interrupt(question)}"


@tool(policy=ToolPolicy(effect="read"), response_format="content_and_artifact")
def look(what: str) -> tuple[str, dict[str, Any]]:
    """Look something up.

    Args:
        what: to look up
    """
    return "seen", {"pair": (what, 2**70)}


@pytest.mark.parametrize("kind", KINDS)
async def test_langgraphs_own_conformance_tests_pass(kind: str, url: Url) -> None:
    """Those of all that the checkpointer can do."""
    where = url(kind)

    @checkpointer_test(name=kind)
    async def make() -> AsyncIterator[Any]:
        async with open_checkpointer(where) as saver:
            yield saver

    report = await validate(make)
    failures = [text for result in report.results.values() for text in result.failures or []]
    assert failures == []
    assert sum(result.tests_passed for result in report.results.values()) >= 50


def agent() -> Any:
    """Return an agent that calls three tools at once, one of which needs approval and one of which asks."""
    wanted = asks(("look", {"what": "a"}), ("pay", {"amount": 5}), ("ask", {"question": "why"}))
    return react_agent(model=ScriptedModel(replies=[wanted, AIMessage("done", id="m2")]), tools=[look, pay, ask])


def check(state: dict[str, Any]) -> None:
    """Check what became of the agent's run."""
    answers = [message for message in state["messages"] if isinstance(message, ToolMessage)]
    assert [message.text for message in answers] == ["seen", "paid 5", "why: because"]
    assert answers[0].artifact == {"pair": ("a", 2**70)}
    assert state["messages"][-1].text == "done"
    assert RAN == ["pay 5"]


@pytest.mark.parametrize("kind", KINDS)
async def test_an_agent_with_an_approval_a_question_and_a_read(kind: str, url: Url) -> None:
    """Interrupted twice and resumed, with the journal where the checkpointer has its place; async graphs."""
    RAN.clear()
    async with open_checkpointer(url(kind)) as saver:
        graph = agent().compile(checkpointer=saver)
        await graph.ainvoke({"messages": [HumanMessage("go", id="q")]}, THREAD)
        state = await graph.ainvoke(Command(resume={"decisions": [{"type": "approve"}]}), THREAD)
        assert [found.value for found in state["__interrupt__"]] == ["why"]
        check(await graph.ainvoke(Command(resume="because"), THREAD))
        assert (await choose(saver, object(), in_server=False)).durable == (kind != "memory")
        history = [found async for found in graph.aget_state_history(THREAD)]
    assert history[0].values["messages"][0] == HumanMessage("go", id="q")
    assert len(history) > 4


@pytest.mark.parametrize("kind", KINDS)
def test_the_same_for_sync_graphs(kind: str, url: Url) -> None:
    """With another object for the saver in between, where the checkpoints are not in memory."""
    RAN.clear()
    where = url(kind)
    opened: AbstractContextManager[Any] = open_checkpointer(where)
    with opened as saver:
        graph = agent().compile(checkpointer=saver)
        graph.invoke({"messages": [HumanMessage("go", id="q")]}, THREAD)
        state = graph.invoke(Command(resume={"decisions": [{"type": "approve"}]}), THREAD)
        assert [found.value for found in state["__interrupt__"]] == ["why"]
        if kind == "memory":
            check(graph.invoke(Command(resume="because"), THREAD))
    if kind != "memory":
        with open_checkpointer(where) as again:
            later = react_agent(model=ScriptedModel(replies=[AIMessage("done", id="m2")]), tools=[look, pay, ask])
            check(later.compile(checkpointer=again).invoke(Command(resume="because"), THREAD))


class Fan(TypedDict):
    """State of a graph with Sends, a barrier and a deferred node."""

    found: Annotated[list[Any], operator.add]
    log: Annotated[list[str], DeltaChannel(lambda old, new: [*(old or []), *[part for parts in new for part in parts]])]


@pytest.fixture(params=KINDS)
def saver(request: pytest.FixtureRequest, url: Url) -> Iterator[Any]:
    """Give each of LangGraph's checkpointers in turn."""
    with open_checkpointer(url(request.param)) as opened:
        yield opened


def test_sends_barriers_deltas_and_deferred_nodes(saver: Any) -> None:
    """What LangGraph keeps in its channels for them is stored, and a run goes on from it."""

    def work(state: Any) -> dict[str, Any]:
        if state["n"] == 1:
            interrupt((1, {2: "two"}))
        return {"found": [(state["n"],)], "log": [f"work {state['n']}"]}

    graph: Any = StateGraph(Fan)
    graph.add_node("work", work)
    graph.add_node("left", lambda _: {"log": ["left"]})
    graph.add_node("right", lambda _: {"log": ["right"]})
    graph.add_node("end", lambda _: {"log": ["end"]}, defer=True)
    graph.add_conditional_edges(START, lambda _: [Send("work", {"n": n, "who": (n,)}) for n in range(3)], ["work"])
    graph.add_edge(START, "left")
    graph.add_edge(START, "right")
    graph.add_edge(["left", "right"], "end")
    graph.add_edge("work", "end")
    compiled = graph.compile(checkpointer=saver)
    state = compiled.invoke({"found": [], "log": ["begin"]}, THREAD)
    assert [found.value for found in state["__interrupt__"]] == [(1, {2: "two"})]
    state = compiled.invoke(Command(resume="go"), THREAD)
    assert sorted(state["found"]) == [(0,), (1,), (2,)]
    assert sorted(state["log"]) == ["begin", "end", "left", "right", "work 0", "work 1", "work 2"]


def test_an_error_in_a_node_is_stored_as_its_text(saver: Any) -> None:
    """And the run can be resumed from before it."""
    fails = [True]

    def node(_: Any) -> dict[str, Any]:
        if fails:
            raise RuntimeError("no luck")
        return {"messages": [AIMessage("ok", id="2")]}

    graph: Any = StateGraph(MessagesState)
    graph.add_node("node", node)
    graph.add_edge(START, "node")
    compiled = graph.compile(checkpointer=saver)
    with pytest.raises(RuntimeError, match="no luck"):
        compiled.invoke({"messages": [HumanMessage("x", id="1")]}, THREAD)
    assert compiled.get_state(THREAD).tasks[0].error == "RuntimeError('no luck')"
    fails.clear()
    assert compiled.invoke(None, THREAD)["messages"][-1].text == "ok"


def test_the_functional_api(saver: Any) -> None:
    """Results of tasks, and what a run leaves to the next one."""
    ran: list[int] = []

    @task
    def square(number: int) -> tuple[int, int]:
        ran.append(number)
        return number, number * number

    @entrypoint(checkpointer=saver)
    def flow(number: int, *, previous: Any = None) -> Any:
        result = square(number).result()
        answer = interrupt("go on?")
        return entrypoint.final(value=(result, answer, previous), save={number: result})

    list(flow.stream(3, THREAD))
    assert flow.invoke(Command(resume="yes"), THREAD) == ((3, 9), "yes", None)
    list(flow.stream(4, THREAD))
    assert flow.invoke(Command(resume="yes"), THREAD) == ((4, 16), "yes", {3: (3, 9)})
    assert ran == [3, 4]


def test_a_subgraph_that_asks(saver: Any) -> None:
    """Checkpoints of its own namespace."""
    inner: Any = StateGraph(MessagesState)
    inner.add_node("tools", ToolExecutor([ask]))
    inner.add_edge(START, "tools")
    outer: Any = StateGraph(MessagesState)
    outer.add_node("inner", inner.compile())
    outer.add_edge(START, "inner")
    compiled = outer.compile(checkpointer=saver)
    compiled.invoke({"messages": [asks(("ask", {"question": "who"}))]}, THREAD)
    assert compiled.get_state(THREAD, subgraphs=True).tasks[0].state.next == ("tools",)
    assert compiled.invoke(Command(resume="me"), THREAD)["messages"][-1].text == "who: me"


class Form(BaseModel):
    """A state that is a model."""

    text: str = ""
    tags: set[str] = set()


def test_a_state_that_is_a_model_is_stored_if_it_is_registered() -> None:
    """The input of the run is the model itself."""
    graph: Any = StateGraph(Form)
    graph.add_node("node", lambda state: {"tags": state.tags | {"b"}})
    graph.add_edge(START, "node")
    good = graph.compile(checkpointer=InMemorySaver(serde=MessageSerializer(allow=[Form])))
    assert good.invoke(Form(text="a", tags={"a"}), THREAD) == {"text": "a", "tags": {"a", "b"}}
    bad = graph.compile(checkpointer=InMemorySaver(serde=MessageSerializer()))
    with pytest.raises(CheckpointTypeError, match=r"allow=\[Form\]"):
        bad.invoke(Form(text="a"), THREAD)


def test_langgraphs_encryption_goes_around_it(url: Url, tmp_path: Path) -> None:
    """Nothing of a conversation is readable in the file, and damage is an error of the cipher."""
    serde = EncryptedSerializer(Cipher(), MessageSerializer())
    where = url("sqlite")
    with open_checkpointer(where, serde=serde) as saver:
        graph = react_agent(model=ScriptedModel(replies=[AIMessage("비밀 답", id="m")])).compile(checkpointer=saver)
        graph.invoke({"messages": [HumanMessage("비밀 질문", id="q")]}, THREAD)
    with open_checkpointer(where, serde=serde) as saver:
        found = saver.get_tuple(THREAD)
        tags = saver.conn.execute("SELECT DISTINCT type FROM checkpoints").fetchall()
    assert [message.text for message in found.checkpoint["channel_values"]["messages"]] == ["비밀 질문", "비밀 답"]
    assert tags == [("clovax/1+gcm",)]
    assert "비밀".encode() not in b"".join(path.read_bytes() for path in tmp_path.iterdir())
    with open_checkpointer(where) as saver, pytest.raises(CheckpointError, match="unknown format"):
        saver.get_tuple(THREAD)


@pytest.mark.parametrize("kind", ["sqlite", "postgres"])
def test_a_thread_of_the_stock_serializer_is_gone_on_with(kind: str, url: Url) -> None:
    """An agent that was interrupted under LangGraph's own serializer is resumed under ours."""
    from langgraph.checkpoint.serde.jsonplus import JsonPlusSerializer  # noqa: PLC0415

    RAN.clear()
    where = url(kind)
    with open_checkpointer(where, serde=JsonPlusSerializer()) as saver:
        graph = agent().compile(checkpointer=saver)
        graph.invoke({"messages": [HumanMessage("go", id="q")]}, THREAD)
    with open_checkpointer(where) as saver:
        later = react_agent(model=ScriptedModel(replies=[AIMessage("done", id="m2")]), tools=[look, pay, ask])
        graph = later.compile(checkpointer=saver)
        graph.invoke(Command(resume={"decisions": [{"type": "approve"}]}), THREAD)
        state = graph.invoke(Command(resume="because"), THREAD)
    assert state["messages"][-1].text == "done"
    assert RAN == ["pay 5"]


async def test_many_threads_and_tasks_at_once() -> None:
    """One serializer serves them all."""
    serde = MessageSerializer()

    def work(number: int) -> bool:
        value = [HumanMessage(str(number), id=str(n)) for n in range(50)]
        return all(
            serde.loads_typed(serde.dumps_typed([*value, {number: 1}])) == [*value, {number: 1}] for _ in range(9)
        )

    assert all(await asyncio.gather(*[asyncio.to_thread(work, number) for number in range(16)]))
