"""Error bodies and headers (docs/wire.md, sections 1.4, 1.5 and 4)."""

import json
import pickle
import re
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clovax_agents.client.policy import RetryPolicy
from clovax_agents.errors import (
    AuthenticationError,
    ContextLengthError,
    InvalidResponseError,
    RateLimitError,
    RequestError,
    ServerError,
    ServiceError,
    UnsupportedFunctionError,
)
from clovax_agents.wire import native, openai, v1
from clovax_agents.wire.failures import body_error, http_error, retry_after

WIRE = (Path(__file__).parents[3] / "docs" / "wire.md").read_text(encoding="utf-8")
_LINES = re.findall(r"^\| `W4\.1-\d{5}.*", WIRE, re.MULTILINE)
_CELLS = [[cell.strip() for cell in line.split("|")] for line in _LINES]
ROWS = [(cells[2], cells[3], cells[4], cells[6]) for cells in _CELLS if cells[3] != "20000"]
KINDS: dict[tuple[str, str], type[ServiceError]] = {
    ("20400", ""): InvalidResponseError,
    ("40003", "Context length"): ContextLengthError,
    ("40009", "Unsupported function"): UnsupportedFunctionError,
    ("40063", "Image download failed"): ServerError,
    ("40063", "Image processing error"): ServerError,
    ("40800", ""): ServerError,
    ("64429", ""): RateLimitError,
    ("64000", ""): ServerError,
    ("64424", ""): ServerError,
    ("64500", ""): ServerError,
    ("65002", ""): ServerError,
    ("401", ""): AuthenticationError,
    ("403", ""): AuthenticationError,
    ("429", ""): RateLimitError,
    ("5", ""): ServerError,
}
TRIES = {"yes": 5, "once": 1, "no": 0, "bounded": 0, "": 0}
"""Of five retries, by the first word of the table's last column; 40009 has a ladder of its own."""


def _expected(code: str, message: str) -> type[ServiceError]:
    found = (kind for (prefix, text), kind in KINDS.items() if code.startswith(prefix) and message.startswith(text))
    return next(found, RequestError)


def _tries(error: ServiceError) -> int:
    policy = RetryPolicy(retries=5)
    return sum(policy.delay(error, attempt, 1000) is not None for attempt in range(1, 8))


@pytest.mark.parametrize(("status", "code", "message", "retry"), ROWS)
@pytest.mark.parametrize("form", ["openai", "native"])
def test_every_documented_error_has_its_class_and_its_retries(
    status: str, code: str, message: str, retry: str, form: str
) -> None:
    """The table of section 4.1, row by row, in both envelopes, with the HTTP status and inside status 200."""
    inner = {"code": code, "message": message}
    body = {"error": inner} if form == "openai" else {"status": inner, "result": None}
    for error in (body_error(body), http_error(int(status), {}, json.dumps(body).encode())):
        assert type(error) is _expected(code, message)
        assert error.message.partition(": ")[0] == message
        assert error.facts.code == code
        assert _tries(error) == TRIES[retry.partition(",")[0].partition(" ")[0]]


@pytest.mark.parametrize(
    ("code", "kind", "retryable"), [("50100", ServerError, False), ("42400", RequestError, True), ("42901", None, True)]
)
def test_langchain_reads_the_same_retries(code: str, kind: type[ServiceError] | None, retryable: bool) -> None:  # noqa: FBT001
    """Its middleware asks the error, also one that has been pickled."""
    error = pickle.loads(pickle.dumps(body_error({"status": {"code": code, "message": "x"}})))  # noqa: S301
    assert type(error) is (kind or RateLimitError)
    assert error.is_retryable is retryable


WORDS: list[tuple[object, int | None, type[ServiceError]]] = [
    ("rate_limit_exceeded", 429, RateLimitError),
    ("rate_limit_exceeded", None, RateLimitError),
    ("invalid_api_key", 401, AuthenticationError),
    ("invalid_api_key", None, AuthenticationError),
    ("authentication_error", None, AuthenticationError),
    ("context_length_exceeded", 400, ContextLengthError),
    ("context_length_exceeded", None, ContextLengthError),
    ("model_not_found", 404, RequestError),
    ("model_not_found", None, RequestError),
    ("invalid_request_error", None, RequestError),
    ("who_knows", 400, RequestError),
    ("who_knows", 503, ServerError),
    ("who_knows", None, ServerError),
    (None, 422, RequestError),
    (None, None, ServerError),
    ("1001", 401, AuthenticationError),
    ("0", 400, RequestError),
    ("200", 403, AuthenticationError),
    ("moved", 302, RequestError),
    (404, None, RequestError),
    (500, None, ServerError),
]


