"""The page on moving from langchain-naver: both packages do what each row of its table of differences says."""

import json
import pickle
import re
import struct
from base64 import b64encode
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import httpx  # a client of the user's own, which sees what is sent
import langchain_naver  # noqa: TID251  # what is moved from
import openai  # noqa: TID251  # whose errors came out of it
import pytest
import tiktoken
from langchain_core.messages import AIMessageChunk, HumanMessage, SystemMessage, trim_messages
from pydantic import BaseModel, ValidationError

import clovax_agents
from clovax_agents import errors
from clovax_agents.simulator import FaultPlan, ScriptBrain
from clovax_agents.testing import LoopbackSimulator

PAGE = Path(__file__).parents[2] / "docs" / "migration.md"
CLASSES = (langchain_naver.ChatClovaX, clovax_agents.ChatClovaX)

pytestmark = pytest.mark.filterwarnings(
    "ignore::DeprecationWarning:openai", "ignore::DeprecationWarning:langchain_naver"
)


class Weather(BaseModel):
    """하루의 날씨."""

    high: int


class Case(NamedTuple):
    """What a program does with a model, and what comes of it in either package: a value or an error."""

    settings: dict[str, Any]
    act: Callable[[Any], Any]
    theirs: Any
    ours: Any
    script: str | None = None


PARAMETERS = {"type": "object", "properties": {}}
TOOL = {"name": "get_weather", "description": "날씨", "parameters": PARAMETERS}
OTHER = {"name": "get_time", "description": "시각", "parameters": PARAMETERS}
CUT = """
- reply: {tool_calls: [{name: get_weather, arguments: '{"location": "서ARGUMENTS'}], finish_reason: length}
"""
WRONG_FORM = """
- reply: {json: {high: hot}}
  repeat: true
"""
TINY = b"\x89PNG\r\n\x1a\n" + struct.pack(">I4sII", 13, b"IHDR", 3, 3) + b"\x08\x02\x00\x00\x00"


def _calls(model: Any, *tools: dict[str, Any], **options: Any) -> int:
    return len(model.bind_tools(tools or [TOOL], **options).invoke("서울 날씨 알려줘").tool_calls)


def _kinds(answer: Any) -> tuple[int, int]:
    return (len(answer.tool_calls), len(answer.invalid_tool_calls))


def _whole(model: Any) -> tuple[int, int]:
    return _kinds(model.bind_tools([TOOL]).invoke("서울 날씨"))


def _streamed(model: Any) -> tuple[int, int]:
    return _kinds(sum(model.bind_tools([TOOL]).stream("서울 날씨"), AIMessageChunk(content="")))


def _structured(model: Any, **options: Any) -> Any:
    return model.with_structured_output(Weather, **options).invoke("오늘 최고 기온은 21도").high


def _form(model: Any) -> Any:
    return _structured(model, method="json_schema")


def _stopped(model: Any) -> Any:
    return model.invoke("안녕", stop=["끝"]).text


def _systems(model: Any) -> Any:
    return model.invoke([("system", "하나"), ("system", "둘"), ("human", "안녕")]).text


def _streaming(model: Any) -> str:
    return "".join(chunk.text for chunk in model.stream("안녕"))


def _pickled(model: Any) -> tuple[str, bool]:
    data = pickle.dumps(model)
    return pickle.loads(data).invoke("안녕").text, model.api_key.get_secret_value().encode() in data  # noqa: S301


def _pictured(model: Any) -> Any:
    url = f"data:image/png;base64,{b64encode(TINY).decode()}"
    return model.invoke([HumanMessage([{"type": "image_url", "image_url": {"url": url}}])])


def _choosing(choice: Any, *tools: dict[str, Any]) -> Case:
    return Case(CAP, lambda model: _calls(model, *tools, tool_choice=choice), REFUSAL, 1)


