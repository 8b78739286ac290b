"""Planned caps: as large as answers are, raised at once when one is cut off, and never against what a user has set."""

from typing import Any

import pytest
from agentparts import get_weather
from hypothesis import given
from hypothesis import strategies as st

from clovax_agents import ChatClovaX
from clovax_agents.pacing import caps
from clovax_agents.pacing.caps import CapPlanner, Site
from clovax_agents.prebuilt import react_agent
from clovax_agents.simulator import BrainReply, ChatRequest, ScriptBrain, SimulatorServer

PLACE = Site("HCX-005")


class _Says(ScriptBrain):
    """Says the same again and again, and remembers the caps."""

    def __init__(self, reply: BrainReply) -> None:
        super().__init__([])
        self.said = reply
        self.caps: list[int] = []

    def reply(self, request: ChatRequest) -> BrainReply:
        self.caps.append(request.cap)
        return self.said


@pytest.fixture(autouse=True)
def fresh(monkeypatch: pytest.MonkeyPatch) -> CapPlanner:
    """Let each test begin with a process that has seen nothing."""
    made = CapPlanner()
    monkeypatch.setattr(caps, "_planner", made)
    return made


@given(
    answers=st.lists(st.tuples(st.integers(1, 4096), st.integers(0, 5000)), max_size=200),
    usual=st.integers(1, 4096),
    least=st.integers(1, 1024),
)
def test_a_plan_is_within_what_the_service_takes(answers: list[tuple[int, int]], usual: int, least: int) -> None:
    """Whatever has been seen."""
    made = CapPlanner()
    for cap, written in answers:
        made.learn(PLACE, cap=cap, written=written)
        assert least <= made.plan(PLACE, usual=usual, least=least, most=4096) <= 4096


@given(st.lists(st.integers(1, 300), min_size=8, max_size=100))
def test_an_answer_like_those_before_is_not_cut_off(lengths: list[int]) -> None:
    """The plan leaves room above the longest of the newest answers."""
    made = CapPlanner()
    for length in lengths:
        made.learn(PLACE, cap=512, written=length)
    assert made.plan(PLACE, usual=512, least=1, most=4096) > max(lengths[-8:])


def test_an_answer_that_was_cut_off_raises_the_plan_at_once_among_however_many_short_ones() -> None:
    """And the plan grows on while answers are cut off, up to the model's most."""
    made = CapPlanner()
    for _ in range(64):
        made.learn(PLACE, cap=4096, written=100)
    seen = [made.plan(PLACE, usual=512, least=1, most=4096)]
    while seen[-1] < 4096:
        made.learn(PLACE, cap=seen[-1], written=seen[-1])
        seen.append(made.plan(PLACE, usual=512, least=1, most=4096))
    assert seen == [256, 768, 2304, 4096]


def test_places_learn_apart_and_are_not_kept_without_end() -> None:
    """What one node writes says nothing of another; of very many places, the newest are known."""
    made = CapPlanner()
    for number in range(1000):
        for _ in range(8):
            made.learn(Site("HCX-005", node=str(number)), cap=512, written=20)
    assert len(made._sites) == 256
    assert made.plan(Site("HCX-005", node="999"), usual=512, least=1, most=4096) == 256
    assert made.plan(Site("HCX-005", node="0"), usual=512, least=1, most=4096) == 512


def test_a_model_asks_for_what_its_answers_need() -> None:
    """After eight short answers the cap is half; one that is set counts all the same; nothing is planned unasked."""
    brain = _Says(BrainReply("네, 알겠습니다."))
    with SimulatorServer(brain=brain) as server:
        model = ChatClovaX(api_key="nv-test", base_url=server.base_url, plan_caps=True)
        for _ in range(10):
            model.invoke("?")
        model.invoke("?", max_tokens=700)
        ChatClovaX(api_key="nv-test", base_url=server.base_url).invoke("?")
    assert brain.caps == [512] * 8 + [256] * 2 + [700, 512]


async def test_with_tools_the_cap_is_never_under_1024_and_nodes_are_told_apart(fresh: CapPlanner) -> None:
    """The floor of the service holds for plans, too (promise 2)."""
    brain = _Says(BrainReply("네"))
    with SimulatorServer(brain=brain) as server:
        model = ChatClovaX(api_key="nv-test", base_url=server.base_url, plan_caps=True)
        models: Any = {"tools": model, "answer": model}
        graph = react_agent(models=models, tools=[get_weather]).compile(name="desk")
        for _ in range(10):
            await graph.ainvoke({"messages": [("user", "?")]})
    assert set(brain.caps[0::2]) == {1024}
    assert brain.caps[1::2] == [512] * 8 + [256] * 2
    assert {site.node for site in fresh._sites} == {"model", "answer"}


def test_answers_that_are_cut_off_get_a_larger_cap() -> None:
    """What was cut off at 1,024 tokens has room the next time, up to what the model can write."""
    brain = _Says(BrainReply("가나다라 마바사 " * 5000))
    with SimulatorServer(brain=brain) as server:
        model = ChatClovaX(api_key="nv-test", base_url=server.base_url, plan_caps=True).bind_tools([get_weather])
        for _ in range(3):
            model.invoke("?")
    assert brain.caps == [1024, 3072, 4096]
