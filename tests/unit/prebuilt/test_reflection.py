"""The reflection: an answer that is not good enough is tried again, and the user gets one, the best."""

import asyncio
from typing import Any

import pytest
from langchain_core.messages import AIMessage, HumanMessage
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.types import Command
from scriptedmodel import asks
from teams import ASKED, check_valid, on_thread, scripted, shape

from clovax_agents import ToolPolicy, tool
from clovax_agents.budgets import Budget
from clovax_agents.checkpoints import MessageSerializer
from clovax_agents.errors import ConfigurationError, ServerError
from clovax_agents.handoffs import Agent, handoff_to
from clovax_agents.prebuilt import react_agent, reflection_agent, router_agent
from clovax_agents.reflecting import ReflectionContext, Verdict
from clovax_agents.tooling.labels import labelled, labels_of

WAYS = pytest.mark.parametrize("is_async", [False, True], ids=["sync", "async"])
RUBRIC = "존댓말로 답해야 한다"
RAN: list[str] = []


@pytest.fixture(autouse=True)
def _nothing_ran() -> None:
    RAN.clear()


@tool(policy=ToolPolicy(effect="read"))
def look_up(order_id: str) -> str:
    """주문을 조회합니다."""
    RAN.append(order_id)
    return f"{order_id}: 배송 중"


def verdict(problem: str = "", score: float = 5) -> AIMessage:
    """Return a judge's answer."""
    return asks(("Verdict", {"problem": problem, "score": score, "passes": not problem}), key="v")


def said(*texts: str) -> list[AIMessage]:
    """Return answers in words."""
    return [AIMessage(text, id=f"a{number}") for number, text in enumerate(texts)]


def _run(graph: Any, given: Any = ASKED, config: Any = None, *, is_async: bool = False, **more: Any) -> Any:
    return asyncio.run(graph.ainvoke(given, config, **more)) if is_async else graph.invoke(given, config, **more)


def _told(state: Any) -> Any:
    return state["messages"][-1].response_metadata


@WAYS
def test_an_answer_that_passes_is_the_users(is_async: bool) -> None:  # noqa: FBT001
    """With one attempt, and no other message."""
    judge = scripted(verdict(score=9))
    graph = reflection_agent(agent=react_agent(model=scripted(*said("배송 중입니다."))), check=RUBRIC, judge=judge)
    state = _run(graph.compile(), is_async=is_async)
    assert shape(state["messages"])[1:] == [("ai", "", "배송 중입니다.")]
    assert _told(state) == {"reflection": {"attempts": 1, "passed": True, "score": 9}}
    check_valid(judge.seen[0])
    assert RUBRIC in judge.seen[0][0].text
    assert "주문과 배송을 알려줘" in judge.seen[0][1].text
    assert "배송 중입니다." in judge.seen[0][1].text


@WAYS
def test_a_rejected_answer_is_tried_again_with_what_was_wrong(is_async: bool) -> None:  # noqa: FBT001
    """The agent reads what it did before, so it need not do it again; the user sees none of that."""
    model = scripted(asks(("look_up", {"order_id": "A-1"})), *said("배송 중.", "배송 중입니다."))
    judge = scripted(verdict("반말입니다", 2), verdict(score=9))
    graph = reflection_agent(agent=react_agent(model=model, tools=[look_up]), check=RUBRIC, judge=judge).compile()
    state = _run(graph, is_async=is_async)
    assert shape(state["messages"])[1:] == [("ai", "", "배송 중입니다.")]
    assert RAN == ["A-1"]
    assert [message.type for message in model.seen[2]] == ["human", "ai", "tool", "ai", "human"]
    assert "반말입니다" in model.seen[2][-1].text
    assert "A-1: 배송 중" in judge.seen[1][1].text
    assert [(each["answer"], each["outcome"], each["score"]) for each in state["attempts"]] == [
        ("배송 중.", "rejected", 2),
        ("배송 중입니다.", "passed", 9),
    ]


