"""Servers of one's own, as vLLM serves HyperCLOVA X SEED: thinking under either name, tools, no limits and no key."""

import json
from collections.abc import Iterator

import pytest
from rawserver import (
    LAST_CHUNK,
    STREAM_HEAD,
    Peer,
    RawServer,
    StartRaw,
    Way,
    answer,
    asked,
    chunk,
    event,
    http,
    raw_servers,
)
from records import noted

from clovax_agents import ChatClovaX, tool
from clovax_agents.testing import LoopbackSimulator

QUESTION = "서울 날씨 알려줘"
GREETING = "안녕하세요! 무엇을 도와드릴까요?"
THOUGHT, SAID = "하나와 둘을 더한다.", "셋입니다."
ALL_WAYS = pytest.mark.parametrize("name", ["invoke", "ainvoke", "stream", "astream"])


@pytest.fixture
def raw() -> Iterator[StartRaw]:
    """Give what starts a raw server with its behaviours."""
    with raw_servers() as start:
        yield start


@tool
def get_weather(city: str) -> str:
    """도시의 현재 날씨를 알려 준다.

    Args:
        city: 도시 이름
    """
    return f"{city}은 맑고 21도입니다"


async def vllm(peer: Peer) -> None:
    """Think, and answer, as a server of one's own does under the field that the question names."""
    body = json.loads(peer.body)
    field = body["messages"][-1]["content"]
    if not body.get("stream"):
        await peer.send(http(answer(SAID, **{field: THOUGHT})))
        return
    deltas = [{field: piece} for piece in (THOUGHT[:4], THOUGHT[4:])] + [{"content": piece} for piece in SAID]
    events = b"".join(event({"role": "assistant", **delta}) for delta in deltas)
    await peer.send(STREAM_HEAD + chunk(events + event({}, "stop") + b"data: [DONE]\n\n") + LAST_CHUNK)


@ALL_WAYS
@pytest.mark.parametrize("field", ["reasoning", "reasoning_content"])
async def test_thinking_of_a_server_of_ones_own(raw: StartRaw, field: str, name: str) -> None:
    """Old releases of vLLM say reasoning_content, new ones reasoning; whole or streamed, it is beside the text."""
    chat = ChatClovaX(model="HyperCLOVAX-SEED-Think-32B", base_url=own(raw(vllm)), thinking={"effort": "low"})
    message = await asked(chat, name, field)

    assert (message.text, message.additional_kwargs["thinking_content"]) == (SAID, THOUGHT)
    assert message.response_metadata["finish_reason"] == "stop"


@pytest.mark.parametrize("field", ["reasoning", "reasoning_content"])
def test_thinking_of_a_server_of_ones_own_comes_first_in_a_stream(raw: StartRaw, field: str) -> None:
    """Piece by piece, each as it was sent."""
    chat = ChatClovaX(model="HyperCLOVAX-SEED-Think-32B", base_url=own(raw(vllm)))
    parts = list(chat.stream(field))
    thoughts = [part.additional_kwargs.get("thinking_content") for part in parts]
    assert [thought for thought in thoughts if thought] == [THOUGHT[:4], THOUGHT[4:]]
    assert thoughts[:2] == [THOUGHT[:4], THOUGHT[4:]]
    assert [part.text for part in parts if part.text] == list(SAID)


def own(server: RawServer) -> str:
    """Return the address of a server of one's own."""
    return server.url + "/v1"


async def both_at_once(peer: Peer) -> None:
    """Think and call a tool in one answer, which CLOVA Studio never does."""
    function = {"name": "get_weather", "arguments": '{"city": "서울"}'}
    call = {"index": 0, "id": "a", "type": "function", "function": function}
    if json.loads(peer.body).get("stream"):
        events = event({"reasoning": THOUGHT}) + event({"tool_calls": [call]}) + event({}, "tool_calls")
        await peer.send(STREAM_HEAD + chunk(events + b"data: [DONE]\n\n") + LAST_CHUNK)
    else:
        await peer.send(http(answer("", reasoning=THOUGHT, tool_calls=[call])))


@ALL_WAYS
async def test_a_server_of_ones_own_thinks_and_calls_at_once(raw: StartRaw, name: str) -> None:
    """The call is there to be run, and the thought beside it; a path that ends in /v1 is asked below itself."""
    server = raw(both_at_once)
    chat = ChatClovaX(model="HyperCLOVAX-SEED-Think-32B", base_url=own(server), thinking={"effort": "low"})
    message = await asked(chat.bind_tools([get_weather]), name, QUESTION)

    assert [(call["name"], call["args"]) for call in message.tool_calls] == [("get_weather", {"city": "서울"})]
    assert message.additional_kwargs["thinking_content"] == THOUGHT
    assert server.requests[0].head.startswith(b"POST /v1/chat/completions ")
    assert json.loads(server.requests[0].body)["chat_template_kwargs"] == {"thinking": True}


@ALL_WAYS
async def test_a_model_behind_a_gateway_of_ones_own(clovax_simulator: LoopbackSimulator, name: str) -> None:
    """Whatever its address looks like, named as self-hosted it is streamed from with tools, too."""
    with clovax_simulator.using(strict=False):
        chat = ChatClovaX(profile="self-hosted", base_url=clovax_simulator.base_url, max_tokens=1024, max_retries=0)
        assert (await asked(chat, name, "안녕하세요")).text == GREETING
        message = await asked(chat.bind_tools([get_weather]), name, QUESTION)

    assert message.tool_calls[0]["args"] == {"city": "서울"}
    assert [(record.status, record.stream) for record in noted(clovax_simulator, 2)] == [(200, "stream" in name)] * 2


def test_a_server_of_ones_own_is_asked_without_a_key(raw: StartRaw, monkeypatch: pytest.MonkeyPatch) -> None:
    """No Authorization header is sent in place of one."""
    monkeypatch.delenv("CLOVASTUDIO_API_KEY", raising=False)
    server = raw(vllm)
    for name in ("invoke", "ainvoke", "stream", "astream"):
        assert Way(name).ask(ChatClovaX(model="HCX", base_url=own(server)), "reasoning") == SAID
    assert [peer for peer in server.requests if b"authorization" in peer.head.lower()] == []
