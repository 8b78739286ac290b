"""The deep agent: lists, files and sub-agents; nothing that runs side by side loses anything of the others."""

import asyncio
import threading
from collections.abc import Sequence
from typing import Any

import pytest
from decidingmodel import DecidingModel
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, ToolMessage
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.types import Command
from scriptedmodel import asks
from teams import ASKED, check_valid, on_thread, scripted

from clovax_agents import ToolPolicy, tool
from clovax_agents.budgets import Budget
from clovax_agents.errors import ConfigurationError
from clovax_agents.handoffs import Agent
from clovax_agents.prebuilt import deep_agent, react_agent
from clovax_agents.state import AgentContext

WAYS = pytest.mark.parametrize("is_async", [False, True], ids=["sync", "async"])
RAN: list[str] = []


@pytest.fixture(autouse=True)
def _nothing_ran() -> None:
    RAN.clear()


@tool(policy=ToolPolicy(effect="read"))
def read_reviews(product: str) -> list[dict[str, str]]:
    """상품평을 모두 읽습니다.

    Args:
        product: 상품 이름
    """
    return [{"product": product, "review": f"{number}번째 상품평입니다"} for number in range(500)]


@tool(policy=ToolPolicy(approval=True))
def cancel(order_id: str) -> str:
    """주문을 취소합니다.

    Args:
        order_id: 주문 번호
    """
    RAN.append(order_id)
    return "취소했습니다"


def run(graph: Any, given: Any = ASKED, config: Any = None, *, is_async: bool = False, **more: Any) -> Any:
    """Run a graph either way."""
    return asyncio.run(graph.ainvoke(given, config, **more)) if is_async else graph.invoke(given, config, **more)


def results(state: Any) -> list[str]:
    """Return what tools have answered."""
    return [message.text for message in state["messages"] if isinstance(message, ToolMessage)]


def write(path: str, content: str) -> tuple[str, dict[str, Any]]:
    """Return a call that writes a file."""
    return "write_file", {"file_path": path, "content": content}


def edit(path: str, old: str, new: str, **more: Any) -> tuple[str, dict[str, Any]]:
    """Return a call that changes a file."""
    return "edit_file", {"file_path": path, "old_string": old, "new_string": new, **more}


def task(agent: str, description: str) -> tuple[str, dict[str, Any]]:
    """Return a call of a sub-agent."""
    return "task", {"subagent_type": agent, "description": description}


@WAYS
def test_calls_of_one_message_work_on_files_one_after_the_other(is_async: bool) -> None:  # noqa: FBT001
    """A file is written, changed twice, and a change that cannot be made is told; nothing is lost."""
    model = scripted(
        asks(
            write("notes.md", "하나 둘"),
            edit("/notes.md", "하나", "1"),
            edit("/notes.md", "둘", "2"),
            edit("/notes.md", "셋", "3"),
        ),
        asks(("read_file", {"file_path": "/notes.md"}), ("ls", {}), ("grep", {"pattern": "2"}), key="m2"),
        AIMessage("끝"),
    )
    state = run(deep_agent(model=model).compile(), is_async=is_async)
    assert state["files"] == {"/notes.md": "1 2"}
    told = results(state)
    assert told[:3] == ["written to /notes.md", "changed /notes.md in 1 place", "changed /notes.md in 1 place"]
    assert "is not in /notes.md" in told[3]
    assert told[4:] == ["1 2", "/notes.md (3 characters)", "/notes.md offset=0: 1 2"]
    answers = [message for message in state["messages"] if isinstance(message, ToolMessage)]
    assert [answer.status for answer in answers[:4]] == ["success", "success", "success", "error"]
    assert all(answer.artifact is None for answer in answers)


@WAYS
def test_the_list_is_in_the_state(is_async: bool) -> None:  # noqa: FBT001
    """Each call replaces it; of two in one message, the last one counts; a list that is none is sent back."""
    model = scripted(
        asks(("write_todos", {"todos": ["[>] 조회", "[ ] 보고"]})),
        asks(("write_todos", {"todos": ["[x] 조회"]}), ("write_todos", {"todos": ["[x] 조회", "[>] 보고"]}), key="m2"),
        asks(("write_todos", {"todos": ["[?] 조회"]}), key="m3"),
        AIMessage("끝"),
    )
    state = run(deep_agent(model=model).compile(), is_async=is_async)
    assert state["todos"] == [
        {"content": "조회", "status": "completed"},
        {"content": "보고", "status": "in_progress"},
    ]
    assert results(state)[0] == "[>] 조회\n[ ] 보고"
    assert "[?] says nothing" in results(state)[-1]


