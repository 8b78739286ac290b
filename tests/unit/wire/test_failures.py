"""Error bodies and headers (docs/wire.md, sections 1.4, 1.5 and 4)."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from clovax_agents.errors import (
    AuthenticationError,
    ContextLengthError,
    RateLimitError,
    RequestError,
    ServerError,
    ServiceError,
    UnsupportedFunctionError,
)
from clovax_agents.wire import native, openai, v1
from clovax_agents.wire.failures import body_error, http_error, retry_after

WIRE = (Path(__file__).parents[3] / "docs" / "wire.md").read_text(encoding="utf-8")
CODES = sorted(set(re.findall(r"`W4\.1-(\d{5})[a-z]*`", WIRE)))
SPECIAL: dict[str, type[ServiceError]] = {
    "40003": ContextLengthError,
    "40009": UnsupportedFunctionError,
    "40800": ServerError,
    "64429": RateLimitError,
    "64000": ServerError,
    "64424": ServerError,
    "64500": ServerError,
    "65002": ServerError,
}
FAMILIES: dict[str, type[ServiceError]] = {
    "401": AuthenticationError,
    "403": AuthenticationError,
    "429": RateLimitError,
}


def _expected(code: str) -> type[ServiceError]:
    return SPECIAL.get(code) or FAMILIES.get(code[:3]) or (ServerError if code.startswith("5") else RequestError)


@pytest.mark.parametrize("code", [code for code in CODES if not code.startswith("20")])
@pytest.mark.parametrize("form", ["openai", "native"])
def test_every_documented_code_has_its_class_in_both_envelopes(code: str, form: str) -> None:
    """The table of section 4.1, code by code."""
    inner = {"code": code, "message": "왜"}
    error = body_error({"error": inner} if form == "openai" else {"status": inner, "result": None})
    assert type(error) is _expected(code)
    assert error.message.partition(":")[0] == "왜"
    assert error.facts.code == code


def test_success_is_no_error() -> None:
    """Code 20000 in the native envelope means success."""
    assert body_error({"status": {"code": "20000", "message": "OK"}, "result": {}}) is None
    assert body_error({"choices": []}) is None


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
    ("headers", "seconds"),
    [
        ({}, None),
        ({"x-ratelimit-reset-requests": "6s"}, 6.0),
        ({"x-ratelimit-reset-requests": "1s", "x-ratelimit-reset-tokens": "2.5s"}, 2.5),
        ({"x-ratelimit-reset-tokens": "250ms"}, 0.25),
        ({"x-ratelimit-reset-tokens": "1m30s"}, 90.0),
        ({"retry-after": "7"}, 7.0),
        ({"retry-after": "soon"}, None),
        ({"x-ratelimit-reset-tokens": ""}, None),
        ({"x-ratelimit-reset-tokens": "6x"}, None),
    ],
)
def test_the_wait_is_the_longest_of_all_hints(headers: dict[str, str], seconds: float | None) -> None:
    """Go-style durations and bare seconds are understood; nonsense is not guessed at (U4)."""
    assert retry_after(headers) == seconds


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
