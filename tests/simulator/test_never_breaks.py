"""Nothing that a client sends breaks the simulator: no body, header set or path yields a 500 or a hang.

`make test` tries 100 requests for each property, always the same ones; `make soak` tries 5,000 new ones.
"""

import copy
import json
import os
from collections import deque
from collections.abc import Callable, Iterator, MutableMapping
from dataclasses import dataclass, field
from typing import Any, Final

import anyio
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from clovax_agents.simulator import (
    RuleBrain,
    SimulatorApp,
    Switches,
    VirtualClock,
    create_app,
)
from clovax_agents.simulator.faults.spec import KINDS

SOAK: Final = os.environ.get("CLOVAX_SOAK") == "1"
_HEALTH: Final = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example]
settings.register_profile("test", max_examples=100, deadline=None, derandomize=True, suppress_health_check=_HEALTH)
settings.register_profile("soak", max_examples=5_000, deadline=None, suppress_health_check=_HEALTH)
THOROUGH: Final = settings.get_profile("soak" if SOAK else "test")

SECONDS: Final = 20
"""What no answer takes, even on a busy machine."""

pytestmark = pytest.mark.timeout(3_600 if SOAK else 240)

Json = Any
Tree = dict[str, Any] | list[Any]


def _app(*, strict: bool = True, switches: Switches | None = None) -> SimulatorApp:
    clock = VirtualClock()
    return create_app(brain=RuleBrain(clock=clock), clock=clock, strict=strict, switches=switches)


APPS: Final[dict[str, SimulatorApp]] = {
    "strict": _app(),
    "lenient": _app(strict=False),
    "other stances": _app(
        strict=False,
        switches=Switches(
            stream_usage="separate",
            created_unit="seconds",
            reasoning_field="thinking_content",
            thinking_caps=True,
            schema_elsewhere="ignore",
            embedding_arrays="accept",
            native_arguments="text",
            signal_id=True,
            schema_filter=True,
            v1_stop_reason="upper",
            mask=True,
        ),
    ),
}


# What is sent, and what comes back


@dataclass(frozen=True, kw_only=True)
class Sent:
    """One request, as a server hands it to the application."""

    method: str = "POST"
    path: str = "/v1/openai/chat/completions"
    headers: list[tuple[str, str]] = field(default_factory=list)
    body: bytes = b""
    hangs_up: bool = False
    """The body ends too early, because the client is gone."""

    @property
    def faults(self) -> str:
        """What the request wants to go wrong."""
        return "".join(value for name, value in self.headers if name == "x-clovax-fault").strip()

    def scope(self) -> dict[str, Any]:
        """Return the request in ASGI's form."""
        return {
            "type": "http",
            "asgi": {"version": "3.0", "spec_version": "2.4"},
            "http_version": "1.1",
            "scheme": "http",
            "method": self.method,
            "path": self.path,
            "raw_path": self.path.encode(),
            "root_path": "",
            "query_string": b"",
            "headers": [(name.encode("latin-1"), value.encode("latin-1")) for name, value in self.headers],
            "client": ("127.0.0.1", 50_000),
            "server": ("127.0.0.1", 8_765),
        }

    def messages(self) -> Iterator[dict[str, Any]]:
        """Yield the body in two pieces."""
        half = len(self.body) // 2
        yield {"type": "http.request", "body": self.body[:half], "more_body": True}
        yield {"type": "http.request", "body": self.body[half:], "more_body": self.hangs_up}
        if self.hangs_up:
            yield {"type": "http.disconnect"}


@dataclass
class Answer:
    """What came back."""

    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    whole: bool = False

    async def take(self, message: MutableMapping[str, Any]) -> None:
        """Be ASGI's ``send``; hold the application to its protocol."""
        assert not self.whole, "something came after the end"
        if message["type"] == "http.response.start":
            assert self.status == 0, "two answers to one request"
            self.status = message["status"]
            self.headers = {name.decode(): value.decode("latin-1") for name, value in message["headers"]}
        else:
            assert self.status, "a body before the head"
            self.body += message.get("body", b"")
            self.whole = not message.get("more_body", False)


