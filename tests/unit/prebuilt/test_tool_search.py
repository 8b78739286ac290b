"""An agent with two hundred tools: each model call is given few of them, and no tool is out of reach."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from agentparts import calls, get_time, get_weather, results
from langchain_core.messages import AIMessage, HumanMessage, ToolMessage
from langchain_core.tools import BaseTool
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.types import Command
from scriptedmodel import ScriptedModel, asks

from clovax_agents import ChatClovaX, ToolPolicy, tool
from clovax_agents.errors import ConfigurationError
from clovax_agents.prebuilt import react_agent
from clovax_agents.simulator import BrainReply, ChatRequest, ScriptBrain, ScriptStep, SimulatorServer
from clovax_agents.tooling import Toolbox, ToolSearch

Start = Callable[..., tuple["Recorder", ChatClovaX]]
SHOP = (
    "주문",
    "환불",
    "배송",
    "재고",
    "쿠폰",
    "회원",
    "상품",
    "리뷰",
    "교환",
    "포인트",
    "송장",
    "선물",
    "결제",
    "매장",
)
DONE = ("조회", "등록", "수정", "삭제", "검색", "취소", "승인", "보류", "복원", "집계", "확인", "전송", "예약", "분류")
REFUNDED: list[str] = []


@tool(policy=ToolPolicy(approval=True))
def refund_order(order_id: str) -> str:
    """Pay back an order."""
    REFUNDED.append(order_id)
    return f"{order_id} paid back"


def _numbered(number: int) -> BaseTool:
    subject, action = SHOP[number % len(SHOP)], DONE[number // len(SHOP)]

    def answer(key: str) -> str:
        return f"{subject} {action} {key}"

    return tool(name=f"tool_{number:03}", description=f"{subject} 정보를 {action}합니다.")(answer)


MANY = Toolbox(*map(_numbered, range(len(SHOP) * len(DONE))), get_weather, get_time, refund_order)


class Recorder(ScriptBrain):
    """A script that remembers what it was asked."""

    def __init__(self, replies: list[BrainReply | str]) -> None:
        super().__init__(ScriptStep(BrainReply(text) if isinstance(text, str) else text) for text in replies)
        self.seen: list[ChatRequest] = []

    def reply(self, request: ChatRequest) -> BrainReply:
        """Take note, and follow the script."""
        self.seen.append(request)
        return super().reply(request)

    @property
    def given(self) -> list[list[str]]:
        """The names of the tools of each call."""
        return [[spec.name for spec in request.tools] for request in self.seen]


@pytest.fixture
def scripted() -> Iterator[Start]:
    """Start a simulator that gives the replies, and a model that talks to it."""
    with ExitStack() as stack:

        def start(*replies: BrainReply | str) -> tuple[Recorder, ChatClovaX]:
            brain = Recorder([*replies])
            server = stack.enter_context(SimulatorServer(brain=brain))
            return brain, ChatClovaX(api_key="nv-test", base_url=server.base_url, max_retries=0)

        REFUNDED.clear()
        yield start


def _agent(model: Any, search: bool | ToolSearch = True, **more: Any) -> Any:  # noqa: FBT001, FBT002
    given = ToolSearch(morphemes=False) if search is True else search
    return react_agent(model=model, tools=MANY, tool_search=given).compile(**more)


def _asked(text: str) -> Any:
    return {"messages": [HumanMessage(text)]}


async def _run(mode: str, graph: Any, text: str) -> list[Any]:
    state = graph.invoke(_asked(text)) if mode == "invoke" else await graph.ainvoke(_asked(text))
    return list(state["messages"])


MODES = pytest.mark.parametrize("mode", ["invoke", "ainvoke"])


@MODES
@pytest.mark.soak(every=2)
async def test_a_call_is_given_what_fits_the_question_and_the_search(mode: str, scripted: Start) -> None:
    """Of 199 tools, nine are sent; the one that is needed is among them, and runs."""
    brain, model = scripted(calls(("get_weather", {"city": "부산"})), "부산은 맑습니다.")
    messages = await _run(mode, _agent(model), "부산 날씨 알려줘")
    assert results(messages) == ["부산은 맑고 21도"]
    assert all(len(given) <= 9 for given in brain.given)
    assert all("get_weather" in given and "search_tools" in given for given in brain.given)


@MODES
async def test_what_the_model_finds_it_can_call_from_the_next_turn_on(mode: str, scripted: Start) -> None:
    """The question says nothing of orders; a search does, and then the tool is there."""
    search = calls(("search_tools", {"query": "쿠폰 복원"}))
    brain, model = scripted(search, calls(("tool_116", {"key": "K-1"})), "복원했습니다.")
    messages = await _run(mode, _agent(model), "지난번 그거 다시 살려줘")
    found, done = results(messages)
    assert found.splitlines()[0] == "tool_116: 쿠폰 정보를 복원합니다."
    assert done == "쿠폰 복원 K-1"
    assert ["tool_116" in given for given in brain.given] == [False, True, True]


async def test_the_tools_of_earlier_turns_stay_while_the_history_shows_them(scripted: Start) -> None:
    """A follow-up question without a keyword finds the tool that was called before (no 40009)."""
    first = calls(("search_tools", {"query": "환불 승인"}))
    brain, model = scripted(first, "이런 도구가 있습니다.", calls(("tool_085", {"key": "2"})), "했습니다.", "네")
    graph = _agent(model, checkpointer=InMemorySaver())
    thread: Any = {"configurable": {"thread_id": "t"}}
    await graph.ainvoke(_asked("뭘 할 수 있지?"), thread)
    await graph.ainvoke(_asked("그걸로 해줘"), thread)
    state = await graph.ainvoke(_asked("고마워"), thread)
    assert results(state["messages"])[-1] == "환불 승인 2"
    assert ["tool_085" in given for given in brain.given] == [False, True, True, True, True]


async def test_always_means_always_and_k_is_kept(scripted: Start) -> None:
    """What a question would never find is there all the same; order is that of the box, the search last."""
    brain, model = scripted("네")
    await _agent(model, ToolSearch(k=2, always=["get_time"], morphemes=False)).ainvoke(_asked("재고 삭제"))
    (given,) = brain.given
    assert len(given) == 4
    assert given[-2:] == ["get_time", "search_tools"]
    assert given[:-2] == sorted(given[:-2])


async def test_a_question_that_nothing_fits_gets_the_search_alone(scripted: Start) -> None:
    """The model is told in the tool's description how many there are."""
    brain, model = scripted("네")
    await _agent(model).ainvoke(_asked("🙂"))
    assert brain.given == [["search_tools"]]
    assert "some of 199 tools" in brain.seen[0].tools[0].description


