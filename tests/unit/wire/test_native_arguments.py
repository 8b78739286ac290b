"""The arguments of native tool calls (docs/wire.md, section 2.5): never settled, rounded or joined wrongly."""

import json
from typing import Any

import nativeparts as v3
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clovax_agents.errors import InvalidArgumentsError, InvalidResponseError
from clovax_agents.wire import native
from clovax_agents.wire.arguments import parse_arguments


@pytest.mark.parametrize("arguments", [{"a": 12345678901234567890123}, '{"a": 12345678901234567890123}'])
def test_a_token_may_hold_whole_arguments(arguments: Any) -> None:
    """Instead of pieces of them, as an object or as text."""
    whole = v3.call("c1", "f", arguments)
    deltas = v3.read(v3.token(toolCalls=[whole]), v3.result("tool_calls", toolCalls=[whole]), v3.SIGNAL)

    assert json.loads(v3.calls(deltas)[0][2]) == {"a": 12345678901234567890123}


def test_an_empty_object_before_the_pieces_is_none_of_them() -> None:
    """An opening token may show the place of the arguments."""
    calls = [v3.call("c1", "f", {"a": 1})]
    deltas = v3.read(
        v3.token(toolCalls=[v3.call("c1", "f", {})]), v3.piece('{"a":1}'), v3.result("tool_calls", toolCalls=calls)
    )

    assert v3.calls(deltas) == {0: ("c1", "f", '{"a":1}')}


ARGUMENTS = {"도시": "서 울", "quote": 'a"b', "days": [1, 23], "deep": {"x": None}}


@given(st.data())
def test_what_the_tokens_left_out_of_a_call_comes_from_the_result(data: st.DataObject) -> None:
    """Property: however the pieces were spaced and wherever they ended, the call is whole and is the result's."""
    text = json.dumps(ARGUMENTS, ensure_ascii=data.draw(st.booleans()), indent=data.draw(st.none() | st.integers(0, 2)))
    cut = data.draw(st.integers(0, len(text)))
    try:
        deltas = v3.read(
            v3.opening("c1", "f"),
            v3.piece(text[:cut]),
            v3.result("tool_calls", toolCalls=[v3.call("c1", "f", ARGUMENTS)]),
        )
    except InvalidResponseError:
        assert text[:cut].rstrip()[-1] in "\\udc0123456789abcdef"  # within an escape, which may end in two ways
    else:
        assert json.loads(v3.calls(deltas)[0][2]) == ARGUMENTS


@pytest.mark.parametrize(
    "call", [v3.call("c2", "f", {"a": 1}), v3.call("c1", "g", {"a": 1}), v3.call("c1", "f", {"b": 1})]
)
def test_the_call_of_another_does_not_complete_one(call: dict[str, Any]) -> None:
    """Only where id and name are the same, and the beginning too."""
    with pytest.raises(InvalidResponseError, match="nothing was run"):
        v3.read(v3.opening("c1", "f"), v3.piece('{"a":'), v3.result("tool_calls", toolCalls=[call]), v3.SIGNAL)


@given(st.integers(-(10**80), 10**80))
def test_an_integer_of_a_whole_answer_keeps_its_digits(number: int) -> None:
    """Property: also beyond 64 bit, where the quick parser makes a float of it."""
    message = {"content": "", "toolCalls": [v3.call("c", "f", {"a": [number, {"b": number}]})]}
    [call] = native.decode_reply(v3.answer({"message": message})).calls
    assert parse_arguments(call.arguments) == {"a": [number, {"b": number}]}


@pytest.mark.parametrize(
    "number", ["0.12345678901234567890", "1.10", "-0.0", "1E2", "1e-400", "100000000000000000000.5"]
)
@pytest.mark.parametrize("streamed", [None, "", '{"a"', '{"a": '])
def test_a_float_is_given_as_it_was_written(number: str, streamed: str | None) -> None:
    """Whole or streamed, a double has no room for all digits, and a price may be read as a decimal."""
    message = {"content": "", "toolCalls": [v3.call("c", "f", {"a": ["NUMBER"]})]}
    if streamed is None:
        body = v3.answer({"message": message}).replace(b'"NUMBER"', number.encode())
        given = native.decode_reply(body).calls[0].arguments
    else:
        end = v3.result("tool_calls", **message).replace(b'"NUMBER"', number.encode())
        given = v3.calls(v3.read(v3.opening("c", "f"), v3.piece(streamed), end))[0][2]
    assert json.loads(given, parse_float=str) == {"a": [number]}


@pytest.mark.parametrize(
    ("streamed", "sent"), [("1", "true"), ("true", "1"), ("1", "1.0"), ("0", "false"), ("[0]", "[false]"), ("1", '"1"')]
)
def test_a_result_that_says_another_kind_is_refused(streamed: str, sent: str) -> None:
    """To Python they are the same, to a tool they are not."""
    end = v3.result("tool_calls", toolCalls=[v3.call("c", "f", {"a": "SENT"})]).replace(b'"SENT"', sent.encode())
    with pytest.raises(InvalidResponseError, match="nothing was run"):
        v3.read(v3.opening("c", "f"), v3.piece(f'{{"a":{streamed}}}'), end)


def test_a_result_may_be_spaced_ordered_and_escaped_differently() -> None:
    """It is the same call, given as it was streamed."""
    end = v3.result("tool_calls", toolCalls=[v3.call("c", "f", {"b": 1.1, "a": "네"})])
    said = '{"a": "\\ub124", "b": 1.10}'
    assert v3.calls(v3.read(v3.opening("c", "f"), v3.piece(said), end))[0][2] == said


@pytest.mark.parametrize("arguments", ['{"a":1,"a":2}', '{"x":{"a":1,"b":2,"a":1}}', '{"x":[{"a":1,"a":1}]}'])
@pytest.mark.parametrize("spaces", ["", " "])
@pytest.mark.parametrize("streamed", [False, True])
def test_a_key_that_is_named_twice_is_not_settled(arguments: str, spaces: str, streamed: bool) -> None:  # noqa: FBT001
    """The call is invalid, as it is where arguments are text: no parser may choose a value."""
    message = {"content": "", "toolCalls": [v3.call("c", "f", "ARGUMENTS")]}
    if streamed:
        raw = v3.result("tool_calls", **message).decode()
    else:
        raw = v3.answer({"message": message, "finishReason": "tool_calls"}).decode()
    body = raw.replace('"arguments": "ARGUMENTS"', f'"arguments"{spaces}:{spaces}{arguments}').encode()
    sent = v3.calls(v3.read(body))[0][2] if streamed else native.decode_reply(body).calls[0].arguments
    with pytest.raises(InvalidArgumentsError):
        parse_arguments(sent)


@pytest.mark.parametrize("number", ["1e999", "9" * 400, "NaN"])
def test_a_number_that_is_none_is_an_invalid_response(number: str) -> None:
    """Not infinity, and not a bare error of the parser."""
    message = {"content": "", "toolCalls": [v3.call("c", "f", {"a": "NUMBER"})]}
    with pytest.raises(InvalidResponseError):
        native.decode_reply(v3.answer({"message": message}).replace(b'"NUMBER"', number.encode()))
