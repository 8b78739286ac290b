"""Arguments of langchain-naver's ChatClovaX: each is taken over, or refused in a sentence that says what to do."""

import sys
from typing import Any

import httpx
import langchain_naver
import pytest

from clovax_agents import ChatClovaX
from clovax_agents.client.policy import Deadlines
from clovax_agents.dropin import REFUSED
from clovax_agents.errors import ConfigurationError

KEY = {"api_key": "nv-test"}
TAKEN: dict[str, tuple[Any, str, Any]] = {
    "max_completion_tokens": (2048, "max_tokens", 2048),
    "max_retries": (None, "max_retries", 2),
    "model_name": ("HCX-007", "model", "HCX-007"),
    "naver_api_base": ("https://clovastudio.stream.ntruss.com/v1/openai", "base_url", None),
    "stop_sequences": (["끝"], "stop", ["끝"]),
    "stop": ("끝", "stop", ["끝"]),
    "request_timeout": (30, "timeout", 30),
    "timeout": ((2.0, 20.0), "timeout", Deadlines(None, 2, 20, 20, 20)),
    "stream_chunk_timeout": (7, "timeout", Deadlines(None, 5, 60, 7)),
    "model_kwargs": ({"top_k": 5}, "top_k", 5),
    "extra_body": ({"repetition_penalty": 1.5}, "repetition_penalty", 1.5),
    "reasoning_effort": ("low", "thinking", {"effort": "low"}),
    "reasoning": ({"effort": "high"}, "thinking", {"effort": "high"}),
    "disabled_params": ({"parallel_tool_calls": None}, "disabled_params", {"parallel_tool_calls": None}),
}
PASSED_OVER = {
    "stream_usage": False,
    "n": 1,
    "logprobs": False,
    "use_responses_api": False,
    "store": None,
    "stream_chunk_timeout": 0,
    "openai_api_key": None,
}
ASKS = {"n": 2, "default_query": {"a": "1"}, "top_logprobs": 3, "logit_bias": {1: 2}, "truncation": "auto"}


@pytest.mark.parametrize("name", TAKEN)
def test_a_setting_is_taken_over(name: str) -> None:
    """Under its other name and in its other form."""
    value, own, expected = TAKEN[name]
    chat = ChatClovaX(**KEY, **{name: value})

    found = getattr(chat, own)
    assert found == (value if expected is None else expected)


@pytest.mark.parametrize("name", PASSED_OVER)
def test_a_setting_that_asks_for_nothing_is_let_through(name: str) -> None:
    """Programs give defaults in words; nothing is wrong with that."""
    assert ChatClovaX(**KEY, **{name: PASSED_OVER[name]}).model == "HCX-005"


@pytest.mark.parametrize("name", sorted(REFUSED))
def test_what_the_service_lacks_is_refused_in_a_sentence(name: str) -> None:
    """With the name, the value, and the way out."""
    with pytest.raises(ConfigurationError, match=f"^{name}.* does not work with CLOVA Studio: [\\w-]+ .*"):
        ChatClovaX(**KEY, **{name: ASKS.get(name, "x")})


@pytest.mark.parametrize("name", ["openai_api_key", "extra_headers"])
def test_a_refusal_shows_no_secret(name: str) -> None:
    """Not even a key of somebody else's."""
    with pytest.raises(ConfigurationError) as caught:
        ChatClovaX(**KEY, **{name: {"X-Token": "sk-canary"}})
    assert "canary" not in str(caught.value)


def test_no_answers_at_all_are_refused() -> None:
    """n=0 is no way to ask for nothing."""
    with pytest.raises(ConfigurationError, match="n=0 does not work"):
        ChatClovaX(**KEY, n=0)


def test_every_argument_of_langchain_naver_is_known() -> None:
    """None of them falls through to "unknown": their fields and aliases are read from the installed package."""
    fields = langchain_naver.ChatClovaX.model_fields
    names = {*fields, *(field.alias for field in fields.values() if field.alias)}

    refusals = {name: _refusal({**KEY, name: "없는 값"}) for name in names}

    assert [name for name, text in refusals.items() if "does not take" in text] == []


def _refusal(settings: dict[str, Any]) -> str:
    try:
        ChatClovaX(**settings)
    except ValueError as error:
        return str(error)
    return ""


def test_defaults_of_langchain_naver_build_the_same_model() -> None:
    """What its own constructor ends with can be given to ours, field by field, except clients and the key."""
    theirs = langchain_naver.ChatClovaX(api_key="nv-test", temperature=0.3, max_tokens=2048, thinking={"effort": "low"})
    skipped = {"client", "async_client", "root_client", "root_async_client", "profile", "openai_api_key"}
    settings = {name: getattr(theirs, name) for name in type(theirs).model_fields if name not in skipped}

    ours = ChatClovaX(**settings)

    assert (ours.temperature, ours.max_tokens, ours.thinking) == (0.3, 2048, {"effort": "low"})


def test_a_typing_error_is_found() -> None:
    """With what was probably meant."""
    with pytest.raises(ConfigurationError, match="did you mean temperature"):
        ChatClovaX(**KEY, temprature=0.1)


def test_two_values_for_one_setting_are_refused() -> None:
    """Neither is silently the one that counts."""
    with pytest.raises(ConfigurationError, match="given twice, as max_tokens and as max_completion_tokens"):
        ChatClovaX(**KEY, max_tokens=1024, max_completion_tokens=2048)


def test_the_model_has_the_name_that_programs_read() -> None:
    """As every chat model of langchain-openai's family."""
    assert ChatClovaX(**KEY, model="HCX-007").model_name == "HCX-007"


def test_httpx_timeouts_are_understood() -> None:
    """Connect and read become the deadlines of the same meaning."""
    assert ChatClovaX(**KEY, timeout=httpx.Timeout(9, connect=1)).timeout == Deadlines(None, 1, 9, 9, 9)


@pytest.mark.parametrize("timeout", ["soon", {"total": -1}, (0, -1), float("inf"), 0])
def test_a_timeout_that_is_none_is_refused(timeout: object) -> None:
    """A call that never ends, or ends at once, is nobody's wish."""
    with pytest.raises((ConfigurationError, ValueError)):
        ChatClovaX(**KEY, timeout=timeout)


def test_options_of_a_call_have_the_same_names() -> None:
    """bind() and invoke() understand what the constructor does."""
    chat = ChatClovaX(**KEY)
    options = chat._options(None, {"max_completion_tokens": 99, "model_name": "HCX-007", "reasoning_effort": "low"})
    assert options == {"max_tokens": 99, "model": "HCX-007", "thinking": {"effort": "low"}}


def test_disabled_params_are_not_sent() -> None:
    """As in langchain-openai: None for any value, or a list of values."""
    chat = ChatClovaX(**KEY, temperature=0.3, top_p=0.5, disabled_params={"temperature": None, "top_p": [0.9]})
    assert chat._options(None, {}) == {"model": "HCX-005", "top_p": 0.5}


def test_the_original_was_really_installed() -> None:
    """The comparison above is with the real thing."""
    assert "langchain_naver" in sys.modules


@pytest.mark.parametrize("turned", [False, True])
def test_none_beside_another_name_is_no_second_value(*, turned: bool) -> None:
    """As those write it who pass on what may not be set."""
    given = {"max_tokens": None, "max_completion_tokens": 100, "timeout": None, "request_timeout": 30}
    chat = ChatClovaX(api_key="nv-test", **dict(reversed(given.items())) if turned else given)
    assert (chat.max_tokens, chat.timeout) == (100, 30)