THINKER: dict[str, Any] = {"model": "HCX-007", "max_tokens": 5120}
LOW, NONE = {"effort": "low"}, {"effort": "none"}
CAP = {"max_tokens": 1024}
HELLO = "안녕하세요! 무엇을 도와드릴까요?"
REFUSAL, SETTING = openai.BadRequestError, errors.ConfigurationError
CASES: dict[str, list[Case]] = {
    "tools, and a cap below 1,024 or none": [
        Case({}, _calls, REFUSAL, 1),
        Case({"max_tokens": 1023}, _calls, REFUSAL, 1),
    ],
    "HCX-007 with tools, a schema or stop sequences, no effort set": [
        Case(THINKER, _calls, REFUSAL, 1),
        Case(THINKER, _form, REFUSAL, 21),
        Case(THINKER, _stopped, REFUSAL, HELLO),
    ],
    "HCX-007 with tools, effort set": [Case({**THINKER, "thinking": LOW}, _calls, REFUSAL, SETTING)],
    "calls in an answer that was cut off at its cap": [
        Case(CAP, _whole, (1, 0), (0, 1), CUT.replace("ARGUMENTS", '울"}')),
        Case(CAP, _streamed, (1, 0), (0, 1), CUT.replace("ARGUMENTS", "")),
    ],
    "`parallel_tool_calls=False`": [
        Case(CAP, lambda model: _calls(model, parallel_tool_calls=False), REFUSAL, SETTING)
    ],
    '`tool_choice="any"`, `"required"`, `True`': [
        *(_choosing(choice) for choice in ("any", "required", True)),
        *(_choosing(choice, TOOL, OTHER) for choice in ("any", "required", True)),
    ],
    "`with_structured_output(Schema)`": [
        Case(CAP, _structured, REFUSAL, 21),
        Case({**THINKER, "thinking": NONE}, _structured, REFUSAL, 21),
    ],
    "a structured answer that does not fit": [
        Case({**THINKER, "thinking": NONE}, _form, ValidationError, errors.StructuredOutputError, WRONG_FORM)
    ],
    "several system messages": [Case({}, _systems, REFUSAL, HELLO)],
    "`stream_usage=True`": [Case({"stream_usage": True}, _streaming, REFUSAL, HELLO)],
    "images that the service refuses": [Case({}, _pictured, REFUSAL, SETTING)],
    "pickling a model": [Case({}, _pickled, TypeError, (HELLO, False))],
}
APART = {
    "the cap of tokens": "test_the_cap_is_always_sent",
    "a stream that ends too early": "test_a_stream_that_ends_too_early",
    "`get_num_tokens`, `trim_messages` with the model": "test_tokens_are_counted",
    "`temperature=1.5`": "test_a_temperature_is_checked_at_once",
    "`http://` beyond loopback": "test_the_key_is_not_sent_in_the_clear",
    "an address whose path is `/v1`": "test_an_address_of_a_server_of_ones_own",
    "what a request says of itself": "test_what_a_request_says_of_itself",
}


def test_every_row_is_tried() -> None:
    """By cases or by a test of its own."""
    table = PAGE.read_text(encoding="utf-8").partition("| | langchain-naver 0.1.1 | here |\n")[2].partition("\n\n")[0]
    rows = re.findall(r"^\| (.+?) \| ", table, re.MULTILINE)

    assert sorted(rows) == sorted([*CASES, *APART])
    assert all(callable(globals()[name]) for name in APART.values())


def _close(model: Any) -> None:
    if isinstance(model, langchain_naver.ChatClovaX):
        model.root_client.close()


@pytest.mark.filterwarnings("ignore:max_tokens=1023 was raised")
@pytest.mark.parametrize(
    ("row", "number"), [(row, number) for row, cases in CASES.items() for number in range(len(cases))]
)
def test_what_differs_does(row: str, number: int, clovax_simulator: LoopbackSimulator) -> None:
    """Both classes do what the page says of them."""
    case = CASES[row][number]
    for cls, expected in zip(CLASSES, (case.theirs, case.ours), strict=True):
        clovax_simulator.requests.clear()
        model = cls(**case.settings)
        with clovax_simulator.using(ScriptBrain.from_yaml(case.script) if case.script else None):
            if isinstance(expected, type):
                with pytest.raises(expected):
                    case.act(model)
                assert expected is not SETTING or not clovax_simulator.requests
            else:
                assert case.act(model) == expected
        _close(model)


class Outbox(httpx.BaseTransport):
    """Keeps what is sent, and answers nothing."""

    def __init__(self) -> None:
        """With nothing in it."""
        self.requests: list[httpx.Request] = []

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Keep one."""
        request.read()
        self.requests.append(request)
        raise httpx.ConnectError("nobody is there")

    def sent(self, cls: type[Any], *, stream: bool = False, **settings: Any) -> httpx.Request:
        """Return what a model of this class sends."""
        with httpx.Client(transport=self) as client:
            model = cls(http_client=client, max_retries=0, api_key="nv-test", **settings)
            with pytest.raises((openai.APIConnectionError, errors.ConnectionFailedError)):
                list(model.stream("안녕")) if stream else model.invoke("안녕")
        return self.requests.pop()


def _cap(request: httpx.Request) -> Any:
    return json.loads(request.content).get("max_completion_tokens")


@pytest.mark.parametrize(
    ("settings", "cap"),
    [
        ({}, 512),
        ({"model": "HCX-007", "thinking": LOW}, 5120),
        ({"model": "HCX-007", "thinking": {"effort": "high"}}, 20_480),
    ],
)
def test_the_cap_is_always_sent(settings: dict[str, Any], cap: int) -> None:
    """There it is left to the service."""
    theirs, ours = (Outbox().sent(cls, **settings) for cls in CLASSES)

    assert (_cap(theirs), _cap(ours)) == (None, cap)


def test_a_stream_that_ends_too_early(clovax_simulator: LoopbackSimulator) -> None:
    """Half an answer there, and an error with that half here."""
    original = langchain_naver.ChatClovaX()
    with clovax_simulator.using(faults=FaultPlan.parse("end; at_event=3")):
        half = "".join(str(chunk.content) for chunk in original.stream("안녕하세요"))
        with pytest.raises(errors.TruncatedStreamError) as caught:
            list(clovax_agents.ChatClovaX().stream("안녕하세요"))
    _close(original)

    assert half == caught.value.facts.partial
    assert 0 < len(half) < len(HELLO)


class Encoding:
    """Stands in for tiktoken's, which would be downloaded."""

    def encode(self, _text: str) -> list[int]:
        """Return a length that nobody else would."""
        return [0] * 1234


