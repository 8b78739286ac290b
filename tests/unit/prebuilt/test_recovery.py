"""An agent whose model fails it, against the simulator over real HTTP: what the user gets, and what the trace shows."""

import logging
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from agentparts import calls, get_time, get_weather
from langchain_core.messages import AIMessage, BaseMessage
from langchain_core.tracers.run_collector import RunCollectorCallbackHandler

from clovax_agents import ChatClovaX, ToolPolicy, tool
from clovax_agents.errors import ConfigurationError, EmptyAnswerError, UnsupportedFunctionError
from clovax_agents.prebuilt import react_agent
from clovax_agents.recovering import Recovery
from clovax_agents.simulator import (
    BrainReply,
    ChatRequest,
    QuirkBrain,
    Quirks,
    RuleBrain,
    ScriptBrain,
    ScriptStep,
    SimulatorServer,
)
from clovax_agents.simulator.brains.protocol import Brain
from clovax_agents.tooling import Toolbox, ToolSearch

MODES = pytest.mark.parametrize("mode", ["invoke", "ainvoke", "stream"])
APIS = pytest.mark.parametrize("api", ["openai", "native"])
INVENTED = calls(("get_wether", {}))
EMPTY = BrainReply("", finish_reason="stop")
ASKED: Any = {"messages": [("user", "서울 날씨 알려줘")]}


class Recorder:
    """A brain that remembers what it was asked."""

    def __init__(self, brain: Brain) -> None:
        self.brain = brain
        self.seen: list[ChatRequest] = []

    def reply(self, request: ChatRequest) -> BrainReply:
        """Answer as the other brain does."""
        self.seen.append(request)
        return self.brain.reply(request)


Start = Callable[..., tuple[Recorder, ChatClovaX]]


@pytest.fixture
def start() -> Iterator[Start]:
    """Start a simulator with a brain, or with replies in their order, and a model that talks to it."""
    with ExitStack() as stack:

        def started(*replies: BrainReply | str | Brain, **options: Any) -> tuple[Recorder, ChatClovaX]:
            if len(replies) == 1 and not isinstance(replies[0], BrainReply | str):
                brain: Brain = replies[0]
            else:
                steps = [BrainReply(item) if isinstance(item, str) else item for item in replies]
                brain = ScriptBrain(ScriptStep(item) for item in steps if isinstance(item, BrainReply))
            recorder = Recorder(brain)
            server = stack.enter_context(SimulatorServer(brain=recorder))
            fixed: Any = {"model": "HCX-007", "api_key": "nv-test", "base_url": server.base_url, "max_retries": 0}
            return recorder, ChatClovaX(**{**fixed, **options})

        yield started


async def _run(mode: str, model: Any, tools: Any = (get_weather, get_time), **more: Any) -> list[BaseMessage]:
    graph = react_agent(model=model, tools=tools, **more).compile()
    if mode == "invoke":
        return list(graph.invoke(ASKED)["messages"])
    if mode == "ainvoke":
        return list((await graph.ainvoke(ASKED))["messages"])
    events = [event async for event in graph.astream(ASKED, stream_mode=["messages", "values"])]
    return list([event for kind, event in events if kind == "values"][-1]["messages"])


def _recoveries(message: BaseMessage) -> list[tuple[str, str]]:
    return [(entry["kind"], entry["step"]) for entry in message.response_metadata.get("recoveries", ())]


@MODES
@APIS
async def test_an_invented_name_is_corrected_by_a_hint(mode: str, api: str, start: Start) -> None:
    """The model reads the real names beside its prompt; the conversation keeps nothing of it."""
    brain, model = start(INVENTED, calls(("get_weather", {"city": "서울"})), "맑습니다", api=api)
    messages = await _run(mode, model, prompt="짧게 답해")
    assert [message.type for message in messages] == ["human", "ai", "tool", "ai"]
    assert _recoveries(messages[1]) == [("unknown_tool", "hint")]
    assert brain.seen[1].messages[0].role == "system"
    assert brain.seen[1].messages[0].text.startswith("짧게 답해\n\n")
    assert "get_weather, get_time" in brain.seen[1].messages[0].text
    assert brain.seen[2].messages[0].text == "짧게 답해"


