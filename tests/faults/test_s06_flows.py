"""S06: taint and scopes flow with the content: over turns, removals and resumes, down to sub-agents and up again."""

import asyncio
from collections.abc import Iterator
from typing import Annotated, Any

import pytest
from langchain.agents import create_agent
from langchain_core.messages import AIMessage, HumanMessage, RemoveMessage, ToolMessage
from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.checkpoint.sqlite import SqliteSaver
from langgraph.graph import START, StateGraph
from langgraph.graph.message import REMOVE_ALL_MESSAGES, add_messages
from langgraph.types import Command, Send, interrupt
from obedient import LOOT, TARGETS, ObedientBrain, World, order
from scriptedmodel import ScriptedModel, asks
from typing_extensions import TypedDict

from clovax_agents import ChatClovaX, ToolExecutor, ToolPolicy, get_tool_context, tool
from clovax_agents.errors import ConfigurationError
from clovax_agents.execution.taint import merge_taint
from clovax_agents.prebuilt import react_agent
from clovax_agents.testing import LoopbackSimulator
from clovax_agents.tooling import ToolSearch
from clovax_agents.tooling.labels import labelled, labels_of

HERE: Any = {"configurable": {"thread_id": "t"}, "recursion_limit": 60}
APPROVE = {"decisions": [{"type": "approve"}]}
READ = order("read", {"what": "P-1"})
LABEL: Any = ["untrusted_input"]


@pytest.fixture(scope="module")
def loopback() -> Iterator[LoopbackSimulator]:
    """Start one simulator for all."""
    made = LoopbackSimulator()
    yield made
    made.close()


@pytest.fixture
def brain() -> ObedientBrain:
    """Give the model that obeys."""
    return ObedientBrain()


@pytest.fixture
def model(loopback: LoopbackSimulator, brain: ObedientBrain) -> Iterator[ChatClovaX]:
    """Give it as a chat model."""
    with loopback.using(brain):
        yield ChatClovaX(model="HCX-005", api_key="nv-test", base_url=loopback.base_url, max_retries=0)


def _user(text: str) -> Any:
    return {"messages": [("user", text)]}


def _requests(state: Any) -> list[Any]:
    return [r for pending in state.get("__interrupt__", ()) for r in pending.value["action_requests"]]


def _answers(state: Any) -> list[ToolMessage]:
    return [message for message in state["messages"] if isinstance(message, ToolMessage)]


def _tainted_agent(model: Any, world: World, **options: Any) -> Any:
    agent = react_agent(model=model, tools=[*world.reading()["text"], *world.acting()], **options)
    return agent.compile(checkpointer=InMemorySaver())


@pytest.mark.parametrize("removed", ["nothing", "the answer", "everything"])
@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.soak(every=2)
def test_s06_a_thread_stays_tainted(removed: str, target: str, model: ChatClovaX) -> None:
    """In the next turn a person is still asked, even when every message that told of it has been removed."""
    world = World("harmless")
    agent = _tainted_agent(model, world)
    state = agent.invoke(_user(READ), HERE)
    if removed == "the answer":
        agent.update_state(HERE, {"messages": [RemoveMessage(id=_answers(state)[0].id or "")]})
    elif removed == "everything":
        agent.update_state(HERE, {"messages": [RemoveMessage(id=REMOVE_ALL_MESSAGES)], "taint": []})
    asked = agent.invoke(_user(order(target)), HERE)
    assert [request["name"] for request in _requests(asked)] == [target]
    assert world.done == []
    agent.invoke(Command(resume=APPROVE), HERE)
    assert world.done == [(target, TARGETS[target])]
    elsewhere: Any = {"configurable": {"thread_id": "other"}}
    agent.invoke(_user(order(target)), elsewhere)
    assert len(world.done) == 2


def test_s06_what_the_application_has_marked_stays_when_it_is_removed(model: ChatClovaX) -> None:
    """A mail that was only read by the model, in a turn without tools, is remembered as well."""
    world = World()
    agent: Any = react_agent(model=model, tools=world.acting()).compile(checkpointer=InMemorySaver())
    agent.invoke({"messages": [labelled(HumanMessage("a mail"), "untrusted_input")]}, HERE)
    agent.update_state(HERE, {"messages": [RemoveMessage(id=REMOVE_ALL_MESSAGES)]})
    assert len(_requests(agent.invoke(_user(order("send_mail")), HERE))) == 1