@WAYS
def test_sub_agents_work_at_once_on_the_same_files_and_nothing_is_lost(is_async: bool) -> None:  # noqa: FBT001
    """They see the files and their task alone; both have written the same file, and the caller another one."""
    meeting = threading.Barrier(2, timeout=20)

    def decide(messages: Sequence[BaseMessage]) -> AIMessage | str:
        own = [message for message in messages if isinstance(message, HumanMessage)]
        if isinstance(messages[-1], ToolMessage):
            return f"{own[0].text} 조사를 마쳤습니다"
        meeting.wait()
        return asks(
            write("/report.md", own[0].text),
            edit("/shared.md", f"{own[0].text}: ?", f"{own[0].text}: 조사함"),
            key=own[0].text,
        )

    researcher = deep_agent(model=DecidingModel(decide=decide), general_purpose=False)
    model = scripted(
        asks(task("researcher", "가격"), task("researcher", "품질"), write("/plan.md", "계획")),
        AIMessage("끝", id="m9"),
    )
    graph = deep_agent(
        model=model,
        subagents=[Agent(name="researcher", description="조사", runs=researcher)],
        general_purpose=False,
    ).compile(InMemorySaver())
    given: Any = {**ASKED, "files": {"/shared.md": "가격: ?\n품질: ?"}}
    state = run(graph, given, on_thread(), is_async=is_async)
    files = state["files"]
    assert files["/plan.md"] == "계획"
    assert sorted([files["/report.md"], files["/report-2.md"]]) == ["가격", "품질"]
    shared = {files["/shared.md"], files["/shared-2.md"]}
    assert shared == {"가격: 조사함\n품질: ?", "가격: ?\n품질: 조사함"}
    check_valid(model.seen[1])
    told = [message.text for message in model.seen[1] if isinstance(message, ToolMessage)]
    assert told[0].startswith("가격 조사를 마쳤습니다\n[files that it has written: ")


@WAYS
def test_a_long_result_becomes_a_file_that_can_be_searched(is_async: bool) -> None:  # noqa: FBT001
    """The model reads its beginning and where it is; the context stays small."""
    path = "/large_tool_results/read_reviews-c0"
    model = scripted(
        asks(("read_reviews", {"product": "이어폰"})),
        asks(("grep", {"pattern": "499번째"}), ("read_file", {"file_path": path, "offset": 3, "limit": 2}), key="m2"),
        AIMessage("끝"),
    )
    state = run(deep_agent(tools=[read_reviews], model=model).compile(), is_async=is_async)
    first, found, page = results(state)
    assert path in first
    assert len(first) < 2_000
    assert "499번째 상품평입니다" in found
    assert len(page) < 300
    assert state["files"][path].count("번째 상품평입니다") == 500


@WAYS
@pytest.mark.parametrize(("way", "ran"), [("approve", ["A-1"]), ("reject", [])])
def test_a_sub_agent_asks_a_person(is_async: bool, way: str, ran: list[str]) -> None:  # noqa: FBT001
    """What else the message has done is done, and not done again; the answer reaches the one that asked."""
    clerk = react_agent(
        model=scripted(asks(("cancel", {"order_id": "A-1"})), AIMessage("처리했습니다")), tools=[cancel]
    )
    model = scripted(asks(task("clerk", "A-1 취소"), write("/log.md", "시작")), AIMessage("끝", id="m9"))
    graph = deep_agent(model=model, subagents={"clerk": clerk}).compile(InMemorySaver())
    asked = run(graph, ASKED, on_thread(), is_async=is_async)
    (question,) = asked["__interrupt__"]
    assert question.value["action_requests"][0]["args"] == {"order_id": "A-1"}
    assert asked["files"] == {"/log.md": "시작"}
    state = run(graph, Command(resume={"decisions": [{"type": way}]}), on_thread(), is_async=is_async)
    assert ran == RAN
    assert "처리했습니다" in results(state)
    assert state["files"] == {"/log.md": "시작"}