def _ask(app: SimulatorApp, sent: Sent) -> Answer:
    """Return the answer; an application that hangs, or that raises, is a failure."""
    answer, waiting = Answer(), deque(sent.messages())

    async def receive() -> dict[str, Any]:
        if not waiting:
            await anyio.sleep_forever()
        return waiting.popleft()

    async def call() -> None:
        with anyio.fail_after(SECONDS):
            await app(sent.scope(), receive, answer.take)

    anyio.run(call)
    return answer


def _check(sent: Sent, answer: Answer) -> None:
    """Assert what holds of every answer."""
    assert 200 <= answer.status < 500
    assert answer.whole
    assert answer.headers["x-clovax-simulator"]
    if sent.faults and answer.status == 200:
        return  # what a fault leaves of an answer may have any form
    kind = answer.headers.get("content-type", "")
    if sent.hangs_up and answer.status == 499:
        assert answer.body == b""
    elif kind.startswith("text/event-stream"):
        _check_stream(sent.path, answer.body.decode())
    elif not (sent.faults and kind == "text/html"):
        assert kind == "application/json"
        _check_json(sent.path, answer.status, json.loads(answer.body))


def _check_json(path: str, status: int, payload: Json) -> None:
    if status != 200:
        _check_refusal(path, status, payload)
    elif path == "/":
        assert payload["simulator"] is True
    elif path.startswith("/v1/openai"):
        assert payload["object"] in {"chat.completion", "list"}
    else:
        assert list(payload) == ["status", "result"]
        assert payload["status"] == {"code": "20000", "message": "OK"}


def _check_refusal(path: str, status: int, payload: Json) -> None:
    if path.startswith("/v1/openai"):
        error = payload.pop("error")
        assert (error.pop("type"), error.pop("param")) == (None, None)
    else:
        error = payload.pop("status")
    assert payload == {}
    assert set(error) == {"code", "message"}
    assert error["code"].startswith(str(status))
    assert len(error["code"]) == 5
    assert error["message"]


def _check_stream(path: str, text: str) -> None:
    *events, rest = text.split("\n\n")
    assert rest == ""
    if path.startswith("/v1/openai"):
        *chunks, last = [event.removeprefix("data: ") for event in events]
        assert last == "[DONE]"
        assert all(json.loads(chunk)["object"] == "chat.completion.chunk" for chunk in chunks)
    else:
        *_, result, signal = [dict(line.split(":", 1) for line in event.split("\n")) for event in events]
        assert (result["event"], signal["event"]) == ("result", "signal")
        assert "message" in json.loads(result["data"])


# Bodies: valid ones of every API, with mistakes

