"""The router: who answers is chosen, branches work at once, and one answer comes out that is good enough."""

import asyncio
import threading
from typing import Any

import pytest
from langchain_core.messages import AIMessage
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.types import Command
from scriptedmodel import asks
from teams import ASKED, check_valid, on_thread, scripted, shape

from clovax_agents import ToolPolicy, tool
from clovax_agents.errors import ConfigurationError
from clovax_agents.handoffs import Agent
from clovax_agents.prebuilt import react_agent, router_agent
from clovax_agents.routers import RouterContext

WAYS = pytest.mark.parametrize("is_async", [False, True], ids=["sync", "async"])
RAN: list[str] = []


@pytest.fixture(autouse=True)
def _nothing_ran() -> None:
    RAN.clear()


def orders(_: Any) -> str:
    """주문 조회."""
    RAN.append("orders")
    return "주문은 결제완료"


async def delivery(_: Any) -> str:
    """배송 조회."""
    RAN.append("delivery")
    return "내일 도착"


def chosen(*branches: str, question: str = "") -> AIMessage:
    """Return a classifier's answer."""
    return asks(*((f"ask_{branch}", {}) for branch in branches), key="r") if branches else AIMessage(question, id="r")


def verdict(problem: str = "") -> AIMessage:
    """Return a judge's answer."""
    return asks(("Verdict", {"passes": not problem, "problem": problem}), key="v")


def _run(graph: Any, given: Any = ASKED, config: Any = None, *, is_async: bool = False, **more: Any) -> Any:
    return asyncio.run(graph.ainvoke(given, config, **more)) if is_async else graph.invoke(given, config, **more)


@WAYS
def test_a_single_branch_answers_itself(is_async: bool) -> None:  # noqa: FBT001
    """Word for word, without another model call."""
    classifier = scripted(chosen("delivery"))
    graph = router_agent(branches=[orders, delivery], classifier=classifier, model=scripted()).compile()
    messages = _run(graph, is_async=is_async)["messages"]
    assert shape(messages)[1:] == [("ai", "delivery", "내일 도착")]
    assert RAN == ["delivery"]


@WAYS
def test_several_branches_work_at_once_and_one_answer_is_made_of_theirs(is_async: bool) -> None:  # noqa: FBT001
    """In the order in which they were chosen, whoever is done first."""
    begun = threading.Barrier(2, timeout=20)
    ended = threading.Event()

    def first(_: Any) -> str:
        begun.wait()
        assert ended.wait(20)
        return "첫째의 결과"

    def second(_: Any) -> str:
        begun.wait()
        ended.set()
        return "둘째의 결과"

    model = scripted(AIMessage("합친 답", id="m"))
    classifier = scripted(chosen("second", "first", "second"))
    graph = router_agent(branches=[first, second], classifier=classifier, model=model, prompt="존댓말").compile()
    messages = _run(graph, is_async=is_async)["messages"]

    assert messages[-1].text == "합친 답"
    check_valid(model.seen[0])
    assert model.seen[0][0].text.startswith("존댓말")
    assert [message.text for message in model.seen[0][1:]] == [
        ASKED["messages"][0][1],
        "",
        "둘째의 결과",
        "첫째의 결과",
    ]


@WAYS
def test_functions_choose_merge_and_check(is_async: bool) -> None:  # noqa: FBT001
    """Without any model; sync or async, whatever the run is."""

    async def classify(messages: Any) -> list[str]:
        return ["orders", "delivery"] if "배송" in messages[-1].text else ["orders"]

    async def merge(question: str, results: dict[str, str]) -> str:
        return f"{question}: {' / '.join(results.values())}"

    def check(question: str, answer: str) -> str | None:
        return None if question in answer else "질문이 빠졌습니다"

    graph = router_agent(branches=[orders, delivery], classifier=classify, merge=merge, check=check).compile()
    messages = _run(graph, is_async=is_async)["messages"]
    assert messages[-1].text == "주문과 배송을 알려줘: 주문은 결제완료 / 내일 도착"
    assert sorted(RAN) == ["delivery", "orders"]