def test_tokens_are_counted(clovax_simulator: LoopbackSimulator, monkeypatch: pytest.MonkeyPatch) -> None:
    """There by tiktoken, and messages not at all; here by an estimate, or by the service."""
    monkeypatch.setattr(tiktoken, "get_encoding", lambda _name: Encoding())
    history = [SystemMessage("쇼핑몰 상담원이다."), HumanMessage("환불 규정을 알려 줘"), HumanMessage("배송비는?")]
    theirs, ours = (cls() for cls in CLASSES)
    exact = clovax_agents.ChatClovaX(count_tokens="service")

    assert theirs.get_num_tokens("환불 규정") == 1234
    for count in (theirs.get_num_tokens_from_messages, _trimmed(theirs)):
        with pytest.raises(NotImplementedError):
            count(history)
    assert 0 < ours.get_num_tokens("환불 규정") < 20
    assert _trimmed(ours)(history) == history[:1] + history[2:]
    assert not clovax_simulator.requests
    assert 0 < exact.get_num_tokens_from_messages(history) < 100
    assert len(clovax_simulator.requests) == 1
    _close(theirs)


def _trimmed(model: Any) -> Callable[[Any], Any]:
    return lambda history: trim_messages(history, max_tokens=20, token_counter=model, include_system=True)


def test_a_temperature_is_checked_at_once(clovax_simulator: LoopbackSimulator) -> None:
    """There the service refuses it."""
    original = langchain_naver.ChatClovaX(temperature=1.5)
    with pytest.raises(REFUSAL):
        original.invoke("안녕")
    _close(original)
    clovax_simulator.requests.clear()

    refused = "temperature=1.5 cannot be: input should be less than or equal to 1"
    with pytest.raises(errors.ConfigurationError, match=refused):
        clovax_agents.ChatClovaX(temperature=1.5)
    with pytest.raises(errors.ConfigurationError, match=refused):
        clovax_agents.ChatClovaX().invoke("안녕", temperature=1.5)
    assert not clovax_simulator.requests


def test_the_key_is_not_sent_in_the_clear() -> None:
    """There it is; here only a server of one's own may be spoken to so, when it is allowed."""
    address = {"base_url": "http://studio.example/v1/openai"}
    theirs = Outbox().sent(langchain_naver.ChatClovaX, **address)
    allowed = Outbox().sent(clovax_agents.ChatClovaX, **address, profile="self-hosted", allow_http=True)

    assert (theirs.url.scheme, theirs.headers["authorization"]) == ("http", "Bearer nv-test")
    assert allowed.url.scheme == "http"
    for options in ({}, {"allow_http": True}, {"profile": "self-hosted"}):
        with pytest.raises(errors.ConfigurationError, match="use https"):
            clovax_agents.ChatClovaX(api_key="nv-test", **address, **options)


def test_an_address_of_a_server_of_ones_own() -> None:
    """There the rules of the service hold for it; here they do when the profile says so."""
    address = {"base_url": "https://studio.example/v1"}
    cls = clovax_agents.ChatClovaX

    assert Outbox().sent(langchain_naver.ChatClovaX, **address).headers["user-agent"] == "langchain_naver/0.1.1"
    assert _cap(Outbox().sent(cls, **address)) is None
    assert _cap(Outbox().sent(cls, **address, profile="public")) == 512
    assert cls(**address, model="my-model", api_key="nv-test").model == "my-model"


def test_what_a_request_says_of_itself(clovax_simulator: LoopbackSimulator) -> None:
    """The package, and an id, which is in the errors as well."""
    name = "x-ncp-clovastudio-request-id"
    for stream in (False, True):
        theirs, ours = (Outbox().sent(cls, stream=stream).headers for cls in CLASSES)
        assert theirs["user-agent"] == "langchain_naver/0.1.1"
        assert theirs.get(name, "").startswith("lcnv-") is not stream
        assert ours["user-agent"] == f"clovax-agents/{clovax_agents.__version__}"
        assert ours[name].startswith("clovax-")

    faults = FaultPlan.parse("error; code=40001")
    with clovax_simulator.using(faults=faults), pytest.raises(errors.RequestError, match="clovax-") as caught:
        clovax_agents.ChatClovaX().invoke("안녕")
    assert str(caught.value.facts.request_id) in str(caught.value)


def test_where_an_answer_comes_from(clovax_simulator: LoopbackSimulator) -> None:
    """Another provider is named, as the page says of messages."""
    del clovax_simulator
    theirs, ours = (cls() for cls in CLASSES)

    assert theirs.invoke("안녕").response_metadata["model_provider"] == "openai"
    assert ours.invoke("안녕").response_metadata["model_provider"] == "naver"
    _close(theirs)