SAID: Final = [
    "내일 서울 날씨 알려줘", "99999999일 후", "2월 30일 25시 61분에 회의 잡아줘", "0년 0월 0일",
    "9999년 12월 31일 다음 날", "다음 주 월요일부터 지난 주 일요일까지", "9^9^9^9는?", "1 나누기 0",
    "100만 더하기 99999999999999999999", "-0.0 곱하기 1e308", "루트 -1", "김민수에게 메일 보내줘",
    "제목은 '안녕' 내용은 \"", "환율 1,2,3.4.5 달러", "https://[::1", "a@b", "010-1234-5678", "주문 번호 ORD-1",
    "그리고", "?", "😀👩‍👩‍👧", "\u202e\u0000", "What is 3.14159265358979323846264338327950288 times", "오늘",
    "오후 3시", "한 시간 반 동안", "열두 시", "그 사람 말고", "첫 번째 거로 해줘", "내일모레글피그저께",
    "삼천육백만 이천 구백 구십", "()()(())", "'" * 9, "고마워", "1월1일1시1분", "이번 주", "$ref", '{"a":',
    "조 억 만 천 백 십", "십십십", "1/0", "월화수목금토일요일", "오전 13시 am pm",
]  # fmt: skip
TOOLS: Final[dict[str, tuple[str, dict[str, Any]]]] = {
    "get_weather": (
        "도시의 날씨를 알려 준다",
        {"location": {"type": "string"}, "date": {"type": "string", "format": "date"}},
    ),
    "calculate": ("계산한다", {"expression": {"type": "string"}}),
    "add": ("두 수를 더한다", {"a": {"type": "integer", "minimum": 5, "maximum": 3}, "b": {"type": "number"}}),
    "create_event": (
        "일정을 만든다",
        {
            "title": {"type": "string", "minLength": 3, "maxLength": 1},
            "start": {"type": "string", "format": "date-time"},
            "minutes": {"type": "integer", "multipleOf": 15},
            "guests": {"type": "array", "items": {"type": "string", "format": "email"}, "minItems": 2},
        },
    ),
    "send_mail": (
        "메일을 보낸다",
        {"to": {"type": "string"}, "subject": {"type": "string"}, "body": {"type": "string"}},
    ),
    "convert": ("돈을 바꾼다", {"amount": {"type": "number"}, "to": {"type": "string", "enum": ["USD", "KRW", "EUR"]}}),
}


def _tools() -> list[Json]:
    functions = [
        {
            "name": name,
            "description": text,
            "parameters": {"type": "object", "properties": fields, "required": list(fields)[:1]},
        }
        for name, (text, fields) in TOOLS.items()
    ]
    return [{"type": "function", "function": function} for function in functions]


PERSON: Final = {
    "type": "object",
    "properties": {"name": {"type": "string"}, "age": {"type": "integer", "minimum": 0}, "friend": {"$ref": "#"}},
    "required": ["name", "age"],
}
IMAGE: Final = "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJ"
DOCUMENTS: Final = [{"id": "doc-1", "doc": "환불은 7일 안에 됩니다."}, {"id": "doc-2", "doc": "배송은 이틀 걸립니다."}]
USER: Final = {"role": "user", "content": "서울 날씨 알려줘"}
SYSTEM: Final = {"role": "system", "content": "친절한 비서"}


def _turn(*, native: bool) -> list[Json]:
    """Return a conversation with a call and its result."""
    arguments = {"location": "서울"}
    call = {"name": "get_weather", "arguments": arguments if native else json.dumps(arguments)}
    calls, call_id = ("toolCalls", "toolCallId") if native else ("tool_calls", "tool_call_id")
    return [
        SYSTEM,
        USER,
        {"role": "assistant", "content": "", calls: [{"id": "call_1", "type": "function", "function": call}]},
        {"role": "tool", call_id: "call_1", "content": '{"기온": 21, "하늘": ["맑음"]}'},
    ]