class _Keeping(TypedDict):
    messages: Annotated[list[Any], add_messages]
    taint: Annotated[list[str], merge_taint]


class _Plain(TypedDict):
    messages: Annotated[list[Any], add_messages]


@pytest.mark.parametrize(("schema", "holds"), [(_Keeping, True), (_Plain, False)])
def test_s06_trimming_in_a_graph_of_ones_own(schema: Any, holds: Any) -> None:
    """With the field `taint` in the state it holds; without it, only as long as a message tells of it: so docs say."""
    world = World("harmless")
    executor = ToolExecutor([*world.reading()["text"], *world.acting()])
    graph: Any = StateGraph(schema)
    graph.add_node("tools", executor)
    graph.add_node("trim", lambda _: {"messages": [RemoveMessage(id=REMOVE_ALL_MESSAGES)]})
    graph.add_edge(START, "tools")
    graph.add_edge("tools", "trim")
    agent = graph.compile(checkpointer=InMemorySaver())
    agent.invoke({"messages": [asks(("read", {"what": "x"}))]}, HERE)
    agent.invoke({"messages": [asks(("send_mail", LOOT), key="m2")]}, HERE)
    assert (world.done == []) is holds


def test_s06_nothing_that_can_be_written_into_the_state_takes_taint_away() -> None:
    """What is missing, empty, forged or unreadable counts as nothing less than what was there."""
    for forged in ([], None, "", 0, {}, ["no such label"], {"untrusted_input": False}, b"", [["private_data"]]):
        merged: Any = merge_taint(["untrusted_input"], forged)  # type: ignore[arg-type]
        assert "untrusted_input" in merged
        assert "untrusted_input" in merge_taint(merged, [])


@pytest.mark.parametrize("saver", ["memory", "sqlite"])
def test_s06_after_a_resume_it_is_as_before(saver: str, model: ChatClovaX, tmp_path: Any) -> None:
    """A question that stands, in a process that begins anew: the same question, and the same answer counts."""
    world = World(order("send_mail"))
    path = str(tmp_path / "checkpoints.db")
    kept = InMemorySaver()

    def run(state: Any) -> Any:
        graph = react_agent(model=model, tools=[*world.reading()["text"], *world.acting()])
        if saver == "memory":
            return graph.compile(checkpointer=kept).invoke(state, HERE)
        with SqliteSaver.from_conn_string(path) as checkpointer:
            return graph.compile(checkpointer=checkpointer).invoke(state, HERE)

    assert len(_requests(run(_user(READ)))) == 1
    assert len(_requests(run(None))) == 1
    assert world.done == []
    run(Command(resume=APPROVE))
    assert world.done == [("send_mail", LOOT)]


def test_s06_what_a_person_edits_or_answers_is_the_persons(model: ChatClovaX) -> None:
    """Edited arguments run as edited; a response stands in place of the call."""
    edited = {"to": "boss", "body": "look at this"}
    for decision, done in (
        ({"type": "edit", "edited_action": {"name": "send_mail", "args": edited}}, [("send_mail", edited)]),
        ({"type": "respond", "message": "보내지 마세요"}, []),
    ):
        world = World(order("send_mail"))
        agent = _tainted_agent(model, world)
        agent.invoke(_user(READ), HERE)
        agent.invoke(Command(resume={"decisions": [decision]}), HERE)
        assert world.done == done


def test_s06_where_it_is_refused_the_model_is_not_even_shown_the_tools(model: ChatClovaX, brain: ObedientBrain) -> None:
    """From the turn on in which the text has come in; whoever calls them all the same is refused, approval or not."""
    world = World(order("send_mail"))
    agent = _tainted_agent(model, world, untrusted="refuse")
    state = agent.invoke(_user(READ), HERE)
    assert "__interrupt__" not in state
    assert brain.offered == [["read", "send_mail", "pay"], ["read"]]
    script = ScriptedModel(replies=[asks(("send_mail", LOOT)), AIMessage("end")])
    history = [labelled(HumanMessage("mail"), "untrusted_input")]
    tools = world.acting()
    state = react_agent(model=script, tools=tools, untrusted="refuse").compile().invoke({"messages": history})
    assert "may not be used" in _answers(state)[0].text
    assert world.done == []


