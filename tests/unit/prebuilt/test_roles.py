"""Models in several roles: each is asked exactly what it should be, over HTTP, and only the answer looks like one."""

import asyncio
import struct
import zlib
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any, Literal

import pytest
from agentparts import calls, get_weather
from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage, HumanMessage
from langgraph.checkpoint.memory import InMemorySaver
from scriptedmodel import ScriptedModel, asks

from clovax_agents import ChatClovaX, ToolPolicy, tool
from clovax_agents.budgets import Budget, usage_of
from clovax_agents.errors import ConfigurationError, EmptyAnswerError
from clovax_agents.images import image_block
from clovax_agents.prebuilt import react_agent
from clovax_agents.recovering import Recovery
from clovax_agents.roles import RECOMMENDED_MODELS
from clovax_agents.simulator import BrainReply, ChatRequest, ScriptBrain, ScriptStep, SimulatorServer

Mode = Literal["invoke", "ainvoke", "stream", "astream"]
MODES = pytest.mark.parametrize("mode", ["invoke", "ainvoke", "stream", "astream"])
APIS: Any = pytest.mark.parametrize("api", ["openai", "native"])
LOOKED = "영수증: 합계 12,000원"
PLANNED = "서울의 날씨를 조회한다"


def _png() -> bytes:
    """Return a picture of 8 times 8 pixels."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = chunk(b"IHDR", struct.pack(">IIBBBBB", 8, 8, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", zlib.compress(b"\0" + b"\xff" * 24) * 1) + chunk(b"IEND", b"")


class _Cast(ScriptBrain):
    """Replies in their order, whoever is asked, and remembers who was asked what."""

    def __init__(self, *replies: BrainReply | str) -> None:
        made = [BrainReply(reply) if isinstance(reply, str) else reply for reply in replies]
        super().__init__(ScriptStep(reply) for reply in made)
        self.seen: list[ChatRequest] = []

    def reply(self, request: ChatRequest) -> BrainReply:
        self.seen.append(request)
        return super().reply(request)

    @property
    def models(self) -> list[str]:
        """Who was asked, in order."""
        return [request.model for request in self.seen]


Start = Callable[..., _Cast]


@pytest.fixture
def cast(monkeypatch: pytest.MonkeyPatch) -> Iterator[Start]:
    """Start a simulator that gives these replies, for models that are given by their names."""
    with ExitStack() as stack:

        def start(*replies: BrainReply | str) -> _Cast:
            brain = _Cast(*replies)
            server = stack.enter_context(SimulatorServer(brain=brain))
            monkeypatch.setenv("CLOVASTUDIO_API_KEY", "nv-test")
            monkeypatch.setenv("CLOVASTUDIO_API_BASE_URL", server.base_url)
            return brain

        yield start


async def _messages(mode: Mode, graph: Any, *content: Any, **more: Any) -> list[BaseMessage]:
    state = {"messages": [HumanMessage(list(content) if len(content) > 1 else content[0])]}
    if mode == "invoke":
        result = await asyncio.to_thread(lambda: graph.invoke(state, **more))
    elif mode == "ainvoke":
        result = await graph.ainvoke(state, **more)
    elif mode == "stream":
        parts = await asyncio.to_thread(lambda: list(graph.stream(state, stream_mode=["messages", "values"], **more)))
        result = [part for kind, part in parts if kind == "values"][-1]
    else:
        found = [part async for part in graph.astream(state, stream_mode=["messages", "values"], **more)]
        result = [part for kind, part in found if kind == "values"][-1]
    return list(result["messages"])


def _texts(request: ChatRequest) -> list[tuple[str, str]]:
    return [(message.role, message.text) for message in request.messages]


@MODES
async def test_the_answer_is_written_by_its_own_model_from_results_told_in_words(mode: Mode, cast: Start) -> None:
    """The tools model decides, with tools; the answer model is told in words, without; the draft is nobody's answer."""
    brain = cast(calls(("get_weather", {"city": "서울"})), "초안", "서울은 맑고 21도입니다.")
    models: Any = {"tools": "HCX-007", "answer": "HCX-005"}
    messages = await _messages(mode, react_agent(models=models, tools=[get_weather], prompt="짧게").compile(), "날씨?")
    assert [message.type for message in messages] == ["human", "ai", "tool", "ai"]
    assert messages[-1].text == "서울은 맑고 21도입니다."
    assert brain.models == ["HCX-007", "HCX-007", "HCX-005"]
    assert [len(request.tools) for request in brain.seen] == [1, 1, 0]
    written = _texts(brain.seen[-1])
    assert written[0] == ("system", "짧게")
    assert {role for role, _ in written} == {"system", "user", "assistant"}
    assert "서울은 맑고 21도" in written[-1][1]
    assert all("초안" not in text for _, text in written)
    assert messages[-1].response_metadata["steps"][0]["role"] == "tools"


