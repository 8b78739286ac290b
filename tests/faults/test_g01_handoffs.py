"""G01: agents that only send each other in circles are stopped, by a count, with a message to the user."""

from typing import Any

import pytest
from langchain_core.messages import AIMessage, ToolMessage
from langgraph.checkpoint.memory import InMemorySaver
from scriptedmodel import asks
from teams import ASKED, check_valid, on_thread, scripted

from clovax_agents.handoffs import handoff_to
from clovax_agents.prebuilt import react_agent, supervisor_agent, swarm_agent

RINGS = {
    "two who send each other": {"a": ["b"], "b": ["a"]},
    "a ring of three": {"a": ["b"], "b": ["c"], "c": ["a"]},
    "a ring of eight": {chr(97 + n): [chr(97 + (n + 1) % 8)] for n in range(8)},
    "one who sends itself": {"a": ["a"]},
    "one who goes back and forth between two": {"a": ["b", "c"], "b": ["a"], "c": ["a"]},
}


def _member(name: str, targets: list[str]) -> Any:
    """Return an agent that does nothing but hand over, to one after the other."""
    replies = [asks((f"transfer_to_{targets[n % len(targets)]}", {}), key=f"{name}{n}") for n in range(60)]
    return react_agent(model=scripted(*replies), tools=[handoff_to(target) for target in targets])


@pytest.mark.parametrize("most", [1, 6, 20])
@pytest.mark.parametrize("ring", RINGS)
@pytest.mark.soak(every=6)
def test_circles_of_peers_end(ring: str, most: int) -> None:
    """After no more hand-overs than are allowed, and two more words; the history is valid, and the thread usable."""
    team = {name: _member(name, targets) for name, targets in RINGS[ring].items()}
    graph = swarm_agent(agents=team, max_handoffs=most).compile(InMemorySaver())
    messages = graph.invoke(ASKED, on_thread())["messages"]
    check_valid(messages)
    assert sum(isinstance(m, ToolMessage) and m.status == "success" for m in messages) <= most
    assert sum(isinstance(m, AIMessage) for m in messages) <= most + 3
    assert "I stopped" in messages[-1].text
    assert graph.get_state(on_thread()).next == ()


@pytest.mark.parametrize("depth", [1, 2, 3])
@pytest.mark.soak(every=2)
def test_supervisors_that_hand_over_for_ever_end(depth: int) -> None:
    """Also supervisors of supervisors: the bounds hold on each level."""
    team: Any = {"worker": lambda _: "모르겠습니다"}
    models = []
    for _ in range(depth):
        (name,) = team
        models.append(scripted(*[asks((f"transfer_to_{name}", {}), key=f"m{n}") for n in range(200)]))
        team = {f"over_{name}": supervisor_agent(agents=team, model=models[-1], max_handoffs=2)}
    graph = next(iter(team.values())).compile(InMemorySaver())
    messages = graph.invoke(ASKED, on_thread())["messages"]
    check_valid(messages)
    assert "so I stopped" in messages[-1].text
    assert len(models[-1].seen) == 5
    assert sum(len(model.seen) for model in models) <= 5 * sum(2**level for level in range(depth))
