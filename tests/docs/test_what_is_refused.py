"""What the documented surface says that the service lacks: each is refused in a sentence, before anything is sent."""

from typing import Any

import pytest

from clovax_agents import ChatClovaX
from clovax_agents.errors import ConfigurationError

pytestmark = pytest.mark.usefixtures("clovax_simulator")


LACKING: dict[str, tuple[dict[str, Any], str]] = {
    "log probabilities": ({"logprobs": True}, "no log probabilities"),
    "the likeliest tokens": ({"top_logprobs": 3}, "no log probabilities"),
    "several answers": ({"n": 2}, "batch"),
    "a frequency penalty": ({"frequency_penalty": 0.5}, "repetition_penalty"),
    "a presence penalty": ({"presence_penalty": 0.5}, "repetition_penalty"),
    "audio output": ({"modalities": ["text", "audio"]}, "text only"),
}


@pytest.mark.parametrize("feature", LACKING)
def test_what_the_service_lacks_is_refused_in_a_sentence(feature: str) -> None:
    """At the constructor, when it is bound and in a call, before anything is sent."""
    setting, text = LACKING[feature]
    for ask in (
        lambda: ChatClovaX(**setting),
        lambda: ChatClovaX().bind(**setting).invoke("안녕"),
        lambda: ChatClovaX().invoke("안녕", **setting),
    ):
        with pytest.raises(ConfigurationError, match=f"{next(iter(setting))}=.* CLOVA Studio: .*{text}"):
            ask()


@pytest.mark.parametrize("kind", ["audio", "video", "input_audio", "file"])
def test_sound_and_film_are_refused_in_a_sentence(kind: str) -> None:
    """The service reads text and images."""
    block = {"type": kind, "base64": "AAAA", "mime_type": "audio/wav"}
    with pytest.raises(ConfigurationError, match="reads text and images"):
        ChatClovaX().invoke([("user", [block])])  # type: ignore[list-item]
