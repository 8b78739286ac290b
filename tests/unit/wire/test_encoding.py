"""What is sent is JSON, whatever stands in texts and arguments."""

import json
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clovax_agents.errors import ConfigurationError
from clovax_agents.wire import embeddings, native, openai, self_hosted, tokenize, v1
from clovax_agents.wire.neutral import RawCall, Request, ToolSpec, Turn

ENCODERS: dict[str, tuple[Any, str]] = {
    "openai": (openai.encode, "HCX-005"),
    "self-hosted": (self_hosted.encode, "naver-hyperclovax/HyperCLOVAX-SEED-Think-32B"),
    "native": (native.encode, "HCX-005"),
    "v1": (v1.encode, "HCX-003"),
    "count": (tokenize.encode, "HCX-005"),
}
ANY_TEXT = st.text(st.characters(codec=None), max_size=8)


def _sent(kind: str, *turns: Turn, **more: Any) -> dict[str, Any]:
    encode, model = ENCODERS[kind]
    body: dict[str, Any] = json.loads(encode(Request(model=model, turns=turns, cap=512, **more)))
    return body


@pytest.mark.parametrize("kind", ENCODERS)
@pytest.mark.parametrize(
    ("text", "sent"),
    [("a\udcffb", "a\ufffdb"), ("반\ud83d", "반\ufffd"), ("\ud83d\ude00", "😀"), ("😀\udcff", "😀\ufffd")],
)
def test_half_a_character_is_replaced(kind: str, text: str, sent: str) -> None:
    """Output of tools that was read with the wrong encoding, or cut within an emoji, must not end the agent."""
    assert _sent(kind, Turn("user", text))["messages"][0]["content"] == sent


@pytest.mark.parametrize("api", ["openai", "native"])
def test_so_it_is_in_a_text_to_embed(api: Any) -> None:
    """Documents are cut into pieces more often than messages."""
    body = json.loads(embeddings.encode(api, "bge-m3", "반\ud83d"))
    assert (body.get("input") or body["text"]) == "반\ufffd"


@given(ANY_TEXT)
def test_any_text_can_be_sent(text: str) -> None:
    """Property: and text that is whole arrives as it is."""
    [message] = _sent("openai", Turn("user", text))["messages"]
    whole = not any(0xD800 <= ord(character) <= 0xDFFF for character in text)
    assert message["content"] == text or not whole


@given(st.integers(-(10**60), 10**60))
def test_an_integer_of_a_call_keeps_its_digits(number: int) -> None:
    """Property: natively, where arguments are objects, and beyond 64 bit."""
    call = RawCall("c1", "f", json.dumps({"a": number}))
    [message] = _sent("native", Turn("assistant", "", [call]))["messages"]
    assert message["toolCalls"][0]["function"]["arguments"] == {"a": number}


def test_half_a_character_does_not_spoil_the_arguments_of_a_call() -> None:
    """Natively they are still the object that they were."""
    [message] = _sent("native", Turn("assistant", "", [RawCall("c1", "f", '{"a": "\udcff"}')]))["messages"]
    assert message["toolCalls"][0]["function"]["arguments"] == {"a": "\ufffd"}


@pytest.mark.parametrize("arguments", ['{"a": "\udcff', '{"a": 1e999}', '{"a": 1, "a": 2}'])
def test_arguments_that_are_none_are_shown_as_they_were_written(arguments: str) -> None:
    """Natively, as the text that they are; half characters are replaced there, too."""
    [message] = _sent("native", Turn("assistant", "", [RawCall("c1", "f", arguments)]))["messages"]
    shown = arguments.replace("\udcff", "\ufffd")
    assert message["toolCalls"][0]["function"]["arguments"] == {"invalid_arguments": shown}


def test_a_schema_keeps_what_it_holds_beside_half_a_character() -> None:
    """The slower way writes dates as the fast one does."""
    tool = ToolSpec("f", "\udcff", {"properties": {"day": {"enum": [date(2025, 1, 2)]}}})
    [sent] = _sent("openai", Turn("user", "x"), tools=[tool])["tools"]
    assert sent["function"]["parameters"]["properties"]["day"]["enum"] == ["2025-01-02"]


@pytest.mark.parametrize("value", [object(), {1, 2}])
def test_what_is_no_json_is_refused_with_a_reason(value: object) -> None:
    """Never a bare TypeError of the encoder."""
    with pytest.raises(ConfigurationError, match="cannot be sent as JSON"):
        _sent("openai", Turn("user", "x"), tools=[ToolSpec("f", "d", {"default": value})])


@pytest.mark.parametrize("number", [float("nan"), float("inf"), -float("inf")])
@pytest.mark.parametrize("beside", ["", "\udcff"], ids=["fast", "slow"])
@pytest.mark.parametrize("kind", ["openai", "native"])
def test_a_number_that_is_none_is_refused_by_its_name(kind: str, beside: str, number: float) -> None:
    """Whichever encoder writes the rest: one would write null, the other what is no JSON."""
    tool = ToolSpec("f", beside, {"properties": {"x": {"enum": [1, (number,)], "default": None}}})
    with pytest.raises(ConfigurationError, match=f"the number {number}, "):
        _sent(kind, Turn("user", "x"), tools=[tool])


@pytest.mark.parametrize("text", ["null", "NaN and Infinity"])
def test_words_that_look_like_such_numbers_are_sent(text: str) -> None:
    """In a text, beside null and half a character."""
    tool = ToolSpec("f", "d", {"default": None, "maximum": 1e308})
    assert _sent("openai", Turn("user", f"{text}\udcff"), tools=[tool])["messages"][0]["content"] == f"{text}\ufffd"