@pytest.mark.parametrize(("code", "status", "kind"), WORDS)
def test_a_code_in_words_does_not_decide_against_the_status(
    code: object, status: int | None, kind: type[ServiceError]
) -> None:
    """Gateways and servers of one's own write OpenAI's words, or HTTP's own numbers, where CLOVA writes five digits."""
    assert type(body_error({"error": {"message": "no", "code": code}}, status)) is kind


def test_a_type_says_what_a_missing_code_does_not() -> None:
    """Behind status 200 there is nothing else to go by."""
    error = body_error({"error": {"message": "slow down", "type": "rate_limit_error", "code": None}})
    assert type(error) is RateLimitError
    assert error.facts.code is None


def test_vllm_tells_a_long_context_in_its_message_alone() -> None:
    """With the code 400, as for every refusal."""
    message = "This model's maximum context length is 8192 tokens."
    error = http_error(400, {}, json.dumps({"object": "error", "message": message, "code": 400}).encode())
    assert type(error) is ContextLengthError


def test_success_is_no_error() -> None:
    """Code 20000 in the native envelope means success."""
    assert body_error({"status": {"code": "20000", "message": "OK"}, "result": {}}) is None
    assert body_error({"choices": []}) is None


@pytest.mark.parametrize("error", [None, {}, "", [], {"code": None, "message": None}])
def test_an_empty_error_beside_an_answer_is_none(error: object) -> None:
    """Some servers write the key on every answer; a failing status beside it still counts."""
    choice = {"message": {"content": "네"}, "finish_reason": "stop"}
    assert openai.decode_reply(json.dumps({"choices": [choice], "error": error}).encode()).content == "네"
    assert isinstance(body_error({"error": error, "status": {"code": "42901"}}), RateLimitError)
    assert "HTTP 500" in http_error(500, {}, json.dumps({"error": error}).encode()).message


@pytest.mark.parametrize(
    ("status", "kind"), [(500, ServerError), (502, ServerError), (404, RequestError), (401, AuthenticationError)]
)
def test_a_body_that_is_not_json_is_quoted_in_part(status: int, kind: type[ServiceError]) -> None:
    """An HTML page of a gateway becomes a short, typed message (fault H04)."""
    error = http_error(status, {}, b"<html>\n<h1>Bad   Gateway</h1>" + b"x" * 10_000)
    assert type(error) is kind
    assert "<h1>Bad Gateway</h1>" in error.message
    assert len(error.message) < 230


@pytest.mark.parametrize(
    ("status", "headers", "kind", "text"),
    [
        (302, {"location": "https://portal.example/login?t=SECRET"}, RequestError, "to portal.example; .*base_url"),
        (307, {"location": "https://[broken"}, RequestError, "redirected elsewhere; .*never followed"),
        (301, {}, RequestError, "redirected elsewhere"),
        (204, {}, InvalidResponseError, "success without an answer: is base_url right"),
        (407, {}, RequestError, "the proxy wants a name and a password"),
    ],
)
def test_an_answer_of_somebody_else_is_not_asked_for_again(
    status: int, headers: dict[str, str], kind: type[ServiceError], text: str
) -> None:
    """Neither a redirect nor a proxy's answer changes by asking again; the text says where to look."""
    error = http_error(status, headers, b"<html></html>")
    assert type(error) is kind
    assert re.match(f"HTTP {status}: .*{text}", error.message)
    assert "SECRET" not in error.message
    assert _tries(error) == 0


NOW = "Thu, 27 Nov 2025 00:00:00 GMT"
EPOCH = 1764201600


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"x-ratelimit-reset-requests": "6s"}, 6.0),
        ({"x-ratelimit-reset-requests": "1s", "x-ratelimit-reset-tokens": "2.5s"}, 2.5),
        ({"x-ratelimit-reset-tokens": "250ms"}, 0.25),
        ({"x-ratelimit-reset-tokens": "1m30s"}, 90.0),
        ({"x-ratelimit-reset-tokens": "500us"}, 0.0005),
        ({"x-ratelimit-reset-tokens": "1s500µs"}, 1.0005),
        ({"x-ratelimit-reset": "3"}, 3.0),
        ({"X-RateLimit-Reset-Input-Tokens": "4s"}, 4.0),
        ({"x-ratelimit-reset-images": str(EPOCH + 5), "date": NOW}, 5.0),
        ({"x-ratelimit-reset": str((EPOCH + 5) * 1000), "date": NOW}, 5.0),
        ({"x-ratelimit-reset": str(EPOCH - 5), "date": NOW}, 0.0),
        ({"x-ratelimit-remaining-tokens": "9"}, None),
        ({"retry-after": "7"}, 7.0),
        ({"retry-after-ms": "70"}, 0.07),
        ({"retry-after": "Thu, 27 Nov 2025 00:00:09 GMT", "date": NOW}, 9.0),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "1 Jan 2026 00:00:00 +99999999999999999999"}, None),
        ({"retry-after": "1" * 65}, None),
        ({"x-ratelimit-reset-tokens": ""}, None),
        ({"x-ratelimit-reset-tokens": "6x"}, None),
        ({"x-ratelimit-reset-tokens": "-6s"}, None),
    ],
)
def test_the_wait_is_the_longest_of_all_hints(headers: dict[str, str], seconds: float | None) -> None:
    """Go's durations, bare seconds and moments are understood, by any name; nonsense is not guessed at (U4)."""
    assert retry_after(headers) == (None if seconds is None else pytest.approx(seconds))


