"""The call as a generator, driven by hand with a clock of our own: no socket, no waiting.

These are unit tests rather than cassettes because they are about time, which a cassette does not hold.
"""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from clovax_agents.client.call import Call, complete, stream
from clovax_agents.client.ops import Deliver, Flow, Head, Read, Send, Sleep
from clovax_agents.client.policy import Deadlines, RetryPolicy
from clovax_agents.errors import (
    CallTimeoutError,
    ConnectionFailedError,
    InvalidResponseError,
    RateLimitError,
    RequestError,
    ServiceError,
    TruncatedStreamError,
)
from clovax_agents.wire.openai import StreamDecoder, decode_reply

ANSWER = b'{"choices":[{"message":{"content":"ok"},"finish_reason":"stop"}]}'
CONTENT = b'data: {"choices":[{"delta":{"content":"a"}}]}\n\n'
END = b'data: {"choices":[{"delta":{},"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n'


class _Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


class _World:
    """Plays the driver: a script of answers, each a head, bytes, an error, or seconds that pass."""

    def __init__(self, *script: object, **policy: Any) -> None:
        self.clock = _Clock()
        self.script = iter(script)
        self.slept: list[float] = []
        self.sent = 0
        self.call = Call(
            url="http://x/v1", headers={}, body=b"{}", deadlines=Deadlines(total=100, idle=30), request_id="r",
            policy=RetryPolicy(**policy), clock=self.clock,
        )  # fmt: skip

    def run(self, flow: Flow[Any]) -> list[Any]:
        delivered: list[Any] = []
        answer: object = None
        try:
            while True:
                op = flow.throw(answer) if isinstance(answer, ServiceError) else flow.send(answer)
                answer = self.answer(op, delivered)
        except StopIteration:
            return delivered

    def answer(self, op: object, delivered: list[Any]) -> object:
        if isinstance(op, Deliver):
            delivered.append(op.item)
            return None
        if isinstance(op, Sleep):
            self.slept.append(op.seconds)
            self.clock.now += op.seconds
            return None
        assert isinstance(op, Send | Read)
        self.sent += isinstance(op, Send)
        return self.next()

    def next(self) -> object:
        step = next(self.script)
        while isinstance(step, float):
            self.clock.now += step
            step = next(self.script)
        return step


def _heads(status: int, body: bytes, **headers: str) -> Iterator[object]:
    yield Head(status, {name.replace("_", "-"): value for name, value in headers.items()})
    yield body
    yield None


def test_two_429s_are_waited_out_as_long_as_the_headers_say() -> None:
    """Three attempts, each wait as asked (fault H01)."""
    limited = json.dumps({"error": {"code": "42901", "message": "slow"}}).encode()
    reset = {"x_ratelimit_reset_requests": "6s"}
    world = _World(*_heads(429, limited, **reset), *_heads(429, limited, **reset), *_heads(200, ANSWER))
    (reply,) = world.run(complete(world.call, decode_reply))
    assert reply.content == "ok"
    assert world.sent == 3
    assert all(6 <= wait <= 6.3 for wait in world.slept)


def test_a_429_for_ever_is_an_error_that_tells_how_it_went() -> None:
    """Attempts, code, request id and the hint are on the error (fault H02)."""
    limited = json.dumps({"error": {"code": "42901", "message": "slow"}}).encode()
    world = _World(*[step for _ in range(3) for step in _heads(429, limited, retry_after="7")])
    with pytest.raises(RateLimitError) as caught:
        world.run(complete(world.call, decode_reply))
    facts = caught.value.facts
    assert (facts.attempts, facts.code, facts.retry_after, facts.request_id) == (3, "42901", 7.0, "r")
    assert facts.elapsed == pytest.approx(sum(world.slept))
    assert str(caught.value).startswith("slow (code 42901, request r, 3 attempts")


def test_a_refused_request_is_sent_once() -> None:
    """400 is not tried again (fault H05)."""
    world = _World(*_heads(400, b'{"error":{"code":"40001","message":"Invalid parameter: tools, maxTokens"}}'))
    with pytest.raises(RequestError, match="tools, maxTokens"):
        world.run(complete(world.call, decode_reply))
    assert world.sent == 1


def test_a_broken_answer_is_asked_for_again() -> None:
    """Half a JSON body is not an answer; the next one is (fault H08)."""
    world = _World(*_heads(200, ANSWER[:20]), *_heads(200, ANSWER))
    assert world.run(complete(world.call, decode_reply))[0].content == "ok"
    assert world.sent == 2


def test_a_connection_that_broke_before_any_content_is_tried_again() -> None:
    """A reset before the answer costs a retry (fault H07)."""
    world = _World(ConnectionFailedError("reset"), *_heads(200, ANSWER))
    assert world.run(complete(world.call, decode_reply))[0].content == "ok"


def test_a_stream_that_broke_before_any_content_is_tried_again() -> None:
    """Nothing was handed out, so nothing is doubled (fault H12)."""
    world = _World(Head(200, {}), None, Head(200, {}), CONTENT, END)
    assert [delta.content for delta in world.run(stream(world.call, StreamDecoder))] == ["a", ""]
    assert world.sent == 2


def test_a_stream_that_broke_after_content_is_an_error() -> None:
    """What was handed out is never asked for again (fault H12)."""
    world = _World(Head(200, {}), CONTENT, None)
    with pytest.raises(TruncatedStreamError):
        world.run(stream(world.call, StreamDecoder))
    assert world.sent == 1


def test_pings_do_not_count_as_content() -> None:
    """A stream that only pings ends at the idle deadline, not never (fault H10)."""
    pings = [step for _ in range(40) for step in (1.0, b": ping\n\n")]
    world = _World(Head(200, {}), CONTENT, *pings)
    with pytest.raises(CallTimeoutError, match="no content for 30 s"):
        world.run(stream(world.call, StreamDecoder))
    assert world.clock.now == 30


def test_a_dripping_body_ends_at_the_total_deadline() -> None:
    """A byte now and then does not keep a call alive for ever (fault H10)."""
    drips = [step for byte in ANSWER * 9 for step in (0.5, bytes([byte]))]
    world = _World(Head(200, {}), *drips, retries=5)
    with pytest.raises(CallTimeoutError, match="100 s in all"):
        world.run(complete(world.call, decode_reply))
    assert 100 <= world.clock.now <= 101


def test_an_endless_body_is_cut_off() -> None:
    """The answer has a largest size (fault H17)."""
    world = _World(Head(200, {}), *[b"x" * 2**20] * 40, retries=0)
    with pytest.raises(InvalidResponseError, match="larger than"):
        world.run(complete(world.call, decode_reply))


def test_an_endless_error_body_is_read_in_part() -> None:
    """An error page is quoted, not swallowed whole (fault H17)."""
    world = _World(Head(400, {}), *[b"x" * 2**15] * 9, retries=0)
    with pytest.raises(RequestError) as caught:
        world.run(complete(world.call, decode_reply))
    assert len(str(caught.value)) < 300