@WAYS
def test_the_best_goes_out_if_none_passes(is_async: bool) -> None:  # noqa: FBT001
    """By score, not the last one; and it says what is wrong with it."""
    judge = scripted(verdict("짧습니다", 4), verdict("반말입니다", 7), verdict("틀렸습니다", 1))
    graph = reflection_agent(agent=scripted(*said("가", "나", "다")), check=RUBRIC, judge=judge).compile()
    state = _run(graph, is_async=is_async)
    assert shape(state["messages"])[1:] == [("ai", "", "나")]
    assert _told(state) == {
        "reflection": {"attempts": 3, "passed": False, "score": 7},
        "problem": "반말입니다",
    }


@pytest.mark.parametrize("most", [1, 2, 5])
def test_trying_again_has_an_end(most: int) -> None:
    """As often as it was built for."""
    tried: list[int] = []

    def answer(messages: Any) -> str:
        tried.append(len(messages))
        return "답"

    graph = reflection_agent(agent=answer, check=lambda _question, _answer: "부족합니다", max_attempts=most).compile()
    assert _told(graph.invoke(ASKED))["reflection"]["attempts"] == len(tried) == most
    assert tried == [1 + 2 * number for number in range(most)]


@WAYS
def test_functions_judge_and_answer(is_async: bool) -> None:  # noqa: FBT001
    """Sync or async, whatever the run is; without any model."""

    async def answer(messages: Any) -> str:
        return "배송 중입니다." if len(messages) > 1 else "배송 중"

    async def check(question: str, answered: str) -> Verdict:
        assert question == "주문과 배송을 알려줘"
        return Verdict(answered.endswith("."), "마침표가 없습니다", len(answered))

    state = _run(reflection_agent(agent=answer, check=check).compile(), is_async=is_async)
    assert state["messages"][-1].text == "배송 중입니다."
    assert state["attempts"][0]["problem"] == "마침표가 없습니다"


@WAYS
@pytest.mark.parametrize(
    "unreadable",
    [
        AIMessage("좋은 답변입니다!"),
        AIMessage(""),
        asks(("Verdict", {"passes": "yes", "score": 5, "problem": ""})),
        asks(("Verdict", {"passes": False, "score": 99, "problem": "점수를 무시하세요"})),
    ],
)
def test_a_verdict_that_cannot_be_read_is_asked_for_again(unreadable: AIMessage, is_async: bool) -> None:  # noqa: FBT001
    """Once; the judge reads what was wrong with it."""
    judge = scripted(unreadable, verdict())
    state = _run(reflection_agent(agent=scripted(*said("네.")), check=RUBRIC, judge=judge).compile(), is_async=is_async)
    assert _told(state)["reflection"]["passed"] is True
    assert "does not fit" in judge.seen[1][-1].text


def test_without_a_verdict_the_answer_goes_out_and_says_so() -> None:
    """Nobody can tell the agent what to do better."""
    judge = scripted(*said("좋아요", "좋아요!"))
    state: Any = reflection_agent(agent=scripted(*said("네.")), check=RUBRIC, judge=judge).compile().invoke(ASKED)
    assert state["messages"][-1].text == "네."
    assert state["attempts"][0]["outcome"] == "unjudged"
    assert _told(state)["problem"] == "it could not be judged"


@WAYS
def test_an_attempt_that_fails_costs_no_other(is_async: bool) -> None:  # noqa: FBT001
    """What was answered before stays; a failure is not judged, and the next attempt starts from what there was."""
    seen: list[int] = []

    def answer(messages: Any) -> str:
        seen.append(len(messages))
        if len(seen) == 2:
            raise ServerError("점검 중")
        return f"답 {len(seen)}"

    judge = scripted(verdict("짧습니다", 4), verdict("그래도 짧습니다", 2))
    state = _run(reflection_agent(agent=answer, check=RUBRIC, judge=judge).compile(), is_async=is_async)
    assert state["messages"][-1].text == "답 1"
    assert [each["outcome"] for each in state["attempts"]] == ["rejected", "failed", "rejected"]
    assert "점검 중" in state["attempts"][1]["problem"]
    assert seen == [1, 3, 3]


def test_if_every_attempt_fails_the_user_is_told() -> None:
    """As of any agent that could not finish."""

    def answer(_: Any) -> str:
        raise ServerError("점검 중")

    state: Any = reflection_agent(agent=answer, check=RUBRIC, judge=scripted()).compile().invoke(ASKED)
    assert "점검 중" in state["messages"][-1].text
    assert _told(state)["reflection"] == {"attempts": 3, "passed": False, "score": None}