def test_a_moment_without_a_date_is_told_by_our_own_clock() -> None:
    """A wait of decades would be no wait at all."""
    assert retry_after({"x-ratelimit-reset": f"{time.time() + 30:.0f}"}) == pytest.approx(30, abs=2)


@pytest.mark.parametrize("text", ["1" * 24 + "x", "1" * 63 + "x", "1s" * 31 + "x", "1." * 30, "1" * 100_000 + "x"])
def test_a_hint_is_read_in_no_time(text: str) -> None:
    """A header that a server can choose must not keep the event loop busy."""
    began = time.perf_counter()
    assert retry_after({"retry-after": text, "x-ratelimit-reset-tokens": text}) is None
    assert time.perf_counter() - began < 0.05


@given(st.text(alphabet="0123456789.umshµ \u0663", max_size=70))
def test_any_hint_is_a_time_or_none(text: str) -> None:
    """Property: no header makes an error, or a wait of less than nothing."""
    assert (retry_after({"retry-after": text}) or 0.0) >= 0


@pytest.mark.parametrize(
    ("status", "name", "counts"),
    [
        (429, "Retry-After", True),
        (429, "x-ratelimit-reset-tokens", True),
        (503, "Retry-After", True),
        (503, "x-ratelimit-reset-tokens", True),
        (500, "Retry-After", True),
        (500, "x-ratelimit-reset-tokens", False),
        (529, "x-ratelimit-reset-tokens", False),
        (408, "Retry-After", False),
        (400, "Retry-After", False),
    ],
)
def test_a_hint_counts_where_waiting_helps(status: int, name: str, counts: bool) -> None:  # noqa: FBT001
    """OpenAI's family of headers comes with every answer: a failure must not wait for a limit that is far."""
    error = http_error(status, {name.lower(): "3s"}, b"{}")
    assert error.facts.retry_after == (3.0 if counts else None)


def test_a_rate_limit_under_another_status_is_waited_out() -> None:
    """The code counts (U5)."""
    body = b'{"status":{"code":"42901","message":"x"}}'
    assert http_error(400, {"x-ratelimit-reset-tokens": "3s"}, body).facts.retry_after == 3.0


STREAMS: dict[str, Any] = {"openai": openai.StreamDecoder, "native": native.StreamDecoder, "v1": v1.StreamDecoder}
STREAMED = {
    "40001": RequestError,
    "40003": ContextLengthError,
    "40009": UnsupportedFunctionError,
    "40100": AuthenticationError,
    "40300": AuthenticationError,
    "42901": RateLimitError,
    "50000": ServerError,
}
ENVELOPES = {
    "status": lambda code: {"status": {"code": code, "message": "x"}},
    "error": lambda code: {"error": {"code": code, "message": "x"}},
}


@pytest.mark.parametrize("code", STREAMED)
@pytest.mark.parametrize("envelope", ENVELOPES)
@pytest.mark.parametrize("stream", STREAMS)
def test_h16_an_error_in_a_stream_keeps_its_kind(stream: str, envelope: str, code: str) -> None:
    """As an event, named or not, and as a body of its own with status 200 where a stream was asked for."""
    body = json.dumps(ENVELOPES[envelope](code)).encode()
    for raw in (b"event: error\ndata: " + body + b"\n\n", b"data: " + body + b"\n\n", body):
        decoder = STREAMS[stream]()
        with pytest.raises(STREAMED[code]) as caught:
            [*decoder.feed(raw[:9]), *decoder.feed(raw[9:]), *decoder.close()]
        assert type(caught.value) is STREAMED[code]
        assert caught.value.facts.code == code


@pytest.mark.parametrize(
    ("code", "advice"), [("40080", "is model="), ("40104", "CLOVASTUDIO_API_KEY"), ("40300", "allowed")]
)
def test_a_refusal_says_what_to_look_at(code: str, advice: str) -> None:
    """The service says only that it will not."""
    error = body_error({"status": {"code": code, "message": "No"}})
    assert re.match(f"No: .*{advice}", str(error))
