"""What is shown of a run to somebody who may see less: streamed text and streamed arguments without the numbers."""

import json
from collections import defaultdict
from typing import Any

import pytest
from langchain_core.messages import AIMessage, AIMessageChunk, HumanMessage, ToolMessage

from clovax_agents import ChatClovaX, tool
from clovax_agents.guards.pii import KoreanPII
from clovax_agents.guards.pii_messages import MessageRedactor
from clovax_agents.prebuilt import react_agent
from clovax_agents.simulator import BrainReply, ScriptBrain, ScriptStep, SimulatorServer, ToolCall

SENT: list[str] = []


@tool
def send_text(phone: str, text: str) -> str:
    """고객에게 문자를 보냅니다."""
    SENT.append(phone)
    return f"{phone}로 보냄: {text}"


@pytest.mark.parametrize("api", ["openai", "native"])
async def test_a_streamed_run_is_shown_without_numbers(api: Any) -> None:
    """Text, arguments as they stream, results: nothing of the number is seen, and the tool had it."""
    SENT.clear()
    call = ToolCall("send_text", {"phone": "010-1234-5678", "text": "안녕하세요 고객님"})
    brain = ScriptBrain(
        [ScriptStep(BrainReply(tool_calls=(call,))), ScriptStep(BrainReply("010-1234-5678로 보냈어요."))]
    )
    show, texts, arguments = MessageRedactor(KoreanPII()), defaultdict[Any, str](str), ""
    with SimulatorServer(brain=brain) as server:
        model = ChatClovaX(api_key="nv-test", base_url=server.base_url, api=api)
        graph = react_agent(model=model, tools=[send_text]).compile()
        question: Any = {"messages": [("user", "010-1234-5678로 인사해 줘")]}
        async for message, _ in graph.astream(question, stream_mode="messages"):
            shown = show(message)
            assert "5678" not in shown.model_dump_json()
            texts[type(shown).__name__] += shown.text
            if isinstance(shown, AIMessageChunk):
                arguments += "".join(piece["args"] or "" for piece in shown.tool_call_chunks)
    assert SENT == ["010-1234-5678"]
    assert json.loads(arguments) == {"phone": "[전화번호]", "text": "안녕하세요 고객님"}
    assert texts["ToolMessage"] == "[전화번호]로 보냄: 안녕하세요 고객님"
    assert "[전화번호]로 보냈어요." in "".join(texts.values())


def test_whole_messages_are_shown_without_numbers() -> None:
    """Content in blocks, arguments of any depth, ids and names as they are; the original is not touched."""
    show = MessageRedactor(KoreanPII())
    call: Any = {"name": "pay", "args": {"to": [{"card": 4111111111111111}], "n": 3}, "id": "call_01012345678"}
    message = AIMessage([{"type": "text", "text": "kim@naver.com"}], tool_calls=[call])
    shown: Any = show(message)
    assert shown.text == "[이메일]"
    assert shown.tool_calls[0]["args"] == {"to": [{"card": "[카드번호]"}], "n": 3}
    assert shown.tool_calls[0]["id"] == "call_01012345678"
    assert message.text == "kim@naver.com"
    assert show(HumanMessage("900101-1234568")).content == "[주민등록번호]"
    result: Any = show(ToolMessage("ok", tool_call_id="c", artifact={"phone": "010-1234-5678"}))
    assert result.artifact is None


def test_chunks_of_two_messages_are_kept_apart() -> None:
    """Two agents stream at once; half a number of the one is not completed by the other."""
    show = MessageRedactor(KoreanPII())
    chunks = [
        AIMessageChunk("번호 010-1234", id="a"),
        AIMessageChunk("-5678", id="b"),
        AIMessageChunk("-5678", id="a"),
        AIMessageChunk("", id="b", chunk_position="last"),
        AIMessageChunk("", id="a", chunk_position="last", additional_kwargs={"thinking_content": "kim@naver.com"}),
    ]
    texts, thinking = defaultdict[Any, str](str), ""
    for chunk in chunks:
        shown: Any = show(chunk)
        texts[shown.id] += shown.content
        thinking += shown.additional_kwargs.get("thinking_content", "")
    assert dict(texts) == {"a": "번호 [전화번호]", "b": "-5678"}
    assert thinking == "[이메일]"


def test_content_in_blocks_is_redacted_over_chunks() -> None:
    """LangChain's version 1 of content: each block by its index, whatever it holds."""
    show = MessageRedactor(KoreanPII())
    pieces: list[list[Any]] = [
        [{"type": "text", "text": "번호 010-12", "index": 0}, {"type": "reasoning", "reasoning": "kim@na", "index": 1}],
        [{"type": "text", "text": "34-5678", "index": 0}, {"type": "reasoning", "reasoning": "ver.com", "index": 1}],
    ]
    whole: Any = AIMessageChunk([], id="a")
    for content in pieces:
        whole += show(AIMessageChunk(content, id="a"))
    whole += show(AIMessageChunk([], id="a", chunk_position="last"))
    assert [block.get("text", block.get("reasoning")) for block in whole.content] == ["번호 [전화번호]", "[이메일]"]