@APIS
async def test_a_model_that_invents_names_for_ever_still_calls_the_right_tool(api: str, start: Start) -> None:
    """Sticky quirks on the real rules: every native call fails, emulated ones do not, and the right tool runs."""
    brain, model = start(QuirkBrain(RuleBrain(), Quirks(invented_name=1)), api=api)
    messages = await _run("ainvoke", model)
    calling = messages[1]
    assert isinstance(calling, AIMessage)
    assert [(call["name"], call["args"]) for call in calling.tool_calls] == [("get_weather", {"city": "서울"})]
    assert _recoveries(calling) == [("unknown_tool", "hint"), ("unknown_tool", "emulated")]
    assert "21도" in messages[-1].text
    assert {request.tool_choice for request in brain.seen} == {"auto"}


@MODES
async def test_the_last_rung_is_an_answer_without_tools_that_says_so(mode: str, start: Start) -> None:
    """What it claims was not done: programs see it in the metadata."""
    brain, model = start(INVENTED, INVENTED, "확인할 수 없습니다")
    messages = await _run(mode, model, recovery=Recovery(unknown_tool=("hint", "no_tools")))
    assert [message.text for message in messages[1:]] == ["확인할 수 없습니다"]
    assert messages[-1].response_metadata["no_tool_ran"] is True
    assert [request.tool_choice for request in brain.seen] == ["auto", "auto", "none"]


@MODES
async def test_if_the_whole_ladder_fails_there_is_one_clear_error(mode: str, start: Start) -> None:
    """A model that names tools even where it must not."""
    names = BrainReply('{"tools": ["nowhere"]}')
    brain, model = start(INVENTED, INVENTED, names, names, names, INVENTED)
    with pytest.raises(UnsupportedFunctionError, match="4 times in a row"):
        await _run(mode, model)
    assert len(brain.seen) == 6


class LongWinded:
    """A brain whose answer has 1,500 words and more."""

    def reply(self, request: ChatRequest) -> BrainReply:
        """Answer at length; the simulator cuts it at the cap."""
        del request
        return BrainReply("서울은 맑습니다. " * 500)


@MODES
@APIS
@pytest.mark.soak(every=3)
async def test_a_text_that_was_cut_off_is_asked_for_whole(mode: str, api: str, start: Start) -> None:
    """The real cap cuts it, a larger one does not."""
    brain, model = start(LongWinded(), api=api)
    messages = await _run(mode, model)
    assert len(messages) == 2
    assert messages[-1].text.rstrip() == ("서울은 맑습니다. " * 500).rstrip()
    assert [request.cap for request in brain.seen] == [1024, 2048, 4096][: len(brain.seen)]
    assert messages[-1].response_metadata["finish_reason"] == "stop"
    assert messages[-1].response_metadata["recoveries"][0]["kind"] == "truncated"


@MODES
async def test_the_longest_is_kept_where_no_cap_is_enough(mode: str, start: Start) -> None:
    """Marked, and asked for three times at most."""
    cut = [BrainReply("가" * length, finish_reason="length") for length in (3, 9, 6)]
    brain, model = start(*cut)
    messages = await _run(mode, model)
    assert messages[-1].text == "가" * 9
    assert _recoveries(messages[-1])[-1] == ("truncated", "kept")
    assert [request.cap for request in brain.seen] == [1024, 2048, 4096]


@MODES
@APIS
async def test_thinking_that_eats_the_budget_gives_an_answer_in_the_end(mode: str, api: str, start: Start) -> None:
    """A model that thinks for ever does not when it must not; never an empty answer."""
    quirks = Quirks(empty_after_thinking=1)
    brain, model = start(QuirkBrain(RuleBrain(), quirks), thinking={"effort": "medium"}, max_tokens=200, api=api)
    messages = await _run(mode, model, tools=())
    assert messages[-1].text
    assert [(request.effort, request.cap) for request in brain.seen] == [
        ("medium", 200), ("medium", 400), ("low", 400), ("none", 400),
    ]  # fmt: skip
    assert _recoveries(messages[-1]) == [
        ("thinking", "max_tokens=400"), ("thinking", "effort=low"), ("thinking", "effort=none"),
    ]  # fmt: skip