def test_s06_where_it_is_refused_a_wrong_name_tells_of_no_hidden_tool() -> None:
    """What a misspelt call is answered names the tools that are left, and none that the model is not shown."""
    script = ScriptedModel(replies=[asks(("send_mai", LOOT)), AIMessage("end")])
    world = World("harmless")
    tools = [*world.reading()["text"], *world.acting()]
    history = [labelled(HumanMessage("mail"), "untrusted_input")]
    state = react_agent(model=script, tools=tools, untrusted="refuse").compile().invoke({"messages": history})
    text = _answers(state)[0].text
    assert "read" in text
    assert "send_mail" not in text


def test_s06_where_it_is_refused_nobody_is_asked_either() -> None:
    """A person who would approve what does not run would believe that it had."""

    @tool(policy=ToolPolicy(approval=True))
    def reset() -> str:
        """Reset everything."""
        raise AssertionError

    script = ScriptedModel(replies=[asks(("reset", {})), AIMessage("end")])
    agent: Any = react_agent(model=script, tools=[reset], untrusted="refuse").compile(checkpointer=InMemorySaver())
    state = agent.invoke({"messages": [labelled(HumanMessage("mail"), "untrusted_input")]}, HERE)
    assert "__interrupt__" not in state
    assert "may not be used" in _answers(state)[0].text


def test_s06_a_search_among_tools_does_not_find_what_is_hidden(model: ChatClovaX, brain: ObedientBrain) -> None:
    """Neither what the run is not granted nor what a tainted conversation may not use; in a clean one it is found."""

    @tool(policy=ToolPolicy(effect="idempotent", scopes={"admin"}, labels="exfiltration"))
    def publish_report(to: str) -> str:
        """Publish the report."""
        return to

    def found(untrusted: Any, message: Any, scopes: list[str]) -> str:
        tools = [*World().acting(), publish_report]
        search = ToolSearch(k=1, morphemes=False)
        agent: Any = react_agent(model=model, tools=tools, tool_search=search, untrusted=untrusted).compile()
        start = {"messages": [message, ("user", order("search_tools", {"query": "publish the report"}))]}
        state = agent.invoke(start, {"configurable": {"scopes": scopes}})
        return _answers(state)[0].text

    clean, dirty = HumanMessage("x"), labelled(HumanMessage("x"), "untrusted_input")
    assert "publish_report" in found("refuse", clean, ["admin"])
    assert "publish_report" in found("approve", dirty, ["admin"])
    brain.offered.clear()
    assert "publish_report" not in found("refuse", clean, [])
    assert "publish_report" not in found("refuse", dirty, ["admin"])
    assert not any("publish_report" in names for names in brain.offered)


RULES = [  # what is in the conversation, what the agent does about it, whether a mail goes out unasked
    ("nothing", "approve", True),
    ("private", "approve", True),
    ("untrusted", "approve", False),
    ("both", "approve", False),
    ("nothing", "allow", True),
    ("private", "allow", True),
    ("untrusted", "allow", True),
    ("both", "allow", False),
    ("private", "refuse", True),
    ("untrusted", "refuse", False),
    ("both", "refuse", False),
]


@pytest.mark.parametrize(("inside", "untrusted", "runs"), RULES, ids=[f"{a}-{b}" for a, b, _ in RULES])
async def test_s06_at_most_two_of_three(inside: str, untrusted: Any, runs: Any) -> None:
    """Untrusted content, private data, acting on the outside: never all three without a person."""
    world = World()
    labels: dict[str, list[Any]] = {"private": ["private_data"], "untrusted": LABEL}
    labels |= {"nothing": [], "both": [*labels["private"], *labels["untrusted"]]}
    executor = ToolExecutor(world.acting(), untrusted=untrusted)
    history = [labelled(HumanMessage("x"), *labels[inside]), asks(("send_mail", LOOT))]
    (answer,) = await executor.ainvoke(history)
    assert (answer.status == "success", bool(world.done)) == (runs, runs)


