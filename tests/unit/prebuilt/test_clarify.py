"""The front that asks the user back: only where nobody else could know, not for ever, and before any graph of ours."""

import asyncio
import sqlite3
from pathlib import Path
from typing import Any

import pytest
from langchain_core.messages import AIMessage, HumanMessage
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.graph import MessagesState, StateGraph
from langgraph.types import Command
from scriptedmodel import asks
from teams import check_valid, on_thread, scripted, shape

from clovax_agents.errors import ConfigurationError
from clovax_agents.handoffs import handoff_to
from clovax_agents.prebuilt import react_agent, router_agent, sql_agent, supervisor_agent, swarm_agent, with_clarify
from clovax_agents.tooling.labels import labelled, labels_of

WAYS = pytest.mark.parametrize("is_async", [False, True], ids=["sync", "async"])
VAGUE: Any = {"messages": [("user", "그거 취소해줘")]}
WHICH = "어느 주문을 취소할까요?"


def judged(question: str = "") -> AIMessage:
    """Return what the judge answers."""
    decision = "ask_back" if question else "proceed"
    return asks(("Clarity", {"decision": decision, "question": question}), key="j")


def _run(graph: Any, given: Any, config: Any = None, *, is_async: bool = False) -> Any:
    return asyncio.run(graph.ainvoke(given, config)) if is_async else graph.invoke(given, config)


@WAYS
def test_what_is_clear_goes_on_at_once(is_async: bool) -> None:  # noqa: FBT001
    """The judge reads what the agent can do; the conversation shows nothing of it."""
    judge = scripted(judged())
    agent = with_clarify(react_agent(model=scripted(AIMessage("네", id="a"))), judge=judge, about="주문 취소").compile()
    state = _run(agent, VAGUE, is_async=is_async)
    assert shape(state["messages"]) == [("human", "", "그거 취소해줘"), ("ai", "", "네")]
    assert "The assistant can: 주문 취소" in judge.seen[0][0].text


@WAYS
@pytest.mark.parametrize("answer", ["A-1001", {"decisions": [{"type": "respond", "message": "A-1001"}]}])
def test_the_user_is_asked_back_and_the_run_goes_on(answer: Any, is_async: bool) -> None:  # noqa: FBT001
    """The agent reads question and reply as part of the conversation."""
    model = scripted(AIMessage("취소했습니다", id="a"))
    built = with_clarify(react_agent(model=model), judge=scripted(judged(WHICH), judged()))
    graph = built.compile(InMemorySaver())
    asked = _run(graph, VAGUE, on_thread(), is_async=is_async)["__interrupt__"][0].value
    assert asked["action_requests"][0]["args"] == {"question": WHICH}
    assert asked["review_configs"][0]["allowed_decisions"] == ["respond"]
    state = _run(graph, Command(resume=answer), on_thread(), is_async=is_async)
    texts = ["그거 취소해줘", WHICH, "A-1001"]
    assert [message.text for message in state["messages"]] == [*texts, "취소했습니다"]
    assert [message.text for message in model.seen[0]] == texts
    check_valid(state["messages"])


def test_in_a_chat_the_question_ends_the_turn() -> None:
    """The next message is the reply; without an interrupt, which some clients cannot show."""
    model = scripted(AIMessage("취소했습니다", id="a"))
    built = with_clarify(react_agent(model=model), judge=scripted(judged(WHICH), judged()), ask="message")
    graph: Any = built.compile(InMemorySaver())
    assert graph.invoke(VAGUE, on_thread())["messages"][-1].text == WHICH
    assert graph.get_state(on_thread()).next == ()
    assert graph.invoke({"messages": [("user", "A-1001")]}, on_thread())["messages"][-1].text == "취소했습니다"
    assert len(model.seen[0]) == 3


@pytest.mark.parametrize("ask", ["interrupt", "message"])
@pytest.mark.parametrize("most", [1, 2, 4])
def test_asking_has_an_end(ask: Any, most: int) -> None:
    """Then the agent answers as well as it can, without another look; the next message is looked at again."""
    judge = scripted(*[judged(WHICH) for _ in range(most + 1)])
    model = scripted(AIMessage("무엇인지 모르겠습니다", id="a"))
    built = with_clarify(react_agent(model=model), judge=judge, ask=ask, max_questions=most)
    graph: Any = built.compile(InMemorySaver())
    state = graph.invoke(VAGUE, on_thread())
    for _ in range(most):
        given = Command(resume="그거") if ask == "interrupt" else {"messages": [("user", "그거")]}
        state = graph.invoke(given, on_thread())
    assert state["messages"][-1].text == "무엇인지 모르겠습니다"
    again = graph.invoke({"messages": [("user", "이거")]}, on_thread())
    assert again["messages"][-1].text == WHICH if ask == "message" else again["__interrupt__"]
    assert judge.replies == []


def test_a_user_who_would_not_say_ends_the_turn() -> None:
    """The question stands in the conversation, and the agent does nothing."""
    graph: Any = with_clarify(react_agent(model=scripted()), judge=scripted(judged(WHICH))).compile(InMemorySaver())
    graph.invoke(VAGUE, on_thread())
    state = graph.invoke(Command(resume={"decisions": [{"type": "reject"}]}), on_thread())
    assert state["messages"][-1].text == WHICH


