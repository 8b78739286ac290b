"""Redaction where it is used: results and errors of tools, what a model says, and what is streamed of it."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from langchain_core.callbacks import BaseCallbackHandler
from langchain_core.messages import AIMessage, AIMessageChunk
from scriptedmodel import ScriptedModel

from clovax_agents import ChatClovaX, ToolExecutor, ToolPolicy, tool
from clovax_agents.errors import ConfigurationError, ToolFailed, TruncatedStreamError
from clovax_agents.guards.pii import KoreanPII, redact_pii
from clovax_agents.prebuilt import react_agent
from clovax_agents.simulator import BrainReply, Fault, ScriptBrain, ScriptStep, SimulatorServer, ToolCall

Start = Callable[..., ChatClovaX]
PII = KoreanPII()
SAID = "김서연 님의 번호는 010-1234-5678, 주민등록번호는 900101-2234565입니다. 고맙습니다."
SHOWN = "김서연 님의 번호는 [전화번호], 주민등록번호는 [주민등록번호]입니다. 고맙습니다."
SENT: list[str] = []


@tool(policy=ToolPolicy(effect="read", redact=redact_pii))
def get_customer(name: str) -> dict[str, str]:
    """고객의 연락처를 조회합니다."""
    if name == "없음":
        raise ToolFailed("고객 010-1234-5678은 없습니다")
    return {"name": name, "phone": "010-1234-5678", "order": "ORD-20261118-0001"}


@tool(policy=ToolPolicy(effect="once"))
def send_text(phone: str) -> str:
    """고객에게 문자를 보냅니다."""
    SENT.append(phone)
    return "보냈습니다"


@pytest.fixture
def scripted() -> Iterator[Start]:
    """Start a simulator that gives the replies, and a model that talks to it."""
    with ExitStack() as stack:

        def start(*replies: BrainReply, **options: Any) -> ChatClovaX:
            brain = ScriptBrain(ScriptStep(reply) for reply in replies)
            server = stack.enter_context(SimulatorServer(brain=brain))
            return ChatClovaX(api_key="nv-test", base_url=server.base_url, max_retries=0, **options)

        SENT.clear()
        yield start


class _Tokens(BaseCallbackHandler):
    """Hears what is streamed."""

    def __init__(self) -> None:
        self.text = ""

    def on_llm_new_token(self, token: str, **_: Any) -> None:
        """Add up the tokens."""
        self.text += token


def test_results_and_errors_of_tools() -> None:
    """The policy takes numbers out of both, before the model reads them; orders stay."""
    calls = [{"name": "get_customer", "args": {"name": name}, "id": name} for name in ("김서연", "없음")]
    found, missing = ToolExecutor([get_customer]).invoke([AIMessage("", tool_calls=calls)])
    assert "[전화번호]" in found.content
    assert "ORD-20261118-0001" in found.content
    assert "고객 [전화번호]은 없습니다" in missing.content
    assert "5678" not in found.text + missing.text


@pytest.mark.parametrize("api", ["openai", "native"])
async def test_what_a_model_says_is_redacted_at_every_door(api: Any, scripted: Start) -> None:
    """Asked or streamed, sync or async: the same text, and nothing else for callbacks."""
    model = scripted(*[BrainReply(SAID)] * 5, api=api, redact=PII)
    heard = _Tokens()
    assert model.invoke("?").content == SHOWN
    assert (await model.ainvoke("?")).content == SHOWN
    assert "".join(chunk.text for chunk in model.stream("?")) == SHOWN
    assert "".join([chunk.text async for chunk in model.astream("?")]) == SHOWN
    assert "".join(chunk.text for chunk in model.stream("?", config={"callbacks": [heard]})) == SHOWN
    assert heard.text == SHOWN


def test_a_stream_still_comes_in_pieces(scripted: Start) -> None:
    """Only what could become a number waits."""
    pieces = [chunk.text for chunk in scripted(BrainReply(SAID), redact=PII).stream("?")]
    assert len([piece for piece in pieces if piece]) > 3
    whole = [chunk.text for chunk in scripted(BrainReply(SAID), redact=str.upper).stream("?")]
    assert [piece for piece in whole if piece] == [SAID]


def test_thinking_is_redacted_too(scripted: Start) -> None:
    """What a model thinks repeats what it was told."""
    reply = BrainReply("확인했습니다.", thinking="고객 번호 010-1234-5678을 찾자")
    model = scripted(reply, reply, model="HCX-007", thinking={"effort": "low"}, redact=PII)
    assert model.invoke("?").additional_kwargs["thinking_content"] == "고객 번호 [전화번호]을 찾자"
    whole: Any = None
    for chunk in model.stream("?"):
        whole = chunk if whole is None else whole + chunk
    assert whole.additional_kwargs["thinking_content"] == "고객 번호 [전화번호]을 찾자"
    assert whole.content == "확인했습니다."


def test_what_an_error_keeps_of_an_answer_is_redacted(scripted: Start) -> None:
    """A stream that breaks off keeps what had arrived, without the number."""
    model = scripted(BrainReply(SAID, faults=(Fault(kind="end", at_event=30),)), redact=PII)
    with pytest.raises(TruncatedStreamError) as caught:
        list(model.stream("?"))
    assert "번호는" in caught.value.facts.partial
    assert "010-1234" not in caught.value.facts.partial


@pytest.mark.parametrize("mode", ["invoke", "stream"])
def test_an_agent_redacts_text_and_lets_tools_have_the_numbers(mode: str, scripted: Start) -> None:
    """State and streamed messages hold labels, and the text message goes to the number that the user gave."""
    call = BrainReply("010-1234-5678로 보냅니다.", tool_calls=(ToolCall("send_text", {"phone": "010-1234-5678"}),))
    model = scripted(call, BrainReply(SAID))
    graph = react_agent(model=model, tools=[send_text], redact=PII).compile()
    question: Any = {"messages": [("user", "010-1234-5678로 문자 보내 줘")]}
    if mode == "invoke":
        answer = graph.invoke(question)["messages"][-1].content
    else:
        pieces = [piece for piece, _ in graph.stream(question, stream_mode="messages")]
        answer = "".join(piece.text for piece in pieces if isinstance(piece, AIMessageChunk))
        assert "010-1234" not in "".join(piece.text for piece in pieces)
    assert answer.endswith(SHOWN)
    assert SENT == ["010-1234-5678"]


def test_a_model_that_cannot_redact_its_stream_is_refused() -> None:
    """Bad input: it says what to do, at the latest when the graph is built."""
    with pytest.raises(ConfigurationError, match="redact= needs a ChatClovaX"):
        react_agent(model=ScriptedModel(replies=[]), redact=PII)


def test_a_cache_tells_redacted_answers_apart(scripted: Start) -> None:
    """What was kept for one who may see numbers is not given to one who may not."""
    open_model = scripted(BrainReply(SAID))
    closed = open_model.model_copy(update={"redact": PII})
    params = [model._get_invocation_params() for model in (open_model, closed)]
    assert params[0] != params[1]
