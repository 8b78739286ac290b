"""The simulator as a fixture: on loopback with a log of requests, and in process without a socket."""

from typing import Any

import httpx
import pytest

from clovax_agents import ChatClovaX
from clovax_agents.errors import RateLimitError
from clovax_agents.simulator import BrainReply, FaultPlan, Limit, Limits, ScriptBrain, ScriptStep, VirtualClock
from clovax_agents.testing import LoopbackSimulator, StartClient

QUESTION: dict[str, Any] = {"messages": [{"role": "user", "content": "안녕하세요"}]}


def test_the_simulator_tells_what_was_asked(clovax_simulator: LoopbackSimulator) -> None:
    """Each request leaves a record with model, sizes and outcome, and never a text of a message."""
    ChatClovaX(model="HCX-DASH-002", max_tokens=64).invoke("안녕하세요")

    (record,) = clovax_simulator.requests
    assert (record.model, record.status, record.cap, record.finish_reason) == ("HCX-DASH-002", 200, 64, "stop")
    assert "안녕" not in repr(record)


def test_a_test_sets_limits(clovax_simulator: LoopbackSimulator) -> None:
    """With one request a minute the second one is refused, and the error says when to come back."""
    model = ChatClovaX(max_retries=0)
    with clovax_simulator.using(limits=Limits.of({"HCX-005": Limit(1, None)}), clock=VirtualClock()):
        model.invoke("하나")
        with pytest.raises(RateLimitError, match="42901") as caught:
            model.invoke("둘")

    assert caught.value.facts.retry_after == 60
    assert model.invoke("셋").text


def test_a_test_sets_faults(clovax_simulator: LoopbackSimulator) -> None:
    """The client repeats a request that met a storm, and the log shows both."""
    with clovax_simulator.using(faults=FaultPlan.parse("error; code=42902; times=1")):
        assert ChatClovaX(max_retries=2).invoke("안녕하세요").text

    assert [(record.status, record.faults) for record in clovax_simulator.requests] == [
        (429, "error; code=42902"),
        (200, ""),
    ]


async def test_a_client_without_a_socket(clovax_asgi: StartClient) -> None:
    """The native API answers in process, with the options that the test gives."""
    brain = ScriptBrain([ScriptStep(BrainReply("반갑습니다"))])
    async with clovax_asgi(brain=brain) as client:
        assert isinstance(client, httpx.AsyncClient)
        answer = await client.post("/v3/chat-completions/HCX-005", json=QUESTION)
        refused = await client.post("/v3/chat-completions/HCX-005", json={"messages": []})

    assert answer.json()["result"]["message"]["content"] == "반갑습니다"
    assert refused.json()["status"]["code"] == "40001"
