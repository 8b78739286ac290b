"""Cassettes as files: whatever was recorded is read back as it was."""

from __future__ import annotations

import json
from datetime import date
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clovax_agents.testing.cassettes.errors import CassetteFileError
from clovax_agents.testing.cassettes.files import dump, load
from clovax_agents.testing.cassettes.model import Exchange, Head, Recorded, RecordedRequest, RecordedResponse

if TYPE_CHECKING:
    from collections.abc import Mapping

HEAD = Head("simulator 1.0, strict", date(2026, 3, 2), "tests/test_a.py::test_b")
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda children: st.lists(children, max_size=3) | st.dictionaries(st.text(), children, max_size=3),
    max_leaves=10,
)


def through_yaml(body: bytes, headers: Mapping[str, str] | None = None) -> bytes:
    """Write a cassette with a body and return the body that is read back."""
    request = RecordedRequest("POST", "https://host/chat", b'{"model":"HCX-005"}', {"accept": "application/json"})
    recorded = Recorded(HEAD, (Exchange(request, RecordedResponse(200, "OK", body, headers or {})),))
    read = load(dump(recorded))
    assert read.head == HEAD
    assert read.exchanges[0].request == request
    return read.exchanges[0].response.body


@given(VALUES)
def test_json_is_read_back_equal(value: object) -> None:
    """Any JSON is the same JSON afterwards, with whatever characters and numbers."""
    body = json.dumps(value).encode()
    assert json.dumps(json.loads(through_yaml(body))) == json.dumps(value)


@given(st.text())
def test_a_stream_is_read_back_byte_by_byte(text: str) -> None:
    """Text that is not JSON keeps every byte, all kinds of line ends included."""
    body = f"data: {text}\n\ndata: [DONE]\n\n".encode()
    assert through_yaml(body) == body


@given(st.binary())
def test_other_bytes_are_read_back_too(body: bytes) -> None:
    """Even bytes that are no text survive."""
    assert through_yaml(b"\xff" + body) == b"\xff" + body


@pytest.mark.parametrize(
    "body",
    [
        b'{"a": 1, "a": 2}',
        b'{"half": "\\ud800"}',
        b'{"large": 1e999}',
        b'{"none": NaN}',
        b"data: 1\r\n\r\n",
        "data: 1\x85\u2028\n".encode(),
        b"data: a \n\tb\n\n",
        b"",
        b"   ",
    ],
)
def test_what_parsing_would_change_is_kept_as_text(body: bytes) -> None:
    """JSON that is not quite JSON, and text that YAML would tidy up, come back byte by byte."""
    assert through_yaml(body) == body


def test_a_stream_is_written_line_by_line() -> None:
    """A stream stands in the file as it came, Korean and emoji readable."""
    body = 'data: {"content":"안녕 😊"}\n\ndata: [DONE]\n\n'.encode()
    response = RecordedResponse(200, "OK", body, {"content-type": "text/event-stream"})
    text = dump(Recorded(HEAD, (Exchange(RecordedRequest("POST", "https://host/chat"), response),)))
    assert '      body: |+\n        data: {"content":"안녕 😊"}\n\n        data: [DONE]\n\n' in text


def test_headers_stay_text() -> None:
    """A header that looks like a number or a date is none afterwards."""
    headers = {"x-ratelimit-remaining-requests": "0", "retry-after": "2026-03-02", "x-ratelimit-limit-tokens": "1e3"}
    response = RecordedResponse(429, "", b"{}", headers)
    text = dump(Recorded(HEAD, (Exchange(RecordedRequest("POST", "https://host/chat"), response),)))
    assert load(text).exchanges[0].response.headers == headers


@pytest.mark.parametrize(
    "text", ["", "[1, 2]", "interactions: []", "a: b: c", "interactions: [1]\ntest: a", "!!python/name:os.system"]
)
def test_other_yaml_is_refused(text: str) -> None:
    """What is not a cassette is an error that says so."""
    with pytest.raises(CassetteFileError, match="not a cassette"):
        load(text)