@WAYS
@pytest.mark.parametrize(
    ("limit", "answer", "outcomes"),
    [
        (1, "가", ["unjudged"]),
        (2, "가", ["rejected"]),
        (3, "가", ["rejected", "unjudged"]),
        (4, "나", ["rejected", "rejected"]),
    ],
)
def test_a_budget_ends_it_with_the_best_there_is(is_async: bool, limit: int, answer: str, outcomes: list[str]) -> None:  # noqa: FBT001
    """The agent and its judge draw on the same one; the answer says which budget it was."""
    agent = react_agent(model=scripted(*said("가", "나", "다")))
    judge = scripted(verdict("짧습니다", 4), verdict("짧습니다", 5))
    graph = reflection_agent(agent=agent, check=RUBRIC, judge=judge, budget=Budget(model_calls=limit)).compile()
    state = _run(graph, is_async=is_async)
    assert state["messages"][-1].text == answer
    assert _told(state)["budget"]["name"] == "model_calls"
    assert [each["outcome"] for each in state["attempts"]] == outcomes


def test_without_any_answer_the_budget_is_the_answer() -> None:
    """There is nothing better to tell."""

    def answer(_: Any) -> str:
        raise ServerError("점검 중")

    built = reflection_agent(agent=answer, check=RUBRIC, judge=scripted(), budget=Budget(seconds=1e-9))
    state: Any = built.compile().invoke(ASKED)
    assert state["messages"][-1].text.startswith("I stopped before I was done")


def test_a_thread_goes_on_and_attempts_are_those_at_its_last_message() -> None:
    """The history holds questions and answers alone."""
    judge = scripted(verdict("짧습니다", 4), verdict(), verdict())
    model = scripted(*said("가", "나", "다"))
    graph = reflection_agent(agent=model, check=RUBRIC, judge=judge).compile(InMemorySaver())
    graph.invoke(ASKED, on_thread())
    state: Any = graph.invoke({"messages": [("user", "고마워")]}, on_thread())
    assert [text for _, _, text in shape(state["messages"])] == ["주문과 배송을 알려줘", "나", "고마워", "다"]
    assert [each["answer"] for each in state["attempts"]] == ["다"]
    assert [message.text for message in model.seen[2]] == ["주문과 배송을 알려줘", "나", "고마워"]


def test_attempts_at_a_message_that_was_given_up_do_not_count() -> None:
    """A run that broke off leaves no answer for the next question."""

    def check(question: str, answer: str) -> str | None:
        if answer == "나":
            raise OSError("평가 서버가 없습니다")
        return None if question == "고마워" else "짧습니다"

    graph = reflection_agent(agent=scripted(*said("가", "나", "다")), check=check).compile(InMemorySaver())
    with pytest.raises(OSError, match="평가"):
        graph.invoke(ASKED, on_thread())
    state: Any = graph.invoke({"messages": [("user", "고마워")]}, on_thread())
    assert [each["answer"] for each in state["attempts"]] == ["다"]


def test_attempts_pass_through_the_strict_serializer() -> None:
    """What the state holds of them are messages and JSON."""
    saver = InMemorySaver(serde=MessageSerializer())
    graph = reflection_agent(
        agent=scripted(*said("가", "나")), check=lambda _, answer: None if answer == "나" else "짧음"
    )
    state: Any = graph.compile(saver).invoke(ASKED, on_thread())
    assert [each["answer"] for each in state["attempts"]] == ["가", "나"]
    kept: Any = graph.compile(saver).get_state(on_thread()).values
    assert (kept["attempts"], kept["work"]) == (state["attempts"], None)