@MODES
async def test_images_are_described_once_and_kept_for_the_next_questions(mode: Mode, cast: Start) -> None:
    """The model beside tools reads what is in the image; a later question costs no second look."""
    brain = cast(LOOKED, "12,000원입니다", "네, 12,000원이요")
    models: Any = {"tools": "HCX-007", "vision": "HCX-005"}
    graph = react_agent(models=models, tools=[get_weather]).compile(checkpointer=InMemorySaver())
    config: Any = {"configurable": {"thread_id": "t"}}
    picture = image_block(_png())
    first = await _messages(mode, graph, {"type": "text", "text": "얼마야?"}, picture, config=config)
    assert brain.models == ["HCX-005", "HCX-007"]
    look, ask = brain.seen
    assert look.tools == ()
    assert "얼마야?" in look.messages[-1].text
    assert (look.messages[-1].images, ask.messages[-1].images) == (1, 0)
    assert ask.messages[-1].text == f"얼마야?\n\n[What is in the image]\n{LOOKED}"
    assert isinstance(first[0].content, list)
    assert first[0].content[1] == picture
    again = await _messages(mode, graph, "정말?", config=config)
    assert brain.models == ["HCX-005", "HCX-007", "HCX-007"]
    assert again[-1].text == "네, 12,000원이요"
    assert LOOKED in brain.seen[-1].messages[0].text


async def test_several_images_of_one_message_are_described_one_at_a_time(cast: Start) -> None:
    """The service takes one image per message, whatever the user has sent."""
    brain = cast("첫째", "둘째", "네")
    models: Any = {"tools": "HCX-007", "vision": "HCX-005"}
    graph = react_agent(models=models, tools=[get_weather]).compile()
    picture = image_block(_png())
    await _messages("ainvoke", graph, {"type": "text", "text": "비교해줘"}, picture, picture)
    assert [request.messages[-1].images for request in brain.seen] == [1, 1, 0]
    assert brain.seen[-1].messages[-1].text.endswith("첫째\n\n둘째")


@MODES
async def test_a_plan_is_thought_out_before_the_first_tool_call(mode: Mode, cast: Start) -> None:
    """The plan reaches the model that calls tools; the thinking is shown with its first message, and never sent."""
    plan = BrainReply(PLANNED, thinking="날씨를 물었다")
    brain = cast(plan, calls(("get_weather", {"city": "서울"})), "맑습니다", plan, "또 맑습니다")
    models: Any = {"tools": "HCX-007", "reasoning": "HCX-007"}
    graph = react_agent(models=models, tools=[get_weather]).compile(checkpointer=InMemorySaver())
    config: Any = {"configurable": {"thread_id": "t"}}
    messages = await _messages(mode, graph, "날씨?", config=config)
    assert [message.type for message in messages] == ["human", "ai", "tool", "ai"]
    thought, called, answered = brain.seen
    assert "get_weather" in thought.messages[0].text
    assert thought.tools == ()
    assert called.messages[-1].text == f"날씨?\n\n[Plan for the answer]\n{PLANNED}"
    assert PLANNED in answered.messages[0].text
    assert messages[1].additional_kwargs["thinking_content"] == "날씨를 물었다"
    await _messages(mode, graph, "내일은?", config=config)
    assert all("날씨를 물었다" not in text for request in brain.seen[1:] for _, text in _texts(request))
    assert PLANNED not in brain.seen[-1].messages[0].text
    assert PLANNED in brain.seen[-1].messages[-1].text


@MODES
@pytest.mark.parametrize(
    ("said", "asked"),
    [
        ("answer", ["HCX-DASH-002", "HCX-005"]),
        ("tools", ["HCX-DASH-002", "HCX-007", "HCX-005"]),
        ("I am not sure: tools or answer?", ["HCX-DASH-002", "HCX-007", "HCX-005"]),
    ],
)
@pytest.mark.soak(every=2)
async def test_small_talk_needs_no_tools(mode: Mode, said: str, asked: list[str], cast: Start) -> None:
    """Where the router says so, the answer is written at once; whatever else it says leads to the tools."""
    brain = cast(said, *["안녕하세요"] * (len(asked) - 1))
    models: Any = {"tools": "HCX-007", "answer": "HCX-005", "routing": "HCX-DASH-002"}
    messages = await _messages(mode, react_agent(models=models, tools=[get_weather]).compile(), "안녕")
    assert brain.models == asked
    assert [message.text for message in messages] == ["안녕", "안녕하세요"]


