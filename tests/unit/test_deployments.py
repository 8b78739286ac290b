"""Deployment profiles: where the model runs decides which rules hold."""

import json
from typing import Any

import pytest
from langchain_core.messages import HumanMessage

from clovax_agents import ChatClovaX
from clovax_agents.deployments import deployment_of
from clovax_agents.errors import ConfigurationError
from clovax_agents.wire.codecs import codec_for

GOV = "https://clovastudio.stream.gov-ntruss.com"
OWN = "http://127.0.0.1:8000/v1"
TOOL = {"name": "get_weather", "description": "날씨", "parameters": {"type": "object", "properties": {}}}
OTHER = {**TOOL, "name": "get_time"}
FORM = {"type": "json_schema", "json_schema": {"name": "답", "schema": {"type": "object", "properties": {}}}}


@pytest.fixture(autouse=True)
def _key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLOVASTUDIO_API_KEY", "nv-test")
    monkeypatch.delenv("CLOVASTUDIO_API_BASE_URL", raising=False)


@pytest.mark.parametrize(
    ("profile", "base_url", "expected"),
    [
        (None, None, "public"),
        (None, "https://clovastudio.stream.ntruss.com/v1/openai", "public"),
        (None, f"{GOV}/v1/openai", "gov"),
        (None, f"{GOV}/testapp", "gov"),
        (None, OWN, "self-hosted"),
        (None, "https://llm.example.com/v1/", "self-hosted"),
        (None, "https://gateway.example.com/clova", "public"),
        ("self-hosted", "https://llm.example.com/hcx", "self-hosted"),
        ("gov", None, "gov"),
    ],
)
def test_the_profile_is_named_or_seen_in_the_address(profile: Any, base_url: str | None, expected: str) -> None:
    """And the model knows it under ``deployment``."""
    assert deployment_of(profile, base_url).profile == expected
    assert ChatClovaX(profile=profile, base_url=base_url).deployment == expected


@pytest.mark.parametrize(
    ("api", "base_url", "url"),
    [
        ("openai", "https://clovastudio.stream.ntruss.com", "/v1/openai/chat/completions"),
        ("openai", f"{GOV}/testapp", "/v1/openai/chat/completions"),
        ("native", f"{GOV}/testapp", "/testapp/v3/chat-completions/HCX-005"),
        ("native", f"{GOV}/serviceapp/v1/openai", "/serviceapp/v3/chat-completions/HCX-005"),
        ("native", "https://clovastudio.stream.ntruss.com/v1/openai", "/v3/chat-completions/HCX-005"),
    ],
)
def test_w1_1_13_and_w1_1_14_one_address_serves_both_apis(api: Any, base_url: str, url: str) -> None:
    """The government cloud's native paths keep their prefix, its compatible API has none."""
    assert codec_for(api, "HCX-005").url(base_url, "HCX-005").endswith("ntruss.com" + url)
    assert codec_for(api, "HCX-005").url(base_url, "HCX-005").count("/v1/openai") == (api == "openai")


def _sent(chat: ChatClovaX, *, stream: bool = False, **options: Any) -> dict[str, Any]:
    """Return the body that would be sent."""
    job = chat._job([HumanMessage("안녕")], None, options, stream=stream)  # no server to ask
    body: dict[str, Any] = json.loads(chat._call(job.request)[0].body)  # the same
    return body


def test_the_government_cloud_streams_no_tool_calls() -> None:
    """With tools the answer is asked for in one piece, and HCX-007 has none there."""
    chat = ChatClovaX(profile="gov", model="HCX-005")
    assert "stream" not in _sent(chat, stream=True, tools=[TOOL])
    assert _sent(chat, stream=True)["stream"] is True
    with pytest.raises(ConfigurationError, match="HCX-007 cannot call tools"):
        _sent(ChatClovaX(profile="gov", model="HCX-007"), tools=[TOOL])


def test_the_government_clouds_native_api_needs_the_kind_of_app() -> None:
    """The error shows both addresses."""
    with pytest.raises(ConfigurationError, match=r"/testapp' or '\.\.\./serviceapp"):
        ChatClovaX(profile="gov", api="native")


def test_a_server_of_ones_own_knows_none_of_clova_studios_limits() -> None:
    """No floor, no default cap, tools with thinking and a schema, any tool required, no key."""
    chat = ChatClovaX(model="HyperCLOVAX-SEED-Think-32B", base_url=OWN, max_tokens=64)
    thinking = {"thinking": {"effort": "low"}}

    body = _sent(chat, tools=[TOOL, OTHER], tool_choice="any", response_format=FORM, **thinking)

    assert body["max_completion_tokens"] == 64
    assert body["tool_choice"] == "required"
    assert body["chat_template_kwargs"] == {"thinking": True}
    assert "reasoning_effort" not in body
    assert "max_completion_tokens" not in _sent(ChatClovaX(model="HCX", base_url=OWN))


@pytest.mark.parametrize(
    ("model", "effort", "switches"),
    [
        ("naver-hyperclovax/HyperCLOVAX-SEED-Think-14B", "high", {"force_reasoning": True}),
        ("naver-hyperclovax/HyperCLOVAX-SEED-Think-14B", "none", {"skip_reasoning": True}),
        ("naver-hyperclovax/HyperCLOVAX-SEED-Think-32B", "none", {"thinking": False}),
    ],
)
def test_thinking_is_asked_of_the_chat_template(model: str, effort: str, switches: dict[str, bool]) -> None:
    """Each model's template has its own switches."""
    assert _sent(ChatClovaX(model=model, base_url=OWN, thinking={"effort": effort}))["chat_template_kwargs"] == switches


def test_a_server_of_ones_own_needs_no_key(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is sent in place of one."""
    monkeypatch.delenv("CLOVASTUDIO_API_KEY")
    chat = ChatClovaX(model="HCX", base_url=OWN)
    job = chat._job([HumanMessage("안녕")], None, {}, stream=False)  # no server to ask
    assert "Authorization" not in chat._call(job.request)[0].headers  # the same


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"profile": "vllm"}, "public, gov, self-hosted"),
        ({"profile": "self-hosted"}, "set base_url"),
        ({"base_url": "http://llm.example.com/v1"}, "allow_http=True"),
        ({"base_url": "http://clova.example.com/v1/openai", "allow_http": True}, "use https"),
        ({"base_url": OWN, "api": "native"}, "api='openai'"),
        ({"base_url": "clovastudio"}, "not a web address"),
    ],
)
def test_addresses_that_cannot_work_are_refused(settings: dict[str, Any], message: str) -> None:
    """Above all a key is never sent in the clear to the service."""
    with pytest.raises(ConfigurationError, match=message):
        ChatClovaX(**settings)


def test_plain_http_to_ones_own_server_can_be_allowed() -> None:
    """For a cluster's inside."""
    assert ChatClovaX(model="HCX", base_url="http://llm.example.com/v1", allow_http=True).deployment == "self-hosted"