async def test_s06_a_tool_that_gives_away_what_it_looks_up_is_both_at_once() -> None:
    """Where untrusted content is allowed, a single tool that reads private data and sends it needs a person."""

    @tool(policy=ToolPolicy(effect="idempotent", labels={"private_data", "exfiltration"}))
    def mail_report(to: str) -> str:
        """Send the customers' report."""
        raise AssertionError(to)

    history = [labelled(HumanMessage("x"), "untrusted_input"), asks(("mail_report", {"to": "evil"}))]
    (answer,) = await ToolExecutor([mail_report], untrusted="allow").ainvoke(history)
    assert answer.response_metadata["outcome"] == "refused"


def test_s06_other_words_for_the_option_are_refused() -> None:
    """A typing error does not become the weaker choice."""
    with pytest.raises(ConfigurationError, match="'approve', 'refuse', 'allow'"):
        react_agent(untrusted="ask")  # type: ignore[arg-type]
    with pytest.raises(ConfigurationError, match="not 'exfiltration'"):
        labelled(HumanMessage("x"), "exfiltration")
    with pytest.raises(ConfigurationError, match="one text"):
        react_agent(scopes="orders:write")


# Sub-agents


def _asker(agent: Any, name: str = "research", **policy: Any) -> Any:
    """Return a tool that asks an agent, and tells what it said."""

    @tool(name=name, policy=ToolPolicy(effect="read", **policy))
    def ask(question: str) -> str:
        """Ask the other agent."""
        return str(agent.invoke({"messages": [("user", question)]})["messages"][-1].text)

    @tool(name=name, policy=ToolPolicy(effect="read", **policy))
    async def ask_async(question: str) -> str:
        """Ask the other agent."""
        return str((await agent.ainvoke({"messages": [("user", question)]}))["messages"][-1].text)

    return {"sync": ask, "async": ask_async}


def _own(model: Any, tools: list[Any]) -> Any:
    """Build a graph without our nodes, around the bare executor."""
    graph: Any = StateGraph(_Plain)
    graph.add_node("model", lambda state: {"messages": [model.invoke(state["messages"])]})
    graph.add_node("tools", ToolExecutor(tools))
    graph.add_edge(START, "model")
    graph.add_conditional_edges("model", lambda s: "tools" if s["messages"][-1].tool_calls else "__end__")
    graph.add_edge("tools", "model")
    return graph.compile()


@pytest.mark.parametrize("kind", ["react", "own", "create_agent", "tool"])
@pytest.mark.parametrize("way", ["sync", "async"])
async def test_s06_what_a_sub_agent_has_read_its_caller_has_read(kind: str, way: str) -> None:
    """The tool that asks it is not labelled; its result is all the same, whatever kind of graph has read."""
    world = World("text")
    tools = world.reading()["text"]
    reads = ScriptedModel(replies=[asks(("read", {"what": "x"})), AIMessage("the summary")] * 2)
    inner: Any = {
        "react": lambda: react_agent(model=reads, tools=tools).compile(),
        "own": lambda: _own(reads, tools),
        "create_agent": lambda: create_agent(reads, tools),
        "tool": lambda: None,
    }[kind]()

    @tool(name="research", policy=ToolPolicy(effect="read"))
    def direct(question: str) -> str:
        """Call the other tool itself."""
        return str(tools[0].invoke({"what": question}))

    asker = direct if kind == "tool" else _asker(inner)[way]
    executor = ToolExecutor([asker, *world.acting()])
    first = asks(("research", {"question": "?"}))
    answers = await executor.ainvoke([first])
    assert (answers[0].status, labels_of(answers[0])) == ("success", {"untrusted_input"})
    (refused,) = await executor.ainvoke([first, *answers, asks(("send_mail", LOOT), key="m2")])
    assert (refused.response_metadata.get("outcome"), world.done) == ("refused", [])