def test_an_answer_that_does_not_pass_is_written_anew() -> None:
    """The writer reads what was wrong; the user gets the one that passes."""
    classifier = scripted(chosen("orders", "delivery"), verdict("너무 깁니다"), verdict())
    model = scripted(AIMessage("긴 답", id="m1"), AIMessage("짧은 답", id="m2"))
    options: Any = {"classifier": classifier, "model": model, "check": "짧아야 한다"}
    messages = router_agent(branches=[orders, delivery], **options).compile().invoke(ASKED)["messages"]
    assert shape(messages)[1:] == [("ai", "", "짧은 답")]
    assert [message.type for message in model.seen[1]] == ["system", "human", "ai", "tool", "tool", "ai", "human"]
    assert model.seen[1][-2].text == "긴 답"
    assert "너무 깁니다" in model.seen[1][-1].text
    assert "짧아야 한다" in classifier.seen[1][0].text


@pytest.mark.parametrize("most", [0, 1, 3])
def test_writing_anew_has_an_end(most: int) -> None:
    """The last answer goes out, and says what is wrong with it."""
    model = scripted(*[AIMessage(f"답 {number}", id=f"m{number}") for number in range(9)])
    graph = router_agent(
        branches=[orders, delivery],
        classifier=lambda _: ["orders", "delivery"],
        model=model,
        check=lambda _question, _answer: "부족합니다",
        max_regenerations=most,
    ).compile()
    messages = graph.invoke(ASKED)["messages"]
    assert len(model.seen) == 1 + most
    assert messages[-1].text == f"답 {most}"
    assert messages[-1].response_metadata == {"problem": "부족합니다"}


def test_a_single_answer_that_does_not_pass_is_written_by_the_model() -> None:
    """From the branch's result, with what was wrong."""
    model = scripted(AIMessage("고친 답", id="m"))
    check = lambda _, answer: None if answer == "고친 답" else "말투"  # noqa: E731
    graph = router_agent(branches=[orders], classifier=lambda _: "orders", model=model, check=check).compile()
    assert graph.invoke(ASKED)["messages"][-1].text == "고친 답"
    assert "주문은 결제완료" in [message.text for message in model.seen[0]]


@WAYS
@pytest.mark.parametrize(
    "answer",
    [
        "배송이요",
        {"decisions": [{"type": "respond", "message": "배송이요"}]},
        [{"type": "response", "args": "배송이요"}],
    ],
    ids=["text", "new", "old"],
)
def test_the_user_is_asked_back_where_nothing_fits(is_async: bool, answer: Any) -> None:  # noqa: FBT001
    """In the shape that chat clients show; question and reply are part of the conversation then."""
    classifier = scripted(chosen(question="주문과 배송 중 무엇이 궁금하세요?"), chosen("delivery"))
    graph = router_agent(branches=[orders, delivery], classifier=classifier, clarify=True).compile(InMemorySaver())
    asked = _run(graph, {"messages": [("user", "그거 알려줘")]}, on_thread(), is_async=is_async)
    (question,) = [found.value for found in asked["__interrupt__"]]
    assert question["action_requests"][0]["description"] == "주문과 배송 중 무엇이 궁금하세요?"
    assert question["review_configs"] == [{"action_name": "clarify", "allowed_decisions": ["respond"]}]
    assert RAN == []

    state = _run(graph, Command(resume=answer), on_thread(), is_async=is_async)
    assert shape(state["messages"])[1:] == [
        ("ai", "", "주문과 배송 중 무엇이 궁금하세요?"),
        ("human", "", "배송이요"),
        ("ai", "delivery", "내일 도착"),
    ]