OPENAI: Final = "/v1/openai/chat/completions"
NATIVE: Final = "/v3/chat-completions"
VALID: Final[list[tuple[str, dict[str, Any]]]] = [
    (OPENAI, {"model": "HCX-005", "messages": [SYSTEM, USER], "temperature": 0.5, "top_p": 0.8, "top_k": 0, "seed": 7}),
    (OPENAI, {"model": "HCX-005", "messages": [USER], "tools": _tools(), "max_tokens": 1024, "stream": True}),
    (OPENAI, {"model": "HCX-DASH-002", "messages": _turn(native=False), "tools": _tools(), "max_tokens": 1024}),
    (OPENAI, {"model": "HCX-007", "messages": [USER], "reasoning_effort": "low", "max_completion_tokens": 5120}),
    (OPENAI, {"model": "HCX-003", "messages": [USER], "stop": ["날씨"], "repeat_penalty": 5, "stream": True}),
    (OPENAI, {"model": "ft:abc", "messages": [USER], "repetition_penalty": 1.1, "n": 1}),
    (
        OPENAI,
        {
            "model": "HCX-007",
            "messages": [USER],
            "reasoning_effort": "none",
            "response_format": {"type": "json_schema", "json_schema": {"name": "p", "schema": PERSON, "strict": True}},
        },
    ),
    (
        OPENAI,
        {
            "model": "HCX-005",
            "messages": [
                {
                    "role": "user",
                    "content": [{"type": "text", "text": "뭐?"}, {"type": "image_url", "image_url": {"url": IMAGE}}],
                }
            ],
        },
    ),
    (
        f"{NATIVE}/HCX-005",
        {
            "messages": [
                {
                    "role": "user",
                    "content": [
                        {"type": "text", "text": "뭐?"},
                        {"type": "image_url", "imageUrl": {"url": "https://example.com/cat.png"}},
                    ],
                }
            ],
            "includeAiFilters": True,
        },
    ),
    (
        f"{NATIVE}/HCX-005",
        {
            "messages": [USER],
            "tools": _tools(),
            "maxTokens": 1024,
            "toolChoice": {"type": "function", "function": {"name": "create_event"}},
        },
    ),
    (f"{NATIVE}/HCX-DASH-002", {"messages": _turn(native=True), "tools": _tools(), "maxTokens": 4096, "topK": 3}),
    (f"{NATIVE}/HCX-007", {"messages": [USER], "thinking": {"effort": "high"}, "maxCompletionTokens": 300}),
    (
        f"/testapp{NATIVE}/HCX-007",
        {"messages": [USER], "thinking": {"effort": "none"}, "responseFormat": {"type": "json", "schema": PERSON}},
    ),
    ("/v3/tasks/abc/chat-completions", {"messages": [SYSTEM, USER], "seed": 4_294_967_295}),
    ("/v1/chat-completions/HCX-003", {"messages": [USER], "stopBefore": ["날"], "maxTokens": 50, "repeatPenalty": 5}),
    ("/v2/tasks/abc/chat-completions", {"messages": [USER], "temperature": 0.5}),
    (
        "/v1/openai/embeddings",
        {"model": "bge-m3", "input": "한강 공원", "encoding_format": "float", "dimensions": 1024},
    ),
    ("/v1/api-tools/embedding/v2", {"text": "한강 공원"}),
    ("/v1/api-tools/embedding/clir-emb-dolphin", {"text": "한강 공원"}),
    ("/v1/api-tools/embedding/v2/tokenize", {"text": "한강 공원"}),
    ("/v1/api-tools/chat-tokenize/HCX-003", {"messages": [SYSTEM, USER]}),
    (
        "/v3/api-tools/chat-tokenize/HCX-005",
        {"messages": _turn(native=True), "tools": _tools(), "responseFormat": {"type": "json", "schema": PERSON}},
    ),
    ("/v1/api-tools/reranker", {"documents": DOCUMENTS, "query": "환불 되나요?", "maxTokens": 1024}),
    (
        "/v1/api-tools/rag-reasoning",
        {"messages": [USER], "tools": _tools()[:1], "maxTokens": 1024, "temperature": 0.5, "includeAiFilters": True},
    ),
]
"""A request of every API that it answers."""

DEEP: Final = {
    "@deep-list": "[" * 5_000 + "]" * 5_000,
    "@deep-object": '{"a":' * 5_000 + "0" + "}" * 5_000,
    "@deep-enough": "[" * 55 + "]" * 55,
    "@deep-schema": '{"type":"object","properties":{"a":' * 25 + "{}" + "}}" * 25,
    "@huge-number": "9" * 6_000,
    "@huge-real": "-1e999",
}
"""JSON that Python would not write: it is put into the text in the place of these strings."""