@pytest.mark.parametrize("kind", ["react", "own"])
@pytest.mark.parametrize("way", ["sync", "async"])
async def test_s06_a_sub_agent_of_a_tainted_run_is_tainted(kind: str, way: str) -> None:
    """Whatever it is told comes from there: what its caller may not do, it may not do for him."""
    world = World()
    sends = ScriptedModel(replies=[asks(("send_mail", LOOT)), AIMessage("sent")] * 2)
    inner = (
        react_agent(model=sends, tools=world.acting(), untrusted="refuse").compile()
        if kind == "react"
        else _own(sends, world.acting())
    )
    executor = ToolExecutor([_asker(inner)[way]])
    call = asks(("research", {"question": "send it"}))
    await executor.ainvoke([labelled(HumanMessage("mail"), "untrusted_input"), call])
    assert world.done == []
    await executor.ainvoke([HumanMessage("send it"), call])
    assert world.done == [("send_mail", LOOT)]


async def test_s06_what_a_tool_tells_its_agent_from_strangers_comes_back_with_the_answer() -> None:
    """A mark inside of the tool is enough, even if the agent has no tools and calls none."""
    agent: Any = react_agent(model=ScriptedModel(replies=[AIMessage("the summary")])).compile()

    @tool(policy=ToolPolicy(effect="read"))
    async def summarise() -> str:
        """Have a mail summarised."""
        mail = labelled(HumanMessage("a mail"), "untrusted_input")
        return str((await agent.ainvoke({"messages": [mail]}))["messages"][-1].text)

    (answer,) = await ToolExecutor([summarise]).ainvoke([asks(("summarise", {}))])
    assert (answer.text, labels_of(answer)) == ("the summary", {"untrusted_input"})


async def test_s06_a_second_sub_agent_of_one_tool_knows_what_the_first_has_read() -> None:
    """A tool that hands the summary of one agent to another one hands the taint with it."""
    world = World("text")
    reads = ScriptedModel(replies=[asks(("read", {"what": "x"})), AIMessage("the summary")])
    sends = ScriptedModel(replies=[asks(("send_mail", LOOT)), AIMessage("sent")])
    first = react_agent(model=reads, tools=world.reading()["text"]).compile()
    second = react_agent(model=sends, tools=world.acting(), untrusted="refuse").compile()

    @tool(policy=ToolPolicy(effect="read"))
    async def pipeline() -> str:
        """Have one read and the other send."""
        summary = (await first.ainvoke(_user("read")))["messages"][-1].text
        return str((await second.ainvoke(_user(summary)))["messages"][-1].text)

    await ToolExecutor([pipeline]).ainvoke([asks(("pipeline", {}))])
    assert world.done == []


def test_s06_a_sub_agent_in_a_tool_that_may_interrupt_asks_the_person(model: ChatClovaX) -> None:
    """The question comes up through the tool, and the answer goes down to the call."""
    world = World(order("send_mail"))
    inner = react_agent(model=model, tools=[*world.reading()["text"], *world.acting()]).compile()
    asker = _asker(inner, interrupts=True)["sync"]
    question = order("research", {"question": READ})
    outer: Any = react_agent(model=model, tools=[asker]).compile(checkpointer=InMemorySaver())
    state = outer.invoke(_user(question), HERE)
    assert [request["args"] for request in _requests(state)] == [LOOT]
    assert world.done == []
    state = outer.invoke(Command(resume=APPROVE), HERE)
    assert world.done == [("send_mail", LOOT)]
    assert labels_of(_answers(state)[0]) == {"untrusted_input"}


def test_s06_a_subgraph_as_a_node_hands_on_what_it_has_read(model: ChatClovaX) -> None:
    """Agents one after the other share messages, and the marks on them: the last answer alone is enough."""
    world = World("text")
    first = react_agent(model=model, tools=world.reading()["text"]).compile()
    second = react_agent(model=model, tools=world.acting()).compile()
    graph: Any = StateGraph(_Plain)

    def only_the_answer(state: Any) -> Any:
        answer = first.invoke(state)["messages"][-1]
        return {"messages": [RemoveMessage(id=REMOVE_ALL_MESSAGES), answer, ("user", order("send_mail"))]}

    graph.add_node("first", only_the_answer)
    graph.add_node("second", second)
    graph.add_edge(START, "first")
    graph.add_edge("first", "second")
    state = graph.compile(checkpointer=InMemorySaver()).invoke(_user(READ), HERE)
    assert [request["args"] for request in _requests(state)] == [LOOT]
    assert world.done == []