def test_a_sub_agent_can_need_agreement_itself() -> None:
    """By its own policy; another one of the same tool does not."""
    team = [
        Agent(
            name="payer", description="결제", runs=lambda _: "결제함", policy=ToolPolicy(effect="read", approval=True)
        ),
        Agent(name="reader", description="조회", runs=lambda _: "조회함"),
    ]
    model = scripted(asks(task("reader", "조회")), asks(task("payer", "결제"), key="m2"), AIMessage("끝"))
    graph = deep_agent(model=model, subagents=team).compile(InMemorySaver())
    asked = graph.invoke(ASKED, on_thread())
    assert [found.value["action_requests"][0]["args"]["subagent_type"] for found in asked["__interrupt__"]] == ["payer"]
    state = graph.invoke(Command(resume={"decisions": [{"type": "approve"}]}), on_thread())
    assert results(state) == ["조회함", "결제함"]


def test_a_sub_agent_that_is_not_there_is_told() -> None:
    """With those that are; one that fails is an error that the model reads."""

    def broken(_: Any) -> str:
        raise OSError("서버가 없습니다")

    model = scripted(asks(task("research", "조사")), asks(task("broken", "조사"), key="m2"), AIMessage("끝"))
    state = deep_agent(model=model, subagents=[broken]).compile().invoke(ASKED)
    assert "subagent_type" in results(state)[0]
    assert "'general-purpose' or 'broken'" in results(state)[0]
    assert "서버가 없습니다" in results(state)[1]


def test_the_general_purpose_agent_has_the_same_tools_and_a_context_of_its_own() -> None:
    """What fills it does not fill the caller's; its files are the caller's."""
    seen: list[list[BaseMessage]] = []

    def decide(messages: Sequence[BaseMessage]) -> AIMessage | str:
        seen.append(list(messages))
        if messages[-1].text == "상품평을 정리해":
            return asks(("read_reviews", {"product": "이어폰"}), key="s1")
        if len(messages) == 4 and "Do the task" in messages[0].text:
            return asks(write("/summary.md", "좋음"), key="s2")
        if "Do the task" in messages[0].text:
            return "정리했습니다"
        return "끝" if isinstance(messages[-1], ToolMessage) else asks(task("general-purpose", "상품평을 정리해"))

    state = deep_agent(tools=[read_reviews], model=DecidingModel(decide=decide)).compile().invoke(ASKED)
    assert [message.type for message in state["messages"]] == ["human", "ai", "tool", "ai"]
    assert results(state) == [
        "정리했습니다\n[files that it has written: /large_tool_results/read_reviews-c0, /summary.md]"
    ]
    assert "/summary.md" in state["files"]
    assert [message.text for message in seen[1]][1:] == ["상품평을 정리해"]


def test_a_crash_between_turns_loses_no_file() -> None:
    """What was written is in the checkpoint; the run goes on from there."""
    broken = [True]

    def decide(messages: Sequence[BaseMessage]) -> AIMessage | str:
        if not isinstance(messages[-1], ToolMessage):
            return asks(write("/a.md", "가"))
        if broken.pop() if broken else False:
            raise OSError("연결이 끊겼습니다")
        return "끝"

    graph = deep_agent(model=DecidingModel(decide=decide)).compile(InMemorySaver())
    with pytest.raises(OSError, match="연결"):
        graph.invoke(ASKED, on_thread())
    assert graph.invoke(None, on_thread())["files"] == {"/a.md": "가"}


def test_looking_again_and_again_ends() -> None:
    """A model that only ever lists its files is stopped, and the user is told."""

    def decide(messages: Sequence[BaseMessage]) -> AIMessage:
        return asks(("ls", {}), key=f"m{len(messages)}")

    state = deep_agent(model=DecidingModel(decide=decide)).compile().invoke(ASKED)
    assert state["messages"][-1].response_metadata["recoveries"][-1]["step"] == "stopped"
    assert len(state["messages"]) < 30


def test_files_stay_with_the_thread_and_can_be_given() -> None:
    """By the next message they are there; None takes one away."""
    model = scripted(asks(write("/a.md", "가")), AIMessage("끝"), asks(("ls", {}), key="m2"), AIMessage("끝"))
    graph = deep_agent(model=model).compile(InMemorySaver())
    graph.invoke(ASKED, on_thread())
    given: Any = {"messages": [("user", "다음")], "files": {"/b.md": "나", "/a.md": None}}
    state = graph.invoke(given, on_thread())
    assert results(state)[-1] == "/b.md (1 characters)"