@WAYS
def test_a_tool_that_needs_a_person_asks_and_the_run_goes_on(is_async: bool) -> None:  # noqa: FBT001
    """From inside of the agent; what was approved runs once, however often the answer is tried again."""

    @tool(policy=ToolPolicy(approval=True))
    def refund(order_id: str) -> str:
        """환불합니다."""
        RAN.append(order_id)
        return "환불했습니다"

    model = scripted(asks(("refund", {"order_id": "A-1"})), *said("환불", "환불했습니다."))
    judge = scripted(verdict("짧습니다"), verdict())
    built = reflection_agent(agent=react_agent(model=model, tools=[refund]), check=RUBRIC, judge=judge)
    graph = built.compile(InMemorySaver())
    asked = _run(graph, config=on_thread(), is_async=is_async)
    assert asked["__interrupt__"][0].value["action_requests"][0]["name"] == "refund"
    state = _run(graph, Command(resume={"decisions": [{"type": "approve"}]}), on_thread(), is_async=is_async)
    assert state["messages"][-1].text == "환불했습니다."
    assert RAN == ["A-1"]


def test_the_answer_carries_what_the_agent_has_read() -> None:
    """What a stranger wrote into a page is in the answer, whichever attempt it is."""

    def answer(_: Any) -> AIMessage:
        return labelled(AIMessage("페이지에 따르면 품절입니다."), "untrusted_input")

    state: Any = reflection_agent(agent=answer, check=lambda _q, _a: None).compile().invoke(ASKED)
    assert labels_of(state["messages"][-1]) == {"untrusted_input"}


def test_the_context_sets_rubric_and_judge() -> None:
    """As Studio's form does; the agent keeps its own prompt."""
    judge = scripted(verdict())
    graph = reflection_agent(agent=scripted(*said("네.")), check=RUBRIC, judge=judge).compile()
    graph.invoke(ASKED, context=ReflectionContext(rubric="영어로 답해야 한다"))
    assert "영어로 답해야 한다" in judge.seen[0][0].text
    assert RUBRIC not in judge.seen[0][0].text


@pytest.mark.parametrize(
    ("wrong", "text"),
    [
        ({"max_attempts": 0}, "at least 1"),
        ({"check": " "}, "rubric"),
        ({"agent": 5}, "give a graph"),
        ({"agent": react_agent(tools=[handoff_to("sales", "판매")])}, "hands over"),
    ],
)
def test_what_cannot_work_is_refused_when_it_is_built(wrong: Any, text: str) -> None:
    """With what to do instead."""
    with pytest.raises(ConfigurationError, match=text):
        reflection_agent(**{"agent": lambda _: "답", "check": RUBRIC, **wrong})


@WAYS
def test_tokens_of_attempts_are_not_shown(is_async: bool) -> None:  # noqa: FBT001
    """A chat client that streams messages gets the one answer; who looks inside sees the agent at work."""
    model = scripted(*said("가", "나"))
    graph = reflection_agent(agent=react_agent(model=model), check=RUBRIC, judge=scripted(verdict("짧음"), verdict()))
    compiled: Any = graph.compile()

    async def streamed() -> list[str]:
        return [chunk.text async for chunk, _ in compiled.astream(ASKED, stream_mode="messages")]

    if is_async:
        assert asyncio.run(streamed()) == ["나"]
    else:
        assert [chunk.text for chunk, _ in compiled.stream(ASKED, stream_mode="messages")] == ["나"]
        assert "act:model" in compiled.get_graph(xray=True).nodes


@WAYS
def test_it_is_a_branch_of_a_router(is_async: bool) -> None:  # noqa: FBT001
    """As any graph with messages."""
    polite = reflection_agent(agent=scripted(*said("네.")), check=RUBRIC, judge=scripted(verdict()))
    branch = Agent(name="polite", description="공손한 답", runs=polite)
    router = router_agent(branches=[branch], classifier=lambda _: "polite").compile()
    assert _run(router, is_async=is_async)["messages"][-1].text == "네."


def test_what_is_read_is_korean_where_that_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """By the judge and by the agent."""
    monkeypatch.setenv("CLOVAX_LANG", "ko")
    model, judge = scripted(*said("가", "나")), scripted(verdict("짧습니다"), verdict())
    reflection_agent(agent=model, check=RUBRIC, judge=judge).compile().invoke({"messages": [HumanMessage("왜?")]})
    assert "아래 기준만으로" in judge.seen[0][0].text
    assert "답변이 충분하지 않습니다: 짧습니다" in model.seen[1][-1].text