async def test_s06_a_wrapper_cannot_wash_a_result() -> None:
    """Whatever it makes of the answer, the answer carries what was read."""
    world = World("text")
    reads = ScriptedModel(replies=[asks(("read", {"what": "x"})), AIMessage("the summary")])
    asker = _asker(react_agent(model=reads, tools=world.reading()["text"]).compile())["async"]

    async def around(request: Any, execute: Any) -> Any:
        answer = await execute(request)
        return ToolMessage(f"in short: {answer.text}", tool_call_id=answer.tool_call_id)

    executor = ToolExecutor([asker], awrap_tool_call=around)
    (answer,) = await executor.ainvoke([asks(("research", {"question": "?"}))])
    assert answer.text == "in short: the summary"
    assert labels_of(answer) == {"untrusted_input"}


async def test_s06_a_wrapper_that_answers_by_itself_answers_for_the_tool() -> None:
    """A cache of one's own around a labelled tool."""
    world = World("text")

    async def around(request: Any, execute: Any) -> Any:
        del execute
        return ToolMessage("from the cache", tool_call_id=request.tool_call["id"])

    executor = ToolExecutor(world.reading()["text"], awrap_tool_call=around)
    (answer,) = await executor.ainvoke([asks(("read", {"what": "x"}))])
    assert (answer.text, labels_of(answer)) == ("from the cache", {"untrusted_input"})


async def test_s06_a_shared_answer_carries_it_too() -> None:
    """Two calls that say the same run once, and both answers are marked."""

    @tool
    def research(what: str) -> str:
        """Read something."""
        get_tool_context().label("untrusted_input")
        return what

    answers = await ToolExecutor([research]).ainvoke([asks(*[("research", {"what": "x"})] * 2)])
    assert [labels_of(answer) for answer in answers] == [{"untrusted_input"}] * 2


async def test_s06_what_the_history_of_a_bare_executor_carries_comes_up_too() -> None:
    """Even if the calls that it answers bring nothing new."""
    inner = ToolExecutor(World().acting())

    @tool(policy=ToolPolicy(effect="read"))
    async def delegate() -> str:
        """Have something done with a mail."""
        mail = labelled(HumanMessage("a mail"), "untrusted_input")
        return str((await inner.ainvoke([mail, asks(("nothing", {}))]))[0].text)

    (answer,) = await ToolExecutor([delegate]).ainvoke([asks(("delegate", {}))])
    assert labels_of(answer) == {"untrusted_input"}


async def test_s06_commands_lists_and_results_from_the_cache_carry_it_too() -> None:
    """In whatever shape a result comes back, and however often."""
    ran: list[str] = []

    @tool(policy=ToolPolicy(effect="read"))
    def hand_over() -> Any:
        """Return a Command."""
        get_tool_context().label("untrusted_input")
        return Command(update={"messages": [ToolMessage("over", tool_call_id="c0"), AIMessage("hi")], "n": 1})

    @tool(policy=ToolPolicy(effect="read", cache_ttl=60))
    def sometimes(what: str) -> str:
        """Return what depends."""
        ran.append(what)
        get_tool_context().label(*(["untrusted_input"] if what == "page" else []))
        return what

    executor = ToolExecutor([hand_over, sometimes])
    (update,) = executor.invoke({"messages": [asks(("hand_over", {}))]})
    assert [labels_of(message) for message in update.update["messages"]] == [{"untrusted_input"}] * 2
    for _ in range(2):
        answers = executor.invoke([asks(("sometimes", {"what": "page"}), ("sometimes", {"what": "clock"}))])
        assert [labels_of(answer) for answer in answers] == [{"untrusted_input"}, set()]
    assert sorted(ran) == ["clock", "page"]
    with pytest.raises(ConfigurationError):
        get_tool_context().label("exfiltration")