def test_a_budget_is_that_of_the_whole_team() -> None:
    """What a sub-agent uses is used."""
    clerk = react_agent(model=scripted(AIMessage("처리했습니다")))
    model = scripted(asks(task("clerk", "처리")), AIMessage("unused"))
    graph = deep_agent(model=model, subagents={"clerk": clerk}, budget=Budget(model_calls=2)).compile()
    state = graph.invoke(ASKED)
    assert state["messages"][-1].response_metadata["budget"]["name"] == "model_calls"


def test_sub_agents_have_no_more_scopes_than_the_run_and_their_own() -> None:
    """What needs one that was not granted is refused inside."""

    @tool(policy=ToolPolicy(effect="read", scopes={"orders:write"}))
    def write_order() -> str:
        """주문을 씁니다."""
        RAN.append("written")
        return "-"

    def called(**options: Any) -> list[str]:
        RAN.clear()
        clerk = react_agent(model=scripted(asks(("write_order", {})), AIMessage("끝")), tools=[write_order])
        team = [Agent(name="clerk", description="주문", runs=clerk, **options)]
        model = scripted(asks(task("clerk", "주문")), AIMessage("끝"))
        deep_agent(model=model, subagents=team).compile().invoke(ASKED, context=AgentContext(scopes=["orders:write"]))
        return list(RAN)

    assert called() == ["written"]
    assert called(scopes={"orders:read"}) == []


def test_the_model_reads_korean_where_it_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """How to work, the tools, and their results."""
    monkeypatch.setenv("CLOVAX_LANG", "ko")
    model = scripted(asks(write("/a.md", "가"), edit("/a.md", "나", "다")), AIMessage("끝"))
    state = deep_agent(model=model, prompt="연구원").compile().invoke(ASKED)
    assert model.seen[0][0].text.startswith("연구원\n\n일하는 방법:")
    assert "하위 에이전트에게" in model.seen[0][0].text
    assert results(state)[0] == "/a.md에 썼습니다"
    assert "바꿀 글이 /a.md에 없습니다" in results(state)[1]


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"max_result_tokens": 100}, "give 500 or more"),
        (
            {"subagents": [Agent(name="a", runs=lambda _: "", policy=ToolPolicy(scopes={"x"}))]},
            "scopes and visible_when",
        ),
        ({"tools": [tool(name="ls", description="List")(lambda: "x")]}, "ls"),
    ],
)
def test_what_cannot_work_is_refused_when_it_is_built(options: Any, text: str) -> None:
    """With what to do about it."""
    with pytest.raises(ConfigurationError, match=text):
        deep_agent(**options)


@pytest.mark.parametrize("mode", ["values", "updates", "messages", "tasks", "debug", "custom"])
@pytest.mark.soak(every=2)
async def test_all_ways_to_stream_show_sub_agents_at_work(mode: Any) -> None:
    """With lists and files where the state is shown."""
    clerk = react_agent(model=scripted(AIMessage("처리했습니다", id="s1")))
    first = asks(task("clerk", "처리"), write("/a.md", "가"), ("write_todos", {"todos": ["[x] 처리"]}))
    graph = deep_agent(model=scripted(first, AIMessage("끝", id="m9")), subagents={"clerk": clerk}).compile()
    events = [event async for event in graph.astream(ASKED, stream_mode=mode, subgraphs=True)]
    if mode == "values":
        last = events[-1][1]
        assert last["files"] == {"/a.md": "가"}
        assert last["todos"] == [{"content": "처리", "status": "completed"}]
    elif mode != "custom":
        assert any(namespace for namespace, _ in events)


def test_a_prompt_of_one_run_does_not_take_away_how_to_work() -> None:
    """It takes the place of the agent's own prompt alone."""
    model = scripted(AIMessage("네", id="a"))
    graph = deep_agent(model=model, prompt="상품 조사 담당자입니다.").compile()
    graph.invoke({"messages": [("user", "안녕")]}, context=AgentContext(prompt="주문 조사 담당자입니다."))
    told = model.seen[0][0].text
    assert told.startswith("주문 조사 담당자입니다.")
    assert "write_todos" in told
    assert "상품 조사" not in told