_TEXT: Final = st.one_of(
    st.sampled_from(SAID),
    st.lists(st.sampled_from(SAID), max_size=6).map(" ".join),
    st.builds(lambda text, times: text * times, st.sampled_from(SAID), st.sampled_from([30, 3_000])),
    st.text(st.characters(), max_size=30),
    st.text(st.characters(categories=["Cs", "Cc", "Co", "Lo"]), min_size=1, max_size=5),
)
_WORDS: Final = st.sampled_from(
    ["", " ", "HCX-005", "HCX-007", "ft:", "user", "tool", "auto", "none", "required", "json", "json_schema", "text",
     "high", "image_url", "get_weather", "call_1", "call_2", "object", "null", "date-time", "#", "#/$defs/A",
     "#/properties/a", "https://[", "data:image/png;base64,", f"{IMAGE}====", "1", "true", "\ud800", *DEEP]
)  # fmt: skip
_NUMBERS: Final = st.one_of(
    st.sampled_from([0, -1, 1, 2, 1023, 1024, 4096, 32_769, 2**31, 2**53 + 1, 2**63, 2**64, -(2**63) - 1, 10**400]),
    st.sampled_from([0.0, -0.0, 0.5, 1.0, 1.0000001, 5e-324, 1e308, 1e16]),
    st.floats(),
    st.integers(),
)
_SCALARS: Final = st.one_of(st.none(), st.booleans(), _NUMBERS, _WORDS, _TEXT)
_NAMES: Final = st.one_of(
    st.sampled_from(
        ["a", "b", "A", "$ref", "$defs", "type", "properties", "items", "required", "enum", "content", "role", "text",
         "name", "id", "function", "arguments", "effort", "url", "name with blanks", "이름", "", "__class__"]
    ),
    st.text(max_size=5),
)  # fmt: skip
_JUNK: Final = st.recursive(
    _SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_NAMES, inner, max_size=4),
    max_leaves=8,
)


def _keywords(inner: st.SearchStrategy[Json]) -> st.SearchStrategy[Json]:
    several = st.lists(inner, max_size=3)
    named = st.dictionaries(st.sampled_from(["a", "b", "A", "날짜"]), inner, max_size=3)
    return st.fixed_dictionaries(
        {},
        optional={
            "type": st.sampled_from(["object", "array", "string", "integer", "number", "boolean", "null", ["string"]]),
            "properties": named,
            "$defs": named,
            "items": inner,
            "prefixItems": several,
            "anyOf": several,
            "allOf": several,
            "oneOf": several,
            "not": inner,
            "additionalProperties": st.booleans() | inner,
            "$ref": st.sampled_from(["#", "#/$defs/A", "#/$defs/b", "#/properties/a", "#/items", "https://x/y"]),
            "required": st.lists(st.sampled_from(["a", "b"]), max_size=2),
            "enum": st.lists(_SCALARS, max_size=3),
            "const": _SCALARS,
            "default": _SCALARS,
            "description": _TEXT,
            "format": st.sampled_from(["date", "date-time", "time", "email", "uri", "uuid", "ipv4", "duration", "x"]),
            "pattern": st.sampled_from(["^a+$", "(a+)+$", "[", r"^\d{4}-\d{2}$", "(?=x)y", "a{1000000}", ""]),
            "minimum": _NUMBERS,
            "maximum": _NUMBERS,
            "exclusiveMinimum": _NUMBERS,
            "multipleOf": _NUMBERS,
            "minLength": _NUMBERS,
            "maxLength": _NUMBERS,
            "minItems": st.integers(-1, 4) | _NUMBERS,
            "maxItems": st.integers(-1, 4) | _NUMBERS,
            "uniqueItems": st.booleans(),
        },
    )


_SCHEMAS: Final = st.recursive(_keywords(st.just({"type": "string"})), _keywords, max_leaves=6)
_OBJECTS: Final = st.builds(
    lambda fields, more: {**more, "type": "object", "properties": fields, "required": list(fields)[:1]},
    st.dictionaries(st.sampled_from(["a", "b", "date", "location", "수량"]), _SCHEMAS, min_size=1, max_size=3),
    _SCHEMAS,
)
"""Schemas that pass for the parameters of a tool."""