async def test_all_roles_together_cost_what_they_say(cast: Start) -> None:
    """Usage and price of every call are told by the messages, and equal what the account of the run has counted."""
    brain = cast(LOOKED, "tools", PLANNED, calls(("get_weather", {"city": "서울"})), "초안", "끝")
    models: Any = {**RECOMMENDED_MODELS, "routing": "HCX-DASH-002", "reasoning": "HCX-007"}
    graph = react_agent(models=models, tools=[get_weather], budget=Budget(model_calls=6)).compile()
    messages = await _messages("ainvoke", graph, {"type": "text", "text": "?"}, image_block(_png()))
    assert brain.models == ["HCX-005", "HCX-DASH-002", "HCX-007", "HCX-007", "HCX-007", "HCX-005"]
    used, counted = usage_of(messages), messages[-1].response_metadata["run_usage"]
    assert used.model_calls == counted["model_calls"] == 6
    assert (used.input_tokens, used.output_tokens) == (counted["input_tokens"], counted["output_tokens"])
    assert used.cost == pytest.approx(counted["cost"])
    assert [step["role"] for step in messages[1].response_metadata["steps"]] == ["vision", "routing", "reasoning"]
    assert [step["role"] for step in messages[-1].response_metadata["steps"]] == ["tools"]


@pytest.mark.parametrize("limit", [1, 2, 3, 4, 5])
@pytest.mark.soak(every=2)
async def test_a_budget_ends_a_team_wherever_it_is(limit: int, cast: Start) -> None:
    """Every step counts; a draft that nobody may improve any more is the answer."""
    brain = cast(LOOKED, "tools", PLANNED, calls(("get_weather", {"city": "서울"})), "초안", "끝")
    models: Any = {**RECOMMENDED_MODELS, "routing": "HCX-DASH-002", "reasoning": "HCX-007"}
    graph = react_agent(models=models, tools=[get_weather], budget=Budget(model_calls=limit)).compile()
    last = (await _messages("ainvoke", graph, {"type": "text", "text": "?"}, image_block(_png())))[-1]
    assert len(brain.seen) == limit
    if limit == 5:
        assert last.text == "초안"
    else:
        assert last.response_metadata["budget"]["name"] == "model_calls"


@APIS
@pytest.mark.parametrize("kind", ["stream", "astream"])
async def test_what_is_streamed_as_text_is_the_answer_and_nothing_else(kind: str, api: Any, cast: Start) -> None:
    """Plan, description and draft are steps: a user who is shown the tokens as they come sees the answer alone."""
    cast(PLANNED, calls(("get_weather", {"city": "서울"})), "초안입니다", "서울은 맑습니다.")
    models: Any = {
        role: ChatClovaX(model=name, api=api)
        for role, name in {"tools": "HCX-007", "answer": "HCX-005", "reasoning": "HCX-007"}.items()
    }
    graph = react_agent(models=models, tools=[get_weather]).compile()
    state: Any = {"messages": [("user", "날씨?")]}
    if kind == "stream":
        parts = await asyncio.to_thread(lambda: list(graph.stream(state, stream_mode="messages")))
    else:
        parts = [part async for part in graph.astream(state, stream_mode="messages")]
    said = [(message, about["langgraph_node"]) for message, about in parts if message.type != "tool" and message.text]
    assert "".join(message.text for message, _ in said) == "서울은 맑습니다."
    assert {node for _, node in said} == {"answer"}
    assert len(said) > 1
    assert all(isinstance(message, AIMessageChunk) for message, _ in said)


async def test_the_context_of_a_run_names_other_models(cast: Start) -> None:
    """As Studio's form does, each role for itself."""
    brain = cast(PLANNED, "초안", "끝")
    models: Any = {"tools": "HCX-007", "answer": "HCX-005", "reasoning": "HCX-007"}
    graph = react_agent(models=models, tools=[get_weather]).compile()
    context = {"model": "HCX-005", "answer_model": "HCX-DASH-002", "reasoning_model": "HCX-003"}
    await _messages("ainvoke", graph, "?", context=context)
    assert brain.models == ["HCX-003", "HCX-005", "HCX-DASH-002"]