async def test_thinking_beside_emulated_tools_is_given_up_before_the_tools_are(start: Start) -> None:
    """Names that are lost in thinking come when the model does not think."""
    quirks = Quirks(empty_after_thinking=1)
    _, model = start(
        QuirkBrain(RuleBrain(), quirks), thinking={"effort": "low"}, tool_calling="emulated", max_tokens=1024
    )
    messages = await _run("ainvoke", model)
    assert "21도" in messages[-1].text
    assert _recoveries(messages[1]) == [("emulation", "effort=none")]


@MODES
async def test_an_empty_answer_is_asked_about_once(mode: str, start: Start) -> None:
    """The nudge stands beside the prompt and is not kept."""
    brain, model = start(EMPTY, "맑습니다")
    messages = await _run(mode, model)
    assert [message.text for message in messages[1:]] == ["맑습니다"]
    assert "was empty" in brain.seen[1].messages[0].text
    _, model = start(EMPTY, EMPTY)
    with pytest.raises(EmptyAnswerError, match="2 times in a row"):
        await _run(mode, model)


@MODES
async def test_broken_arguments_go_back_and_fenced_ones_run(mode: str, start: Start) -> None:
    """Streamed and whole alike: the one is for the model to correct, the other is only dressed up."""
    fenced = calls(("get_weather", {}))
    fenced = BrainReply(tool_calls=(type(fenced.tool_calls[0])("get_weather", '```json\n{"city": "서울"}\n```'),))
    broken = BrainReply(tool_calls=(type(fenced.tool_calls[0])("get_weather", '{"city": "서울",}'),))
    brain, model = start(broken, fenced, "맑습니다")
    messages = await _run(mode, model)
    assert [message.type for message in messages] == ["human", "ai", "tool", "ai", "tool", "ai"]
    assert "not valid JSON" in messages[2].text
    assert messages[4].text == "서울은 맑고 21도"
    assert messages[3].response_metadata["repairs"][0]["kind"] == "fence"
    assert brain.seen[2].messages[-2].tool_calls[0].arguments_text() == '{"city": "서울"}'


@tool
def search_orders(status: str) -> str:
    """주문을 상태로 찾는다."""
    return status


@MODES
async def test_the_trace_the_log_and_the_custom_stream_show_what_was_asked_again(
    mode: str, start: Start, caplog: pytest.LogCaptureFixture
) -> None:
    """Each model call is a run of its own under the node."""
    _, model = start(INVENTED, EMPTY, "맑습니다")
    graph = react_agent(model=model, tools=[get_weather]).compile()
    collector = RunCollectorCallbackHandler()
    config: Any = {"callbacks": [collector]}
    with caplog.at_level(logging.INFO, "clovax_agents"):
        if mode == "ainvoke":
            events = [event async for event in graph.astream(ASKED, config, stream_mode="custom")]
        else:
            events = list(graph.stream(ASKED, config, stream_mode="custom"))
    assert events == [
        {"type": "recovery", "kind": "unknown_tool", "step": "hint"},
        {"type": "recovery", "kind": "empty", "step": "nudge"},
    ]
    assert [record.getMessage() for record in caplog.records if record.name.endswith("turns")] == [
        "unknown_tool: the model is asked again (hint)", "empty: the model is asked again (nudge)",
    ]  # fmt: skip
    (root,) = collector.traced_runs
    (node,) = [run for run in root.child_runs if run.name == "model"]
    assert [run.run_type for run in node.child_runs] == ["llm", "llm", "llm"]
    assert [bool(run.error) for run in node.child_runs] == [True, False, False]