def _places(tree: Json) -> Iterator[tuple[Tree, Any]]:
    """Yield every place in a tree as its holder and its key."""
    pairs = tree.items() if isinstance(tree, dict) else enumerate(tree) if isinstance(tree, list) else ()
    for key, value in pairs:
        yield tree, key
        yield from _places(value)


def _is_schema(key: object) -> bool:
    return key in {"parameters", "schema"}


CHANGES: Final[dict[str, Callable[[Any, Any, st.DataObject], None]]] = {
    "drop": lambda holder, key, _: holder.pop(key),
    "replace": lambda holder, key, data: holder.__setitem__(key, copy.deepcopy(data.draw(_JUNK))),
    "say": lambda holder, key, data: holder.__setitem__(key, data.draw(_TEXT)),
    "nest in a list": lambda holder, key, _: holder.__setitem__(key, [holder[key]]),
    "nest in an object": lambda holder, key, data: holder.__setitem__(key, {data.draw(_NAMES): holder[key]}),
    "repeat": lambda holder, key, data: holder.__setitem__(key, [holder[key]] * data.draw(st.sampled_from([2, 70]))),
    "write as text": lambda holder, key, _: holder.__setitem__(key, str(holder[key])),
    "exchange": lambda holder, key, data: holder.__setitem__(key, copy.deepcopy(data.draw(st.sampled_from(VALID))[1])),
    "add": lambda holder, _, data: (
        holder.update({data.draw(_NAMES): copy.deepcopy(data.draw(_JUNK))})
        if isinstance(holder, dict)
        else holder.append(copy.deepcopy(data.draw(_JUNK)))
    ),
}


def _change(tree: dict[str, Any], data: st.DataObject) -> None:
    """Make one mistake somewhere."""
    places = list(_places(tree))
    schemas = [(holder, key) for holder, key in places if _is_schema(key)]
    if schemas and data.draw(st.booleans()):
        holder, key = data.draw(st.sampled_from(schemas))
        # A copy: what strategies share must not change with the tree.
        holder[key] = copy.deepcopy(data.draw(_OBJECTS))
        return
    texts = [place for place in places if place[1] in {"content", "query", "text"}]
    if texts and data.draw(st.booleans()):
        holder, key = data.draw(st.sampled_from(texts))
        holder[key] = data.draw(_TEXT)
    elif places:
        holder, key = data.draw(st.sampled_from(places))
        CHANGES[data.draw(st.sampled_from(list(CHANGES)))](holder, key, data)


def _written(tree: Json, data: st.DataObject) -> bytes:
    """Write JSON, or what Python takes for it: NaN, half surrogates and numbers of thousands of digits, too."""
    text = json.dumps(tree, ensure_ascii=data.draw(st.booleans()))
    for mark, instead in DEEP.items():
        text = text.replace(f'"{mark}"', instead)
    return text.encode(data.draw(st.sampled_from(["utf-8"] * 8 + ["utf-16"])), "surrogatepass")


HEADERS: Final = [("authorization", "Bearer nv-test"), ("content-type", "application/json")]


@THOROUGH
@given(st.sampled_from(list(APPS)), st.sampled_from(VALID), st.integers(0, 3), st.booleans(), st.data())
def test_no_json_breaks_it(
    app: str,
    valid: tuple[str, dict[str, Any]],
    changes: int,
    events: bool,  # noqa: FBT001  # hypothesis fills parameters by place
    data: st.DataObject,
) -> None:
    """A request of any API with up to three mistakes anywhere in its JSON gets an answer in the API's envelope."""
    path, body = copy.deepcopy(valid)
    for _ in range(changes):
        _change(body, data)
    accept = [("accept", "text/event-stream")] if events else []
    sent = Sent(path=path, headers=HEADERS + accept, body=_written(body, data))

    _check(sent, _ask(APPS[app], sent))