async def test_a_search_without_result_says_what_to_do(scripted: Start) -> None:
    """The model reads that it may search with other words."""
    _, model = scripted(calls(("search_tools", {"query": "zzz"})), "없습니다.")
    state = await _agent(model).ainvoke(_asked("안녕"))
    assert "Search with other words" in results(state["messages"])[0]


async def test_a_tool_that_was_not_given_is_refused_by_the_service_and_the_model_told_which_were(
    scripted: Start,
) -> None:
    """A name out of thin air is CLOVA's 40009, not a run; asked again, the model reads the names that it was given."""
    brain, model = scripted(calls(("tool_000", {"key": "1"})), "안녕하세요")
    state = await _agent(model).ainvoke(_asked("안녕"))
    assert [message.text for message in state["messages"]] == ["안녕", "안녕하세요"]
    assert "tool_000" not in brain.given[-1]
    assert state["messages"][-1].response_metadata["recoveries"] == [{"kind": "unknown_tool", "step": "hint"}]


async def test_a_tool_that_was_not_given_runs_under_its_policy_where_a_model_calls_it_all_the_same() -> None:
    """Choosing saves tokens and grants nothing: arguments are checked, a person is asked."""
    replies = [asks(("tool_000", {"kee": "1"}), ("refund_order", {"order_id": "O-1"})), AIMessage("네", id="m2")]
    model = ScriptedModel(replies=replies)
    REFUNDED.clear()
    graph = _agent(model, checkpointer=InMemorySaver())
    thread: Any = {"configurable": {"thread_id": "t"}}
    state = await graph.ainvoke(_asked("안녕"), thread)
    assert REFUNDED == []
    assert [action["name"] for action in state["__interrupt__"][0].value["action_requests"]] == ["refund_order"]
    state = await graph.ainvoke(Command(resume={"decisions": [{"type": "reject"}]}), thread)
    answers = {message.name: message for message in state["messages"] if isinstance(message, ToolMessage)}
    assert [answer.status for answer in answers.values()] == ["error", "error"]
    assert "has no argument 'kee'" in answers["tool_000"].text
    assert REFUNDED == []