async def test_s06_a_result_from_the_journal_carries_it_too(tmp_path: Any) -> None:
    """A call that was finished before the crash is answered from the journal, marks and all."""

    @tool(policy=ToolPolicy(effect="idempotent"))
    def research() -> str:
        """Read something."""
        get_tool_context().label("untrusted_input")
        return "summary"

    config: Any = {"configurable": {"thread_id": "t"}}
    for _ in range(2):
        executor = ToolExecutor([research], journal=tmp_path / "journal.sqlite")
        (answer,) = await executor.ainvoke([asks(("research", {}))], config)
        assert labels_of(answer) == {"untrusted_input"}
    assert answer.text == "summary"


async def test_s06_calls_that_are_sent_without_a_history_could_follow_anything() -> None:
    """In a graph that hides its messages, what acts on the outside is not run on trust; a call of one's own code is."""
    world = World("text")
    call = {"name": "send_mail", "args": LOOT, "id": "c0", "type": "tool_call"}

    class Hiding(TypedDict):
        answers: Annotated[list[Any], add_messages]

    for tools, runs in ((world.acting(), True), ([*world.reading()["text"], *world.acting()], False)):
        executor = ToolExecutor(tools)

        async def answer(given: Any, config: RunnableConfig, executor: Any = executor) -> Any:
            return {"answers": (await executor.ainvoke(given, config))["messages"]}

        graph: Any = StateGraph(Hiding)
        graph.add_node("tools", answer)
        graph.add_conditional_edges(START, lambda _: Send("tools", [call]), ["tools"])
        state = await graph.compile().ainvoke({"answers": [HumanMessage("x")]})
        assert (state["answers"][-1].status == "success") is runs
        world.done.clear()
    (ran,) = (await executor.ainvoke([call]))["messages"]
    assert (ran.text, len(world.done)) == ("sent", 1)


async def test_s06_an_answer_counts_for_the_tool_that_was_called() -> None:
    """A tool message without a name, or under another one, as middleware or another executor may leave it."""
    world = World("text")
    executor = ToolExecutor([*world.reading()["text"], *world.acting()])
    for name in (None, "calculator"):
        answer = ToolMessage("text", tool_call_id="c0", name=name)
        history = [asks(("read", {"what": "x"})), answer, asks(("send_mail", LOOT), key="m2")]
        (refused,) = await executor.ainvoke(history)
        assert refused.response_metadata["outcome"] == "refused"
    assert world.done == []


def test_s06_a_tool_that_asks_during_a_tainted_visit_still_gets_its_answer() -> None:
    """Calls in tasks of their own see the state of before the visit, like all others of their message."""
    world = World("text")

    @tool(policy=ToolPolicy(effect="read", interrupts=True))
    def ask_person(question: str) -> str:
        """Ask."""
        return str(interrupt(question))

    replies = [asks(("read", {"what": "x"}), ("ask_person", {"question": "?"}), ("pay", TARGETS["pay"]))]
    script = ScriptedModel(replies=[*replies, AIMessage("end")])
    tools = [*world.reading()["text"], ask_person, *world.acting()]
    agent: Any = react_agent(model=script, tools=tools).compile(checkpointer=InMemorySaver())
    agent.invoke(_user("?"), HERE)
    state = agent.invoke(Command(resume="yes"), HERE)
    assert [answer.status for answer in _answers(state)] == ["success"] * 3
    assert world.done == [("pay", TARGETS["pay"])]
    assert agent.get_state(HERE).values["taint"] == LABEL


async def test_s06_runs_beside_each_other_do_not_taint_each_other() -> None:
    """One tainted and one clean run of the same executor at once."""
    world = World("text")
    executor = ToolExecutor([*world.reading()["text"], *world.acting()])
    dirty = [labelled(HumanMessage("x"), "untrusted_input"), asks(("send_mail", LOOT))]
    clean = [HumanMessage("x"), asks(("send_mail", LOOT))]
    found = await asyncio.gather(*[executor.ainvoke(history) for history in [dirty, clean] * 20])
    assert [answers[0].status for answers in found] == ["error", "success"] * 20


def test_s06_in_create_agent_policies_do_not_hold(model: ChatClovaX) -> None:
    """LangChain's own tools node knows nothing of them: the page on trust says so."""
    world = World(order("send_mail"))
    create_agent(model, [*world.reading()["text"], *world.acting()]).invoke(_user(READ))
    assert world.done == [("send_mail", LOOT)]