@WAYS
def test_a_function_can_judge(is_async: bool) -> None:  # noqa: FBT001
    """Sync or async; what it returns is asked."""

    async def judge(messages: Any) -> str | None:
        return WHICH if "그거" in messages[-1].text else None

    built = with_clarify(react_agent(model=scripted(AIMessage("네", id="a"))), judge=judge, ask="message")
    graph: Any = built.compile()
    assert _run(graph, VAGUE, is_async=is_async)["messages"][-1].text == WHICH
    clear: Any = {"messages": [("user", "A-1001 취소해줘")]}
    assert _run(graph, clear, is_async=is_async)["messages"][-1].text == "네"


def test_a_judge_that_cannot_be_understood_asks_nothing() -> None:
    """It is there to help, and must not be in the way; a function that returns nonsense is told so."""
    judge = scripted(AIMessage("음", id="j"), AIMessage("음", id="k"))
    built = with_clarify(react_agent(model=scripted(AIMessage("네", id="a"))), judge=judge)
    assert built.compile().invoke(VAGUE)["messages"][-1].text == "네"
    wrong: Any = with_clarify(react_agent(model=scripted()), judge=lambda _messages: 5).compile()
    with pytest.raises(ConfigurationError, match="judge returned a int"):
        wrong.invoke(VAGUE)


def test_what_the_conversation_carries_is_carried_on() -> None:
    """The question to the user has the label of what it may have been made of."""
    built = with_clarify(react_agent(model=scripted()), judge=scripted(judged(WHICH)), ask="message")
    given: Any = {"messages": [labelled(HumanMessage("메일: ..."), "untrusted_input")]}
    assert labels_of(built.compile().invoke(given)["messages"][-1]) == {"untrusted_input"}


def _react(_: Path) -> Any:
    return react_agent(model=scripted(AIMessage("답", id="a")))


def _roles(_: Path) -> Any:
    first, last = scripted(AIMessage("계획", id="p")), scripted(AIMessage("답", id="a"))
    return react_agent(models={"tools": last, "reasoning": first}, tools=[])


def _router(_: Path) -> Any:
    return router_agent(branches={"one": lambda _messages: "답"}, classifier=lambda _messages: "one")


def _supervisor(_: Path) -> Any:
    return supervisor_agent(agents={"one": lambda _messages: "x"}, model=scripted(AIMessage("답", id="a")))


def _swarm(_: Path) -> Any:
    one = react_agent(model=scripted(AIMessage("답", id="a")), tools=[handoff_to("two", "둘")])
    return swarm_agent(agents={"one": one, "two": react_agent(model=scripted())})


def _sql(folder: Path) -> Any:
    with sqlite3.connect(folder / "a.db") as connection:
        connection.execute("CREATE TABLE a (b)")
    connection.close()
    return sql_agent(database=folder / "a.db", model=scripted(asks(("Query", {"sql": "", "reason": "답"}))))


@WAYS
@pytest.mark.parametrize("make", [_react, _roles, _router, _supervisor, _swarm, _sql])
def test_any_of_the_graphs_can_have_it(make: Any, tmp_path: Path, is_async: bool) -> None:  # noqa: FBT001
    """Also those that begin in one of several places; state, forms and nodes stay theirs."""
    graph: Any = make(tmp_path)
    nodes, schema = set(graph.nodes), graph.context_schema
    built = with_clarify(graph, judge=scripted(judged(WHICH), judged()))
    assert set(built.nodes) - nodes <= {"clarity", "clarify", "begin"}
    assert built.context_schema is schema
    compiled = built.compile(InMemorySaver())
    assert _run(compiled, VAGUE, on_thread(), is_async=is_async)["__interrupt__"]
    state = _run(compiled, Command(resume="A-1001"), on_thread(), is_async=is_async)
    assert state["messages"][-1].text == "답"
    assert set(compiled.get_input_jsonschema()["properties"]) <= {"messages", "active_agent", "taint"}
    drawn = {(edge.source, edge.target) for edge in compiled.get_graph().edges}
    assert {("__start__", "clarity"), ("clarity", "clarify"), ("clarify", "clarity")} <= drawn


@pytest.mark.parametrize(
    ("make", "options", "text"),
    [
        (lambda: react_agent().compile(), {}, "before it is compiled"),
        (lambda: router_agent(branches={"a": lambda _: ""}, clarify=True), {}, "'clarify' already"),
        (lambda: with_clarify(react_agent()), {}, "'clarity' already"),
        (lambda: StateGraph(MessagesState), {}, "no edge from START"),
        (lambda: StateGraph(dict), {}, "needs 'messages'"),
        (react_agent, {"ask": "mail"}, "use 'interrupt' or 'message'"),
        (react_agent, {"max_questions": 0}, "leave with_clarify out"),
    ],
)
def test_what_cannot_work_is_refused_when_it_is_built(make: Any, options: Any, text: str) -> None:
    """With what to do instead."""
    with pytest.raises(ConfigurationError, match=text):
        with_clarify(make(), **options)