def test_asking_back_has_an_end() -> None:
    """Twice; then the user is told what there is, and the thread is free for another message."""
    classifier = scripted(*[chosen()] * 3, chosen(question="또 무엇?"))
    graph = router_agent(branches=[orders, delivery], classifier=classifier, clarify=True).compile(InMemorySaver())
    state = graph.invoke(ASKED, on_thread())
    for _ in range(2):
        assert state["__interrupt__"]
        state = graph.invoke(Command(resume="음..."), on_thread())
    assert state["messages"][-1].text.endswith("- orders: 주문 조회.\n- delivery: 배송 조회.")
    assert graph.get_state(on_thread()).next == ()
    assert graph.invoke({"messages": [("user", "다른 것")]}, on_thread())["__interrupt__"]


def test_a_reply_that_nobody_can_read_is_asked_for_again_and_none_is_none() -> None:
    """Three times; a user who will not say has the question as the answer."""
    graph = router_agent(
        branches=[orders], classifier=scripted(chosen(question="무엇?"), chosen(question="무엇?")), clarify=True
    )
    compiled = graph.compile(InMemorySaver())
    compiled.invoke(ASKED, on_thread())
    for answer in (5, {"decisions": []}):
        state = compiled.invoke(Command(resume=answer), on_thread())
        assert "write it as a text" in state["__interrupt__"][0].value["action_requests"][0]["description"]
    assert compiled.invoke(Command(resume=["?", "!"]), on_thread())["messages"][-1].text == "무엇?"

    compiled.invoke(ASKED, on_thread("other"))
    state = compiled.invoke(Command(resume=[{"type": "ignore", "args": None}]), on_thread("other"))
    assert state["messages"][-1].text == "무엇?"


def test_without_asking_back_the_user_is_told() -> None:
    """With the classifier's own question; a default branch is asked instead, if there is one."""
    graph = router_agent(branches=[orders], classifier=scripted(chosen(question="무엇을 도와드릴까요?"))).compile()
    assert graph.invoke(ASKED)["messages"][-1].text == "무엇을 도와드릴까요?"
    graph = router_agent(branches=[orders], classifier=scripted(chosen()), default="orders").compile()
    assert graph.invoke(ASKED)["messages"][-1].text == "주문은 결제완료"


@pytest.mark.parametrize(
    "answer",
    [AIMessage("", id="x"), asks(("ask_nobody", {}), key="x"), asks(("search", {"query": "?"}), key="x")],
    ids=["no choice", "an unknown branch", "another tool"],
)
def test_a_choice_that_cannot_be_read_chooses_nothing(answer: AIMessage) -> None:
    """The user is told what there is; nothing runs."""
    graph = router_agent(branches=[orders, delivery], classifier=scripted(answer)).compile()
    assert "I can help with" in graph.invoke(ASKED)["messages"][-1].text
    assert RAN == []


def test_one_branch_that_fails_is_told_of_in_the_answer() -> None:
    """The others' results are there, and the run ends well."""

    def broken(_: Any) -> str:
        raise OSError("the database is closed")

    model = scripted(AIMessage("배송은 내일, 주문은 조회할 수 없었습니다", id="m"))
    graph = router_agent(
        branches=[broken, delivery], classifier=lambda _: ["broken", "delivery"], model=model
    ).compile()
    assert graph.invoke(ASKED)["messages"][-1].text.startswith("배송은 내일")
    assert model.seen[0][3].text == "broken could not finish: OSError: the database is closed"


def test_nothing_of_the_last_message_is_left_for_the_next() -> None:
    """Results, drafts and problems are those of this message."""
    classifier: Any = lambda messages: ["orders", "delivery"] if len(messages) == 1 else ["delivery"]  # noqa: E731
    model = scripted(AIMessage("합친 답", id="m"))
    graph = router_agent(branches=[orders, delivery], classifier=classifier, model=model).compile(InMemorySaver())
    graph.invoke(ASKED, on_thread())
    state = graph.invoke({"messages": [("user", "배송만")]}, on_thread())
    assert state["messages"][-1].text == "내일 도착"
    assert graph.get_state(on_thread()).values["results"] == {"delivery": "내일 도착"}


@tool(policy=ToolPolicy(approval=True, scopes={"orders:write"}))
def cancel(order_id: str) -> str:
    """Cancel an order."""
    RAN.append(order_id)
    return f"{order_id}: 취소됨"