@tool(return_direct=True, policy=ToolPolicy(effect="read"))
def finish(answer: str) -> str:
    """최종 답변을 낸다."""
    return f"최종: {answer}"


@MODES
async def test_an_answer_in_words_is_sent_back_where_a_final_tool_is_required(mode: str, start: Start) -> None:
    """After the tools have run, it is forced; the words themselves are not kept."""
    first, last = calls(("get_weather", {"city": "서울"})), calls(("finish", {"answer": "맑음"}))
    brain, model = start(first, "맑습니다", last)
    messages = await _run(mode, model, tools=[get_weather, finish], final_tool="finish")
    assert [message.type for message in messages] == ["human", "ai", "tool", "ai", "tool"]
    assert messages[-1].text == "최종: 맑음"
    assert brain.seen[-1].tool_choice == "finish"
    assert brain.seen[-1].messages[-2].text == "맑습니다"


@tool(policy=ToolPolicy(effect="read"))
def submit(answer: str) -> str:
    """답을 제출한다."""
    return f"제출됨: {answer}"


async def test_once_the_final_tool_has_been_called_words_will_do(start: Start) -> None:
    """A final tool that does not end the turn itself is not asked for twice."""
    brain, model = start(calls(("submit", {"answer": "맑음"})), "제출했습니다")
    messages = await _run("ainvoke", model, tools=[submit], final_tool="submit")
    assert [message.text for message in messages[2:]] == ["제출됨: 맑음", "제출했습니다"]
    assert len(brain.seen) == 2


async def test_a_final_tool_is_given_whatever_a_search_finds(start: Start) -> None:
    """Or the model would be asked to call what it is not given."""
    brain, model = start("맑습니다", calls(("finish", {"answer": "맑음"})))
    tools = [get_weather, get_time, search_orders, finish]
    messages = await _run("ainvoke", model, tools=tools, final_tool="finish", tool_search=ToolSearch(k=1))
    assert all("finish" in [tool.name for tool in request.tools] for request in brain.seen)
    assert messages[-1].text == "최종: 맑음"


async def test_a_final_tool_that_a_run_may_not_call_is_not_asked_for(start: Start) -> None:
    """Words will do where the scope for it is missing."""
    guarded = Toolbox(get_weather).add(submit, policy=ToolPolicy(scopes={"submit"}))
    brain, model = start("맑습니다")
    messages = await _run("ainvoke", model, tools=guarded, final_tool="submit")
    assert messages[-1].text == "맑습니다"
    assert len(brain.seen) == 1


async def test_a_final_tool_has_to_be_there() -> None:
    """Found when the graph is built."""
    with pytest.raises(ConfigurationError, match=r"final_tool='finnish' is no tool of the agent; there are: finish"):
        react_agent(tools=[finish], final_tool="finnish")


def _looping(count: int, name: str = "get_weather") -> list[BrainReply]:
    return [calls((name, {"city": "서울"}))] * count


@MODES
async def test_a_model_that_repeats_itself_is_told_and_then_answers_without_tools(mode: str, start: Start) -> None:
    """The note is sent and not kept; in the fifth turn it has no tools left, and says what it knows."""
    brain, model = start(*_looping(4), "서울은 맑습니다")
    messages = await _run(mode, model)
    assert messages[-1].text == "서울은 맑습니다"
    assert _recoveries(messages[-1]) == [("loop", "no_tools")]
    assert [request.tool_choice for request in brain.seen] == ["auto"] * 4 + ["none"]
    assert "get_weather 3 times in a row" in brain.seen[3].messages[0].text
    assert brain.seen[2].messages[0].role == "user"
    assert [message.type for message in messages].count("tool") == 4


async def test_nobody_asks_again_what_a_loop_has_ended(start: Start) -> None:
    """Even a model that calls where it must not ends in words."""
    brain, model = start(*_looping(5))
    messages = await _run("ainvoke", model)
    assert "called 4 times in a row" in messages[-1].text
    assert not messages[-1].tool_calls  # type: ignore[attr-defined]
    assert len(brain.seen) == 5
