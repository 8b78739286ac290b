"""When two requests are the same, and how the difference is told."""

from __future__ import annotations

import pytest

from clovax_agents.testing.cassettes.matching import differences, same_request
from clovax_agents.testing.cassettes.model import RecordedRequest

URI = "https://clovastudio.stream.ntruss.com/v1/openai/chat/completions"


def request(body: str, uri: str = URI) -> RecordedRequest:
    """Make a request."""
    return RecordedRequest("POST", uri, body.encode())


def test_the_order_of_keys_does_not_count() -> None:
    """JSON is compared as JSON."""
    assert same_request(request('{"a": 1, "b": [2, 3]}'), request('{"b":[2,3],"a":1}'))


def test_headers_do_not_count() -> None:
    """A new version of the client that sends other headers replays old cassettes."""
    assert same_request(request("{}"), RecordedRequest("POST", URI, b"{}", {"accept": "*/*"}))


@pytest.mark.parametrize(
    ("recorded", "sent", "told"),
    [
        ('{"a": 1}', '{"a": true}', "a: recorded 1, sent true"),
        ('{"a": [1, 2]}', '{"a": [2, 1]}', "a[0]: recorded 1, sent 2"),
        ('{"a": []}', '{"a": {}}', "a: recorded [], sent {}"),
        ('{"a": "x"}', "{}", 'a: recorded "x", not sent'),
        ("{}", '{"a": {"b": null}}', "a.b: not recorded, sent null"),
        ('{"method": 1}', '{"method": 2}', "method: recorded 1, sent 2"),
        ("text", "other", "body: recorded text, sent other"),
    ],
)
def test_a_difference_is_told(recorded: str, sent: str, told: str) -> None:
    """Each difference is one line, with the path to the value and both values."""
    assert not same_request(request(recorded), request(sent))
    assert told in differences(request(recorded), request(sent))


def test_a_difference_late_in_a_long_text_is_shown() -> None:
    """Of two long texts the place is shown where they part."""
    (line,) = differences(request(f'{{"a": "{"가" * 500}나"}}'), request(f'{{"a": "{"가" * 500}다"}}'))
    assert "나" in line
    assert "다" in line
    assert len(line) < 200


@pytest.mark.parametrize(
    ("uri", "told"),
    [
        ("http://127.0.0.1:8765/v1/openai/chat/completions", "host: recorded"),
        (URI.replace("completions", "other"), "path: recorded"),
        (f"{URI}?a=1", "query: not recorded"),
    ],
)
def test_the_address_counts(uri: str, told: str) -> None:
    """Another host, path or query is another request."""
    assert not same_request(request("{}"), request("{}", uri))
    assert differences(request("{}"), request("{}", uri))[0].startswith(told)