@pytest.mark.parametrize("most", [None, {"orders:read"}], ids=["all scopes", "its own"])
def test_a_person_is_asked_from_inside_of_a_branch(most: Any) -> None:
    """The other branch is not run again; without the scope nobody is asked, and nothing runs."""
    inner = scripted(asks(("cancel", {"order_id": "A-1"}), key="c"), AIMessage("처리했습니다", id="e"))
    branch = Agent(runs=react_agent(model=inner, tools=[cancel]), name="cancelling", scopes=most)
    model = scripted(AIMessage("합친 답", id="m"))
    graph = router_agent(branches=[branch, orders], classifier=lambda _: ["cancelling", "orders"], model=model)
    compiled = graph.compile(InMemorySaver())
    state = compiled.invoke(ASKED, on_thread(), context=RouterContext(scopes=["orders:write"]))
    if most is None:
        assert state["__interrupt__"]
        given: Any = Command(resume={"decisions": [{"type": "approve"}]})
        state = compiled.invoke(given, on_thread(), context=RouterContext(scopes=["orders:write"]))
    expected = ["orders", "A-1"] if most is None else ["orders"]
    assert expected == RAN
    assert state["messages"][-1].text == "합친 답"


@pytest.mark.parametrize("mode", ["values", "updates", "messages", "custom", "tasks", "checkpoints", "debug"])
def test_all_ways_to_stream_work_and_choices_are_not_streamed(mode: Any) -> None:
    """What the classifier and the judge say is for nobody's eyes."""
    classifier = scripted(chosen("orders", "delivery"), verdict())
    model = scripted(AIMessage("합친 답", id="m"))
    graph = router_agent(branches=[orders, delivery], classifier=classifier, model=model, check="짧게")
    events = list(graph.compile(InMemorySaver()).stream(ASKED, on_thread(), stream_mode=mode))
    assert bool(events) == (mode != "custom")
    if mode == "messages":
        assert [message.text for message, _ in events if message.type == "ai"] == ["합친 답"]
        assert not any(getattr(message, "tool_calls", None) for message, _ in events)


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"branches": {}}, "no agents"),
        ({"branches": {"merge": orders}}, "a node of the graph has that name"),
        ({"branches": [orders], "default": "delivery"}, "default='delivery' is none of the branches: orders"),
        ({"branches": [orders], "max_regenerations": -1}, "0 or more"),
        ({"branches": [orders], "default": "orders", "clarify": True}, "leave one of them out"),
        ({"branches": [Agent(runs=orders, as_tool=True)]}, "a router has no tools"),
    ],
)
def test_what_cannot_work_is_refused_when_it_is_built(options: Any, text: str) -> None:
    """With what to do about it."""
    with pytest.raises(ConfigurationError, match=text):
        router_agent(**options)


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"classifier": lambda _: "nobody"}, "the branches are: orders"),
        ({"classifier": lambda _: "orders", "check": lambda _q, _a: 5}, "check returned a int"),
        ({"classifier": lambda _: "numbers", "branches": {"numbers": lambda _: 5}}, "returned a int"),
    ],
)
def test_functions_that_return_something_else_are_told_so(options: Any, text: str) -> None:
    """At their first call, with what they may return; a branch's mistake is its answer."""
    graph = router_agent(**{"branches": [orders], **options}).compile()
    if "branches" in options:
        assert text in graph.invoke(ASKED)["messages"][-1].text
        return
    with pytest.raises(ConfigurationError, match=text):
        graph.invoke(ASKED)


def test_only_the_end_of_a_long_conversation_is_read_for_the_choice() -> None:
    """In texts, and beginning with the user."""
    classifier = scripted(chosen("orders"))
    talk = [("user" if number % 2 == 0 else "ai", f"{number}") for number in range(41)]
    router_agent(branches=[orders], classifier=classifier).compile().invoke({"messages": talk})
    assert [message.text for message in classifier.seen[0][1:]] == ["36", "37", "38", "39", "40"]