async def test_names_that_a_correction_tells_can_be_called(scripted: Start) -> None:
    """The answer to an unknown name suggests tools; the model is given them, or its next call would be thrown away."""
    brain, model = scripted("네")
    wrong = [*_asked("안녕")["messages"], asks(("get_wether", {"city": "서울"}))]
    text = "Error: there is no tool 'get_wether', so nothing was run. Did you mean get_weather?"
    outcome = {"outcome": "unknown_tool"}
    answered = ToolMessage(text, tool_call_id="c0", status="error", response_metadata=outcome)
    await _agent(model).ainvoke({"messages": [*wrong, answered, HumanMessage("응")]})
    assert brain.given == [["get_weather", "search_tools"]]


async def test_a_box_that_a_search_would_find_whole_is_given_whole(scripted: Start) -> None:
    """With no more tools than k there is nothing to choose, and no tool to search with."""
    brain, model = scripted("네")
    graph = react_agent(model=model, tools=[get_weather, get_time], tool_search=True).compile()
    await graph.ainvoke(_asked("안녕"))
    assert brain.given == [["get_weather", "get_time"]]


def test_a_name_of_always_that_no_tool_has_is_refused_when_the_agent_is_built() -> None:
    """A slip shows at once."""
    with pytest.raises(ConfigurationError, match="always='get_tiem'"):
        react_agent(tools=MANY, tool_search=ToolSearch(always=["get_tiem"], morphemes=False))


def test_a_tool_of_the_searchs_name_is_refused_when_the_agent_is_built() -> None:
    """Two tools of one name could not be told apart."""
    own = tool(name="search_tools", description="Mine.")(_asked)
    with pytest.raises(ConfigurationError, match="two tools are named 'search_tools'"):
        react_agent(tools=MANY.add(own), tool_search=ToolSearch(morphemes=False))


@pytest.mark.parametrize("wrong", [{"k": 0}, {"k": True}, {"k": "8"}, {"always": "get_time"}], ids=str)
def test_what_could_find_nothing_is_refused(wrong: dict[str, Any]) -> None:
    """The error names the setting."""
    with pytest.raises(ConfigurationError, match=next(iter(wrong))):
        ToolSearch(**wrong)


async def test_a_set_of_tools_is_bound_once(scripted: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    """Turns that are given the same tools share their binding; others have their own."""
    bound: list[list[str]] = []
    original = ChatClovaX.bind_tools

    def counted(self: ChatClovaX, tools: Any, **more: Any) -> Any:
        bound.append([tool.name for tool in tools])
        return original(self, tools, **more)

    monkeypatch.setattr(ChatClovaX, "bind_tools", counted)
    search = calls(("search_tools", {"query": "쿠폰 복원"}))
    brain, model = scripted("네", "네", search, "네", "네")
    graph = _agent(model)
    for text in ("부산 날씨", "부산 날씨", "안녕", "부산 날씨"):
        await graph.ainvoke(_asked(text))
    assert len(brain.given) == 5
    assert len(bound) == 3