@THOROUGH
@given(st.sampled_from(list(APPS)), st.sampled_from(VALID), st.binary(max_size=200), st.integers(0, 400), st.booleans())
def test_no_bytes_break_it(
    app: str,
    valid: tuple[str, dict[str, Any]],
    junk: bytes,
    place: int,
    hangs_up: bool,  # noqa: FBT001  # hypothesis fills parameters by place
) -> None:
    """Bytes of any kind, alone or in the middle of a valid body, which may also end too early."""
    path, body = valid
    written = json.dumps(body).encode()
    for content in (junk, written[:place] + junk + written[place:], written[:place]):
        sent = Sent(path=path, headers=HEADERS, body=content, hangs_up=hangs_up)
        _check(sent, _ask(APPS[app], sent))


_HEADER_NAMES: Final = st.sampled_from(
    ["authorization", "content-type", "accept", "content-length", "x-clovax-fault", "host", "connection", "expect",
     "x-ncp-clovastudio-request-id", "x-ncp-clovastudio-api-key", "x-ncp-apigw-api-key", "content-encoding", "cookie"]
)  # fmt: skip
_ANSWERING: Final = ["delay; seconds=0", "error; code=42902", "html; status=404", "huge; size=99", ""]
"""Faults that leave an answer to look at: silence and broken connections are tested over sockets."""

_LATIN: Final = st.text(st.characters(max_codepoint=255, exclude_characters="\r\n\0"), max_size=40)
_HEADER_VALUES: Final = st.one_of(
    _LATIN,
    st.sampled_from(
        ["Bearer nv-test", "Bearer", "Basic abc", "application/json; charset=utf-8", "text/event-stream", "*/*", "-1",
         "99999999999999999999", "gzip", "text/html;q=0", ",,,", ";;;", *_ANSWERING]
    ),
)  # fmt: skip


def _harmless(headers: list[tuple[str, str]]) -> bool:
    """Say whether no header asks for silence, for a failure of a server, or for a broken connection."""
    asked = [value for name, value in headers if name == "x-clovax-fault"]
    return all(value in _ANSWERING or not any(kind in value for kind in KINDS) for value in asked)


@THOROUGH
@given(
    st.sampled_from(list(APPS)),
    st.sampled_from(VALID),
    st.lists(st.tuples(_HEADER_NAMES, _HEADER_VALUES), max_size=6).filter(_harmless),
    st.booleans(),
)
def test_no_headers_break_it(
    app: str,
    valid: tuple[str, dict[str, Any]],
    headers: list[tuple[str, str]],
    usual: bool,  # noqa: FBT001  # hypothesis fills parameters by place
) -> None:
    """Any headers, in place of the usual ones or in front of them, twice, with lengths that are not true."""
    path, body = valid
    written = json.dumps(body).encode()
    sent = Sent(path=path, headers=headers + (HEADERS if usual else []), body=written)

    _check(sent, _ask(APPS[app], sent))


_PARTS: Final = st.one_of(
    st.sampled_from(["v1", "v2", "v3", "openai", "chat", "completions", "chat-completions", "HCX-005", "tasks",
                     "api-tools", "embedding", "embeddings", "models", "testapp", "serviceapp", "..",
                     ".", "", "%2e%2e"]),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=12),
)  # fmt: skip


@THOROUGH
@given(
    st.sampled_from(list(APPS)),
    st.lists(_PARTS, max_size=6).map(lambda parts: "/" + "/".join(parts)),
    st.sampled_from(["GET", "POST", "PUT", "DELETE", "HEAD", "OPTIONS", "PATCH", "BREW"]),
    st.sampled_from(VALID),
)
def test_no_path_breaks_it(app: str, path: str, method: str, valid: tuple[str, dict[str, Any]]) -> None:
    """Any path with any method, with the body of an API that has another one."""
    sent = Sent(method=method, path=path, headers=HEADERS, body=json.dumps(valid[1]).encode())
    answer = _ask(APPS[app], sent)

    assert 200 <= answer.status < 500
    assert answer.whole
    if method != "HEAD":
        json.loads(answer.body)