def test_only_what_is_configured_is_a_step() -> None:
    """The drawing shows the steps and where they lead to; an agent of one model is the graph that it always was."""

    def edges(**models: Any) -> set[tuple[str, str]]:
        drawing = react_agent(models=models, tools=[get_weather]).compile().get_graph()
        return {(edge.source, edge.target) for edge in drawing.edges}

    one = edges(tools="HCX-007")
    assert one == edges()
    assert ("__start__", "model") in one
    assert edges(answer="HCX-005") - one == {("model", "answer"), ("answer", "__end__")}
    assert edges(reasoning="HCX-007", vision="HCX-005") - one == {
        ("__start__", "vision"), ("__start__", "reasoning"),
        ("vision", "reasoning"), ("vision", "model"), ("vision", "__end__"),
        ("reasoning", "model"), ("reasoning", "__end__"),
    }  # fmt: skip
    assert ("routing", "answer") in edges(routing="HCX-DASH-002", answer="HCX-005")


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"models": {"tool": "HCX-007"}}, "the roles are tools, answer"),
        ({"models": {"answer": 7}}, "give the name of a model"),
        ({"models": {"answer": " "}}, "give the name of a model"),
        ({"models": {"tools": "HCX-007"}, "model": "HCX-005"}, "give one of them"),
        ({"models": {"routing": "HCX-005"}}, "add 'answer'"),
    ],
)
def test_what_cannot_work_is_refused_when_the_agent_is_built(options: Any, text: str) -> None:
    """With what to do about it."""
    with pytest.raises(ConfigurationError, match=text):
        react_agent(tools=[get_weather], **options)


async def test_an_agent_that_was_stopped_says_so_in_its_own_words() -> None:
    """No other model talks over the reason."""
    tools = ScriptedModel(replies=[asks(("get_weather", {"city": str(n)}), key=f"m{n}") for n in range(9)])
    answer = ScriptedModel(replies=[AIMessage("never asked")])
    models: Any = {"tools": tools, "answer": answer}
    graph = react_agent(models=models, tools=[get_weather], max_turns=3).compile()
    last = (await _messages("ainvoke", graph, "?"))[-1]
    assert "Stopped after 3 model turns" in last.text
    assert answer.seen == []


async def test_a_planner_is_told_only_of_tools_that_the_run_may_see(cast: Start) -> None:
    """What is hidden from the model that calls tools is hidden from the one that plans."""

    @tool(policy=ToolPolicy(effect="read", visible_when=lambda _: False))
    def secret() -> str:
        """Know a secret."""
        return "s"

    brain = cast(PLANNED, "끝")
    models: Any = {"reasoning": "HCX-007"}
    await _messages("ainvoke", react_agent(models=models, tools=[get_weather, secret]).compile(), "?")
    assert "get_weather" in brain.seen[0].messages[0].text
    assert "secret" not in brain.seen[0].messages[0].text


async def test_a_router_or_a_planner_without_a_question_is_left_out(cast: Start) -> None:
    """A history in which no user has spoken is the tools model's."""
    brain = cast("네")
    models: Any = {"reasoning": "HCX-007"}
    graph = react_agent(models=models, tools=[get_weather]).compile()
    await graph.ainvoke({"messages": [AIMessage("안녕하세요"), AIMessage("계신가요?")]})
    assert brain.models == ["HCX-007"]


@MODES
async def test_the_agents_recovery_is_that_of_the_answer_model_too(mode: Mode, cast: Start) -> None:
    """Who turns recoveries off is told of an empty answer at once, and nobody is asked twice; else the model is."""
    models: Any = {"tools": "HCX-007", "answer": "HCX-005"}
    empty = BrainReply("", finish_reason="stop")
    brain = cast("초안", empty, "서울은 맑습니다.")
    with pytest.raises(EmptyAnswerError):
        await _messages(mode, react_agent(models=models, recovery=Recovery.off()).compile(), "날씨?")
    assert brain.models == ["HCX-007", "HCX-005"]
    brain = cast("초안", empty, "서울은 맑습니다.")
    last = (await _messages(mode, react_agent(models=models).compile(), "날씨?"))[-1]
    assert last.text == "서울은 맑습니다."
    assert [taken["kind"] for taken in last.response_metadata["recoveries"]] == ["empty"]
